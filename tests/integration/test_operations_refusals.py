"""Who may not: every action refuses a role without the permission and a place outside the jurisdiction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from alerts.model import Passability
from core.actor import Actor, Permission
from core.errors import ConflictError, InvalidInputError, NotFoundError, PermissionDeniedError
from core.geo import BoundingBox, LonLat
from dispatch.model import UnitStatus
from operations.acknowledge_alert import AcknowledgeAlert, acknowledge_alert
from operations.close_incident import CloseIncident, close_incident
from operations.dispatch_units import DispatchUnits, dispatch_units
from operations.grade_readings import grade_readings
from operations.ingest_readings import IngestReadings, ingest_readings
from operations.ports import Ports
from operations.queries import assignments_of_units, incident_detail, snapshot_state
from operations.record_status import RecordStatus, record_status
from operations.register_units import RegisterUnits, register_units
from operations.report_passability import ReportPassability, report_passability
from operations.report_positions import ReportPositions, report_positions
from operations.request_recommendation import request_recommendation
from operations.set_drill_time import SetDrillTime, set_drill_time
from operations.take_call import TakeCall, take_call
from tests.conftest import Bench
from tests.integration.desk_work import (
    GUANDU,
    PANLONG,
    POINT,
    SOMEWHERE,
    called,
    fix,
    reading,
    register,
    registration,
    seen_at,
    send,
    sent_to,
    somebody,
    take_back,
    types,
)

CITY_BOX = BoundingBox(102, 24, 104, 27)


@dataclass(frozen=True)
class Desk:
    """Something of everything, all of it in Guandu."""

    ports: Ports
    alert_id: str
    incident_id: str
    assignment_id: str


@pytest.fixture
def desk(bench: Bench) -> Desk:
    ports = bench.ports
    register(ports, 2)
    incident_id = called(ports).incident_id
    (assignment,) = sent_to(ports, incident_id, "u000")
    send(ports, reading(ports, 8))
    grade_readings(ports)
    (alert,) = bench.store.snapshot(bench.clock.now()).alerts
    return Desk(ports, alert.alert_id, incident_id, assignment.assignment_id)


Action = Callable[[Desk, Actor], Any]

IN_A_PLACE: dict[Permission, list[Action]] = {
    Permission.ACKNOWLEDGE_ALERT: [lambda d, a: acknowledge_alert(d.ports, a, AcknowledgeAlert(d.alert_id))],
    Permission.SET_PASSABILITY: [
        lambda d, a: report_passability(
            d.ports, a, ReportPassability(POINT, Passability.CLOSED, d.ports.clock.now(), "x")
        )
    ],
    Permission.TAKE_CALL: [
        lambda d, a: take_call(d.ports, a, TakeCall("k", "fire", SOMEWHERE, "x", "x", d.ports.clock.now()))
    ],
    Permission.DISPATCH: [
        lambda d, a: dispatch_units(d.ports, a, DispatchUnits(d.incident_id, ("u001",))),
        lambda d, a: take_back(d.ports, a, d.assignment_id),
        lambda d, a: request_recommendation(d.ports, a, d.incident_id),
    ],
    Permission.CLOSE_INCIDENT: [lambda d, a: close_incident(d.ports, a, CloseIncident(d.incident_id))],
    Permission.REPORT_STATUS: [
        lambda d, a: record_status(
            d.ports, a, RecordStatus("u000", UnitStatus.EN_ROUTE, d.ports.clock.now(), "button")
        )
    ],
    Permission.REGISTER_UNITS: [
        lambda d, a: register_units(
            d.ports, a, RegisterUnits((registration(9, net=min(d.ports.catalogue.nets)),))
        )
    ],
}
ANYWHERE: dict[Permission, list[Action]] = {
    Permission.REPORT_READINGS: [
        lambda d, a: ingest_readings(d.ports, a, IngestReadings((reading(d.ports, 9, 1),)))
    ],
    Permission.REPORT_POSITIONS: [
        lambda d, a: report_positions(
            d.ports, a, ReportPositions((fix("u000", d.ports.clock.now()),)), frozenset({"u000"}), CITY_BOX
        )
    ],
    Permission.GRADE: [lambda d, a: grade_readings(d.ports, a)],
    Permission.RUN_DRILL: [
        lambda d, a: set_drill_time(
            d.ports, a, SetDrillTime("storm", d.ports.clock.now(), 1, d.ports.clock.now(), True)
        )
    ],
    Permission.READ_ASSIGNMENTS: [lambda d, a: assignments_of_units(d.ports, a, None)],
}
NEEDS = [
    (permission, action)
    for table in (IN_A_PLACE, ANYWHERE)
    for permission, some in table.items()
    for action in some
]
BOUND = [(permission, action) for permission, some in IN_A_PLACE.items() for action in some]


def name_of(value: Any) -> str:
    return value.value if isinstance(value, Permission) else ""


@pytest.mark.parametrize(("permission", "action"), NEEDS, ids=name_of)
def test_without_the_permission_nothing_happens(desk: Desk, permission: Permission, action: Action) -> None:
    before = types(desk.ports)
    with pytest.raises(PermissionDeniedError) as refused:
        action(desk, somebody(without=permission))
    assert refused.value.details["permission"] == permission.value
    assert types(desk.ports) == before


@pytest.mark.parametrize(("permission", "action"), BOUND, ids=name_of)
def test_in_another_district_nothing_happens(desk: Desk, permission: Permission, action: Action) -> None:
    before = types(desk.ports)
    with pytest.raises(PermissionDeniedError, match=PANLONG) as refused:
        action(desk, somebody(jurisdiction=PANLONG))
    assert refused.value.details["jurisdiction"] == GUANDU
    assert types(desk.ports) == before


@pytest.mark.parametrize(("permission", "action"), BOUND, ids=name_of)
def test_in_the_own_district_it_is_allowed(desk: Desk, permission: Permission, action: Action) -> None:
    action(desk, somebody(jurisdiction=GUANDU))


def test_who_may_not_act_at_all_is_told_so_before_anything_about_the_matter(desk: Desk) -> None:
    now = desk.ports.clock.now()
    with pytest.raises(PermissionDeniedError):
        take_call(
            desk.ports,
            somebody(without=Permission.TAKE_CALL),
            TakeCall("k", "no such category", LonLat(0, 0), "x", "x", now),
        )
    with pytest.raises(PermissionDeniedError):
        report_passability(
            desk.ports,
            somebody(without=Permission.SET_PASSABILITY),
            ReportPassability("no such point", Passability.CLOSED, now, "x"),
        )


def test_an_incident_of_another_district_is_not_shown(desk: Desk) -> None:
    with pytest.raises(PermissionDeniedError):
        incident_detail(desk.ports, somebody(jurisdiction=PANLONG), desk.incident_id)
    nothing = Actor("x", "x", somebody().role)
    with pytest.raises(PermissionDeniedError):
        incident_detail(desk.ports, nothing, desk.incident_id)


def test_assignments_are_told_to_their_units_and_their_district(desk: Desk) -> None:
    def ids(actor: Actor, asked: list[str] | None) -> list[str]:
        return [a["unit_id"] for a in assignments_of_units(desk.ports, actor, asked)]

    assert (
        ids(somebody(), None)
        == ids(somebody(), ["u000"])
        == ids(somebody(jurisdiction=GUANDU), None)
        == ["u000"]
    )
    assert ids(somebody(), ["u001"]) == ids(somebody(), []) == ids(somebody(jurisdiction=PANLONG), None) == []


def test_a_snapshot_holds_what_lies_in_the_district(desk: Desk) -> None:
    seq = snapshot_state(desk.ports, somebody())["seq"]
    elsewhere = snapshot_state(desk.ports, somebody(jurisdiction=PANLONG))
    assert elsewhere["seq"] == seq
    assert {p["jurisdiction"] for p in elsewhere["state"].pop("points")} == {PANLONG}
    assert set(map(len, elsewhere["state"].values())) == {0}


def test_unknown_ids_are_not_found(desk: Desk) -> None:
    for action in (
        lambda: acknowledge_alert(desk.ports, somebody(), AcknowledgeAlert("no such")),
        lambda: close_incident(desk.ports, somebody(), CloseIncident("no such")),
        lambda: take_back(desk.ports, somebody(), "no such"),
        lambda: request_recommendation(desk.ports, somebody(), "no such"),
        lambda: incident_detail(desk.ports, somebody(), "no such"),
    ):
        with pytest.raises(NotFoundError, match="no such"):
            action()


def test_a_text_longer_than_every_screen_is_refused(desk: Desk) -> None:
    """What is journaled goes to every screen of the city, so its length is not the sender's choice."""
    sender, now = somebody(), desk.ports.clock.now()
    for fields in ({"text": "长" * 4001}, {"caller": "c" * 201}, {"idempotency_key": "k" * 256}):
        call = {"text": "", "caller": "c", "idempotency_key": "k", **fields}
        with pytest.raises(InvalidInputError, match=f"{next(iter(fields))}: found"):
            take_call(
                desk.ports, sender, TakeCall(category="traffic", place=SOMEWHERE, received_at=now, **call)
            )
    with pytest.raises(InvalidInputError, match="override_reason: found"):
        dispatch_units(
            desk.ports, sender, DispatchUnits(desk.incident_id, ("u001",), override_reason="因" * 1001)
        )
    with pytest.raises(InvalidInputError, match="note: found"):
        close_incident(desk.ports, sender, CloseIncident(desk.incident_id, "n" * 4001))


def test_an_alert_is_taken_charge_of_once_and_the_second_is_told_who_has_it(desk: Desk) -> None:
    acknowledge_alert(desk.ports, somebody("王"), AcknowledgeAlert(desk.alert_id, "已核实"))
    with pytest.raises(ConflictError, match="王"):
        acknowledge_alert(desk.ports, somebody("李"), AcknowledgeAlert(desk.alert_id))


# ---------------------------------------------------------------- positions


def report(desk: Desk, *fixes: Any) -> Any:
    known = frozenset({"u000", "u001"})
    return report_positions(desk.ports, somebody(), ReportPositions(fixes), known, CITY_BOX)


def test_the_newest_position_wins_and_older_ones_are_counted_as_stale(desk: Desk, bench: Bench) -> None:
    now = bench.clock.now()
    bench.clock.advance(10)
    newer, older = fix("u000", bench.clock.now(), LonLat(102.8, 25.1)), fix("u000", now)
    assert (report(desk, newer).accepted, report(desk, older).stale) == (1, 1)
    found = desk.ports.positions.newest(["u000", "u001"])
    assert list(found) == ["u000"]
    assert (found["u000"].place, found["u000"].fixed_at) == (LonLat(102.8, 25.1), newer.fixed_at)
    assert (found["u000"].heading_deg, found["u000"].speed_kmh) == (90, 30)
    result = report(desk, fix("u001", now), fix("u001", bench.clock.now()))
    assert (result.accepted, result.stale) == (1, 1), "one batch may hold two of one unit"


@pytest.mark.parametrize(
    ("reason", "wrong"),
    [
        ("unknown-unit", {"unit_id": "ghost"}),
        ("outside-city", {"place": LonLat(25.02, 102.75)}),
        ("outside-city", {"place": LonLat(float("nan"), 25.0)}),
        ("implausible", {"heading_deg": float("nan")}),
        ("implausible", {"heading_deg": float("inf")}),
        ("implausible", {"speed_kmh": float("nan")}),
        ("implausible", {"speed_kmh": float("inf")}),
        ("future", {"seconds": 61}),
    ],
)
def test_a_position_that_makes_no_sense_is_quarantined_and_the_others_are_taken(
    desk: Desk, bench: Bench, reason: str, wrong: dict[str, Any]
) -> None:
    at = bench.clock.now() + timedelta(seconds=wrong.pop("seconds", 0))
    odd = fix(wrong.pop("unit_id", "u001"), at, **wrong)
    result = report(desk, fix("u000", bench.clock.now()), odd)
    assert (result.accepted, result.stale, [q.reason for q in result.quarantined]) == (1, 0, [reason])
    assert bench.store.quarantined_count() == 1
    assert set(desk.ports.positions.newest(["u000", "u001"])) == {"u000"}


def test_what_a_clock_that_was_set_back_left_on_the_board_gives_way(desk: Desk, bench: Bench) -> None:
    now = bench.clock.now()
    bench.clock.advance(3600)
    seen_at(desk.ports, fix("u000", bench.clock.now()))
    bench.clock.advance(-3600)
    assert report(desk, fix("u000", now)).accepted == 1
