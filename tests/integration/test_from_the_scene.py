"""A unit's own word and what is sent from the scene: once each, of its own unit only, kept whatever dies."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from access.permissions import ROLES
from core.actor import CITY, Actor, Role
from core.errors import ConflictError, InvalidInputError, NotFoundError, PermissionDeniedError
from core.geo import BoundingBox, LonLat
from dispatch.attachments import AttachmentKind
from dispatch.model import AssignmentStatus, UnitStatus
from operations.accept_assignment import AcceptAssignment, accept_assignment
from operations.add_attachment import MOST_ATTACHMENTS, AddAttachment, AddedAttachment, add_attachment
from operations.duty import attachment_content, duty_state
from operations.queries import assignments_of_units, incident_detail
from operations.record_status import RecordStatus, record_status
from operations.report_positions import ReportPositions, report_positions
from operations.take_call import TakeCall, take_call
from tests.conftest import Bench
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
    sent_to,
    somebody,
    take_back,
    types,
)

EVERYWHERE = BoundingBox(102, 24, 104, 27)


def of_unit(unit_id: str | None, jurisdiction: str = GUANDU) -> Actor:
    """Somebody signed in with a field unit's account."""
    return Actor(
        f"account of {unit_id}",
        f"外勤 {unit_id}",
        Role.FIELD_UNIT,
        jurisdiction,
        ROLES[Role.FIELD_UNIT],
        "",
        unit_id,
    )


def sub_centre(jurisdiction: str) -> Actor:
    return Actor("sub", "分中心", Role.SUB_CENTRE, jurisdiction, ROLES[Role.SUB_CENTRE])


def note(bench: Bench, incident_id: str, key: str = "k1", **fields: Any) -> AddAttachment:
    given = {
        "kind": AttachmentKind.VOICE,
        "media_type": "audio/webm",
        "content": b"sound",
        "sent_digest": "digest of what came",
        "taken_at": bench.clock.now() - timedelta(minutes=5),
        **fields,
    }
    return AddAttachment(key, incident_id, **given)


# ---------------------------------------------------------------- the unit's word


def test_a_unit_accepts_its_order_once_and_it_is_no_milestone(bench: Bench) -> None:
    register(bench.ports, 1)
    order = sent_to(bench.ports, called(bench.ports).incident_id, "u000")[0]
    word = AcceptAssignment(order.assignment_id, bench.clock.now(), late=True)
    first, again = (accept_assignment(bench.ports, of_unit("u000"), word) for _ in range(2))
    assert (first.accepted_at, first.status) == (bench.clock.now(), AssignmentStatus.DISPATCHED)
    assert again == first
    said = [row.event for row in journal(bench.ports) if row.event.type == "assignment.accepted"]
    assert [event.data["late"] for event in said] == [True]


def test_an_order_that_was_taken_back_cannot_be_accepted(bench: Bench) -> None:
    register(bench.ports, 1)
    order = sent_to(bench.ports, called(bench.ports).incident_id, "u000")[0]
    take_back(bench.ports, somebody(), order.assignment_id)
    with pytest.raises(ConflictError, match="taken back or has ended"):
        accept_assignment(
            bench.ports, of_unit("u000"), AcceptAssignment(order.assignment_id, bench.clock.now())
        )


@pytest.mark.parametrize("speaker", ["u001", None])
def test_a_field_unit_speaks_for_its_own_unit_only(bench: Bench, speaker: str | None) -> None:
    register(bench.ports, 2)
    order = sent_to(bench.ports, called(bench.ports).incident_id, "u000")[0]
    actor, now = of_unit(speaker), bench.clock.now()
    with pytest.raises(PermissionDeniedError):
        accept_assignment(bench.ports, actor, AcceptAssignment(order.assignment_id, now))
    with pytest.raises(PermissionDeniedError):
        record_status(bench.ports, actor, RecordStatus("u000", UnitStatus.EN_ROUTE, now, "phone"))
    with pytest.raises(PermissionDeniedError):
        fixes = (fix("u000", now),)
        report_positions(bench.ports, actor, ReportPositions(fixes), frozenset({"u000"}), EVERYWHERE)
    assert bench.ports.positions.newest(["u000"]) == {}
    assert "assignment.advanced" not in types(bench.ports)


def test_a_unit_reports_where_it_is_and_what_waited_becomes_its_track(bench: Bench) -> None:
    register(bench.ports, 1)
    now = bench.clock.now()
    way = tuple(
        fix("u000", now - timedelta(seconds=60 - 30 * n), LonLat(SOMEWHERE.lon + 0.002 * n, SOMEWHERE.lat))
        for n in range(3)
    )
    result = report_positions(
        bench.ports, of_unit("u000"), ReportPositions(way), frozenset({"u000"}), EVERYWHERE
    )
    assert (result.accepted, result.stale) == (1, 2)
    assert bench.ports.positions.newest(["u000"])["u000"].fixed_at == now
    with bench.store.transaction() as tx:
        kept = tx.connection.exec_driver_sql("SELECT at FROM tracks ORDER BY at").scalars().all()
    assert kept == [f.fixed_at for f in way]


def test_a_milestone_said_again_with_its_key_changes_nothing_whatever_came_after_it(bench: Bench) -> None:
    register(bench.ports, 1)
    order = sent_to(bench.ports, called(bench.ports).incident_id, "u000")[0]
    actor, now = of_unit("u000"), bench.clock.now()
    set_off = RecordStatus(
        "u000", UnitStatus.EN_ROUTE, now, "phone", order.assignment_id, "key of setting off"
    )
    record_status(bench.ports, actor, set_off)
    there = RecordStatus("u000", UnitStatus.ON_SCENE, now, "phone", order.assignment_id, "key of arriving")
    record_status(bench.ports, actor, there)
    # The answer to the first was lost on the way: the phone sends it again.
    assert record_status(bench.ports, actor, set_off).status is UnitStatus.ON_SCENE
    assert types(bench.ports).count("assignment.advanced") == 2
    with pytest.raises(ConflictError, match="again with another body"):
        other = RecordStatus(
            "u000", UnitStatus.AVAILABLE, now, "phone", order.assignment_id, "key of arriving"
        )
        record_status(bench.ports, actor, other)


def test_what_waited_for_a_connection_keeps_its_time_and_says_so(bench: Bench) -> None:
    register(bench.ports, 1)
    order = sent_to(bench.ports, called(bench.ports).incident_id, "u000")[0]
    bench.clock.advance(600)
    then = bench.clock.now() - timedelta(minutes=8)
    command = RecordStatus("u000", UnitStatus.ON_SCENE, then, "phone", order.assignment_id, "k", late=True)
    record_status(bench.ports, of_unit("u000"), command)
    row = journal(bench.ports)[-1].event
    assert (row.type, row.at, row.data["late"]) == ("assignment.advanced", then, True)


# ---------------------------------------------------------------- what it has to do


def test_a_unit_sees_its_order_and_its_incident_outside_its_own_district(bench: Bench) -> None:
    register(bench.ports, 2, jurisdiction=PANLONG)
    incident_id = called(bench.ports).incident_id
    other = called(bench.ports).incident_id
    sent_to(bench.ports, incident_id, "u000")
    actor = of_unit("u000", PANLONG)
    duty = duty_state(bench.ports, actor)
    assert duty["unit"]["unit_id"] == "u000"
    assert (duty["incident"]["incident_id"], duty["said"]) == (incident_id, "有车祸")
    assert [a["unit_id"] for a in assignments_of_units(bench.ports, actor, None)] == ["u000"]
    assert incident_detail(bench.ports, actor, incident_id)["incident"]["jurisdiction"] == GUANDU
    with pytest.raises(PermissionDeniedError):
        incident_detail(bench.ports, actor, other)
    idle = duty_state(bench.ports, of_unit("u001", PANLONG))
    assert (idle["unit"]["status"], idle["assignment"]) == ("available", None)
    assert duty_state(bench.ports, of_unit(None))["unit"] is None
    assert duty_state(bench.ports, of_unit("nobody"))["unit"] is None


# ---------------------------------------------------------------- photos and voice notes


def test_an_attachment_is_kept_once_for_each_key_and_stands_in_the_incident(bench: Bench) -> None:
    register(bench.ports, 1)
    incident_id = called(bench.ports).incident_id
    sent_to(bench.ports, incident_id, "u000")
    actor = of_unit("u000")
    command = note(bench, incident_id, late=True, place=SOMEWHERE, accuracy_m=12.0)
    answers: list[AddedAttachment] = at_once(*[lambda: add_attachment(bench.ports, actor, command)] * 6)
    assert raised(answers) == []
    assert sorted(answer.repeated for answer in answers) == [False] + [True] * 5
    assert len({answer.attachment.attachment_id for answer in answers}) == 1
    detail = incident_detail(bench.ports, somebody(), incident_id)
    [shown] = detail["attachments"]
    assert (shown["by_name"], shown["late"], shown["accuracy_m"]) == (actor.name, True, 12.0)
    assert shown["place"] == [SOMEWHERE.lon, SOMEWHERE.lat]
    told = [row for row in detail["timeline"] if row["type"] == "attachment.added"]
    assert [row["data"]["attachment_id"] for row in told] == [shown["attachment_id"]]
    with pytest.raises(ConflictError, match="again with another body"):
        add_attachment(bench.ports, actor, note(bench, incident_id, sent_digest="another photo"))


def test_only_who_may_see_the_incident_gets_what_was_sent_from_it(bench: Bench) -> None:
    incident_id = called(bench.ports).incident_id
    added = add_attachment(bench.ports, sub_centre(GUANDU), note(bench, incident_id)).attachment
    for actor in (somebody(), sub_centre(GUANDU), of_unit("u000", GUANDU)):
        attachment, content = attachment_content(bench.ports, actor, added.attachment_id)
        assert (attachment, content) == (added, b"sound")
    device = Actor("d", "device", Role.DEVICE, CITY, ROLES[Role.DEVICE])
    for actor in (sub_centre(PANLONG), of_unit("u000", PANLONG), device):
        with pytest.raises(PermissionDeniedError):
            attachment_content(bench.ports, actor, added.attachment_id)
    with pytest.raises(NotFoundError):
        attachment_content(bench.ports, somebody(), "no such one")


def test_what_cannot_be_attached_is_refused_and_nothing_is_kept(bench: Bench) -> None:
    incident_id = called(bench.ports).incident_id
    refused: list[tuple[Actor, AddAttachment, type[Exception]]] = [
        (sub_centre(PANLONG), note(bench, incident_id), PermissionDeniedError),
        (somebody(), note(bench, "no such incident"), NotFoundError),
        (
            somebody(),
            note(bench, incident_id, taken_at=bench.clock.now() + timedelta(hours=1)),
            InvalidInputError,
        ),
    ]
    for actor, command, error in refused:
        with pytest.raises(error):
            add_attachment(bench.ports, actor, command)
    for n in range(MOST_ATTACHMENTS):
        add_attachment(bench.ports, somebody(), note(bench, incident_id, f"note {n}"))
    with pytest.raises(ConflictError, match=f"expected fewer than {MOST_ATTACHMENTS}"):
        add_attachment(bench.ports, somebody(), note(bench, incident_id, "one more"))
    assert types(bench.ports).count("attachment.added") == MOST_ATTACHMENTS


# ---------------------------------------------------------------- a report from the street


def test_a_report_from_the_street_keeps_how_exact_its_place_is(bench: Bench) -> None:
    command = TakeCall(
        "key", "traffic", SOMEWHERE, "外勤（现场）", "积水", bench.clock.now(), accuracy_m=35.0, late=True
    )
    taken = take_call(bench.ports, of_unit("u000"), command)
    detail = incident_detail(bench.ports, somebody(), taken.incident_id)
    assert detail["calls"][0]["accuracy_m"] == 35.0
    assert detail["timeline"][-1]["data"]["late"] is True
    with pytest.raises(PermissionDeniedError):
        other = TakeCall("other", "traffic", SOMEWHERE, "外勤", "积水", bench.clock.now())
        take_call(bench.ports, of_unit("u000", PANLONG), other)
