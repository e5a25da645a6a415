"""The newest measurement of coverage, in Redis: measured again within seconds when it is lost."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import orjson
from pydantic import TypeAdapter
from redis import Redis

from dispatch.coverage import AreaCoverage
from live.redis_client import translated
from operations.ports import CoverageRecord
from operations.public_state import Json, coverage_state

RECORD_KEY = "cc:coverage:record"
AREAS_KEY = "cc:coverage:areas"
STATE_KEY = "cc:coverage:state"
"""What the faces are told, made once by whoever measured."""

CLAIM_KEY = "cc:coverage:claim"
ORDER_KEY = "cc:coverage:order:"

CLAIM_MS = 10_000
RESTS_MS = 1_000
"""After a measurement nobody measures for so long; one that died halfway gives way after CLAIM_MS."""

OUTDATED_MS = 30_000
AREAS_MS = 7_200_000
"""What is usual is usual still after a restart."""

ORDER_MS = 900_000

_record = TypeAdapter(CoverageRecord)
_areas = TypeAdapter(dict[str, AreaCoverage])


class RedisCoverage:
    """Fulfils operations.ports.CoverageKeeper."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def claim(self) -> bool:
        with translated():
            return bool(self._redis.set(CLAIM_KEY, 1, nx=True, px=CLAIM_MS))

    def keep(self, record: CoverageRecord) -> None:
        state = orjson.dumps(coverage_state(record))
        with translated():
            self._redis.set(RECORD_KEY, _record.dump_json(record), px=OUTDATED_MS)
            self._redis.set(STATE_KEY, state, px=OUTDATED_MS)
            self._redis.set(AREAS_KEY, _areas.dump_json(dict(record.areas)), px=AREAS_MS)
            self._redis.pexpire(CLAIM_KEY, RESTS_MS)

    def newest(self) -> CoverageRecord | None:
        with translated():
            kept: Any = self._redis.get(RECORD_KEY)
        return None if kept is None else _record.validate_json(kept)

    def areas(self) -> Mapping[str, AreaCoverage]:
        with translated():
            kept: Any = self._redis.get(AREAS_KEY)
        return {} if kept is None else _areas.validate_json(kept)

    def state(self) -> Json | None:
        """The newest measurement as the faces are told it; None when it is outdated or there was none."""
        with translated():
            kept: Any = self._redis.get(STATE_KEY)
        return None if kept is None else orjson.loads(kept)

    def mark_ordered(self, unit_id: str) -> None:
        with translated():
            self._redis.set(ORDER_KEY + unit_id, 1, px=ORDER_MS)

    def ordered(self, unit_ids: Collection[str]) -> Collection[str]:
        ids = list(unit_ids)
        if not ids:
            return ()
        with translated():
            marks: Any = self._redis.mget([ORDER_KEY + unit_id for unit_id in ids])
        return {unit_id for unit_id, mark in zip(ids, marks, strict=True) if mark is not None}
