"""Calls, advice, dispatch and its end on a real database, with many hands at once."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from core.errors import ConflictError, InvalidInputError, NotFoundError, UnitTakenError
from core.geo import LonLat
from dispatch.model import TAKEN_BACK, AssignmentStatus, IncidentStatus, UnitStatus
from operations.close_incident import CloseIncident, close_incident
from operations.dispatch_units import DispatchUnits, dispatch_units
from operations.queries import incident_detail, response_metrics
from operations.recommend_units import recommend_units
from operations.register_units import RegisterUnits, register_units
from tests.conftest import Bench
from tests.integration.desk_work import (
    at_once,
    called,
    fix,
    raised,
    register,
    registration,
    says,
    seen_at,
    sent_to,
    somebody,
    take_back,
    types,
)


def units(bench: Bench) -> dict[str, Any]:
    with bench.store.transaction() as tx:
        return {unit.unit_id: unit for unit in tx.units()}


def assert_nothing_hangs_loose(bench: Bench) -> None:
    """Every open assignment has its unit and an open incident; every busy unit has its assignment."""
    with bench.store.transaction() as tx:
        open_assignments = {a.assignment_id: a for a in tx.open_assignments()}
        for unit in tx.units():
            if unit.assignment_id is not None:
                assert open_assignments[unit.assignment_id].unit_id == unit.unit_id
            else:
                assert unit.status is not UnitStatus.DISPATCHED
        for assignment in open_assignments.values():
            incident = tx.incident(assignment.incident_id, lock=False)
            assert incident.status is not IncidentStatus.CLOSED, "an orphan: its incident is closed"
    assert len({a.unit_id for a in open_assignments.values()}) == len(open_assignments)


# ---------------------------------------------------------------- dispatch


def test_a_dispatch_takes_way_and_arrival_from_the_advice(bench: Bench) -> None:
    register(bench.ports, 1)
    seen_at(bench.ports, fix("u000", bench.clock.now(), LonLat(102.77, 25.02)))
    incident_id = called(bench.ports).incident_id
    advice = recommend_units(bench.ports, incident_id)
    (assignment,) = sent_to(bench.ports, incident_id, "u000", by=somebody("王"))
    assert advice is not None
    (candidate,) = advice.candidates
    assert assignment.path == candidate.path
    assert assignment.eta_at == bench.clock.now() + timedelta(seconds=candidate.travel_time_s)
    assert assignment.dispatched_by == "王"
    assert units(bench)["u000"].status is UnitStatus.DISPATCHED


def test_the_same_dispatch_again_answers_what_stands(bench: Bench) -> None:
    register(bench.ports, 2)
    incident_id = called(bench.ports).incident_id
    first = sent_to(bench.ports, incident_id, "u000", "u001")
    assert sent_to(bench.ports, incident_id, "u001", "u000", "u001") == first
    assert types(bench.ports).count("units.dispatched") == 1


def test_twenty_officers_reach_for_one_unit_and_one_gets_it(bench: Bench) -> None:
    register(bench.ports, 1)
    calls = [called(bench.ports) for _ in range(20)]
    answers = at_once(
        *(
            lambda c=c, n=n: sent_to(bench.ports, c.incident_id, "u000", by=somebody(f"警官{n}"))
            for n, c in enumerate(calls)
        )
    )
    refusals = raised(answers)
    (won,) = (answer[0] for answer in answers if not isinstance(answer, Exception))
    assert len(refusals) == 19
    number = next(c.incident_number for c in calls if c.incident_id == won.incident_id)
    for refusal in refusals:
        assert isinstance(refusal, UnitTakenError), refusal
        assert refusal.details == {
            "unit_id": "u000",
            "callsign": "巡000",
            "held_by": won.dispatched_by,
            "incident_number": number,
            "since": won.dispatched_at.isoformat(),
        }
        assert won.dispatched_by in refusal.message and number in refusal.message
    assert types(bench.ports).count("units.dispatched") == 1
    assert_nothing_hangs_loose(bench)


def test_the_same_officer_clicking_many_times_at_once_sends_once(bench: Bench) -> None:
    register(bench.ports, 2)
    incident_id = called(bench.ports).incident_id
    answers = at_once(*[lambda: sent_to(bench.ports, incident_id, "u000", "u001")] * 8)
    assert raised(answers) == []
    assert len({tuple(sorted(a.assignment_id for a in answer)) for answer in answers}) == 1
    assert types(bench.ports).count("units.dispatched") == 1


def test_a_unit_that_was_elsewhere_meanwhile_is_not_sent_by_what_was_known_before(bench: Bench) -> None:
    (unit,) = register(bench.ports, 1)
    incident_id = called(bench.ports).incident_id
    other = called(bench.ports).incident_id
    sent = DispatchUnits(incident_id, ("u000",), seen={"u000": unit.version})
    (elsewhere,) = sent_to(bench.ports, other, "u000")
    with pytest.raises(UnitTakenError):
        dispatch_units(bench.ports, somebody(), sent)
    take_back(bench.ports, somebody(), elsewhere.assignment_id)
    with pytest.raises(ConflictError, match="expected 1") as refused:
        dispatch_units(bench.ports, somebody(), sent)
    assert units(bench)["u000"].status is UnitStatus.AVAILABLE
    assert refused.value.details["unit_version"] == units(bench)["u000"].version
    now = DispatchUnits(incident_id, ("u000",), seen={"u000": units(bench)["u000"].version})
    first = dispatch_units(bench.ports, somebody(), now)
    assert dispatch_units(bench.ports, somebody(), now) == first, "a retry, whatever the version is by now"


def test_overlapping_pairs_in_opposite_order_do_not_lock_each_other(bench: Bench) -> None:
    register(bench.ports, 4)
    ids = [f"u{n:03d}" for n in range(4)]
    orders = [ids, ids[::-1], ids[2:] + ids[:2], ids[1::-1]]
    incidents = [called(bench.ports).incident_id for _ in range(8)]
    answers = at_once(
        *(lambda i=i, o=o: sent_to(bench.ports, i, *o) for i, o in zip(incidents, orders * 2, strict=True))
    )
    assert all(isinstance(refusal, UnitTakenError) for refusal in raised(answers))
    assert len(raised(answers)) == 7
    assert_nothing_hangs_loose(bench)


def test_all_units_go_or_none(bench: Bench) -> None:
    register(bench.ports, 2)
    sent_to(bench.ports, called(bench.ports).incident_id, "u001")
    incident_id = called(bench.ports).incident_id
    with pytest.raises(UnitTakenError):
        sent_to(bench.ports, incident_id, "u000", "u001")
    assert units(bench)["u000"].status is UnitStatus.AVAILABLE
    assert incident_detail(bench.ports, somebody(), incident_id)["assignments"] == []


def test_a_unit_on_a_break_is_not_available_and_says_why(bench: Bench) -> None:
    register(bench.ports, 1)
    says(bench.ports, "u000", UnitStatus.ON_BREAK)
    with pytest.raises(UnitTakenError, match="on_break") as refused:
        sent_to(bench.ports, called(bench.ports).incident_id, "u000")
    assert refused.value.details["unit_status"] == "on_break"


def test_nobody_unknown_and_nothing_at_all_can_be_sent(bench: Bench) -> None:
    register(bench.ports, 1)
    incident_id = called(bench.ports).incident_id
    with pytest.raises(InvalidInputError):
        sent_to(bench.ports, incident_id)
    with pytest.raises(NotFoundError, match="ghost"):
        sent_to(bench.ports, incident_id, "u000", "ghost")
    with pytest.raises(NotFoundError, match="nowhere"):
        sent_to(bench.ports, "nowhere", "u000")
    close_incident(bench.ports, somebody("李"), CloseIncident(incident_id))
    with pytest.raises(ConflictError, match="李"):
        sent_to(bench.ports, incident_id, "u000")
    assert units(bench)["u000"].status is UnitStatus.AVAILABLE


# ---------------------------------------------------------------- milestones


def test_from_the_call_to_the_scene_the_response_time_is_measured(bench: Bench) -> None:
    register(bench.ports, 1)
    incident_id = called(bench.ports).incident_id
    sent_to(bench.ports, incident_id, "u000")
    for seconds, status in [
        (30, UnitStatus.EN_ROUTE),
        (198, UnitStatus.ON_SCENE),
        (600, UnitStatus.AVAILABLE),
    ]:
        bench.clock.advance(seconds)
        says(bench.ports, "u000", status)
        says(bench.ports, "u000", status)  # a button is pressed twice
    assert types(bench.ports).count("assignment.advanced") == 3
    metrics = response_metrics(bench.ports)["response"]
    assert (metrics["count"], metrics["median_s"], metrics["share_within_target"]) == (1, 228, 1)
    assert [one["response_s"] for one in metrics["series"]] == [228]
    unit = units(bench)["u000"]
    assert (unit.status, unit.assignment_id) == (UnitStatus.AVAILABLE, None)


def test_a_status_meant_for_an_assignment_that_ended_does_not_end_the_next(bench: Bench) -> None:
    register(bench.ports, 1)
    (old,) = sent_to(bench.ports, called(bench.ports).incident_id, "u000")
    take_back(bench.ports, somebody(), old.assignment_id)
    before = bench.clock.now()
    bench.clock.advance(10)
    (new,) = sent_to(bench.ports, called(bench.ports).incident_id, "u000")
    with pytest.raises(ConflictError):
        says(bench.ports, "u000", UnitStatus.AVAILABLE, assignment_id=old.assignment_id)
    with pytest.raises(ConflictError):
        says(bench.ports, "u000", UnitStatus.AVAILABLE, at=before)
    assert units(bench)["u000"].assignment_id == new.assignment_id


@pytest.mark.parametrize("status", [UnitStatus.ON_BREAK, UnitStatus.OUT_OF_SERVICE])
def test_a_unit_on_an_assignment_cannot_slip_away(bench: Bench, status: UnitStatus) -> None:
    register(bench.ports, 1)
    sent_to(bench.ports, called(bench.ports).incident_id, "u000")
    with pytest.raises(ConflictError, match="stand it down"):
        says(bench.ports, "u000", status)


def test_a_status_that_makes_no_sense_is_refused(bench: Bench) -> None:
    register(bench.ports, 1)
    with pytest.raises(InvalidInputError, match="dispatched"):
        says(bench.ports, "u000", UnitStatus.DISPATCHED)
    with pytest.raises(ConflictError, match="no assignment"):
        says(bench.ports, "u000", UnitStatus.ON_SCENE)
    with pytest.raises(NotFoundError, match="ghost"):
        says(bench.ports, "ghost", UnitStatus.ON_BREAK)
    with pytest.raises(InvalidInputError, match="observed_at"):
        says(bench.ports, "u000", UnitStatus.ON_BREAK, at=bench.clock.now() + timedelta(seconds=61))


def test_an_older_status_that_comes_late_does_not_undo_a_newer_one(bench: Bench) -> None:
    register(bench.ports, 1)
    bench.clock.advance(60)
    says(bench.ports, "u000", UnitStatus.OUT_OF_SERVICE)
    with pytest.raises(ConflictError, match="newer"):
        says(bench.ports, "u000", UnitStatus.AVAILABLE, at=bench.clock.now() - timedelta(seconds=30))
    assert units(bench)["u000"].status is UnitStatus.OUT_OF_SERVICE


# ---------------------------------------------------------------- taking back, closing


def test_a_dispatch_taken_back_frees_the_unit_and_opens_the_incident_again(bench: Bench) -> None:
    register(bench.ports, 1)
    incident_id = called(bench.ports).incident_id
    (assignment,) = sent_to(bench.ports, incident_id, "u000")
    ended = take_back(bench.ports, somebody(), assignment.assignment_id)
    assert (ended.status, ended.end_reason) == (AssignmentStatus.STOOD_DOWN, TAKEN_BACK)
    assert take_back(bench.ports, somebody(), assignment.assignment_id) == ended
    assert types(bench.ports).count("assignment.stood_down") == 1
    detail = incident_detail(bench.ports, somebody(), incident_id)
    assert (detail["incident"]["status"], detail["incident"]["first_dispatched_at"]) == ("open", None)
    assert units(bench)["u000"].status is UnitStatus.AVAILABLE
    sent_to(bench.ports, incident_id, "u000")
    assert_nothing_hangs_loose(bench)


def test_what_has_cleared_cannot_be_taken_back(bench: Bench) -> None:
    register(bench.ports, 1)
    (assignment,) = sent_to(bench.ports, called(bench.ports).incident_id, "u000")
    says(bench.ports, "u000", UnitStatus.AVAILABLE)
    with pytest.raises(ConflictError):
        take_back(bench.ports, somebody(), assignment.assignment_id)


def test_standing_down_while_the_unit_arrives_ends_in_one_of_the_two_orders(bench: Bench) -> None:
    register(bench.ports, 8)
    sent = [sent_to(bench.ports, called(bench.ports).incident_id, f"u{n:03d}")[0] for n in range(8)]
    takes_back = [lambda a=a: take_back(bench.ports, somebody(), a.assignment_id) for a in sent]
    arrives = [
        lambda a=a: says(bench.ports, a.unit_id, UnitStatus.ON_SCENE, assignment_id=a.assignment_id)
        for a in sent
    ]
    answers = at_once(*takes_back, *arrives)
    assert all(isinstance(error, ConflictError) for error in raised(answers[8:]))
    assert raised(answers[:8]) == [], "taking back is possible before and after the arrival"
    assert {unit.status for unit in units(bench).values()} == {UnitStatus.AVAILABLE}
    assert_nothing_hangs_loose(bench)


def test_closing_frees_who_is_still_assigned(bench: Bench) -> None:
    register(bench.ports, 2)
    incident_id = called(bench.ports).incident_id
    sent_to(bench.ports, incident_id, "u000", "u001")
    says(bench.ports, "u000", UnitStatus.ON_SCENE)
    closed = close_incident(bench.ports, somebody("李"), CloseIncident(incident_id, "已处置"))
    assert (closed.status, closed.closed_by, closed.note) == (IncidentStatus.CLOSED, "李", "已处置")
    assert closed.first_on_scene_at is not None
    assert close_incident(bench.ports, somebody("王"), CloseIncident(incident_id)) == closed
    assert types(bench.ports).count("incident.closed") == 1
    assert {unit.status for unit in units(bench).values()} == {UnitStatus.AVAILABLE}
    assert_nothing_hangs_loose(bench)


def test_dispatching_to_what_is_being_closed_leaves_no_orphan(bench: Bench) -> None:
    register(bench.ports, 8)
    calls = [called(bench.ports).incident_id for _ in range(8)]
    sends = [lambda n=n, i=i: sent_to(bench.ports, i, f"u{n:03d}") for n, i in enumerate(calls)]
    closes = [lambda i=i: close_incident(bench.ports, somebody(), CloseIncident(i)) for i in calls]
    answers = at_once(*sends, *closes)
    for sent, closed in zip(answers[:8], answers[8:], strict=True):
        assert not isinstance(sent, Exception) or isinstance(sent, ConflictError)
        assert not isinstance(closed, Exception) or isinstance(closed, ConflictError)
        assert not (isinstance(sent, Exception) and isinstance(closed, Exception)), (
            "one of the two went through"
        )
    assert_nothing_hangs_loose(bench)


def test_the_desk_in_full_uproar_locks_nothing_and_leaves_nothing_loose(bench: Bench) -> None:
    """Everything anybody may do to four incidents and six units, at once."""
    register(bench.ports, 6)
    incidents = [called(bench.ports).incident_id for _ in range(4)]

    def act(seed: int) -> None:
        dice = random.Random(seed)
        for _ in range(12):
            unit_ids = tuple(f"u{n:03d}" for n in dice.sample(range(6), dice.randint(1, 3)))
            incident_id = dice.choice(incidents)
            try:
                match dice.randrange(4):
                    case 0:
                        dispatch_units(bench.ports, somebody(), DispatchUnits(incident_id, unit_ids))
                    case 1:
                        says(
                            bench.ports, unit_ids[0], dice.choice([UnitStatus.ON_SCENE, UnitStatus.AVAILABLE])
                        )
                    case 2:
                        for a in incident_detail(bench.ports, somebody(), incident_id)["assignments"]:
                            take_back(bench.ports, somebody(), a["assignment_id"])
                    case _ if dice.random() < 0.3:
                        close_incident(bench.ports, somebody(), CloseIncident(incident_id))
                        incidents.append(called(bench.ports).incident_id)
            except ConflictError:
                continue

    answers = at_once(*(lambda seed=seed: act(seed) for seed in range(6)))
    assert raised(answers) == []
    assert_nothing_hangs_loose(bench)


# ---------------------------------------------------------------- units of a shift


def test_registering_again_renames_and_keeps_what_a_unit_is_doing(bench: Bench) -> None:
    (before,) = register(bench.ports, 1)
    sent_to(bench.ports, called(bench.ports).incident_id, "u000")
    (again,) = register(bench.ports, 1, callsign="新名")
    assert (again.callsign, again.index, again.status) == ("新名", before.index, UnitStatus.DISPATCHED)
    assert units(bench)["u000"] == again
    assert_nothing_hangs_loose(bench)


def test_the_same_registration_again_journals_nothing(bench: Bench) -> None:
    register(bench.ports, 3)
    register(bench.ports, 3)
    assert types(bench.ports) == ["units.registered"]


def test_two_nets_that_register_at_once_share_no_index(bench: Bench) -> None:
    net = min(bench.ports.catalogue.nets)
    shifts = [
        RegisterUnits(tuple(registration(shift * 100 + n, net=net) for n in range(20))) for shift in range(6)
    ]
    answers = at_once(*(lambda s=s: register_units(bench.ports, somebody(), s) for s in shifts))
    assert raised(answers) == []
    assert sorted(unit.index for unit in units(bench).values()) == list(range(120))


@pytest.mark.parametrize(
    "wrong", [(registration(1), registration(1)), (registration(1, net="no such net"),)], ids=["twice", "net"]
)
def test_a_registration_that_makes_no_sense_changes_nothing(bench: Bench, wrong: tuple[Any, ...]) -> None:
    with pytest.raises(InvalidInputError, match=r"^units: found .*expected"):
        register_units(bench.ports, somebody(), RegisterUnits(wrong))
    assert units(bench) == {}


def test_the_timeline_of_an_incident_tells_what_was_done_in_order(bench: Bench) -> None:
    register(bench.ports, 1)
    incident_id = called(bench.ports).incident_id
    recommend_units(bench.ports, incident_id)
    sent_to(bench.ports, incident_id, "u000")
    says(bench.ports, "u000", UnitStatus.ON_SCENE)
    close_incident(bench.ports, somebody(), CloseIncident(incident_id))
    timeline = incident_detail(bench.ports, somebody(), incident_id)["timeline"]
    assert [row["type"] for row in timeline] == [
        "call.taken",
        "recommendation.made",
        "units.dispatched",
        "assignment.advanced",
        "incident.closed",
    ]
    assert [row["seq"] for row in timeline] == sorted(row["seq"] for row in timeline)


def test_the_database_refuses_a_second_open_assignment_whatever_a_program_does(bench: Bench) -> None:
    register(bench.ports, 1)
    sent_to(bench.ports, called(bench.ports).incident_id, "u000")
    copied = (
        'INSERT INTO assignments SELECT (jsonb_populate_record(a, \'{"assignment_id": "other"}\')).* '
        "FROM assignments a"
    )
    with pytest.raises(IntegrityError, match="one_open_assignment"), bench.store.engine.begin() as connection:
        connection.execute(text(copied))
