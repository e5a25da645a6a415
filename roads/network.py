"""The road network: the nearest units by road, routes, and closures written into it as they come and go."""

from __future__ import annotations

import json
import random
import threading
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import InvalidInputError
from core.geo import LonLat
from dispatch.travel import Closure, RouteFound
from roads.closing import SLOW_FACTOR, closed_segments
from roads.metric import Bools, Floats, Ints, lengths_m
from roads.patrol import Patrols, Within
from roads.search import BackwardSearch
from roads.segments import Segments
from roads.snapping import OnRoad, SegmentIndex
from roads.tracing import Leg, Tracer

FORMAT = 1

AT_ROAD_M = 30.0
"""Nearer than this a place counts as being at the road: half a wide street plus the error of GPS."""

OFF_ROAD_DETOUR = 1.3
"""How much longer the way between a place and the road is than the straight line (assumption)."""

OFF_ROAD_DRIVE_KMH = 15.0
"""Speed of a unit from where it stands to the first road (assumption: yards, tracks)."""

WALK_KMH = 5.0
"""Speed on foot from where the unit stops to the target."""

FAR_FROM_ROAD_M = 500.0
"""With a place further than this from any open road the answer calls itself a straight-line estimate."""

ELEVATED_HANDICAP_M = 40.0
"""A place is taken to lie on an elevated carriageway only if nothing else is this much further away."""

OTHER_APPROACHES_M = 500.0
MOST_APPROACHES = 8
FIRST_LIMIT_S = 60.0
UNPLACED = -2

STRAIGHT_MARGIN = 0.99
"""Keeps the straight line a lower bound where flat and spherical lengths differ."""


class RoadNetwork:
    """Exact travel times by road. Safe for several threads; each question is answered under one lock.

    Assumes the class speeds of roads/classes.py (or the map's own), no turn restrictions or turning times,
    no traffic, and that emergency vehicles obey one-way streets. A closed segment is closed from junction to
    junction, both ways; a slow one takes SLOW_FACTOR times as long.
    """

    def __init__(self, name: str, segments: Segments, *, synthetic: bool) -> None:
        self.name = name
        self.synthetic = synthetic
        self.segments = segments
        self.index = SegmentIndex(segments)
        self._search = BackwardSearch(segments)
        self._trace = Tracer(segments, self._search)
        self._patrols = Patrols(segments, self._trace)
        self._lock = threading.Lock()
        self._time_s = segments.time_s.copy()
        self._open = np.ones(segments.count, dtype=np.bool_)
        self._any = np.ones(segments.count, dtype=np.bool_)
        self._handicap_m = np.where(segments.level > 0, ELEVATED_HANDICAP_M, 0.0)
        self.top_speed_ms = float((segments.length_m / np.maximum(segments.time_s, 1e-9)).max())
        self._closures: tuple[Closure, ...] = ()
        self._touched: dict[int, list[Closure]] = {}
        self.closures_without_road: tuple[str, ...] = ()
        self.node_count = len(segments.node_lon)
        self.edge_count = self._search.edge_count
        """Directed edges: a street that is driven both ways counts twice."""
        self.length_km = float(segments.length_m.sum()) / 1000

    # --- on disk

    @classmethod
    def load(cls, path: Path) -> RoadNetwork:
        """Read what save() wrote. Raises InvalidInputError when the file is something else."""
        try:
            # numpy forgets to close a file whose archive is damaged.
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                about = json.loads(stored["about"].tobytes())
                arrays = {f.name: stored[f.name] for f in fields(Segments) if f.name != "names"}
        except (OSError, ValueError, KeyError, EOFError, zlib.error, zipfile.BadZipFile) as error:
            raise InvalidInputError(f"{path} is not a road network: {error}") from error
        if about["format"] != FORMAT:
            raise InvalidInputError(
                f"{path} has road format {about['format']}, expected {FORMAT}: build it again"
            )
        segments = Segments(**arrays, names=tuple(about["names"]))
        return cls(about["name"], segments, synthetic=about["synthetic"])

    def save(self, path: Path) -> None:
        """Write arrays and JSON into one .npz, whole or not at all; closures are not part of it."""
        about = {
            "format": FORMAT,
            "name": self.name,
            "synthetic": self.synthetic,
            "names": self.segments.names,
        }
        arrays: dict[str, Any] = {
            f.name: getattr(self.segments, f.name) for f in fields(Segments) if f.name != "names"
        }
        arrays["about"] = np.frombuffer(json.dumps(about).encode(), dtype=np.uint8)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(path.name + ".part")
        with partial.open("wb") as file:
            np.savez_compressed(file, **arrays)
        partial.replace(path)

    # --- closures

    def close_roads(self, closures: Sequence[Closure]) -> None:
        """Make these, and only these, the closures in force; only what differs is written."""
        with self._lock:
            if tuple(closures) == self._closures:
                return
            touched: dict[int, list[Closure]] = {}
            lost = []
            for closure in closures:
                found = closed_segments(closure, self.segments, self.index)
                if not found:
                    lost.append(closure.name)
                for segment in found:
                    touched.setdefault(segment, []).append(closure)
            changed = np.array(sorted(touched.keys() | self._touched.keys()), dtype=np.int64)
            for segment in changed.tolist():
                states = {closure.state for closure in touched.get(segment, [])}
                factor = np.inf if "closed" in states else SLOW_FACTOR if states else 1.0
                self._open[segment] = "closed" not in states
                self._time_s[segment] = self.segments.time_s[segment] * factor
            self._search.set_times(changed, self._time_s[changed])
            self._closures, self._touched = tuple(closures), touched
            self.closures_without_road = tuple(lost)

    # --- travel times

    def nearest(
        self, target: LonLat, sources: Mapping[str, LonLat], count: int, max_s: float = 7200.0
    ) -> list[RouteFound]:
        """The `count` sources that reach the target soonest by open roads, soonest first; exact.

        Target and sources lie on the open road nearest to them, parts of segments counted. A unit drives
        from where it stands to that road at OFF_ROAD_DRIVE_KMH and stops where the road is closest to the
        target; what is left is walked. Up to AT_ROAD_M either is free. When nobody reaches that point (it
        is cut off), the next nearest road is tried, up to OTHER_APPROACHES_M further. `max_s` bounds the
        time without the walk.
        """
        if not sources or count < 1:
            return []
        with self._lock:
            fleet = _Fleet(self, sources)
            approaches = self.index.ranked(target, self._open, self._handicap_m, OTHER_APPROACHES_M)
            for approach in approaches[:MOST_APPROACHES]:
                legs = self._soonest(approach, fleet, count, max_s)
                if legs:
                    avoided = self._avoided(target, approach, fleet, legs)
                    return [
                        self._route_found(fleet, approach, leg, names)
                        for leg, names in zip(legs, avoided, strict=True)
                    ]
            return []

    def route(self, start: LonLat, end: LonLat) -> RouteFound | None:
        """The fastest way between two places by open roads, or None; `unit_id` of the answer is empty."""
        found = self.nearest(end, {"": start}, 1)
        return found[0] if found else None

    def _soonest(self, approach: OnRoad, fleet: _Fleet, count: int, max_s: float) -> list[Leg]:
        """The soonest sources, found by widening the search until `count` of them lie inside it."""
        fleet.aim_at(self._trace.stretch(approach.segment, approach.share, approach.share)[0])
        time_s = float(self._time_s[approach.segment])
        limit_s = min(FIRST_LIMIT_S, max_s)
        while True:
            distance, towards = self._search.run(approach, time_s, limit_s)
            rows = fleet.within(limit_s)
            drive_s, first = self._trace.times(
                approach, fleet.segment[rows], fleet.share[rows], self._time_s, distance
            )
            # A node's time beyond the limit is unknown, so only what lies inside it is final.
            total_s = drive_s + fleet.access_s(rows)
            inside = np.flatnonzero(total_s <= limit_s)
            if len(inside) >= min(count, len(fleet.ids)) or limit_s >= max_s:
                best = sorted(inside.tolist(), key=lambda i: (total_s[i], fleet.ids[rows[i]]))[:count]
                return [
                    self._trace.leg(
                        int(rows[i]), fleet.on_road(int(rows[i])), float(drive_s[i]), int(first[i]), towards
                    )
                    for i in best
                ]
            limit_s = min(2 * limit_s, max_s)

    def _route_found(self, fleet: _Fleet, approach: OnRoad, leg: Leg, avoided: tuple[str, ...]) -> RouteFound:
        start = leg.start
        path, driven_m = self._trace.path(leg, approach)
        walk_m = 0.0 if approach.offset_m <= AT_ROAD_M else approach.offset_m * OFF_ROAD_DETOUR
        access_m = 0.0 if start.offset_m <= AT_ROAD_M else start.offset_m * OFF_ROAD_DETOUR
        if access_m:
            path = [fleet.places[leg.row], *path]
        return RouteFound(
            unit_id=fleet.ids[leg.row],
            travel_time_s=leg.time_s + access_m / (OFF_ROAD_DRIVE_KMH / 3.6) + walk_m / (WALK_KMH / 3.6),
            distance_m=driven_m + access_m,
            path=tuple(path),
            walk_m=walk_m,
            straight_line=max(start.offset_m, approach.offset_m) > FAR_FROM_ROAD_M,
            avoided=avoided,
        )

    def _avoided(
        self, target: LonLat, approach: OnRoad, fleet: _Fleet, legs: Sequence[Leg]
    ) -> list[tuple[str, ...]]:
        """For each leg the names of closures on its way if nothing were closed, but not on its way now."""
        if not self._touched:
            return [()] * len(legs)
        places = np.array([target, *(fleet.places[leg.row] for leg in legs)])
        found = self.index.nearest(places[:, 0], places[:, 1], self._any, self._handicap_m)
        usual_end, *usual_starts = [OnRoad(*row) for row in zip(*(a.tolist() for a in found), strict=True)]
        segment, share = found[0][1:], found[1][1:]
        limit_s = max(leg.time_s for leg in legs) + FIRST_LIMIT_S
        distance, towards = self._search.run(
            usual_end, float(self.segments.time_s[usual_end.segment]), limit_s, free=True
        )
        drive_s, first = self._trace.times(usual_end, segment, share, self.segments.time_s, distance)
        answer = []
        for i, leg in enumerate(legs):
            would = [usual_end.segment]
            if np.isfinite(drive_s[i]):
                usual = self._trace.leg(leg.row, usual_starts[i], float(drive_s[i]), int(first[i]), towards)
                would = [*self._trace.segments_of(usual, usual_end), usual_end.segment]
            now = set(self._trace.segments_of(leg, approach))
            names = {c.name: None for s in would if s not in now for c in self._touched.get(s, [])}
            answer.append(tuple(names))
        return answer

    def on_open_roads(self, lon: Floats, lat: Floats) -> tuple[Ints, Floats, Floats]:
        """The open road nearest to each place: (segment or -1, share of its length, offset in metres)."""
        return self.index.nearest(lon, lat, self._open, self._handicap_m)

    def current_times(self) -> tuple[Floats, Bools]:
        """Seconds over each segment as closures leave it, infinite where closed, and whether it is open."""
        with self._lock:
            return self._time_s.copy(), self._open.copy()

    # --- places and patrols

    def random_place(self, rng: random.Random, within: Within = None) -> LonLat:
        """A place on an open road that is not a motorway, each metre as likely; inside `within` if given.

        `within` is a BoundingBox or a shapely polygon in WGS-84. Raises InvalidInputError when no open road
        has its middle there.
        """
        with self._lock:
            return self._patrols.random_place(rng, within, self._open)

    def wander(self, rng: random.Random, start: LonLat, length_m: float) -> list[LonLat]:
        """A patrol of about `length_m` metres along open roads from the road nearest `start`.

        Rather straight on than turning, rather streets than motorways, back only out of dead ends.
        Ends early where every way on is closed.
        """
        with self._lock:
            ranked = self.index.ranked(start, self._open, self._handicap_m + self._patrols.shyness_m, 0.0)
            return self._patrols.wander(rng, ranked[0], length_m, self._open) if ranked else [start]


class _Fleet:
    """The sources of one question. Putting them on roads is the dear part, so it is done nearest first and
    only as far as the search has come."""

    def __init__(self, network: RoadNetwork, sources: Mapping[str, LonLat]) -> None:
        self._network = network
        self.ids = list(sources)
        self.places = list(sources.values())
        self._lon: Floats = np.array([place.lon for place in self.places])
        self._lat: Floats = np.array([place.lat for place in self.places])
        self.segment: Ints = np.full(len(self.ids), UNPLACED, dtype=np.int64)
        self.share: Floats = np.zeros(len(self.ids))
        self.offset_m: Floats = np.zeros(len(self.ids))
        self._soonest_s: Floats = np.zeros(len(self.ids))

    def aim_at(self, place: LonLat) -> None:
        """Bound everybody's time from below: the straight line at the network's top speed, less what is free."""
        straight_m = lengths_m(self._lon, self._lat, place.lon, place.lat)
        self._soonest_s = (straight_m * STRAIGHT_MARGIN - AT_ROAD_M) / self._network.top_speed_ms

    def within(self, limit_s: float) -> Ints:
        """Rows of all that could come within the limit, now on their roads."""
        rows = np.flatnonzero(self._soonest_s <= limit_s)
        new = rows[self.segment[rows] == UNPLACED]
        if len(new):
            self.segment[new], self.share[new], self.offset_m[new] = self._network.on_open_roads(
                self._lon[new], self._lat[new]
            )
        return rows[self.segment[rows] >= 0]

    def on_road(self, row: int) -> OnRoad:
        return OnRoad(int(self.segment[row]), float(self.share[row]), float(self.offset_m[row]))

    def access_s(self, rows: Ints) -> Floats:
        offset = self.offset_m[rows]
        return np.where(offset <= AT_ROAD_M, 0.0, offset * OFF_ROAD_DETOUR / (OFF_ROAD_DRIVE_KMH / 3.6))
