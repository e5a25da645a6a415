"""The position board: the newest fix of every unit in one Redis hash, and the frames made from it."""

from __future__ import annotations

import struct
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from redis import Redis

from core.geo import EARTH_RADIUS_M, LonLat
from dispatch.fixes import Fix, Sighting, sight
from live.redis_client import translated
from live.whereabouts import ColumnWhereabouts
from operations.ports import Placed

KEY = "cc:positions:2"
FROZEN_KEY = "cc:frozen-units"
TRACKED_KEY = "cc:tracked"

_RECORD = struct.Struct("<ddiiHHddiiB")
"""fixed_at and received_at (seconds since 1970; the city's and the wall's), lon and lat × 10⁶, heading, km/h × 10;
since when it has been this very place; the newest doubted fix: fixed_at, lon, lat, how many in a row (0: none)."""

_RECORDS = np.dtype(
    [
        ("fixed_at", "<f8"),
        ("received_at", "<f8"),
        ("lon", "<i4"),
        ("lat", "<i4"),
        ("heading", "<u2"),
        ("speed", "<u2"),
        ("same_since", "<f8"),
        ("doubted_at", "<f8"),
        ("doubted_lon", "<i4"),
        ("doubted_lat", "<i4"),
        ("doubts", "u1"),
    ]
)
UNIT_FRAME = np.dtype([("index", "<u2"), ("heading", "<u2"), ("lon", "<i4"), ("lat", "<i4")])

_TRACKED = struct.Struct("<dii")
_TRACKED_RECORDS = np.dtype([("at", "<f8"), ("lon", "<i4"), ("lat", "<i4")])

FRAME_VERSION = 1
STALE_AFTER_S = 30.0
CLOCKS_DIFFER_S = 60.0
"""In service, a fix that is older than this when it comes is as old as it says; below, clocks may differ (proposal)."""
STALE_BIT, FROZEN_BIT, OUTLIER_BIT = 1 << 15, 1 << 14, 1 << 13

TRACK_EVERY_S = 15.0
TRACK_MOVED_M = 50.0
TRACK_STILL_EVERY_S = 300.0
"""A track gets a point after 15 s and 50 m at the earliest, and one every five minutes from a unit that stays."""


class RedisPositionBoard:
    """Fulfils operations.ports.PositionBoard. Two posts of one unit in the same millisecond may leave the
    older fix; the unit's next one, seconds later, sets it right."""

    def __init__(self, redis: Redis, *, in_real_time: bool = False) -> None:
        """`in_real_time` says that fixes' instants are wall time, as in service: a drill has a time of its own."""
        self._redis = redis
        self._in_real_time = in_real_time

    @property
    def redis(self) -> Redis:
        """The Redis it lies in, for what else is kept beside it."""
        return self._redis

    def put(self, fixes: Sequence[Fix], latest: datetime) -> Placed:
        newest: dict[str, Fix] = {}
        for fix in fixes:
            known = newest.get(fix.unit_id)
            if known is None or fix.fixed_at > known.fixed_at:
                newest[fix.unit_id] = fix
        if not newest:
            return Placed(0, 0)
        fresh: dict[Any, Any] = {}
        doubted: list[Fix] = []
        with translated():
            ids = list(newest)
            board: list[Any] = self._redis.hmget(KEY, ids)
            received_at = time.time()
            for unit_id, old in zip(ids, board, strict=True):
                fix = newest[unit_id]
                if old is not None and not _gives_way(old, fix.fixed_at, latest):
                    continue
                seen = None if old is None or _is_after(old, latest) else _unpack(unit_id, old)
                sighting = sight(seen, _rounded(fix))
                if sighting.doubted is not None:
                    doubted.append(fix)
                fresh[unit_id] = _pack(sighting, self._counts_from(fix, received_at))
            if fresh:
                self._redis.hset(KEY, mapping=fresh)
        accepted = len(fresh) - len(doubted)
        return Placed(accepted, len(fixes) - len(fresh), tuple(doubted))

    def _counts_from(self, fix: Fix, received_at: float) -> float:
        """Since when, in wall time, the unit has not been heard of if nothing newer comes."""
        fixed_at = fix.fixed_at.timestamp()
        kept_back = self._in_real_time and received_at - fixed_at > CLOCKS_DIFFER_S
        return fixed_at if kept_back else received_at

    def newest(self, unit_ids: Collection[str]) -> Mapping[str, Fix]:
        return {unit_id: _unpack(unit_id, record).fix for unit_id, record in self._known(unit_ids)}

    def places(self, unit_ids: Collection[str]) -> Mapping[str, LonLat]:
        ids, lon, lat = self._columns(unit_ids)
        return {unit_id: LonLat(x, y) for unit_id, x, y in zip(ids, lon.tolist(), lat.tolist(), strict=True)}

    def whereabouts(self, unit_ids: Collection[str]) -> ColumnWhereabouts:
        return ColumnWhereabouts(*self._columns(unit_ids))

    def _columns(self, unit_ids: Collection[str]) -> tuple[list[str], np.ndarray, np.ndarray]:
        known = self._known(unit_ids)
        records = np.frombuffer(b"".join(record for _, record in known), dtype=_RECORDS)
        return [unit_id for unit_id, _ in known], records["lon"] / 1e6, records["lat"] / 1e6

    def unheard_s(self, unit_ids: Collection[str]) -> Mapping[str, float]:
        known, now = self._known(unit_ids), time.time()
        heard = np.frombuffer(b"".join(record for _, record in known), dtype=_RECORDS)["received_at"]
        ages = {unit_id: now - at for (unit_id, _), at in zip(known, heard.tolist(), strict=True)}
        return {unit_id: age for unit_id, age in ages.items() if age > STALE_AFTER_S}

    def _known(self, unit_ids: Collection[str]) -> list[tuple[str, bytes]]:
        """The stored record of each of these units that has one."""
        ids = list(unit_ids)
        if not ids:
            return []
        with translated():
            board: list[Any] = self._redis.hmget(KEY, ids)
        return [(unit_id, record) for unit_id, record in zip(ids, board, strict=True) if record is not None]

    def sightings(self, unit_ids: Collection[str]) -> Mapping[str, Sighting]:
        return {unit_id: _unpack(unit_id, record) for unit_id, record in self._known(unit_ids)}

    def mark_frozen(self, unit_ids: Collection[str]) -> None:
        with translated(), self._redis.pipeline() as both:
            both.delete(FROZEN_KEY)
            if unit_ids:
                both.sadd(FROZEN_KEY, *unit_ids)
            both.execute()

    def due_for_track(self) -> Sequence[Fix]:
        with translated():
            board: dict[Any, Any] = self._redis.hgetall(KEY)
            tracked: dict[Any, Any] = self._redis.hgetall(TRACKED_KEY)
        ids = list(board)
        now = np.frombuffer(b"".join(board.values()), dtype=_RECORDS)
        never = _TRACKED.pack(0.0, 0, 0)
        then = np.frombuffer(b"".join(tracked.get(u, never) for u in ids), dtype=_TRACKED_RECORDS)
        elapsed_s = now["fixed_at"] - then["at"]
        moved_m = _moved_m(now, then)
        due = (elapsed_s >= TRACK_EVERY_S) & (moved_m >= TRACK_MOVED_M) | (elapsed_s >= TRACK_STILL_EVERY_S)
        return [_unpack(ids[i].decode(), board[ids[i]]).fix for i in np.flatnonzero(due)]

    def note_tracked(self, fixes: Sequence[Fix]) -> None:
        packed: dict[Any, Any] = {
            f.unit_id: _TRACKED.pack(
                f.fixed_at.timestamp(), round(f.place.lon * 1e6), round(f.place.lat * 1e6)
            )
            for f in fixes
        }
        if packed:
            with translated():
                self._redis.hset(TRACKED_KEY, mapping=packed)

    def clear(self) -> None:
        with translated():
            self._redis.delete(KEY, FROZEN_KEY, TRACKED_KEY)

    def everything(self) -> Positions:
        """The whole board, as arrays."""
        with translated(), self._redis.pipeline() as both:
            both.hgetall(KEY)
            both.smembers(FROZEN_KEY)
            board, frozen = both.execute()
        records = np.frombuffer(b"".join(board.values()), dtype=_RECORDS)
        return Positions(
            [unit_id.decode() for unit_id in board], records, frozenset(u.decode() for u in frozen)
        )


class Positions:
    """The board at one instant; makes position frames (docs/live-protocol.md)."""

    def __init__(self, unit_ids: Sequence[str], records: np.ndarray, frozen: frozenset[str]) -> None:
        self.unit_ids = unit_ids
        self.records = records
        self._frozen = frozen

    def frame(self, index_of: Mapping[str, int], wall_s: float) -> bytes:
        """The binary frame of the units in `index_of` at wall time `wall_s` (seconds since 1970)."""
        index = np.fromiter((index_of.get(u, -1) for u in self.unit_ids), np.int64, len(self.unit_ids))
        shown = index >= 0
        records = self.records[shown]
        units = np.empty(len(records), dtype=UNIT_FRAME)
        units["index"] = index[shown]
        units["heading"] = records["heading"] | self._marks(wall_s)[shown]
        units["lon"], units["lat"] = records["lon"], records["lat"]
        return struct.pack("<dII", wall_s * 1000, FRAME_VERSION, len(units)) + units.tobytes()

    def received_ages_s(self, wall_s: float) -> np.ndarray:
        """Seconds of wall time since each unit's fix came in."""
        ages: np.ndarray = wall_s - self.records["received_at"]
        return ages

    def counts(self, wall_s: float) -> dict[str, int]:
        """How many units have a fix, and how many of these are stale, frozen or outliers; each counts once."""
        marks = self._marks(wall_s)
        told = (("stale", STALE_BIT), ("frozen", FROZEN_BIT), ("outlier", OUTLIER_BIT))
        return {"with_fix": len(marks), **{name: int(np.count_nonzero(marks == bit)) for name, bit in told}}

    def _marks(self, wall_s: float) -> np.ndarray:
        """One bit for each unit whose fix cannot be believed as it is, 0 for the others."""
        stale = wall_s - self.records["received_at"] > STALE_AFTER_S
        frozen = np.fromiter((u in self._frozen for u in self.unit_ids), np.bool_, len(self.unit_ids))
        doubted = self.records["doubts"] > 0
        marks: np.ndarray = np.select(
            [stale, doubted, frozen], [STALE_BIT, OUTLIER_BIT, FROZEN_BIT], default=0
        ).astype(np.uint16)
        return marks


def _moved_m(now: np.ndarray, then: np.ndarray) -> np.ndarray:
    """Distance between two places of each unit, in metres, on a plane: the tracks' limit needs no more."""
    north = np.radians((now["lat"] - then["lat"].astype(np.int64)) / 1e6)
    east = np.radians((now["lon"] - then["lon"].astype(np.int64)) / 1e6) * np.cos(
        np.radians(now["lat"] / 1e6)
    )
    moved: np.ndarray = EARTH_RADIUS_M * np.hypot(north, east)
    return moved


def _is_after(old: bytes, latest: datetime) -> bool:
    old_fixed_at: float = _RECORD.unpack(old)[0]
    return old_fixed_at > latest.timestamp()


def _gives_way(old: bytes, fixed_at: datetime, latest: datetime) -> bool:
    """An equal instant is written again: a drill that stands still goes on hearing from its units."""
    old_fixed_at: float = _RECORD.unpack(old)[0]
    return old_fixed_at <= fixed_at.timestamp() or _is_after(old, latest)


def _rounded(fix: Fix) -> Fix:
    """The fix as the board will hold it, so that the very same place is found to be the same."""
    place = LonLat(round(fix.place.lon * 1e6) / 1e6, round(fix.place.lat * 1e6) / 1e6)
    return replace(fix, place=place)


def _pack(sighting: Sighting, received_at: float) -> bytes:
    fix, doubted = sighting.fix, sighting.doubted
    return _RECORD.pack(
        fix.fixed_at.timestamp(),
        received_at,
        round(fix.place.lon * 1e6),
        round(fix.place.lat * 1e6),
        round(fix.heading_deg) % 360,
        min(round(max(fix.speed_kmh, 0) * 10), 65_535),
        sighting.same_since.timestamp(),
        doubted.fixed_at.timestamp() if doubted else 0.0,
        round(doubted.place.lon * 1e6) if doubted else 0,
        round(doubted.place.lat * 1e6) if doubted else 0,
        sighting.doubts,
    )


def _unpack(unit_id: str, record: bytes) -> Sighting:
    fixed_at, _, lon, lat, heading, speed, same_since, doubt_at, doubt_lon, doubt_lat, doubts = (
        _RECORD.unpack(record)
    )
    fix = _fix(unit_id, fixed_at, lon, lat, float(heading), speed / 10)
    return Sighting(
        fix,
        datetime.fromtimestamp(same_since, UTC),
        _fix(unit_id, doubt_at, doubt_lon, doubt_lat, 0.0, 0.0) if doubts else None,
        doubts,
    )


def _fix(unit_id: str, at: float, lon: int, lat: int, heading_deg: float, speed_kmh: float) -> Fix:
    return Fix(unit_id, LonLat(lon / 1e6, lat / 1e6), heading_deg, speed_kmh, datetime.fromtimestamp(at, UTC))


NO_POSITIONS = Positions([], np.empty(0, dtype=_RECORDS), frozenset())
"""A board that nobody is on."""
