"""The intake over ports that live in memory: what the routes do without PostgreSQL and Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from alerts.model import MonitoredPoint, Reading
from core.actor import CITY, Actor, Permission, Role, current_actor
from core.clock import FixedClock
from core.errors import UnavailableError
from core.geo import BoundingBox, LonLat
from dispatch.terminals import Terminal, TerminalProtocol
from intake.body_limit import BodyLimit
from intake.counters import IntakeCounters
from intake.problems import Problems
from intake.router import intake_router
from operations.ports import Fix, Placed
from operations.stored import QuarantinedItem, StoredReadings

NOW = datetime(2026, 8, 18, 2, 0, tzinfo=UTC)


@dataclass
class City:
    """The state behind the ports, and the switches a test throws."""

    readings: dict[tuple[str, datetime], float] = field(default_factory=dict)
    quarantined: list[QuarantinedItem] = field(default_factory=list)
    fixes: dict[str, Fix] = field(default_factory=dict)
    unit_ids: list[str] = field(default_factory=lambda: [f"U{n}" for n in range(6000)])
    database_away: bool = False
    breaks: bool = False

    # The part of Transaction that the routes of these tests reach.
    last_seq = 0

    @contextmanager
    def transaction(self, alone: bool = False) -> Iterator[City]:
        if self.database_away:
            raise UnavailableError("the database is away")
        if self.breaks:
            raise RuntimeError("a secret of the inside")
        yield self

    def record(self, event: Any) -> None: ...

    def store_readings(self, batch_id: str, readings: Sequence[Reading]) -> StoredReadings:
        new = [r for r in readings if (r.point_id, r.observed_at) not in self.readings]
        self.readings.update({(r.point_id, r.observed_at): r.value for r in new})
        return StoredReadings(len(new), len(readings) - len(new), ())

    def quarantine(self, items: Sequence[QuarantinedItem], actor_id: str, at: datetime) -> None:
        self.quarantined.extend(items)

    def units(self) -> list[Any]:
        return [SimpleNamespace(unit_id=unit_id) for unit_id in self.unit_ids]

    def terminals(self) -> list[Terminal]:
        named = ((TerminalProtocol.OSMAND, "phone-17"), (TerminalProtocol.OWNTRACKS, "li/phone"))
        return [Terminal(protocol, terminal_id, "U17", NOW, "test") for protocol, terminal_id in named]

    def drill_time(self) -> None:
        return None

    def put(self, fixes: Sequence[Fix], latest: datetime) -> Placed:
        new = [f for f in fixes if f.unit_id not in self.fixes or self.fixes[f.unit_id].fixed_at < f.fixed_at]
        self.fixes.update({f.unit_id: f for f in new})
        return Placed(len(new), len(fixes) - len(new))


class Client:
    """Sends one request to the application, as a test reads best."""

    def __init__(self, app: Any) -> None:
        self._app = app

    def request(self, method: str, path: str, **parts: Any) -> httpx.Response:
        async def sent() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://centre") as client:
                return await client.request(method, path, **parts)

        return asyncio.run(sent())

    def get(self, path: str) -> httpx.Response:
        return self.request("GET", path)

    def post(self, path: str, **parts: Any) -> httpx.Response:
        return self.request("POST", path, **parts)


@pytest.fixture
def city() -> City:
    return City()


@pytest.fixture
def counters() -> IntakeCounters:
    return IntakeCounters()


@pytest.fixture
def client(city: City, counters: IntakeCounters) -> Client:
    return client_of(city, counters)


def client_of(city: City, counters: IntakeCounters) -> Client:
    """The application over this city, for somebody who may do everything."""
    ports: Any = SimpleNamespace(
        store=city,
        clock=FixedClock(NOW),
        doorbell=SimpleNamespace(ring=lambda seq: None),
        work=SimpleNamespace(grade_readings=lambda: None, recommend_units=lambda incident_id: None),
        positions=city,
        areas=SimpleNamespace(jurisdiction_of=lambda place: CITY + "11" if place.lat < 26 else None),
        catalogue=SimpleNamespace(
            points={p: MonitoredPoint(p, p, p, "road", LonLat(102.7, 25.0), "530111") for p in ("P1", "P2")},
            categories={},
            nets={},
        ),
        mode="drill",
    )
    problems = Problems(counters)
    app = FastAPI(openapi_url=None)
    problems.install(app)
    app.include_router(intake_router(ports, counters, BoundingBox(102.1, 24.3, 103.7, 26.6)))
    everything = Actor("t1", "gauge", Role.DEVICE, CITY, frozenset(Permission))

    async def as_device(scope: Any, receive: Any, send: Any) -> None:
        token = current_actor.set(everything)
        try:
            await BodyLimit(app, problems)(scope, receive, send)
        finally:
            current_actor.reset(token)

    return Client(as_device)
