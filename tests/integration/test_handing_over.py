"""A shift handed over: what stood is kept as it stood, and somebody else takes it."""

from __future__ import annotations

import pytest

from alerts.model import Passability
from core.actor import Permission
from core.errors import ConflictError, InvalidInputError, NotFoundError, PermissionDeniedError
from dispatch.model import UnitStatus
from operations.accept_shift import AcceptShift, accept_shift
from operations.close_incident import CloseIncident, close_incident
from operations.grade_readings import grade_readings
from operations.hand_over_shift import HandOverShift, hand_over_shift
from operations.shelve_alert import ShelveAlert, shelve_alert
from operations.shift_summary import handovers, shift_summary
from tests.conftest import Bench
from tests.integration.desk_work import (
    PANLONG,
    called,
    close_road,
    journal,
    reading,
    register,
    says,
    send,
    sent_to,
    somebody,
    types,
)


def a_shift(bench: Bench) -> str:
    """Two incidents, one of them closed, an alert set aside and one that nobody has, a closed road, a unit away."""
    register(bench.ports, 3)
    send(bench.ports, reading(bench.ports, 60), reading(bench.ports, 30, point_id="KM02"))
    grade_readings(bench.ports)
    red = next(a for a in bench.store.open_alerts() if a.point_id == "KM02")
    shelve_alert(bench.ports, somebody("李"), ShelveAlert(red.alert_id, 30, "泵站检修"))
    close_road(bench.ports, "KM20", Passability.CLOSED)
    incident_id = called(bench.ports).incident_id
    sent_to(bench.ports, incident_id, "u000")
    ended = called(bench.ports).incident_id
    close_incident(bench.ports, somebody(), CloseIncident(ended))
    says(bench.ports, "u001", UnitStatus.OUT_OF_SERVICE)
    return incident_id


def test_the_summary_tells_what_stands_who_has_it_and_what_happened(bench: Bench) -> None:
    incident_id = a_shift(bench)
    found = shift_summary(bench.ports, somebody())
    mine = next(i for i in found["incidents"] if i["incident_id"] == incident_id)
    assert [unit["callsign"] for unit in mine["units"]] == ["巡000"]
    assert mine["depth_cm"] is None, "the call was about no monitored point"
    assert any(i["depth_cm"] for i in found["incidents"]), "how deep it is now, whatever the title began with"
    assert [(a["shelved_by"], a["shelve_reason"]) for a in found["shelved"]] == [("李", "泵站检修")]
    assert len(found["unacknowledged"]) >= 1
    assert {a["alert_id"] for a in found["shelved"]}.isdisjoint(
        a["alert_id"] for a in found["unacknowledged"]
    )
    assert [(r["point_id"], r["passability"]) for r in found["roads"]] == [("KM20", "closed")]
    assert [(u["callsign"], u["status"]) for u in found["away"]] == [("巡001", "out_of_service")]
    counts = found["counts"]
    assert (counts["closed"], counts["calls"], counts["sent"]) == (1, 2, 1)
    assert counts["opened"] == len(found["incidents"]) + 1
    assert sum(counts["alerts"].values()) == len(found["unacknowledged"]) + len(found["shelved"])


def test_what_was_handed_over_stays_as_it_stood_and_the_next_shift_begins_there(bench: Bench) -> None:
    incident_id = a_shift(bench)
    bench.clock.advance(60)
    given = hand_over_shift(bench.ports, somebody("李"), HandOverShift("k", "注意盘龙江水位\u202e"))
    close_incident(bench.ports, somebody(), CloseIncident(incident_id))
    bench.clock.advance(60)
    accepted = accept_shift(bench.ports, somebody("王"), AcceptShift(given.handover_id))
    assert (accepted.accepted_by_name, accepted.accepted_at) == ("王", bench.clock.now())
    (kept,) = handovers(bench.ports, somebody())
    assert kept.remark == "注意盘龙江水位"
    assert incident_id in [i["incident_id"] for i in kept.summary["incidents"]]
    later = shift_summary(bench.ports, somebody())
    assert later["since"] == given.given_at.isoformat()
    assert (later["counts"]["opened"], later["counts"]["closed"]) == (0, 1)
    assert [row.event.type for row in journal(bench.ports)][-1] == "shift.accepted"
    row = next(row for row in journal(bench.ports) if row.event.type == "shift.handed_over")
    assert (row.event.actor_name, row.event.data["remark"]) == ("李", "注意盘龙江水位")


def test_repeats_change_nothing_and_only_somebody_else_may_accept_once(bench: Bench) -> None:
    command = HandOverShift("k", "x")
    given = hand_over_shift(bench.ports, somebody("李"), command)
    assert hand_over_shift(bench.ports, somebody("李"), command) == given
    accept = AcceptShift(given.handover_id)
    with pytest.raises(ConflictError, match="outgoing"):
        accept_shift(bench.ports, somebody("李"), accept)
    accepted = accept_shift(bench.ports, somebody("王"), accept)
    assert accept_shift(bench.ports, somebody("王"), accept) == accepted
    with pytest.raises(ConflictError, match="王"):
        accept_shift(bench.ports, somebody("张"), accept)
    assert types(bench.ports) == ["shift.handed_over", "shift.accepted"]


def test_who_may_not_or_sits_elsewhere_neither_gives_nor_takes(bench: Bench) -> None:
    given = hand_over_shift(bench.ports, somebody("李"), HandOverShift("k", ""))
    stranger = somebody(without=Permission.HAND_OVER)
    with pytest.raises(PermissionDeniedError):
        hand_over_shift(bench.ports, stranger, HandOverShift("k", ""))
    for actor in (stranger, somebody("盘龙", PANLONG)):
        with pytest.raises(PermissionDeniedError):
            accept_shift(bench.ports, actor, AcceptShift(given.handover_id))
    with pytest.raises(NotFoundError):
        accept_shift(bench.ports, somebody("王"), AcceptShift("none"))
    with pytest.raises(InvalidInputError):
        hand_over_shift(bench.ports, somebody(), HandOverShift("k", "x" * 4001))
    assert handovers(bench.ports, somebody("盘龙", PANLONG)) == []
