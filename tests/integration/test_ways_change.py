"""What changes ways: closures that run out, roads stated closed, an incident's urgency, speeds from recorded tracks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from alerts.model import Passability
from bootstrap.embedded import EmbeddedServers
from bootstrap.learning import learn_from_tracks
from bootstrap.settings import load_settings
from core.errors import InvalidInputError
from core.geo import LonLat
from dispatch.fixes import Fix
from dispatch.model import Priority
from dispatch.travel import RouteFound
from jobs import tasks
from jobs.context import WorkerContext, bind
from operations.close_road import CloseRoad
from operations.close_road import close_road as close_roads_around
from operations.expire_closures import expire_closures
from operations.queries import incident_detail, snapshot_state
from operations.recommend_units import recommend_units
from operations.route_assignment import route_assignment
from roads import commands
from roads.speeds import HourSpeeds
from tests.conftest import Bench
from tests.integration.desk_work import (
    SOMEWHERE,
    at_once,
    called,
    close_road,
    fix,
    journal,
    register,
    seen_at,
    sent_to,
    somebody,
    types,
)
from tests.unit.roads.test_speeds import MORNING, drive, factor, street


def closed(bench: Bench, **fields: Any) -> str:
    given = {
        "idempotency_key": "key",
        "name": "北京路积水",
        "kind": "road",
        "state": "closed",
        "expires_at": bench.clock.now() + timedelta(hours=2),
        "place": SOMEWHERE,
    }
    return close_roads_around(bench.ports, somebody(), CloseRoad(**{**given, **fields})).closure.closure_id


def queued(redis: Redis) -> set[str]:
    return {key.decode().removeprefix("cc:waiting:") for key in redis.scan_iter("cc:waiting:*")}


# ---------------------------------------------------------------- a closure runs out


def test_a_closure_that_ran_out_is_told_once_and_what_it_held_up_is_computed_again(
    bench: Bench, redis: Redis
) -> None:
    register(bench.ports, 1)
    seen_at(bench.ports, fix("u000", bench.clock.now()))
    waiting, sent = (called(bench.ports).incident_id for _ in range(2))
    (assignment,) = sent_to(bench.ports, sent, "u000")
    closure_id = closed(bench)
    before = len(journal(bench.ports))
    bench.clock.advance(2 * 3600 - 1)
    assert expire_closures(bench.ports) == 0
    bench.clock.advance(1)
    redis.flushall()
    answers = at_once(*[lambda: expire_closures(bench.ports)] * 4)
    assert sorted(answers) == [0, 0, 0, 1]
    assert expire_closures(bench.ports) == 0
    (row,) = journal(bench.ports)[before:]
    (state,) = row.event.changes["closures"]
    assert (row.event.type, row.event.subject, row.event.data["name"]) == (
        "road.expired",
        closure_id,
        "北京路积水",
    )
    assert (state["reopened_at"], state["reopened_by"]) == (state["expires_at"], "系统")
    assert queued(redis) == {f"recommend:{waiting}", f"route:{assignment.assignment_id}"}
    assert snapshot_state(bench.ports, somebody())["state"]["closures"] == []


def test_the_sweep_of_a_worker_looks_for_closures_that_ran_out(
    bench: Bench, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.context._context", [])
    bind(WorkerContext(bench.ports, redis))
    closed(bench)
    bench.clock.advance(2 * 3600)
    tasks.sweep()
    assert types(bench.ports) == ["road.closed", "road.expired"]


def test_the_timeline_of_an_incident_tells_of_closures_around_it(bench: Bench) -> None:
    incident_id = called(bench.ports).incident_id
    closed(bench)
    closed(bench, idempotency_key="far", place=LonLat(SOMEWHERE.lon + 0.05, SOMEWHERE.lat), name="远处的路")
    bench.clock.advance(2 * 3600)
    expire_closures(bench.ports)
    told = [
        (row["type"], row["data"]["name"])
        for row in incident_detail(bench.ports, somebody(), incident_id)["timeline"]
        if row["type"].startswith("road.")
    ]
    assert told == [("road.closed", "北京路积水"), ("road.expired", "北京路积水")]


# ---------------------------------------------------------------- a road is stated closed


def test_a_road_stated_closed_or_open_has_advice_and_ways_computed_again_and_a_repetition_nothing(
    bench: Bench, redis: Redis
) -> None:
    register(bench.ports, 1)
    seen_at(bench.ports, fix("u000", bench.clock.now()))
    waiting, sent = (called(bench.ports).incident_id for _ in range(2))
    (assignment,) = sent_to(bench.ports, sent, "u000")
    again = {f"recommend:{waiting}", f"route:{assignment.assignment_id}"}
    redis.flushall()
    close_road(bench.ports)
    found = queued(redis)
    assert again < found and len(found) == 3, "and the incident that the closed road is"
    redis.flushall()
    close_road(bench.ports, seconds=1)
    assert queued(redis) == set(), "it was closed already"
    close_road(bench.ports, passability=Passability.OPEN, seconds=2)
    assert again < queued(redis)


# ---------------------------------------------------------------- who drives how


def test_ways_to_an_incident_are_those_of_its_urgency(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    nearest = bench.ports.travel_times.nearest

    def noted(*args: Any, emergency: bool = True) -> list[RouteFound]:
        asked.append(emergency)
        return nearest(*args)

    monkeypatch.setattr(bench.ports.travel_times, "nearest", noted)
    register(bench.ports, 2)
    seen_at(bench.ports, *(fix(f"u{n:03d}", bench.clock.now()) for n in range(2)))
    incident_id = called(bench.ports).incident_id
    for priority in Priority:
        with bench.store.transaction() as tx:
            tx.save_incident(replace(tx.incident(incident_id), priority=priority))
        asked.clear()
        recommend_units(bench.ports, incident_id)
        assert asked and set(asked) == {priority.is_emergency}
    (assignment,) = sent_to(bench.ports, incident_id, "u000")
    asked.clear()
    route_assignment(bench.ports, assignment.assignment_id)
    assert asked == [Priority.NORMAL.is_emergency] == [False]


# ---------------------------------------------------------------- speeds from recorded tracks


def test_speeds_are_learned_from_the_tracks_that_were_recorded(
    bench: Bench, servers: EmbeddedServers, tmp_path: Path
) -> None:
    settings = load_settings(
        data_dir=tmp_path, mode="live", database_url=servers.database_url, redis_url=servers.redis_url
    )
    with pytest.raises(InvalidInputError, match="no unit that moves"):
        street().save(commands.network_path(tmp_path))
        learn_from_tracks(settings, days=3650)
    fixes = [
        Fix(seen.unit_id, seen.place, 90, 11, seen.at) for i in range(60) for seen in drive(f"u{i:03d}", 11)
    ]
    with bench.store.transaction() as tx:
        tx.store_track(fixes)
    speeds = HourSpeeds.load(learn_from_tracks(settings, days=3650))
    assert speeds.observations > 1_000
    assert factor(speeds, MORNING.hour) == pytest.approx(2.0, rel=0.03)
    assert factor(speeds, 3) == 1.0
