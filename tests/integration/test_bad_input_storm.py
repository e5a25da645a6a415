"""10,000 malformed requests from Hypothesis: each is refused as a problem and counted, and good readings go on."""

from __future__ import annotations

import asyncio
import copy
import json
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from bootstrap.embedded import EmbeddedServers
from bootstrap.settings import load_settings
from bootstrap.users import access_for
from bootstrap.web import build_web
from core.actor import Permission
from intake.body_limit import MAX_BODY_BYTES
from operations.grade_readings import grade_readings
from store.database import make_engine
from store.migrate import migrate

EXAMPLES = 200
REQUESTS_AN_EXAMPLE = 50
"""Together the 10,000 requests."""
GOOD_EVERY = 10

Json = dict[str, Any]
NOW = datetime.now(UTC)
AT = (NOW - timedelta(hours=2)).isoformat()


# ---------------------------------------------------------------- what is malformed


@dataclass(frozen=True)
class Request:
    """One request that no route may accept; `how` says what is wrong with it."""

    method: str
    path: str
    content: bytes
    headers: dict[str, str]
    how: str


VALID: dict[tuple[str, str], Any] = {
    ("POST", "/readings"): {
        "readings": [{"point_id": "KM01", "observed_at": AT, "depth_cm": 12.5}],
    },
    ("POST", "/calls"): {
        "category": "traffic",
        "place": {"lon": 102.71, "lat": 25.04, "crs": "WGS-84"},
        "caller": "13800000000",
        "text": "积水",
        "received_at": AT,
    },
    ("POST", "/positions"): {
        "crs": "WGS-84",
        "positions": [
            {
                "unit_id": "u1",
                "lon": 102.71,
                "lat": 25.04,
                "heading_deg": 90,
                "speed_kmh": 30,
                "fixed_at": AT,
            }
        ],
    },
    ("PUT", "/units"): {
        "units": [
            {
                "unit_id": "u1",
                "callsign": "巡 1",
                "net": "patrol",
                "kind": "car",
                "capabilities": ["police"],
                "jurisdiction": "530102",
            }
        ],
    },
    ("POST", "/passability"): [
        {"point_id": "KM01", "passability": "closed", "observed_at": AT, "source": "交警"},
    ],
    ("POST", "/units/u1/status"): {"status": "on_scene", "observed_at": AT, "source": "button"},
}
"""A sound body for every route that takes one; what is sent is one of these, broken."""

NUMBERS = {"depth_cm", "lon", "lat", "heading_deg", "speed_kmh"}
INSTANTS = {"observed_at", "received_at", "fixed_at"}
ONE_OF_FEW = {"crs", "passability", "status"}
IDENTS = {"point_id", "unit_id", "category", "net", "kind"}
OUT_OF_RANGE = {
    "lon": [180.01, -181, 1e300],
    "lat": [90.01, -91, 1e300],
    "heading_deg": [-0.1, 361],
    "speed_kmh": [-1, 1001],
}
NO_INSTANT = [
    "2026-08-18T09:20:00",  # no zone
    "1999-12-31T23:59:59+00:00",
    "2100-01-01T00:00:00+00:00",
    "2026-02-30T00:00:00+08:00",
    "yesterday",
    "",
    1_786_000_000,
]
NO_IDENT = ["", "a b", "a/b", "x" * 65, "nul\x00", "tab\t"]
NO_TEXT = [None, True, 7, 1.5, [], {}]
NO_NUMBER = [None, True, "12.5", [], {}, "NaN"]
NO_JSON_NUMBER = ["NaN", "Infinity", "-Infinity", "1e999", "0x1F", "01", "+1", ".5"]


def fields_of(body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of all leaves with a name."""
    for key, value in body.items() if isinstance(body, dict) else enumerate(body):
        if isinstance(value, dict | list):
            yield from fields_of(value, (*path, key))
        elif isinstance(key, str):
            yield (*path, key)


def objects_of(body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of all objects."""
    if isinstance(body, dict):
        yield path
    for key, value in body.items() if isinstance(body, dict) else enumerate(body):
        if isinstance(value, dict | list):
            yield from objects_of(value, (*path, key))


def inside(body: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        body = body[step]
    return body


@st.composite
def wrong_value(draw: DrawFn, body: Any) -> tuple[bytes, str]:
    path = draw(st.sampled_from(sorted(fields_of(body), key=str)))
    name = path[-1]
    if name in NUMBERS:
        wrong = draw(st.sampled_from(NO_NUMBER + OUT_OF_RANGE.get(name, [])) | st.text())
    elif name in INSTANTS:
        wrong = draw(st.sampled_from(NO_INSTANT) | st.text(st.characters(categories=["L"])))
    elif name in ONE_OF_FEW:
        wrong = draw(st.sampled_from(NO_TEXT) | st.text(st.characters(categories=["Lu"])))
    elif name in IDENTS:
        wrong = draw(st.sampled_from([*NO_TEXT, *NO_IDENT]))
    elif name == "text":
        wrong = draw(st.sampled_from([*NO_TEXT, "bell\x07", "x" * 4001]))
    elif name == "jurisdiction":
        wrong = draw(st.sampled_from([*NO_TEXT, "昆明", "53", "5301021234567"]))
    else:
        wrong = draw(st.sampled_from([*NO_TEXT, "", "x" * 201, "bell\x07"]))
    inside(body, path[:-1])[name] = wrong
    return json.dumps(body).encode(), f"{name} = {wrong!r:.40}"


@st.composite
def no_field(draw: DrawFn, body: Any) -> tuple[bytes, str]:
    path = draw(st.sampled_from(sorted(fields_of(body), key=str)))
    del inside(body, path[:-1])[path[-1]]
    return json.dumps(body).encode(), f"no {path[-1]}"


@st.composite
def one_field_too_many(draw: DrawFn, body: Any) -> tuple[bytes, str]:
    path = draw(st.sampled_from(sorted(objects_of(body), key=str)))
    name = draw(st.text(min_size=1).filter(lambda name: name not in {"note", "assignment_id", "synthetic"}))
    target = inside(body, path)
    if name in target:
        name += "2"
    target[name] = draw(st.none() | st.booleans() | st.integers() | st.text())
    return json.dumps(body).encode(), "one field too many"


@st.composite
def another_shape(draw: DrawFn, body: Any) -> tuple[bytes, str]:
    wrong = draw(
        st.sampled_from([None, True, 0, "text", [], {}, [[]], [None], {"readings": []}, {"readings": {}}])
        | st.dictionaries(st.text(max_size=5), st.integers(), max_size=3)
    )
    return json.dumps(wrong).encode(), f"the body is {wrong!r:.40}"


@st.composite
def no_json(draw: DrawFn, body: Any) -> tuple[bytes, str]:
    whole = json.dumps(body).encode()
    kind = draw(st.sampled_from(["cut off", "bytes", "number", "nested", "surrogate", "more behind"]))
    if kind == "cut off":
        return whole[: draw(st.integers(0, len(whole) - 1))], kind
    if kind == "bytes":
        return b"\xff" + draw(st.binary(max_size=200)), kind
    if kind == "nested":
        return b"[" * draw(st.integers(300, 20_000)), kind
    if kind == "surrogate":
        return whole.replace(b'": "', b'": "\\ud800', 1), kind
    if kind == "more behind":
        return whole + draw(st.sampled_from([b"{}", b",", b"]", b"\x00"])), kind
    name = draw(st.sampled_from(NO_JSON_NUMBER)).encode()
    broken = re.sub(rb": (?:\"[^\"]*\"|[0-9.]+)", b": " + name, whole, count=1)
    return broken, f"number {name.decode()}"


JSON_TYPE = "application/json"
KEY = {"Idempotency-Key": "malformed"}


@st.composite
def malformed(draw: DrawFn) -> Request:
    method, path = draw(st.sampled_from(sorted(VALID)))
    body = copy.deepcopy(VALID[method, path])
    kind = draw(st.integers(0, 11))
    headers = {"Content-Type": JSON_TYPE, **KEY}
    if kind == 0:
        content, how = draw(no_field(body))
    elif kind == 1:
        content, how = draw(one_field_too_many(body))
    elif kind == 2:
        content, how = draw(another_shape(body))
    elif kind in (3, 4):
        content, how = draw(no_json(body))
    elif kind == 5:
        content = json.dumps(body).encode()
        headers, how = draw(
            st.sampled_from(
                [
                    ({"Content-Type": "text/plain"}, "text"),
                    ({"Content-Type": "application/xml"}, "xml"),
                    ({}, "no type"),
                    ({"Content-Type": JSON_TYPE, "Content-Encoding": "gzip"}, "encoded"),
                    ({"Content-Type": JSON_TYPE, "Authorization": "Bearer cc_nobody"}, "nobody's token"),
                    ({"Content-Type": JSON_TYPE, "Authorization": "Basic Og=="}, "no token"),
                ]
            )
        )
        headers = {**KEY, **headers}
    elif kind == 6:
        content, how = json.dumps(body).encode(), "no such door"
        path += draw(st.sampled_from(["/", "/x", "2", "/../units", "%00", "/%2e%2e/"]))
        if path.startswith("/units/u1/status"):
            path = "/units/" + "x" * 65 + "/status"
    elif kind == 7:
        content, how = json.dumps(body).encode(), "another method"
        method = draw(st.sampled_from(["GET", "DELETE", "PATCH", "TRACE"]))
    elif kind == 8:
        method, path, content = "POST", "/calls", json.dumps(VALID["POST", "/calls"]).encode()
        key = draw(st.sampled_from([None, "", "a b", "x" * 256]))
        headers = {"Content-Type": JSON_TYPE} | ({} if key is None else {"Idempotency-Key": key})
        how = f"key {key!r:.20}"
    else:
        content, how = draw(wrong_value(body))
    return Request(method, path, content, headers, f"{method} {path}: {how}")


# ---------------------------------------------------------------- the centre they are sent to


@dataclass
class Centre:
    """The application behind its guard, in process, with a token that opens every route of the intake."""

    web: Any
    token: str
    runner: asyncio.Runner
    statuses: Counter[int] = field(default_factory=Counter)
    good: int = 0

    async def send(self, client: httpx.AsyncClient, request: Request) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", **request.headers}
        return await client.request(
            request.method, "/api/v1" + request.path, content=request.content, headers=headers
        )

    async def send_good(self, client: httpx.AsyncClient) -> None:
        at = (NOW - timedelta(hours=1) + timedelta(seconds=self.good)).isoformat()
        answer = await client.post(
            "/api/v1/readings",
            json={"readings": [{"point_id": "KM01", "observed_at": at, "depth_cm": 1.0}]},
            headers={"Authorization": f"Bearer {self.token}"},
        )
        assert (answer.status_code, answer.json()["accepted"]) == (200, 1), answer.text
        self.good += 1

    async def send_all(self, requests: list[Request]) -> list[tuple[Request, httpx.Response]]:
        transport = httpx.ASGITransport(self.web.guarded, raise_app_exceptions=False)
        answers = []
        async with httpx.AsyncClient(transport=transport, base_url="http://centre.test") as client:
            for number, request in enumerate(requests):
                if number % GOOD_EVERY == 0:
                    await self.send_good(client)
                answers.append((request, await self.send(client, request)))
        return answers

    def counted(self) -> int:
        """How many refusals the metrics show."""
        request = Request("GET", "/metrics", b"", {}, "")

        async def asked() -> str:
            transport = httpx.ASGITransport(self.web.guarded)
            async with httpx.AsyncClient(transport=transport, base_url="http://centre.test") as client:
                return (await self.send(client, request)).raise_for_status().text

        rows = re.findall(r"^intake_refused_total\{.*\} ([0-9.e+]+)$", self.runner.run(asked()), re.MULTILINE)
        return round(sum(float(row) for row in rows))


@pytest.fixture(scope="module")
def centre() -> Iterator[Centre]:
    # Not tmp_path: PostgreSQL without root must pass through every folder above; pytest closes its own.
    folder = Path(tempfile.mkdtemp(prefix="command-centre-"))
    try:
        with EmbeddedServers(folder) as servers, asyncio.Runner() as runner:
            configured = load_settings(
                data_dir=folder, mode="live", database_url=servers.database_url, redis_url=servers.redis_url
            )
            engine = make_engine(servers.database_url)
            migrate(engine)
            engine.dispose()
            web = build_web(configured)
            allowed = [
                Permission.REPORT_READINGS,
                Permission.REPORT_POSITIONS,
                Permission.REPORT_STATUS,
                Permission.REGISTER_UNITS,
                Permission.SET_PASSABILITY,
                Permission.TAKE_CALL,
                Permission.VIEW_METRICS,
            ]
            yield Centre(web, access_for(web.parts).tokens.create("test", "all", allowed), runner)
            web.parts.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# ---------------------------------------------------------------- what must hold


@pytest.mark.slow
def test_ten_thousand_malformed_requests_are_refused_and_counted_and_good_readings_are_graded(
    centre: Centre,
) -> None:
    head, before = centre.web.parts.store.head(), centre.counted()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],  # what fails is printed as it was sent; shrinking would send thousands more
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(malformed(), min_size=REQUESTS_AN_EXAMPLE, max_size=REQUESTS_AN_EXAMPLE))
    def storm(requests: list[Request]) -> None:
        for request, answer in centre.runner.run(centre.send_all(requests)):
            said = f"{request.how}: {request.content[:300]!r} -> {answer.status_code} {answer.text[:300]}"
            centre.statuses[answer.status_code] += 1
            assert 400 <= answer.status_code < 500, said
            assert answer.headers["content-type"] == "application/problem+json", said
            assert answer.json()["status"] == answer.status_code, said

    storm()
    sent = centre.statuses.total()
    assert sent >= EXAMPLES * REQUESTS_AN_EXAMPLE, "Hypothesis sent fewer than it was asked for"
    assert {401, 404, 405, 415, 422} <= set(centre.statuses), centre.statuses
    assert centre.counted() - before == sent
    assert grade_readings(centre.web.parts.ports) == centre.good
    journalled = {row.event.type for row in centre.web.parts.store.journal_after(head, 100_000)}
    assert journalled == {"readings.ingested", "readings.graded"}, "a malformed request left a trace"
    assert centre.web.parts.store.quarantined_count() == 0


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "undeclared"])
def test_a_body_over_the_limit_is_refused_and_counted(centre: Centre, declared: bool) -> None:
    before = centre.counted()

    async def chunks() -> Any:
        for _ in range(MAX_BODY_BYTES // 65_536 + 2):
            yield b" " * 65_536

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(centre.web.guarded, raise_app_exceptions=False)
        headers = {"Authorization": f"Bearer {centre.token}", "Content-Type": JSON_TYPE}
        content = b" " * (MAX_BODY_BYTES + 1) if declared else chunks()
        async with httpx.AsyncClient(transport=transport, base_url="http://centre.test") as client:
            return await client.post("/api/v1/readings", content=content, headers=headers)

    answer = centre.runner.run(send())
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
    assert centre.counted() - before == 1
