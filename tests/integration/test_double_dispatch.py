"""The attack of benchmarks/double_dispatch.py, in small: many processes, one of them killed, no unit twice."""

from __future__ import annotations

from pathlib import Path

from redis import Redis
from sqlalchemy import Engine

from benchmarks.double_dispatch import attack
from bootstrap.embedded import EmbeddedServers
from bootstrap.settings import load_settings


def test_no_unit_is_sent_twice_while_processes_are_killed(
    servers: EmbeddedServers, engine: Engine, redis: Redis, tmp_path: Path
) -> None:
    settings = load_settings(
        data_dir=tmp_path, mode="live", database_url=servers.database_url, redis_url=servers.redis_url
    )
    tally = attack(settings, rounds=3, processes=3, threads=8)
    assert tally.faults == []
    assert tally.rounds == 3
    assert tally.acknowledged > 0
    assert tally.refused["UnitTakenError"] > 0, "they reached for the same units"
