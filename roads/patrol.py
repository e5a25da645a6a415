"""Places on roads at random, and plausible patrol paths, for simulated shifts."""

from __future__ import annotations

import random
from typing import TypeAlias

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from core.errors import InvalidInputError
from core.geo import BoundingBox, LonLat
from roads.classes import RoadClass
from roads.metric import Bools, Floats, Ints
from roads.segments import Segments
from roads.snapping import OnRoad
from roads.tracing import Tracer

Within: TypeAlias = BoundingBox | BaseGeometry | None

MOTORWAY_SHYNESS_M = 300.0
"""A patrol starts on a motorway or an elevated carriageway only if no street is this much further away."""

STRAIGHT_ON_WEIGHT = 4.0
LARGER_ROAD_WEIGHT = 2.0
MOTORWAY_WEIGHT = 0.02


class Patrols:
    """Chance over the streets of one network; the caller's random.Random makes it repeatable."""

    def __init__(self, segments: Segments, tracer: Tracer) -> None:
        self._segments = segments
        self._tracer = tracer
        self._motorway: Bools = (segments.road_class == RoadClass.MOTORWAY) | (segments.level > 0)
        self.shyness_m: Floats = np.where(self._motorway, MOTORWAY_SHYNESS_M, 0.0)
        ahead, back = np.flatnonzero(segments.forward), np.flatnonzero(segments.backward)
        tail = np.r_[segments.tail[ahead], segments.head[back]]
        order = np.argsort(tail, kind="stable")
        self._out_segment = np.r_[ahead, back][order]
        self._out_ahead = np.r_[np.ones(len(ahead), dtype=np.bool_), np.zeros(len(back), dtype=np.bool_)][
            order
        ]
        self._out_start = np.searchsorted(tail[order], np.arange(len(segments.node_lon) + 1))
        self._inside: dict[Within, Ints] = {}

    def random_place(self, rng: random.Random, within: Within, is_open: Bools) -> LonLat:
        candidates = self._inside.get(within)
        if candidates is None:
            candidates = self._inside[within] = self._streets_within(within)
        streets = candidates[is_open[candidates]]
        if not len(streets):
            raise InvalidInputError("no open street lies inside the area; expected at least one")
        run = np.cumsum(self._segments.length_m[streets])
        street = int(
            streets[int(np.searchsorted(run, rng.random() * run[-1], side="right").clip(0, len(run) - 1))]
        )
        share = rng.random()
        return self._tracer.stretch(street, share, share)[0]

    def _streets_within(self, within: Within) -> Ints:
        roads = self._segments
        middle = (roads.shape_start[:-1] + roads.shape_start[1:]) // 2
        lon, lat = roads.shape_lon[middle], roads.shape_lat[middle]
        inside = ~self._motorway
        if isinstance(within, BoundingBox):
            inside &= (
                (lon >= within.west) & (lon <= within.east) & (lat >= within.south) & (lat <= within.north)
            )
        elif within is not None:
            shapely.prepare(within)
            inside &= shapely.contains_xy(within, lon, lat)
        return np.flatnonzero(inside)

    def wander(self, rng: random.Random, start: OnRoad, length_m: float, is_open: Bools) -> list[LonLat]:
        roads = self._segments
        segment = start.segment
        ahead = bool(roads.forward[segment]) and (not roads.backward[segment] or rng.random() < 0.5)
        share = start.share
        path: list[LonLat] = []
        left_m = length_m
        while True:
            to_end_m = (1 - share if ahead else share) * float(roads.length_m[segment])
            done = min(1.0, left_m / max(to_end_m, 1e-9))
            stop = share + (1 - share) * done if ahead else share * (1 - done)
            for place in self._tracer.stretch(segment, share, stop):
                if not path or place != path[-1]:
                    path.append(place)
            left_m -= to_end_m
            following = None if left_m <= 0 else self._next(rng, segment, ahead, is_open)
            if following is None:
                return path
            segment, ahead = following
            share = 0.0 if ahead else 1.0

    def _next(self, rng: random.Random, segment: int, ahead: bool, is_open: Bools) -> tuple[int, bool] | None:
        roads = self._segments
        node = int(roads.head[segment] if ahead else roads.tail[segment])
        out = range(int(self._out_start[node]), int(self._out_start[node + 1]))
        ways = [(int(self._out_segment[i]), bool(self._out_ahead[i])) for i in out]
        onward = [way for way in ways if way[0] != segment and is_open[way[0]]]
        if not onward:
            back = [way for way in ways if way[0] == segment]
            return back[0] if back else None
        arriving = self._direction(segment, ahead, at_end=True)
        weights = []
        for other, other_ahead in onward:
            leaving = self._direction(other, other_ahead, at_end=False)
            straight = max(0.0, arriving[0] * leaving[0] + arriving[1] * leaving[1])
            weight = 1.0 + STRAIGHT_ON_WEIGHT * straight
            if roads.road_class[other] < roads.road_class[segment]:
                weight *= LARGER_ROAD_WEIGHT
            weights.append(weight * (MOTORWAY_WEIGHT if self._motorway[other] else 1.0))
        return rng.choices(onward, weights)[0]

    def _direction(self, segment: int, ahead: bool, *, at_end: bool) -> tuple[float, float]:
        """Unit vector (east, north) in which a segment is left (at_end) or entered."""
        roads = self._segments
        first, last = int(roads.shape_start[segment]), int(roads.shape_start[segment + 1]) - 1
        a, b = (last - 1, last) if ahead == at_end else (first, first + 1)
        east = float(roads.shape_lon[b] - roads.shape_lon[a]) * float(np.cos(np.radians(roads.shape_lat[a])))
        north = float(roads.shape_lat[b] - roads.shape_lat[a])
        size = float(np.hypot(east, north)) or 1.0
        return (east / size, north / size) if ahead else (-east / size, -north / size)
