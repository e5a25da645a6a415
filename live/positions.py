"""The position board: the newest fix of every unit in one Redis hash, and the frames made from it."""

from __future__ import annotations

import struct
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from redis import Redis

from core.geo import LonLat
from live.redis_client import translated
from operations.ports import Fix

KEY = "cc:positions"

_RECORD = struct.Struct("<ddiiHH")
"""fixed_at and received_at (seconds since 1970; the city's and the wall's), lon and lat × 10⁶, heading, km/h × 10."""

_RECORDS = np.dtype(
    [
        ("fixed_at", "<f8"),
        ("received_at", "<f8"),
        ("lon", "<i4"),
        ("lat", "<i4"),
        ("heading", "<u2"),
        ("speed", "<u2"),
    ]
)
_FRAME = np.dtype([("index", "<u2"), ("heading", "<u2"), ("lon", "<i4"), ("lat", "<i4")])

FRAME_VERSION = 1
STALE_AFTER_S = 30.0
STALE_BIT = 1 << 15


class RedisPositionBoard:
    """Fulfils operations.ports.PositionBoard. Two posts of one unit in the same millisecond may leave the
    older fix; the unit's next one, seconds later, sets it right."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def put(self, fixes: Sequence[Fix], latest: datetime) -> int:
        newest: dict[str, Fix] = {}
        for fix in fixes:
            known = newest.get(fix.unit_id)
            if known is None or fix.fixed_at > known.fixed_at:
                newest[fix.unit_id] = fix
        if not newest:
            return 0
        with translated():
            ids = list(newest)
            board: list[Any] = self._redis.hmget(KEY, ids)
            received_at = time.time()
            fresh: dict[Any, Any] = {
                unit_id: _pack(newest[unit_id], received_at)
                for unit_id, old in zip(ids, board, strict=True)
                if old is None or _gives_way(old, newest[unit_id].fixed_at, latest)
            }
            if fresh:
                self._redis.hset(KEY, mapping=fresh)
        return len(fresh)

    def newest(self, unit_ids: Collection[str]) -> Mapping[str, Fix]:
        ids = list(unit_ids)
        if not ids:
            return {}
        with translated():
            board: list[Any] = self._redis.hmget(KEY, ids)
        return {
            unit_id: _unpack(unit_id, record)
            for unit_id, record in zip(ids, board, strict=True)
            if record is not None
        }

    def clear(self) -> None:
        with translated():
            self._redis.delete(KEY)

    def everything(self) -> Positions:
        """The whole board, as arrays."""
        with translated():
            board: dict[Any, Any] = self._redis.hgetall(KEY)
        records = np.frombuffer(b"".join(board.values()), dtype=_RECORDS)
        return Positions([unit_id.decode() for unit_id in board], records)


class Positions:
    """The board at one instant; makes position frames (docs/live-protocol.md)."""

    def __init__(self, unit_ids: Sequence[str], records: np.ndarray) -> None:
        self.unit_ids = unit_ids
        self.records = records

    def frame(self, index_of: Mapping[str, int], wall_s: float) -> bytes:
        """The binary frame of the units in `index_of` at wall time `wall_s` (seconds since 1970)."""
        index = np.fromiter((index_of.get(u, -1) for u in self.unit_ids), np.int64, len(self.unit_ids))
        shown = index >= 0
        records = self.records[shown]
        units = np.empty(len(records), dtype=_FRAME)
        units["index"] = index[shown]
        stale = wall_s - records["received_at"] > STALE_AFTER_S
        units["heading"] = records["heading"] | np.where(stale, STALE_BIT, 0).astype(np.uint16)
        units["lon"], units["lat"] = records["lon"], records["lat"]
        return struct.pack("<dII", wall_s * 1000, FRAME_VERSION, len(units)) + units.tobytes()

    def received_ages_s(self, wall_s: float) -> np.ndarray:
        """Seconds of wall time since each unit's fix came in."""
        ages: np.ndarray = wall_s - self.records["received_at"]
        return ages


def _gives_way(old: bytes, fixed_at: datetime, latest: datetime) -> bool:
    """An equal instant is written again: a drill that stands still goes on hearing from its units."""
    old_fixed_at: float = _RECORD.unpack(old)[0]
    return old_fixed_at <= fixed_at.timestamp() or old_fixed_at > latest.timestamp()


def _pack(fix: Fix, received_at: float) -> bytes:
    return _RECORD.pack(
        fix.fixed_at.timestamp(),
        received_at,
        round(fix.place.lon * 1e6),
        round(fix.place.lat * 1e6),
        round(fix.heading_deg) % 360,
        min(round(max(fix.speed_kmh, 0) * 10), 65_535),
    )


def _unpack(unit_id: str, record: bytes) -> Fix:
    fixed_at, _, lon, lat, heading, speed = _RECORD.unpack(record)
    return Fix(
        unit_id,
        LonLat(lon / 1e6, lat / 1e6),
        float(heading),
        speed / 10,
        datetime.fromtimestamp(fixed_at, UTC),
    )
