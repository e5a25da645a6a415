"""Alerts and response levels through the API, as another system of the city uses it."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from access.permissions import ROLES
from core.actor import CITY, Actor, Permission, Role, current_actor
from core.geo import BoundingBox
from intake.counters import IntakeCounters
from intake.problems import Problems
from intake.router import intake_router
from operations.grade_readings import grade_readings
from tests.alert_cases import RULE
from tests.conftest import Bench
from tests.depth_rule import in_a_community, with_catalogue
from tests.integration.desk_work import GUANDU, PANLONG, reading, send, types

NOBODYS = "01JAAAAAAAAAAAAAAAAAAAAAAA"


class Client:
    """Sends requests as somebody with a role."""

    def __init__(self, bench: Bench) -> None:
        rules = {RULE.rule_id: RULE}
        self.ports = in_a_community(with_catalogue(bench.ports, rules=rules))
        counters = IntakeCounters()
        self.app = FastAPI(openapi_url=None)
        Problems(counters).install(self.app)
        self.app.include_router(intake_router(self.ports, counters, BoundingBox(102, 24, 104, 27)))

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        role: Role = Role.DUTY_OFFICER,
        where: str = CITY,
        name: str = "甲",
        key: str = "k",
    ) -> httpx.Response:
        async def sent() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://centre") as client:
                return await client.request(
                    method, "/api/v1" + path, json=body, headers={"Idempotency-Key": key}
                )

        token = current_actor.set(Actor(name, name, role, where, ROLES[role] | {Permission.TAKE_CALL}))
        try:
            return asyncio.run(sent())
        finally:
            current_actor.reset(token)

    def act(self, alert_id: str, act: str, body: Any = None, **who: Any) -> httpx.Response:
        return self.send("POST", f"/alerts/{alert_id}/{act}", {} if body is None else body, **who)

    def flood(self, depth_cm: float, point_id: str = "KM01") -> None:
        send(self.ports, reading(self.ports, depth_cm, point_id=point_id))
        grade_readings(self.ports)

    def alerts(self, **who: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.send("GET", "/alerts", **who).raise_for_status().json()["alerts"]
        return found


@pytest.fixture
def client(bench: Bench) -> Client:
    return Client(bench)


def test_the_life_of_an_alert_over_the_api_from_opening_to_the_all_clear(
    bench: Bench, client: Client
) -> None:
    client.flood(35)
    (alert,) = client.alerts()
    alert_id = alert["alert_id"]
    assert (alert["severity"], alert["depth_cm"], alert["told"]) == ("yellow", 35.0, "community")
    assert client.act(alert_id, "escalate", {"told": "community"}).json()["told"] == "street"
    assert client.act(alert_id, "acknowledge", {"note": "来了"}).json()["acknowledged_by"] == "甲"
    assert client.act(alert_id, "unacknowledge").json()["status"] == "active"
    shelved = client.act(alert_id, "shelve", {"minutes": 30, "reason": "已派人"}).json()
    assert (shelved["shelved_by"], shelved["shelve_reason"]) == ("甲", "已派人")
    assert client.act(alert_id, "unshelve").json()["shelved_until"] is None
    for _ in range(2):
        bench.clock.advance(301)
        client.flood(0)
    cleared = client.act(alert_id, "all-clear", {"outcome": "real", "note": "已抽排"}).json()
    assert (cleared["status"], cleared["cleared_by"], cleared["outcome"]) == ("cleared", "甲", "real")
    assert client.alerts() == []


@pytest.mark.parametrize(
    ("act", "body", "event"),
    [
        ("acknowledge", {"note": "来了"}, "alert.acknowledged"),
        ("escalate", {"told": "community"}, "alert.escalated"),
        ("shelve", {"minutes": 30, "reason": "已派人"}, "alert.shelved"),
        ("all-clear", {"outcome": "false_alarm"}, "alert.cleared"),
        ("unacknowledge", {}, None),
        ("unshelve", {}, None),
    ],
)
def test_a_request_that_is_repeated_answers_what_stands_and_writes_nothing(
    client: Client, act: str, body: Any, event: str | None
) -> None:
    client.flood(35)
    (alert,) = client.alerts()
    first, again = (client.act(alert["alert_id"], act, body) for _ in range(2))
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert types(client.ports).count(event or "alert.unshelved") == (0 if event is None else 1)


def test_a_call_answers_whether_it_joined_an_open_incident(client: Client) -> None:
    body = {
        "category": "waterlogging",
        "place": {"lon": 102.75, "lat": 25.02, "crs": "WGS-84"},
        "caller": "市民",
        "text": "积水",
        "received_at": client.ports.clock.now().isoformat(),
    }
    first = client.send("POST", "/calls", body, key="1").json()
    second = client.send("POST", "/calls", body, key="2").json()
    assert (first["joined"], second["joined"]) == (False, True)
    assert first["incident_id"] == second["incident_id"]


@pytest.mark.parametrize(
    ("act", "body", "where"),
    [
        ("shelve", {"minutes": 0, "reason": "x"}, "/minutes"),
        ("shelve", {"minutes": 481, "reason": "x"}, "/minutes"),
        ("shelve", {"minutes": 30}, "/reason"),
        ("all-clear", {"outcome": "maybe"}, "/outcome"),
        ("all-clear", {}, "/outcome"),
        ("escalate", {"told": "country"}, "/told"),
        ("acknowledge", {"note": 5}, "/note"),
        ("unshelve", {"now": True}, "/now"),
    ],
)
def test_a_body_that_makes_no_sense_is_a_problem_that_says_where(
    client: Client, act: str, body: Any, where: str
) -> None:
    answer = client.act(NOBODYS, act, body)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["errors"][0]["pointer"] == where


def test_problems_say_what_stands_in_the_way(client: Client) -> None:
    client.flood(35)
    (alert,) = client.alerts()
    alert_id = alert["alert_id"]
    assert client.act(NOBODYS, "acknowledge").json()["code"] == "not-found"
    assert client.act("../etc", "acknowledge").status_code == 404
    assert client.act("lower-case", "acknowledge").json()["code"] == "invalid-input"
    still = client.act(alert_id, "all-clear", {"outcome": "real"})
    assert (still.status_code, still.json()["grade_code"]) == (409, "medium")
    client.act(alert_id, "acknowledge")
    taken = client.act(alert_id, "acknowledge", name="乙")
    assert (taken.status_code, taken.json()["acknowledged_by"]) == (409, "甲")
    other = client.act(alert_id, "shelve", {"minutes": 5, "reason": "x"}, role=Role.SUB_CENTRE, where=PANLONG)
    assert (other.status_code, other.json()["jurisdiction"]) == (403, GUANDU + "001002")
    assert client.alerts(role=Role.SUB_CENTRE, where=PANLONG) == []


def test_a_level_is_set_over_the_api_by_whom_the_table_names(client: Client) -> None:
    body = {"jurisdiction": CITY, "level": "IV", "reason": "会商"}
    level = client.send("POST", "/response-levels", body, role=Role.SHIFT_COMMANDER).json()
    assert (level["level"], level["set_by"], level["version"]) == ("IV", "甲", 1)
    assert client.send("POST", "/response-levels", body, role=Role.SHIFT_COMMANDER).json() == level
    assert client.send("POST", "/response-levels", body).status_code == 403
    district = client.send("POST", "/response-levels", body, role=Role.SUB_CENTRE, where=GUANDU)
    assert district.status_code == 403
    wrong = client.send("POST", "/response-levels", {**body, "level": "V"}, role=Role.SHIFT_COMMANDER)
    assert wrong.json()["errors"][0]["pointer"] == "/level"
    end = {**body, "level": None}
    ended = client.send("POST", "/response-levels", end, role=Role.SHIFT_COMMANDER)
    assert ended.json()["level"] is None


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=5,
)
BODIES = st.one_of(
    JSON,
    st.fixed_dictionaries(
        {},
        optional={
            "note": JSON,
            "told": JSON,
            "minutes": JSON,
            "reason": JSON,
            "outcome": st.sampled_from(["real", "x"]) | JSON,
            "jurisdiction": st.just(CITY) | JSON,
            "level": st.sampled_from(["IV", "V", None]) | JSON,
        },
    ),
)
PATHS = [f"/alerts/{NOBODYS}/{act}" for act in ("acknowledge", "escalate", "shelve", "unshelve", "all-clear")]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from([*PATHS, "/response-levels"]), body=BODIES)
def test_no_body_makes_the_server_fail(client: Client, path: str, body: Any) -> None:
    answer = client.send("POST", path, body, role=Role.SHIFT_COMMANDER)
    assert answer.status_code in (200, 404, 409, 415, 422), answer.text
    if answer.status_code != 200:
        assert answer.headers["content-type"] == "application/problem+json"
