"""The road network: the nearest units by road, routes, and closures written into it as they come and go."""

from __future__ import annotations

import json
import random
import threading
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import InvalidInputError
from core.geo import LonLat
from dispatch.travel import Closure, RouteFound
from roads.closing import SLOW_FACTOR, closed_segments
from roads.metric import Bools, Floats, Ints, lengths_m
from roads.patrol import Patrols, Within
from roads.segments import Segments
from roads.snapping import OnRoad, SegmentIndex
from roads.speeds import HourSpeeds
from roads.tracing import Leg
from roads.weights import Weights

FORMAT = 2
FORMAT_WITHOUT_RULES = 1
"""What was written before turn restrictions and roads for emergency vehicles; read as having neither."""

RULE_FIELDS = ("emergency_only", "turn_from", "turn_to")

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

    Assumes the class speeds of roads/classes.py (or the map's own) times what the units' own tracks say of the
    hour (`use_speeds`), no turning times, and that emergency vehicles obey one-way streets. They may use roads
    that others may not and need not heed turn restrictions; a question with `emergency=False` is about driving
    like everybody else. A closed segment is closed from junction to junction, both ways; a slow one takes
    SLOW_FACTOR times as long.
    """

    def __init__(self, name: str, segments: Segments, *, synthetic: bool) -> None:
        self.name = name
        self.synthetic = synthetic
        self.segments = segments
        self.index = SegmentIndex(segments)
        self._emergency = Weights(segments, emergency=True)
        has_rules = segments.emergency_only.any() or len(segments.turn_from)
        self._ordinary = Weights(segments, emergency=False) if has_rules else self._emergency
        self._search, self._trace = self._emergency.search, self._emergency.trace
        self._time_s, self._open = self._emergency.time_s, self._emergency.is_open
        self._patrols = Patrols(segments, self._trace)
        self._lock = threading.Lock()
        self._hour: int | None = None
        self._speeds: HourSpeeds | None = None
        self._hour_now: Callable[[], int] | None = None
        self._newest_speeds: Callable[[], HourSpeeds | None] | None = None
        self._factor: Floats = np.ones(segments.count)
        self._handicap_m = np.where(segments.level > 0, ELEVATED_HANDICAP_M, 0.0)
        self._closures: tuple[Closure, ...] = ()
        self._touched: dict[int, list[Closure]] = {}
        self.closures_without_road: tuple[str, ...] = ()
        self.node_count = len(segments.node_lon)
        self.edge_count = self._search.edge_count
        """Directed edges: a street that is driven both ways counts twice."""
        self.length_km = float(segments.length_m.sum()) / 1000
        self._set_times()

    # --- on disk

    @classmethod
    def load(cls, path: Path) -> RoadNetwork:
        """Read what save() wrote. Raises InvalidInputError when the file is something else."""
        try:
            # numpy forgets to close a file whose archive is damaged.
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                about = json.loads(stored["about"].tobytes())
                known = {f.name for f in fields(Segments)} - {"names"}
                if about["format"] == FORMAT_WITHOUT_RULES:
                    known -= set(RULE_FIELDS)
                arrays = {name: stored[name] for name in known}
        except (OSError, ValueError, KeyError, EOFError, zlib.error, zipfile.BadZipFile) as error:
            raise InvalidInputError(f"{path} is not a road network: {error}") from error
        if about["format"] == FORMAT_WITHOUT_RULES:
            none = np.zeros(0, dtype=np.int64)
            arrays["emergency_only"] = np.zeros(len(arrays["tail"]), dtype=np.bool_)
            arrays["turn_from"] = arrays["turn_to"] = none
        elif about["format"] != FORMAT:
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
                self._factor[segment] = np.inf if "closed" in states else SLOW_FACTOR if states else 1.0
            for weights in self._views():
                weights.set_factor(changed, self._factor[changed])
            self._closures, self._touched = tuple(closures), touched
            self.closures_without_road = tuple(lost)

    @property
    def closures(self) -> tuple[Closure, ...]:
        """Those in force."""
        return self._closures

    def open_segments(self) -> Bools:
        """Which segments an emergency vehicle may drive now."""
        with self._lock:
            return self._open.copy()

    # --- speeds by the hour

    def use_speeds(self, speeds: HourSpeeds, hour_now: Callable[[], int]) -> None:
        """Answer from now on with the speeds of the hour (0 to 23, local) that `hour_now` says.

        Raises InvalidInputError when they were learned on another network.
        """
        speeds.check(self.segments)
        self.follow_speeds(lambda: speeds, hour_now)

    def follow_speeds(self, newest: Callable[[], HourSpeeds | None], hour_now: Callable[[], int]) -> None:
        """The same with whatever speeds `newest` answers, asked before each question; they belong to this network.
        None is free flow."""
        with self._lock:
            self._newest_speeds, self._hour_now, self._hour = newest, hour_now, None

    def _follow_the_hour(self) -> None:
        """Called under the lock, before a question is answered."""
        hour = None if self._hour_now is None else self._hour_now()
        speeds = None if self._newest_speeds is None else self._newest_speeds()
        if hour != self._hour or speeds is not self._speeds:
            self._hour, self._speeds = hour, speeds
            self._set_times()

    def _set_times(self) -> None:
        base_s = self.segments.time_s
        if self._speeds is not None and self._hour is not None:
            base_s = base_s * self._speeds.at(self._hour, self.segments)
        self.top_speed_ms = float((self.segments.length_m / np.maximum(base_s, 1e-9)).max())
        for weights in self._views():
            weights.set(base_s, self._factor)

    def _views(self) -> list[Weights]:
        one = self._ordinary is self._emergency
        return [self._emergency] if one else [self._emergency, self._ordinary]

    # --- travel times

    def nearest(
        self,
        target: LonLat,
        sources: Mapping[str, LonLat],
        count: int,
        max_s: float = 7200.0,
        *,
        emergency: bool = True,
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
            self._follow_the_hour()
            weights = self._emergency if emergency else self._ordinary
            fleet = _Fleet(self, weights, sources)
            for approach in self._approaches(target, weights):
                legs = self._soonest(weights, approach, fleet, count, max_s)
                if legs:
                    avoided = self._avoided(weights, target, approach, fleet, legs)
                    return [
                        self._route_found(weights, fleet, approach, leg, names)
                        for leg, names in zip(legs, avoided, strict=True)
                    ]
            return []

    def within_m(self, seconds: float) -> float:
        """How far off in a straight line somebody stands at most who needs so long: at the network's top speed, and
        what is free at both ends."""
        return (seconds * self.top_speed_ms + 2 * AT_ROAD_M) / STRAIGHT_MARGIN

    def all_etas(
        self, target: LonLat, sources: Mapping[str, LonLat], *, emergency: bool = True
    ) -> dict[str, float]:
        """Seconds in which each source reaches the target, as `nearest` counts them, without routes.

        Who cannot reach it is not in the answer. One search without a limit answers for all.
        """
        if not sources:
            return {}
        with self._lock:
            self._follow_the_hour()
            weights = self._emergency if emergency else self._ordinary
            fleet = _Fleet(self, weights, sources)
            for approach in self._approaches(target, weights):
                distance, _ = weights.search.run(approach, float(weights.time_s[approach.segment]), np.inf)
                rows = fleet.within(np.inf)
                drive_s, _ = weights.trace.times(
                    approach, fleet.segment[rows], fleet.share[rows], weights.time_s, distance
                )
                total_s = drive_s + fleet.access_s(rows) + _walk_s(approach)
                reached = np.isfinite(total_s)
                if reached.any():
                    ids = fleet.ids
                    found = zip(rows[reached].tolist(), total_s[reached].tolist(), strict=True)
                    return {ids[row]: seconds for row, seconds in found}
            return {}

    def route(self, start: LonLat, end: LonLat, *, emergency: bool = True) -> RouteFound | None:
        """The fastest way between two places by open roads, or None; `unit_id` of the answer is empty."""
        found = self.nearest(end, {"": start}, 1, emergency=emergency)
        return found[0] if found else None

    def _approaches(self, target: LonLat, weights: Weights) -> list[OnRoad]:
        """Where the target is driven to, the nearest road first."""
        return self.index.ranked(target, weights.is_open, self._handicap_m, OTHER_APPROACHES_M)[
            :MOST_APPROACHES
        ]

    def _soonest(
        self, weights: Weights, approach: OnRoad, fleet: _Fleet, count: int, max_s: float
    ) -> list[Leg]:
        """The soonest sources, found by widening the search until `count` of them lie inside it."""
        fleet.aim_at(weights.trace.stretch(approach.segment, approach.share, approach.share)[0])
        time_s = float(weights.time_s[approach.segment])
        limit_s = min(FIRST_LIMIT_S, max_s)
        while True:
            distance, towards = weights.search.run(approach, time_s, limit_s)
            rows = fleet.within(limit_s)
            drive_s, first = weights.trace.times(
                approach, fleet.segment[rows], fleet.share[rows], weights.time_s, distance
            )
            # A node's time beyond the limit is unknown, so only what lies inside it is final.
            total_s = drive_s + fleet.access_s(rows)
            inside = np.flatnonzero(total_s <= limit_s)
            if len(inside) >= min(count, len(fleet.ids)) or limit_s >= max_s:
                best = sorted(inside.tolist(), key=lambda i: (total_s[i], fleet.ids[rows[i]]))[:count]
                return [
                    weights.trace.leg(
                        int(rows[i]), fleet.on_road(int(rows[i])), float(drive_s[i]), int(first[i]), towards
                    )
                    for i in best
                ]
            limit_s = min(2 * limit_s, max_s)

    def _route_found(
        self, weights: Weights, fleet: _Fleet, approach: OnRoad, leg: Leg, avoided: tuple[str, ...]
    ) -> RouteFound:
        start = leg.start
        path, driven_m = weights.trace.path(leg, approach)
        walk_m = _walk_m(approach)
        access_m = 0.0 if start.offset_m <= AT_ROAD_M else start.offset_m * OFF_ROAD_DETOUR
        if access_m:
            path = [fleet.places[leg.row], *path]
        return RouteFound(
            unit_id=fleet.ids[leg.row],
            travel_time_s=leg.time_s + access_m / (OFF_ROAD_DRIVE_KMH / 3.6) + _walk_s(approach),
            distance_m=driven_m + access_m,
            path=tuple(path),
            walk_m=walk_m,
            straight_line=max(start.offset_m, approach.offset_m) > FAR_FROM_ROAD_M,
            avoided=avoided,
        )

    def _avoided(
        self, weights: Weights, target: LonLat, approach: OnRoad, fleet: _Fleet, legs: Sequence[Leg]
    ) -> list[tuple[str, ...]]:
        """For each leg the names of closures on its way if nothing were closed, but not on its way now."""
        if not self._touched:
            return [()] * len(legs)
        places = np.array([target, *(fleet.places[leg.row] for leg in legs)])
        found = self.index.nearest(places[:, 0], places[:, 1], weights.usable, self._handicap_m)
        usual_end, *usual_starts = [OnRoad(*row) for row in zip(*(a.tolist() for a in found), strict=True)]
        segment, share = found[0][1:], found[1][1:]
        limit_s = max(leg.time_s for leg in legs) + FIRST_LIMIT_S
        distance, towards = weights.search.run(
            usual_end, float(weights.free_s[usual_end.segment]), limit_s, free=True
        )
        drive_s, first = weights.trace.times(usual_end, segment, share, weights.free_s, distance)
        answer = []
        for i, leg in enumerate(legs):
            would = [usual_end.segment]
            if np.isfinite(drive_s[i]):
                usual = weights.trace.leg(leg.row, usual_starts[i], float(drive_s[i]), int(first[i]), towards)
                would = [*weights.trace.segments_of(usual, usual_end), usual_end.segment]
            now = set(weights.trace.segments_of(leg, approach))
            names = {c.name: None for s in would if s not in now for c in self._touched.get(s, [])}
            answer.append(tuple(names))
        return answer

    def snap(self, weights: Weights, lon: Floats, lat: Floats) -> tuple[Ints, Floats, Floats]:
        """The road nearest to each place that is open by these weights, as `on_open_roads` answers."""
        return self.index.nearest(lon, lat, weights.is_open, self._handicap_m)

    def on_open_roads(self, lon: Floats, lat: Floats) -> tuple[Ints, Floats, Floats]:
        """The open road nearest to each place: (segment or -1, share of its length, offset in metres)."""
        return self.snap(self._emergency, lon, lat)

    def units_on_open_roads(self, places: Sequence[LonLat]) -> tuple[Ints, Floats, Floats]:
        """The same of places that are asked about again and again, by this and by `nearest`: they are remembered."""
        with self._lock:
            return self._emergency.snaps.find(places, partial(self.snap, self._emergency))

    def current_times(self) -> tuple[Floats, Bools]:
        """Seconds over each segment as closures leave it, infinite where closed, and whether it is open."""
        with self._lock:
            self._follow_the_hour()
            return self._time_s.copy(), self._open.copy()

    # --- places and patrols

    def random_place(self, rng: random.Random, within: Within = None) -> LonLat:
        """A place on an open road that is not a motorway, each metre as likely; inside `within` if given.

        `within` is a BoundingBox or a shapely polygon in WGS-84. Raises InvalidInputError when no open road
        has its middle there.
        """
        with self._lock:
            return self._patrols.random_place(rng, within, self._ordinary.is_open)

    def wander(self, rng: random.Random, start: LonLat, length_m: float) -> list[LonLat]:
        """A patrol of about `length_m` metres along open roads from the road nearest `start`.

        Rather straight on than turning, rather streets than motorways, back only out of dead ends.
        Ends early where every way on is closed.
        """
        with self._lock:
            is_open = self._ordinary.is_open
            ranked = self.index.ranked(start, is_open, self._handicap_m + self._patrols.shyness_m, 0.0)
            return self._patrols.wander(rng, ranked[0], length_m, is_open) if ranked else [start]


def _walk_m(approach: OnRoad) -> float:
    return 0.0 if approach.offset_m <= AT_ROAD_M else approach.offset_m * OFF_ROAD_DETOUR


def _walk_s(approach: OnRoad) -> float:
    return _walk_m(approach) / (WALK_KMH / 3.6)


class _Fleet:
    """The sources of one question. Putting them on roads is the dear part, so it is done nearest first and
    only as far as the search has come."""

    def __init__(self, network: RoadNetwork, weights: Weights, sources: Mapping[str, LonLat]) -> None:
        self._network = network
        self._weights = weights
        self.ids = list(sources)
        self.places = list(sources.values())
        both = np.fromiter(chain.from_iterable(self.places), dtype=np.float64, count=2 * len(self.places))
        self._lon: Floats = both[::2]
        self._lat: Floats = both[1::2]
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
            places = self.places if len(new) == len(self.places) else [self.places[i] for i in new.tolist()]
            self.segment[new], self.share[new], self.offset_m[new] = self._weights.snaps.find(
                places, partial(self._network.snap, self._weights)
            )
        return rows[self.segment[rows] >= 0]

    def on_road(self, row: int) -> OnRoad:
        return OnRoad(int(self.segment[row]), float(self.share[row]), float(self.offset_m[row]))

    def access_s(self, rows: Ints) -> Floats:
        offset = self.offset_m[rows]
        return np.where(offset <= AT_ROAD_M, 0.0, offset * OFF_ROAD_DETOUR / (OFF_ROAD_DRIVE_KMH / 3.6))
