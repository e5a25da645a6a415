"""Phones through the guard, over PostgreSQL and Redis: a key of their own opens just their own report."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from bootstrap.embedded import EmbeddedServers
from bootstrap.settings import load_settings
from bootstrap.users import access_for
from bootstrap.web import Web, build_web
from core.actor import Permission
from core.geo import LonLat
from tests.conftest import Bench
from tests.integration.desk_work import GUANDU, PANLONG, journal, register

CENTRE = LonLat(102.7146, 25.0492)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class Centre:
    """The application as it is served, and a token that registers and reports."""

    web: Web
    token: str
    bench: Bench

    def send(self, method: str, path: str, **parts: Any) -> httpx.Response:
        async def sent() -> httpx.Response:
            transport = httpx.ASGITransport(self.web.guarded, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://centre.test") as client:
                return await client.request(method, "/api/v1" + path, **parts)

        return asyncio.run(sent())

    def ask(self, method: str, path: str, token: str | None = None, **parts: Any) -> httpx.Response:
        """The same with a device token."""
        return self.send(method, path, headers={"Authorization": f"Bearer {token or self.token}"}, **parts)

    def terminal(self, protocol: str, terminal_id: str, unit_id: str = "u000", **more: Any) -> dict[str, Any]:
        asked = {"protocol": protocol, "terminal_id": terminal_id, "unit_id": unit_id, **more}
        answer = self.ask("PUT", "/terminals", json={"terminals": [asked]})
        found: dict[str, Any] = answer.raise_for_status().json()["terminals"][0]
        return found

    def place_of(self, unit_id: str) -> LonLat | None:
        fix = self.web.parts.board.newest([unit_id]).get(unit_id)
        return fix.place if fix else None


@pytest.fixture
def centre(bench: Bench, servers: EmbeddedServers, tmp_path: Path) -> Iterator[Centre]:
    settings = load_settings(
        data_dir=tmp_path, mode="live", database_url=servers.database_url, redis_url=servers.redis_url
    )
    web = build_web(settings)
    register(web.parts.ports, 2)
    permissions = [Permission.REGISTER_UNITS, Permission.REPORT_POSITIONS]
    yield Centre(web, access_for(web.parts).tokens.create("test", "all", permissions), bench)
    web.parts.close()


def place(**more: Any) -> dict[str, Any]:
    return {"lat": CENTRE.lat, "lon": CENTRE.lon, "timestamp": int(datetime.now(UTC).timestamp()), **more}


def test_an_osmand_phone_reports_with_its_key_and_without_it_nothing(centre: Centre) -> None:
    key = centre.terminal("osmand", "17")["key"]
    shown = {"id": "17", "key": key}
    assert centre.send("GET", "/osmand", params=place(speed=10, bearing=-1, **shown)).json() == {
        "outcome": "accepted"
    }
    fix = centre.web.parts.board.newest(["u000"])["u000"]
    assert fix.place == pytest.approx(CENTRE, abs=1e-6)
    assert (fix.speed_kmh, fix.heading_deg) == (pytest.approx(18.5, abs=0.05), 0), "10 knots; unknown is 0"
    assert centre.send("POST", "/osmand", params=shown, data=place()).json() == {"outcome": "accepted"}
    traccar = {
        "location": {
            "timestamp": datetime.now(UTC).isoformat(),
            "coords": {"latitude": CENTRE.lat, "longitude": CENTRE.lon, "speed": 5, "heading": 90},
        },
        "device_id": "17",
    }
    assert centre.send("POST", "/osmand", params=shown, json=traccar).json() == {"outcome": "accepted"}
    for wrong in ({"id": "17", "key": "x"}, {"id": "17"}, {"id": "18", "key": key}, {}):
        answer = centre.send("GET", "/osmand", params={**place(), **wrong})
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), wrong
        assert key not in answer.text
    other = {**traccar, "device_id": "18"}
    assert centre.send("POST", "/osmand", params=shown, json=other).status_code == 422


def test_a_phone_s_key_opens_no_other_path_and_no_other_terminal(centre: Centre) -> None:
    key = centre.terminal("osmand", "17")["key"]
    centre.terminal("osmand", "18", "u001")
    for path in ("/positions", "/readings", "/terminals"):
        assert centre.send("POST", path, params={"id": "17", "key": key}, json={}).status_code in (401, 405)
    form = "id=18&" + str(httpx.QueryParams(place()))
    answer = centre.send("POST", "/osmand", params={"deviceid": "17", "key": key}, content=form, headers=FORM)
    assert answer.status_code == 403
    assert centre.place_of("u001") is None


def test_an_owntracks_phone_shows_its_key_as_a_password(centre: Centre) -> None:
    key = centre.terminal("owntracks", "li/phone", "u001")["key"]
    basic = base64.b64encode(f"li:{key}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "X-Limit-U": "li", "X-Limit-D": "phone"}
    sent = {"_type": "location", "tst": place()["timestamp"], "lat": CENTRE.lat, "lon": CENTRE.lon, "vel": 21}
    answer = centre.send("POST", "/owntracks", headers=headers, json=sent)
    assert (answer.status_code, answer.json()) == (200, [])
    assert centre.place_of("u001") == pytest.approx(CENTRE, abs=1e-6)
    assert centre.send("POST", "/owntracks", headers=headers, json={"_type": "lwt"}).json() == []
    assert centre.send("POST", "/owntracks", headers=headers, content=b"{").status_code == 422
    for change in ({"X-Limit-D": "tablet"}, {"Authorization": "Basic !"}, {"Authorization": ""}):
        assert centre.send("POST", "/owntracks", headers={**headers, **change}, json=sent).status_code == 401


def test_a_place_that_makes_no_sense_is_answered_with_success_and_quarantined(centre: Centre) -> None:
    """A Traccar Client would send what is refused for ever, and nothing after it."""
    shown = {"id": "17", "key": centre.terminal("osmand", "17")["key"]}
    answer = centre.send("GET", "/osmand", params={**place(lat=0, lon=0), **shown})
    assert (answer.status_code, answer.json()) == (200, {"outcome": "quarantined"})
    assert centre.bench.store.quarantined_count() == 1
    assert centre.send("GET", "/osmand", params={**place(lat="north"), **shown}).status_code == 422


def test_a_key_is_told_once_and_another_ends_the_first(centre: Centre) -> None:
    first = centre.terminal("osmand", "17")["key"]
    assert centre.terminal("osmand", "17")["key"] is None
    assert [t["key"] for t in centre.ask("GET", "/terminals").json()["terminals"]] == [None]
    second = centre.terminal("osmand", "17", new=True)["key"]
    answers = [
        centre.send("GET", "/osmand", params={**place(), "id": "17", "key": key}) for key in (first, second)
    ]
    assert [answer.status_code for answer in answers] == [401, 200]
    told = [row.event for row in journal(centre.bench.ports) if row.event.type == "terminals.registered"]
    assert len(told) == 2
    assert not [event for event in told if first in str(event) or second in str(event)]


def test_a_revoked_terminal_is_out_and_a_moved_one_reports_for_its_new_unit(centre: Centre) -> None:
    shown = {"id": "17", "key": centre.terminal("osmand", "17")["key"]}
    assert centre.terminal("osmand", "17", "u001")["unit_id"] == "u001"
    assert centre.send("GET", "/osmand", params={**place(), **shown}).status_code == 200
    assert (centre.place_of("u000"), centre.place_of("u001") is not None) == (None, True)
    named = {"protocol": "osmand", "terminal_id": "17"}
    assert centre.ask("POST", "/terminals/revoke", json=named).json()["revoked_at"]
    assert centre.ask("POST", "/terminals/revoke", json=named).status_code == 200, "once more is harmless"
    assert centre.send("GET", "/osmand", params={**place(), **shown}).status_code == 401
    assert centre.ask("POST", "/terminals/revoke", json={**named, "terminal_id": "no"}).status_code == 404


def test_a_token_of_another_district_registers_and_revokes_nothing_here(centre: Centre) -> None:
    centre.terminal("osmand", "17")
    tokens = access_for(centre.web.parts).tokens
    foreign = tokens.create("test", "panlong", [Permission.REGISTER_UNITS], PANLONG)
    own = tokens.create("test", "guandu", [Permission.REGISTER_UNITS], GUANDU)
    asked = {"terminals": [{"protocol": "osmand", "terminal_id": "17", "unit_id": "u000", "new": True}]}
    named = {"protocol": "osmand", "terminal_id": "17"}
    assert centre.ask("PUT", "/terminals", foreign, json=asked).status_code == 403
    assert centre.ask("POST", "/terminals/revoke", foreign, json=named).status_code == 403
    assert centre.ask("GET", "/terminals", foreign).json() == {"terminals": []}
    assert centre.ask("PUT", "/terminals", own, json=asked).status_code == 200
    unknown = {"terminals": [{**asked["terminals"][0], "unit_id": "ghost"}]}
    assert centre.ask("PUT", "/terminals", json=unknown).status_code == 404
    twice = {"terminals": asked["terminals"] * 2}
    assert centre.ask("PUT", "/terminals", json=twice).status_code == 422


def test_a_device_token_may_forward_for_any_registered_terminal(centre: Centre) -> None:
    centre.terminal("osmand", "17")
    assert centre.ask("GET", "/osmand", params=place(id="17")).json() == {"outcome": "accepted"}
    unknown = centre.ask("GET", "/osmand", params=place(id="18"))
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not-found")


def test_a_unit_has_a_kind_of_the_catalogue_and_a_shift(centre: Centre) -> None:
    unit = {
        "unit_id": "amb-1", "callsign": "急救1", "net": "station_base", "kind": "ambulance",
        "capabilities": ["first_aid"], "jurisdiction": GUANDU, "shift": "2026-08-18 白班",
    }  # fmt: skip
    assert centre.ask("PUT", "/units", json={"units": [unit]}).json() == {"registered": 1}
    with centre.bench.store.transaction() as tx:
        [found] = tx.units(["amb-1"])
    assert (found.kind, found.shift) == ("ambulance", "2026-08-18 白班")
    refused = centre.ask("PUT", "/units", json={"units": [{**unit, "kind": "submarine"}]})
    assert refused.status_code == 422 and "submarine" in refused.json()["detail"]
