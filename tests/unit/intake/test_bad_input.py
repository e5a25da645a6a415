"""Whatever is sent: a clear problem, counted, nothing changed, and never a 500."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import ConflictError
from intake.counters import IntakeCounters
from intake.problems import Problems

READINGS, POSITIONS, CALLS = "/api/v1/readings", "/api/v1/positions", "/api/v1/calls"
JSON = {"Content-Type": "application/json"}
GOOD = {"point_id": "P1", "observed_at": "2026-08-18T09:20:00+08:00", "depth_cm": 42.5}


def reading(**changes: Any) -> bytes:
    return json.dumps({"readings": [{**GOOD, **changes}]}).encode()


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b"", ""),
        (b"{", ""),
        (b"\xff\xfe", ""),
        (b"null", ""),
        (b"[]", ""),
        (b'{"readings": []}', "/readings"),
        (b'{"readings": [' + b"[" * 100_000 + b"]" * 100_000 + b"]}", ""),
        (b"[" * 2_000_000, ""),
        (b'{"readings": [' + b",".join([b"0"] * 500_000) + b"]}", "/readings"),
        (reading(depth_cm="12"), "/readings/0/depth_cm"),
        (reading(depth_cm=True), "/readings/0/depth_cm"),
        (reading(depth_cm=None), "/readings/0/depth_cm"),
        (reading(depth_cm=float("nan")), "/readings/0/depth_cm"),
        (reading(depth_cm=float("inf")), "/readings/0/depth_cm"),
        (reading().replace(b"42.5", b"1e999"), "/readings/0/depth_cm"),
        (reading().replace(b"42.5", b"9" * 4_000), "/readings/0/depth_cm"),
        (reading().replace(b"42.5", b"9" * 100_000), ""),
        (reading(observed_at="2026-08-18T09:20:00"), "/readings/0/observed_at"),
        (reading(observed_at=1_787_000_000), "/readings/0/observed_at"),
        (reading(observed_at="0001-01-01T00:00:00+14:00"), "/readings/0/observed_at"),
        (reading(observed_at="9999-12-31T23:59:59-14:00"), "/readings/0/observed_at"),
        (reading(point_id=""), "/readings/0/point_id"),
        (reading(point_id="P\x00"), "/readings/0/point_id"),
        (reading(point_id="P" * 1_000_000), "/readings/0/point_id"),
        (reading(point_id="X").replace(b'"X"', rb'"\ud800"'), ""),
        (reading(more="a field nobody asked for"), "/readings/0/more"),
        (b'{"readings": [{}]}', "/readings/0/point_id"),
    ],
    ids=lambda value: repr(value[:40]),
)
def test_a_malformed_body_is_refused_with_where_found_and_expected(
    client: Any, city: Any, counters: IntakeCounters, body: bytes, pointer: str
) -> None:
    answer = client.post(READINGS, content=body, headers=JSON)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "invalid-input"
    assert problem["type"] == "urn:command-centre:problem:invalid-input"
    assert problem["instance"] == READINGS
    assert pointer in [error["pointer"] for error in problem["errors"]]
    for error in problem["errors"]:
        assert len(error["found"]) <= 80
        assert error["expected"]
    assert len(answer.content) < 10_000
    assert not city.readings and not city.quarantined
    assert b'intake_refused_total{code="invalid-input",route="/api/v1/readings"} 1.0' in counters.exposition()


@given(st.binary(max_size=300))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_bytes_make_the_server_fail(client: Any, body: bytes) -> None:
    assert client.post(READINGS, content=body, headers=JSON).status_code == 422


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.fixed_dictionaries(
        {"point_id": _json, "observed_at": _json | st.datetimes().map(str), "depth_cm": _json}
    )
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_values_make_the_server_fail(client: Any, item: Any) -> None:
    answer = client.post(READINGS, content=json.dumps({"readings": [item]}).encode(), headers=JSON)
    assert answer.status_code in (200, 422), answer.text


@pytest.mark.parametrize(
    "media_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/xml"]
)
def test_a_body_that_is_not_json_is_refused(client: Any, media_type: str | None) -> None:
    headers = {"Content-Type": media_type} if media_type else {}
    answer = client.post(READINGS, content=reading(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")


def test_a_compressed_body_is_refused(client: Any) -> None:
    answer = client.post(READINGS, content=reading(), headers={**JSON, "Content-Encoding": "gzip"})
    assert answer.status_code == 415


def test_a_body_that_says_it_is_ten_megabytes_is_refused_unread(client: Any, city: Any) -> None:
    answer = client.post(READINGS, content=b" " * 10_000_000, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
    assert answer.headers["connection"] == "close"
    assert "expected at most 2,097,152 bytes" in answer.json()["detail"]


def test_a_body_that_does_not_say_how_long_it_is_is_read_up_to_the_limit(client: Any) -> None:
    pulled = 0

    async def endless() -> Any:
        nonlocal pulled
        for _ in range(160):
            pulled += 1
            yield b" " * 65_536

    answer = client.post(READINGS, content=endless(), headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
    assert pulled <= 34


@pytest.mark.parametrize("length", ["9" * 5_000, "abc", "-1"])
def test_a_senseless_length_does_no_harm(client: Any, length: str) -> None:
    answer = client.post(READINGS, content=b"{}", headers={**JSON, "Content-Length": length})
    assert answer.status_code in (413, 422)


@pytest.mark.parametrize(
    ("key", "status"),
    [(None, 422), ("", 422), ("k" * 256, 422), ("a b", 422)],
    ids=["none", "empty", "long", "space"],
)
def test_a_call_needs_an_idempotency_key(client: Any, key: str | None, status: int) -> None:
    headers = {**JSON, **({"Idempotency-Key": key} if key is not None else {})}
    call = {
        "category": "flooding",
        "place": {"lon": 102.7, "lat": 25.0, "crs": "WGS-84"},
        "caller": "x",
        "text": "",
        "received_at": "2026-08-18T09:20:00+08:00",
    }
    answer = client.post(CALLS, json=call, headers=headers)
    assert answer.status_code == status
    assert answer.json()["errors"][0]["pointer"] == "/header/Idempotency-Key"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nothing", 404, "not-found"),
        ("GET", "/api/v1/readings", 405, "method-not-allowed"),
        ("POST", "/api/v1/units/%00/status", 422, "invalid-input"),
        ("GET", "/api/v1/assignments?unit_ids=%00", 422, "invalid-input"),
    ],
)
def test_what_the_framework_refuses_is_a_problem_too(
    client: Any, method: str, path: str, status: int, code: str
) -> None:
    answer = client.request(method, path, headers=JSON, content=b"{}" if method == "POST" else None)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


def test_while_the_database_is_away_the_sender_is_told_when_to_come_back(client: Any, city: Any) -> None:
    city.database_away = True
    answer = client.post(READINGS, content=reading(), headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) >= 1


def test_an_unforeseen_failure_shows_nothing_of_the_inside(
    client: Any, city: Any, counters: IntakeCounters, caplog: pytest.LogCaptureFixture
) -> None:
    city.breaks = True
    answer = client.post(READINGS, content=reading(), headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")
    assert "secret" not in answer.text and "RuntimeError" not in answer.text
    assert "a secret of the inside" in caplog.text
    assert b'code="internal-error"' in counters.exposition()


def test_what_an_error_calls_like_a_part_of_the_answer_does_not_break_the_answer(
    counters: IntakeCounters,
) -> None:
    named_alike = {name: "theirs" for name in ("scope", "status", "code", "detail", "headers", "title")}
    error = ConflictError("the unit has moved on", callsign="巡001", **named_alike)
    answer = Problems(counters).from_error({"type": "http", "path": "/api/v1/x"}, error)
    body = json.loads(bytes(answer.body))
    assert (answer.status_code, body["status"], body["code"]) == (409, 409, "conflict")
    assert (body["title"], body["detail"], body["callsign"]) == ("Conflict", error.message, "巡001")
