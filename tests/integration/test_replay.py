"""The storm through the real intake API into the real database, with a line that keeps breaking."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from prometheus_client import CollectorRegistry
from redis import Redis
from sqlalchemy import Engine, text

import bootstrap.web
from access.demo import ensure_replayer_token
from bootstrap.drill import begin
from bootstrap.embedded import EmbeddedServers
from bootstrap.settings import load_settings
from bootstrap.users import access_for
from bootstrap.web import Web
from core.actor import Actor
from core.geo import LonLat, distance_m
from drills import intake_api
from drills.intake_api import IntakeApi
from drills.patrol import PatrolShift
from drills.replay import Replayer
from drills.shift import make_shift
from drills.storyline import CitizenCall, GaugeReading, PassabilityReport, Storyline
from intake.counters import IntakeCounters
from operations.dispatch_units import DispatchUnits, dispatch_units
from tests.unit.drills.city import the_storm
from tests.unit.drills.test_patrol import Grid

Opened = Callable[[], AbstractAsyncContextManager[tuple[IntakeApi, "BreakingLine"]]]


class BreakingLine(httpx.AsyncBaseTransport):
    """Every third write gets no answer: once it never arrived, once it was done and the answer got lost."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.writes = 0
        self.unbroken = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET" or self.unbroken:
            return await self._inner.handle_async_request(request)
        self.writes += 1
        if self.writes % 6 == 0:
            raise httpx.ConnectError("refused")
        response = await self._inner.handle_async_request(request)
        if self.writes % 6 == 3:
            raise httpx.ReadError("reset")
        return response


@pytest.fixture
def web(
    engine: Engine,
    redis: Redis,
    servers: EmbeddedServers,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Web]:
    # Prometheus' own registry takes each name once in a process.
    monkeypatch.setattr(bootstrap.web, "IntakeCounters", lambda: IntakeCounters(CollectorRegistry()))
    settings = load_settings(
        data_dir=tmp_path, database_url=servers.database_url, redis_url=servers.redis_url, mode="drill"
    )
    built = bootstrap.web.build_web(settings)
    yield built
    built.parts.close()


@pytest.fixture
def api(web: Web) -> Opened:
    token = ensure_replayer_token(access_for(web.parts).tokens, web.parts.settings.data_dir)

    @asynccontextmanager
    async def opened() -> AsyncIterator[tuple[IntakeApi, BreakingLine]]:
        line = BreakingLine(httpx.ASGITransport(web.guarded))
        async with httpx.AsyncClient(transport=line, base_url="http://127.0.0.1:8050") as client:
            yield IntakeApi(client, token.read_text().strip()), line

    return opened


def rows(engine: Engine, statement: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


def stored_readings(engine: Engine) -> dict[tuple[str, datetime], float]:
    found = rows(
        engine,
        "SELECT point_id, observed_at, value FROM readings WHERE run = (SELECT run FROM drill_clock)",
    )
    return {(str(p), at.astimezone(UTC)): float(str(d)) for p, at, d in found if isinstance(at, datetime)}


def due_readings(storyline: Storyline, until: datetime) -> dict[tuple[str, datetime], float]:
    return {
        (i.reading.point_id, i.at.astimezone(UTC)): i.reading.value
        for i in storyline.items[: storyline.count_until(until)]
        if isinstance(i, GaugeReading)
    }


async def follow(replayer: Replayer, wall_s: float) -> None:
    for _ in range(int(wall_s / 0.25)):
        await replayer.step()
        await asyncio.sleep(0.25)


def test_the_storm_arrives_whole_and_once_over_a_breaking_line_through_pause_and_seek(
    web: Web, engine: Engine, api: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_api, "FIRST_WAIT_S", 0.01)
    storyline = the_storm()
    scenario = storyline.scenario

    async def scene() -> None:
        async with api() as (intake, line):
            await begin(intake, scenario, scenario.starts_at, 150.0, False, lambda line: None)
            replayer = Replayer(intake, storyline)
            await follow(replayer, 3)
            line.unbroken = True
            paused_at = scenario.starts_at + timedelta(minutes=90)
            await intake.set_drill_time(scenario.scenario, paused_at, 0.0, restart=False)
            line.unbroken = False
            await follow(replayer, 2)
            assert stored_readings(engine) == due_readings(storyline, paused_at)
            due = storyline.items[: storyline.count_until(paused_at)]
            calls = sum(isinstance(i, CitizenCall) for i in due)
            assert rows(engine, "SELECT count(*) FROM calls") == [(calls,)]
            closed = {
                i.point_id for i in due if isinstance(i, PassabilityReport) and i.passability == "closed"
            }
            opened = rows(
                engine, "SELECT count(*), count(DISTINCT point_id) FROM incidents WHERE origin = 'closure'"
            )
            assert opened == [(len(closed), len(closed))]
            assert rows(engine, "SELECT count(*) FROM quarantine") == [(0,)]
            assert line.writes > 12

            line.unbroken = True
            back_at = scenario.starts_at + timedelta(minutes=12)
            await intake.set_drill_time(scenario.scenario, back_at, 0.0, restart=True)
            await follow(replayer, 2)
            assert stored_readings(engine) == due_readings(storyline, back_at)

    asyncio.run(scene())


def test_a_dispatched_patrol_drives_there_and_the_response_time_is_in_scenario_minutes(
    web: Web, engine: Engine, api: Opened, everyone: Actor
) -> None:
    scenario = the_storm().scenario
    shift = make_shift(20, 1, Grid(), Grid(), {"530111": "官渡"})
    unit = next(unit for unit in shift if unit.kind.kind == "car")

    async def scene() -> None:
        async with api() as (intake, line):
            line.unbroken = True
            await begin(intake, scenario, scenario.starts_at, 300.0, False, lambda line: None)
            patrol = PatrolShift(intake, shift, Grid(), 1, scenario.starts_at)
            await patrol.register()
            for _ in range(2):
                await patrol.step()
                await asyncio.sleep(1.1)
            await patrol.step()
            taken = await intake.send_call(
                "k1",
                {
                    "category": "traffic",
                    "place": {"lon": 102.74, "lat": 25.02, "crs": "WGS-84"},
                    "caller": "test",
                    "text": "",
                    "received_at": (await intake.clock()).now.isoformat(),
                },
            )
            web.parts.refresh_clock()
            command = DispatchUnits(taken["incident_id"], (unit.unit_id,), None, "test")
            (assignment,) = await asyncio.to_thread(dispatch_units, web.parts.ports, everyone, command)
            for _ in range(40):
                await patrol.step()
                if not await intake.open_assignments():
                    break
                await asyncio.sleep(1.0)
            status, reached_at, ended_at = rows(
                engine, "SELECT status, on_scene_at, ended_at FROM assignments"
            )[0]
            assert status == "cleared"
            assert isinstance(reached_at, datetime) and isinstance(ended_at, datetime)
            assert 300 <= (ended_at - reached_at).total_seconds() <= 900
            expected_s = 40 + 1.2 * (assignment.travel_time_s or 3600)
            assert 0 < (reached_at - assignment.dispatched_at).total_seconds() <= expected_s
            fix = web.parts.ports.positions.newest([unit.unit_id])[unit.unit_id]
            assert distance_m(fix.place, LonLat(102.74, 25.02)) < 50

    asyncio.run(scene())
