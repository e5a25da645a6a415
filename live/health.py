"""What the screens must know about the system itself: what is away, behind or silent, and since when."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from redis import Redis
from rq.cron import CronScheduler

from core.errors import UnavailableError
from live.positions import NO_POSITIONS, RedisPositionBoard
from live.redis_client import translated
from operations.store import Store
from operations.stored import GradingLag

WORKER_SILENT_S = 6.0
SCHEDULER_SILENT_S = 6.0
RULES_LATE_S = 3.0
STRAIGHT_LINE = "straight-line"
"""Name of the travel times that know no roads (roads/straight_line.py)."""


class HealthMonitor:
    """Looks at every part once per call; remembers when each last answered, so that a lost part has an age."""

    def __init__(
        self,
        store: Store,
        redis: Redis,
        board: RedisPositionBoard,
        last_sweep_key: str,
        quarantined_count: Callable[[], int],
        failing_rules: Callable[[], list[dict[str, Any]]],
        refused_catalogue: Callable[[], dict[str, Any] | None],
        points_ahead: Callable[[], int],
    ) -> None:
        """`points_ahead` counts the points whose newest reading lies in the city's future: somebody set the server's
        clock back, and until it has caught up what they report now counts as old."""
        self._store = store
        self._redis = redis
        self._board = board
        self._last_sweep_key = last_sweep_key
        self._quarantined_count = quarantined_count
        self._failing_rules = failing_rules
        self._refused_catalogue = refused_catalogue
        self._points_ahead = points_ahead
        self._network: dict[str, Any] = {"name": None, "synthetic": None, "straight_line": None}
        self._answered_at: dict[str, float] = {}
        self._positions = NO_POSITIONS
        """The last ones read. While Redis is away they grow old; it is not as if none had ever come."""

    def look(self, readings_at: float | None, units_total: int) -> dict[str, Any]:
        """The `health` of docs/live-protocol.md. `readings_at` is the wall time of the newest batch."""
        wall = time.time()
        lag, quarantined, failing, ahead = self._database()
        redis_parts, positions_age_s = self._redis_parts(wall, units_total)
        return {
            "database": self._part("database", lag is not None, wall),
            "rules": {**_rules(lag, wall), "failing": failing, "points_ahead": ahead},
            **redis_parts,
            "feeds": {
                "readings_age_s": None if readings_at is None else round(wall - readings_at, 1),
                "positions_age_s": positions_age_s,
            },
            "quarantined": quarantined,
            "catalogue": {"refused": self._refused_catalogue()},
            "network": dict(self._network),
        }

    def _database(self) -> tuple[GradingLag | None, int | None, list[dict[str, Any]], int | None]:
        try:
            lag, quarantined = self._store.grading_lag(), self._quarantined_count()
            return lag, quarantined, self._failing_rules(), self._points_ahead()
        except UnavailableError:
            return None, None, [], None

    def _redis_parts(self, wall: float, units_total: int) -> tuple[dict[str, Any], float | None]:
        try:
            with translated():
                last_sweep: dict[Any, Any] = self._redis.hgetall(self._last_sweep_key)
                beats = [s.last_heartbeat for s in CronScheduler.all(self._redis, cleanup=False)]
            self._positions = self._board.everything()
        except UnavailableError:
            return {
                "redis": self._part("redis", False, wall),
                "worker": self._part("worker", False, wall),
                "scheduler": self._part("scheduler", False, wall),
                "units": {"total": units_total, **self._positions.counts(wall)},
            }, self._positions_age_s(wall)
        if last_sweep:
            self._answered_at["worker"] = float(last_sweep[b"at"])
            name = last_sweep[b"network"].decode()
            self._network = {
                "name": name,
                "synthetic": last_sweep[b"synthetic"] == b"1",
                "straight_line": name == STRAIGHT_LINE,
            }
        beat = max((b.timestamp() for b in beats if b is not None), default=None)
        if beat is not None:
            self._answered_at["scheduler"] = beat
        return {
            "redis": self._part("redis", True, wall),
            "worker": self._aged("worker", WORKER_SILENT_S, wall),
            "scheduler": self._aged("scheduler", SCHEDULER_SILENT_S, wall),
            "units": {"total": units_total, **self._positions.counts(wall)},
        }, self._positions_age_s(wall)

    def _positions_age_s(self, wall: float) -> float | None:
        ages = self._positions.received_ages_s(wall)
        return round(float(ages.min()), 1) if len(ages) else None

    def _part(self, name: str, ok: bool, wall: float) -> dict[str, Any]:
        if ok:
            self._answered_at[name] = wall
        return {"ok": ok, "age_s": self._age_s(name, wall)}

    def _aged(self, name: str, silent_s: float, wall: float) -> dict[str, Any]:
        age_s = self._age_s(name, wall)
        return {"ok": age_s is not None and age_s <= silent_s, "age_s": age_s}

    def _age_s(self, name: str, wall: float) -> float | None:
        answered_at = self._answered_at.get(name)
        return None if answered_at is None else round(wall - answered_at, 1)


def _rules(lag: GradingLag | None, wall: float) -> dict[str, Any]:
    if lag is None:
        return {"ok": False, "waiting_batches": None, "lag_s": None}
    lag_s = 0.0 if lag.oldest_recorded_at is None else wall - lag.oldest_recorded_at.timestamp()
    return {"ok": lag_s <= RULES_LATE_S, "waiting_batches": lag.batches, "lag_s": round(lag_s, 1)}
