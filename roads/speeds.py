"""How fast units really drive at each hour of the day, learned from their own tracks."""

from __future__ import annotations

import csv
import hashlib
import math
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from core.errors import InvalidInputError
from core.geo import LonLat, distance_m
from operations.open_incident import CITY_TIME
from roads.classes import RoadClass
from roads.metric import Bools, Floats, Ints
from roads.segments import Segments
from roads.snapping import SegmentIndex

HOURS = 24

LEAST_MOVE_M = 25.0
"""Fixes nearer than this to the last one used are passed over: the error of GPS, and a wait at a light, which
then counts for the stretch it delays."""

LONGEST_GAP_S = 120.0
"""A unit that takes longer than this for the next LEAST_MOVE_M metres was parked, not held up (assumption)."""

FARTHEST_OFF_M = 20.0
"""A fix further than this from any road is not used."""

TRUSTED_FROM = 8.0
"""As many observations weigh as much as what was believed before: the class's hour for a segment, free flow
for a class (proposal; benchmarks/roads_speeds.py prints what it brings)."""

SLOWEST, FASTEST = 8.0, 0.5
"""Bounds of a factor, so that a few odd tracks cannot close a road or make it a racing track (proposal)."""


class TrackFix(NamedTuple):
    """One position of one unit; `at` knows its zone."""

    unit_id: str
    at: datetime
    place: LonLat


@dataclass(frozen=True, slots=True)
class HourSpeeds:
    """How many times the free-flow time segments take, by local hour.

    `by_class` has a row for each hour and a column for each RoadClass; `segment`, `hour` and `factor` are rows
    for the segments that have observations of their own. `network` is the digest of the network they belong to.
    """

    network: str
    by_class: Floats
    segment: Ints
    hour: Ints
    factor: Floats
    observations: int

    def at(self, hour: int, segments: Segments) -> Floats:
        """The factor of every segment at this hour (0 to 23)."""
        found: Floats = self.by_class[hour][segments.road_class]
        own = self.hour == hour
        found[self.segment[own]] = self.factor[own]
        return found

    def check(self, segments: Segments) -> None:
        """Raises InvalidInputError when these belong to another network."""
        if self.network != digest(segments):
            raise InvalidInputError("speeds were learned on another network, expected this one: learn again")

    def save(self, path: Path) -> None:
        """Write one .npz, whole or not at all."""
        partial = path.with_name(path.name + ".part")
        with partial.open("wb") as file:
            np.savez_compressed(
                file,
                network=np.array(self.network),
                by_class=self.by_class,
                segment=self.segment,
                hour=self.hour,
                factor=self.factor,
                observations=np.array(self.observations),
            )
        partial.replace(path)

    @classmethod
    def load(cls, path: Path) -> HourSpeeds:
        """Read what save() wrote. Raises InvalidInputError when the file is something else."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                return cls(
                    network=str(stored["network"]),
                    by_class=stored["by_class"],
                    segment=stored["segment"],
                    hour=stored["hour"],
                    factor=stored["factor"],
                    observations=int(stored["observations"]),
                )
        except (OSError, ValueError, KeyError, EOFError, zlib.error, zipfile.BadZipFile) as error:
            raise InvalidInputError(f"{path} does not hold learned speeds: {error}") from error


def digest(segments: Segments) -> str:
    """What tells one network from another: how its segments are joined and how long they take."""
    found = hashlib.sha256()
    for array in (segments.tail, segments.head, segments.time_s):
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


def learn_speeds(segments: Segments, index: SegmentIndex, fixes: Iterable[TrackFix]) -> HourSpeeds:
    """Factors from tracks, in any order. `index` is over the same segments.

    Two fixes that follow one another on one segment, or on two that meet, are one observation: the time it
    took over the free-flow time of the stretch, for each segment of it. The median of the logarithms is drawn
    towards what was believed before, the more the fewer observations there are (TRUSTED_FROM).
    """
    return learn_from_parts(segments, index, [fixes])


def learn_from_parts(
    segments: Segments, index: SegmentIndex, parts: Iterable[Iterable[TrackFix]]
) -> HourSpeeds:
    """The same from more fixes than memory holds: each part has all the fixes of its units."""
    none = (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0))
    observed = [none, *(_observed(segments, index, part) for part in parts)]
    segment, hour, log_ratio = (np.concatenate(column) for column in zip(*observed, strict=True))
    classes = segments.road_class[segment]
    by_class = np.zeros((HOURS, len(RoadClass)))
    for key, logs in _grouped(hour * len(RoadClass) + classes, log_ratio):
        by_class[divmod(key, len(RoadClass))] = _drawn_towards(0.0, logs)
    own = []
    for key, logs in _grouped(segment * HOURS + hour, log_ratio):
        s, h = divmod(key, HOURS)
        own.append((s, h, _drawn_towards(float(by_class[h, segments.road_class[s]]), logs)))
    rows = np.array(own, dtype=np.float64).reshape(-1, 3)
    return HourSpeeds(
        network=digest(segments),
        by_class=_bounded(by_class),
        segment=rows[:, 0].astype(np.int64),
        hour=rows[:, 1].astype(np.int64),
        factor=_bounded(rows[:, 2]),
        observations=len(segment),
    )


def read_tracks(path: Path) -> Iterator[TrackFix]:
    """Fixes of a CSV file with the columns unit_id, fixed_at (ISO 8601 with offset), lon, lat (WGS-84).

    Raises InvalidInputError at the first row that is something else.
    """
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            try:
                at = datetime.fromisoformat(row["fixed_at"])
                place = LonLat(float(row["lon"]), float(row["lat"]))
                if at.tzinfo is None or not (abs(place.lon) <= 180 and abs(place.lat) <= 90):
                    raise ValueError(f"{at}, {place}")
                yield TrackFix(row["unit_id"], at, place)
            except (KeyError, TypeError, ValueError) as error:
                raise InvalidInputError(
                    f"{path.name}, line {number}: found {error}, expected unit_id, fixed_at with an offset, "
                    "lon, lat in degrees"
                ) from error


def _observed(roads: Segments, index: SegmentIndex, fixes: Iterable[TrackFix]) -> tuple[Ints, Ints, Floats]:
    """(segment, local hour, logarithm of the time over the free-flow time), a row for each observation."""
    before, after = _pairs(fixes)
    usable: Bools = np.ones(roads.count, dtype=np.bool_)
    place = np.array([fix.place for fix in before + after], dtype=np.float64).reshape(-1, 2)
    on, share, off = index.nearest(place[:, 0], place[:, 1], usable, np.zeros(roads.count))
    n = len(before)
    a, b, x, y = on[:n], on[n:], share[:n], share[n:]
    took_s = np.array([(q.at - p.at).total_seconds() for p, q in zip(before, after, strict=True)])
    hour = np.array([p.at.astimezone(CITY_TIME).hour for p in before], dtype=np.int64)
    meets_head = (roads.head[a] == roads.tail[b]) | (roads.head[a] == roads.head[b])
    enters_tail = np.where(meets_head, roads.head[a], roads.tail[a]) == roads.tail[b]
    leaves, enters = np.where(meets_head, 1 - x, x), np.where(enters_tail, y, 1 - y)
    meets_tail = (roads.tail[a] == roads.tail[b]) | (roads.tail[a] == roads.head[b])
    same = a == b
    leaves, enters = np.where(same, np.abs(y - x), leaves), np.where(same, 0.0, enters)
    free_s = leaves * roads.time_s[a] + enters * roads.time_s[b]
    driven_m = leaves * roads.length_m[a] + enters * roads.length_m[b]
    good = (off[:n] <= FARTHEST_OFF_M) & (off[n:] <= FARTHEST_OFF_M) & (same | meets_head | meets_tail)
    good &= (driven_m >= LEAST_MOVE_M / 2) & (took_s > 0)
    log_ratio = np.log(np.where(good, took_s, 1.0) / np.where(good, free_s, 1.0))
    two = good & ~same & (enters > 0)
    return np.r_[a[good], b[two]], np.r_[hour[good], hour[two]], np.r_[log_ratio[good], log_ratio[two]]


def _pairs(fixes: Iterable[TrackFix]) -> tuple[list[TrackFix], list[TrackFix]]:
    """Consecutive fixes of a unit that lie far enough apart in space and near enough in time."""
    before, after = [], []
    last: TrackFix | None = None
    for fix in sorted(fixes, key=lambda fix: (fix.unit_id, fix.at)):
        if last is None or last.unit_id != fix.unit_id:
            last = fix
            continue
        if distance_m(last.place, fix.place) < LEAST_MOVE_M:
            continue
        if (fix.at - last.at).total_seconds() <= LONGEST_GAP_S:
            before.append(last)
            after.append(fix)
        last = fix
    return before, after


def _grouped(key: Ints, value: Floats) -> Iterator[tuple[int, Floats]]:
    order = np.argsort(key, kind="stable")
    keys, starts = np.unique(key[order], return_index=True)
    yield from zip(keys.tolist(), np.split(value[order], starts[1:]), strict=True) if len(keys) else ()


def _drawn_towards(believed: float, logs: Floats) -> float:
    trust = len(logs) / (len(logs) + TRUSTED_FROM)
    return trust * float(np.median(logs)) + (1 - trust) * believed


def _bounded(log_factor: Floats) -> Floats:
    return np.exp(np.clip(log_factor, math.log(FASTEST), math.log(SLOWEST)))
