"""Roads closed by an officer: committed once, told to the search, ended by a click, by time or with the drill."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from redis import Redis
from rq import Worker

from bootstrap.embedded import EmbeddedServers
from core.actor import Permission
from core.clock import WallClock
from core.errors import ConflictError, InvalidInputError, NotFoundError, PermissionDeniedError
from core.geo import LonLat
from dispatch.travel import Closure, RoadClosure
from operations.close_road import LONGEST_CLOSURE, ClosedRoad, CloseRoad, close_road
from operations.ports import Ports
from operations.queries import snapshot_state
from operations.recommend_units import road_closures
from operations.reopen_road import ReopenRoad, reopen_road
from operations.request_recommendation import request_recommendation
from operations.set_drill_time import SetDrillTime, set_drill_time
from roads.areas import DistrictAreas
from roads.classes import RoadClass
from roads.network import RoadNetwork
from roads.segments import RoadLine, assemble
from tests.conftest import STORM, Bench
from tests.integration.desk_work import (
    GUANDU,
    PANLONG,
    SOMEWHERE,
    at_once,
    called,
    fix,
    journal,
    raised,
    register,
    seen_at,
    sent_to,
    somebody,
    types,
    until,
)

ROOT = Path(__file__).resolve().parents[2]
CORNERS = (LonLat(102.74, 25.01), LonLat(102.76, 25.01), LonLat(102.75, 25.03))
CROSSED = (CORNERS[0], CORNERS[1], LonLat(102.74, 25.03), LonLat(102.76, 25.03))
"""A bow tie."""


def closing(ports: Ports, **fields: Any) -> CloseRoad:
    given = {
        "idempotency_key": "key",
        "name": "北京路积水",
        "kind": "road",
        "state": "closed",
        "expires_at": ports.clock.now() + timedelta(hours=2),
        "place": SOMEWHERE,
    }
    return CloseRoad(**{**given, **fields})


def closed(bench: Bench, **fields: Any) -> ClosedRoad:
    return close_road(bench.ports, somebody(), closing(bench.ports, **fields))


def told(bench: Bench) -> list[Closure]:
    """What a worker tells its road network now."""
    with bench.store.transaction() as tx:
        return road_closures(bench.ports, tx)


def test_a_closure_is_told_to_the_search_and_to_every_screen(bench: Bench) -> None:
    closure = closed(bench, reason="积水 40 cm").closure
    assert told(bench) == [closure.on_roads]
    assert closure.radius_m == bench.ports.catalogue.closure_radius_m["road"]
    (row,) = journal(bench.ports)
    (state,) = row.event.changes["closures"]
    assert (row.event.type, state["closure_id"], state["reason"]) == (
        "road.closed",
        closure.closure_id,
        "积水 40 cm",
    )
    assert snapshot_state(bench.ports, somebody())["state"]["closures"] == [state]
    assert snapshot_state(bench.ports, somebody(jurisdiction=PANLONG))["state"]["closures"] == []


def test_an_area_stands_where_its_middle_is(bench: Bench) -> None:
    closure = closed(bench, kind="area", place=None, outline=CORNERS, state="slow").closure
    assert closure.place == pytest.approx((102.75, 25.0166667))
    assert [(c.kind, c.state, c.outline) for c in told(bench)] == [("area", "slow", CORNERS)]


def test_the_same_key_closes_once_even_at_the_same_moment_and_another_body_is_refused(bench: Bench) -> None:
    answers = at_once(*[lambda: closed(bench)] * 8)
    assert raised(answers) == []
    assert sorted(answer.repeated for answer in answers) == [False] + [True] * 7
    assert len({answer.closure.closure_id for answer in answers}) == 1
    assert types(bench.ports) == ["road.closed"]
    with pytest.raises(ConflictError):
        closed(bench, name="另一条路")


def test_a_closure_runs_out_by_itself(bench: Bench) -> None:
    closure = closed(bench).closure
    bench.clock.advance(2 * 3600 - 1)
    assert len(told(bench)) == 1
    bench.clock.advance(1)
    assert told(bench) == []
    assert snapshot_state(bench.ports, somebody())["state"]["closures"] == []
    assert reopen_road(bench.ports, somebody(), ReopenRoad(closure.closure_id)).reopened_at is None
    assert closed(bench, expires_at=closure.expires_at).repeated, "a late retry finds what was committed"


def test_a_lifted_closure_is_lifted_once(bench: Bench) -> None:
    closure_id = closed(bench).closure.closure_id

    def lift() -> RoadClosure:
        return reopen_road(bench.ports, somebody(), ReopenRoad(closure_id))

    answers = at_once(*[lift] * 4)
    assert raised(answers) == []
    assert told(bench) == []
    assert types(bench.ports) == ["road.closed", "road.reopened"]
    assert {(c.reopened_at, c.reopened_by) for c in answers} == {(bench.clock.now(), "测试员")}
    with pytest.raises(NotFoundError):
        reopen_road(bench.ports, somebody(), ReopenRoad("no such"))


def test_who_may_not_or_not_here_changes_nothing(bench: Bench) -> None:
    closure_id = closed(bench).closure.closure_id
    other = closing(bench.ports, idempotency_key="other")
    for actor in (somebody(without=Permission.SET_PASSABILITY), somebody(jurisdiction=PANLONG)):
        with pytest.raises(PermissionDeniedError):
            close_road(bench.ports, actor, other)
        with pytest.raises(PermissionDeniedError):
            reopen_road(bench.ports, actor, ReopenRoad(closure_id))
    assert types(bench.ports) == ["road.closed"]
    assert close_road(bench.ports, somebody(jurisdiction=GUANDU), other).closure.jurisdiction == GUANDU


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"expires_at": STORM}, "expires_at"),
        ({"expires_at": STORM + LONGEST_CLOSURE + timedelta(seconds=1)}, "expires_at"),
        ({"place": LonLat(116.4, 39.9)}, "place"),
        ({"place": None}, "outline"),
        ({"outline": CORNERS}, "outline"),
        ({"kind": "area"}, "outline"),
        ({"kind": "area", "place": None, "outline": CORNERS[:2]}, "outline"),
        ({"kind": "area", "place": None, "outline": (*CORNERS, CORNERS[0])}, "outline"),
        ({"kind": "area", "place": None, "outline": CROSSED}, "outline: found a ring that crosses itself"),
        ({"kind": "bridge"}, "kind"),
        ({"state": "ajar"}, "state"),
        ({"name": "路" * 201}, "name"),
        ({"reason": "水" * 1001}, "reason"),
        ({"idempotency_key": "k" * 256}, "idempotency_key"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_makes_no_sense_is_refused_by_name(bench: Bench, fields: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidInputError, match=named):
        closed(bench, **fields)
    assert types(bench.ports) == []


def test_an_outline_that_reaches_others_districts_is_refused_whatever_lies_at_its_corners(
    bench: Bench,
) -> None:
    # One corner in the own district, all others outside the city.
    outline = (LonLat(102.75, 25.02), LonLat(95.0, 20.0), LonLat(95.0, 30.0), LonLat(110.0, 30.0))
    ports = replace(bench.ports, areas=DistrictAreas())
    area = closing(ports, kind="area", place=None, outline=outline)
    with pytest.raises(PermissionDeniedError):
        close_road(ports, somebody(jurisdiction=GUANDU), area)
    assert types(ports) == []
    assert close_road(ports, somebody(), area).closure.outline == outline


def test_a_street_closes_an_area_inside_itself_and_none_beyond(bench: Bench) -> None:
    ports = replace(bench.ports, areas=DistrictAreas())
    street = somebody(jurisdiction="530111001")
    x, y = 102.742, 25.015
    inside = tuple(LonLat(x + dx, y + dy) for dx, dy in ((0, 0), (0.0005, 0), (0.0005, 0.0005)))
    assert close_road(
        ports, street, closing(ports, kind="area", place=None, outline=inside)
    ).closure.jurisdiction.startswith("530111001")
    wide = (LonLat(x, y), LonLat(95.0, 20.0), LonLat(95.0, 30.0))
    with pytest.raises(PermissionDeniedError):
        close_road(
            ports, street, closing(ports, kind="area", place=None, outline=wide, idempotency_key="wide")
        )


def test_advice_and_ways_under_way_are_computed_again(bench: Bench, redis: Redis) -> None:
    register(bench.ports, 1)
    seen_at(bench.ports, fix("u000", bench.clock.now()))
    waiting, sent = (called(bench.ports).incident_id for _ in range(2))
    (assignment,) = sent_to(bench.ports, sent, "u000")
    redis.flushall()
    closure_id = closed(bench).closure.closure_id
    expected = {f"cc:waiting:recommend:{waiting}", f"cc:waiting:route:{assignment.assignment_id}"}
    assert {key.decode() for key in redis.scan_iter("cc:waiting:*")} == expected
    redis.flushall()
    reopen_road(bench.ports, somebody(), ReopenRoad(closure_id))
    assert {key.decode() for key in redis.scan_iter("cc:waiting:*")} == expected


def test_a_drill_that_begins_again_begins_with_open_roads(bench: Bench) -> None:
    closure_id = closed(bench).closure.closure_id
    set_drill_time(bench.ports, somebody(), SetDrillTime("storm", STORM, 1, STORM, restart=True))
    assert told(bench) == []
    with bench.store.transaction() as tx:
        assert tx.closure(closure_id).reopened_by == "drill"


# ---------------------------------------------------------------- real workers

WEST, MIDDLE, EAST = LonLat(102.740, 25.02), LonLat(102.745, 25.02), LonLat(102.7495, 25.02)
INCIDENTS = 12


def two_ways(path: Path) -> None:
    """A straight street from west to east, and a street around it."""
    lon = np.array([102.735, 102.742, 102.748, 102.755, 102.742, 102.748])
    lat = np.array([25.02, 25.02, 25.02, 25.02, 25.03, 25.03])
    streets = [[0, 1], [1, 2], [2, 3], [1, 4], [4, 5], [5, 2]]
    lines = [RoadLine(nodes, RoadClass.RESIDENTIAL) for nodes in streets]
    RoadNetwork("two ways", assemble(lon, lat, lines), synthetic=True).save(path)


@contextmanager
def workers(servers: EmbeddedServers, network: Path, folder: Path) -> Iterator[None]:
    """Two worker processes as they are run, each with its own copy of the network."""
    given = {
        "CC_MODE": "live",
        "CC_DATA_DIR": str(folder),
        "CC_ROAD_NETWORK": str(network),
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
    }
    running = [
        subprocess.Popen(
            [sys.executable, "app.py", "worker", "--name", f"worker-{n}"],
            cwd=ROOT,
            env={**os.environ, **given},
        )
        for n in (1, 2)
    ]
    try:
        yield
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(20)


def jobs_done(redis: Redis) -> dict[str, int]:
    return {worker.name: worker.successful_job_count for worker in Worker.all(connection=redis)}


@pytest.mark.slow
def test_every_worker_heeds_a_closure_with_the_next_thing_it_computes(
    bench: Bench, redis: Redis, servers: EmbeddedServers, tmp_path: Path
) -> None:
    ports = replace(bench.ports, clock=WallClock(), mode="live")
    two_ways(tmp_path / "roads.npz")
    register(ports, 1)
    seen_at(ports, fix("u000", ports.clock.now(), WEST))

    def straight(incident_ids: list[str]) -> list[bool]:
        """For each incident whether the way advised leads along the street that is going to be closed."""
        advice = {a.incident_id: a for a in ports.store.snapshot(ports.clock.now()).recommendations}
        return [
            min(stop.lat for c in advice[i].candidates for stop in c.path) > 25.019
            and max(stop.lat for c in advice[i].candidates for stop in c.path) < 25.021
            for i in incident_ids
            if i in advice and advice[i].candidates
        ]

    with workers(servers, tmp_path / "roads.npz", tmp_path):
        until(lambda: len(jobs_done(redis)) == 2, within_s=60)
        incidents = [called(ports, place=EAST).incident_id for _ in range(INCIDENTS)]
        until(lambda: straight(incidents) == [True] * INCIDENTS, within_s=30)
        until(lambda: not list(redis.scan_iter("cc:waiting:*")), within_s=10)
        before = jobs_done(redis)

        command = closing(ports, kind="segment", place=MIDDLE, name="此处积水")
        closure_id = close_road(ports, somebody(), command).closure.closure_id

        until(lambda: straight(incidents) == [False] * INCIDENTS, within_s=10)
        # What is sought again is one worker's; what an officer asks for is either's.
        for incident_id in incidents:
            request_recommendation(ports, somebody(), incident_id)
        until(lambda: all(jobs_done(redis)[name] > done for name, done in before.items()), within_s=10)
        rows = journal(ports)
        (at,) = [row.recorded_at for row in rows if row.event.type == "road.closed"]
        after = [row for row in rows if row.event.type == "recommendation.made" and row.recorded_at > at]
        took_s = [(row.recorded_at - at).total_seconds() for row in after[:INCIDENTS]]
        print(f"closure committed -> {INCIDENTS} advices around it from two workers: {max(took_s):.3f} s")
        for row in after:
            (state,) = row.event.changes["recommendations"]
            assert max(lat for _, lat in state["candidates"][0]["path"]) > 25.021

        reopen_road(ports, somebody(), ReopenRoad(closure_id))
        until(lambda: straight(incidents) == [True] * INCIDENTS, within_s=10)
