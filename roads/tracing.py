"""From a finished search to what a person is told: times of units on segments, and the way they drive."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.geo import LonLat
from roads.metric import Floats, Ints
from roads.search import END_M, BackwardSearch
from roads.segments import Segments
from roads.snapping import OnRoad

SAME_SEGMENT = -1


@dataclass(frozen=True, slots=True)
class Leg:
    """How one unit drives from its place on a road to the end of the search, through its nodes in order.

    No nodes: along one segment without reaching a junction.
    """

    row: int
    start: OnRoad
    time_s: float
    nodes: tuple[int, ...]


class Tracer:
    """Reads the answers of a BackwardSearch over the same segments."""

    def __init__(self, segments: Segments, search: BackwardSearch) -> None:
        self._segments = segments
        self._search = search

    def times(
        self, to: OnRoad, segment: Ints, share: Floats, time_s: Floats, distance: Floats
    ) -> tuple[Floats, Ints]:
        """Seconds from places on segments to the searched-for place, and the node each goes to first.

        `time_s` is by segment of the network, `distance` by node; the node is SAME_SEGMENT where the
        place is reached without one.
        """
        roads = self._segments
        whole_s, length = time_s[segment], roads.length_m[segment]
        at_head, at_tail = (1 - share) * length <= END_M, share * length <= END_M
        ahead, back = roads.forward[segment] | at_head, roads.backward[segment] | at_tail
        # Who stands at the junction came from nowhere: no turn is forbidden to him.
        to_head = np.where(at_head, roads.head[segment], self._search.lands_at[2 * segment])
        to_tail = np.where(at_tail, roads.tail[segment], self._search.lands_at[2 * segment + 1])
        by_head = np.where(ahead, (1 - share) * whole_s + distance[to_head], np.inf)
        by_tail = np.where(back, share * whole_s + distance[to_tail], np.inf)
        gap = to.share - share
        along = np.where(gap >= 0, roads.forward[segment], roads.backward[segment])
        direct = (segment == to.segment) & (along | (np.abs(gap) * length <= END_M))
        by_self = np.where(direct, np.abs(gap) * whole_s, np.inf)
        time = np.minimum(np.minimum(by_head, by_tail), by_self)
        first = np.where(by_head <= by_tail, to_head, to_tail)
        return time, np.where(by_self <= time, SAME_SEGMENT, first)

    def leg(self, row: int, start: OnRoad, time_s: float, first: int, towards: Ints) -> Leg:
        """The whole leg, from the node it goes to first."""
        nodes = []
        node = first
        while node not in (SAME_SEGMENT, self._search.place):
            nodes.append(node)
            node = int(towards[node])
        return Leg(row, start, time_s, tuple(nodes))

    def segments_of(self, leg: Leg, to: OnRoad) -> list[int]:
        """The segments driven on, in order; those driven no further than END_M are left out."""
        return [segment for segment, a, b in self._parts(leg, to) if self._length(segment, a, b) > END_M]

    def path(self, leg: Leg, to: OnRoad) -> tuple[list[LonLat], float]:
        """The places driven through, both ends included, and the metres between them."""
        places: list[LonLat] = []
        metres = 0.0
        for segment, a, b in self._parts(leg, to):
            metres += self._length(segment, a, b)
            for place in self.stretch(segment, a, b):
                if not places or place != places[-1]:
                    places.append(place)
        return places, metres

    def stretch(self, segment: int, from_share: float, to_share: float) -> list[LonLat]:
        """The shape of a segment between two shares of its length, in that order."""
        roads = self._segments
        span = slice(int(roads.shape_start[segment]), int(roads.shape_start[segment + 1]))
        lon, lat = roads.shape_lon[span], roads.shape_lat[span]
        if {from_share, to_share} == {0.0, 1.0}:
            inner = np.arange(len(lon), dtype=np.float64)
        else:
            # A segment is short: lengths on a flat patch share it out as well as on the sphere.
            step = np.hypot(np.diff(lon) * np.cos(np.radians(lat[0])), np.diff(lat))
            run = np.r_[0.0, np.cumsum(step)]
            low, high = sorted((from_share, to_share))
            cuts = np.interp(np.array([low, high]) * run[-1], run, np.arange(len(run)))
            inside = np.arange(np.floor(cuts[0]) + 1, np.ceil(cuts[1]))
            inner = np.r_[cuts[0], inside, cuts[1]]
        at = np.arange(len(lon))
        if from_share > to_share:
            inner = inner[::-1]
        return [
            LonLat(float(x), float(y))
            for x, y in zip(np.interp(inner, at, lon), np.interp(inner, at, lat), strict=True)
        ]

    def _length(self, segment: int, a: float, b: float) -> float:
        return abs(b - a) * float(self._segments.length_m[segment])

    def _parts(self, leg: Leg, to: OnRoad) -> list[tuple[int, float, float]]:
        """(segment, share where it is entered, share where it is left) in driving order."""
        roads, start = self._segments, leg.start
        if not leg.nodes:
            return [(start.segment, start.share, to.share)]
        junctions = self._search.junction[list(leg.nodes)].tolist()
        parts = [(start.segment, start.share, 1.0 if roads.head[start.segment] == junctions[0] else 0.0)]
        for i, (a, b) in enumerate(zip(leg.nodes, leg.nodes[1:], strict=False)):
            segment = self._search.segment_between(a, b)
            parts.append((segment, 0.0, 1.0) if roads.tail[segment] == junctions[i] else (segment, 1.0, 0.0))
        parts.append((to.segment, 1.0 if roads.head[to.segment] == junctions[-1] else 0.0, to.share))
        return parts
