"""Packages, reasons, pre-emption, reassigning and requests between jurisdictions, on a real database."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from core.actor import Permission
from core.errors import ConflictError, InvalidInputError, PermissionDeniedError, UnitTakenError
from core.geo import LonLat
from dispatch.assistance import ANSWER_WITHIN, REFUSED_FOR, AssistanceRequest, AssistanceStatus
from dispatch.model import (
    NEVER_COUNTED_WITHIN,
    Assignment,
    AssignmentStatus,
    Priority,
    UnitStatus,
)
from dispatch.passed_over import Why
from dispatch.run_cards import Alarm, Need, RunCard
from jobs.names import waiting_key
from operations.answer_assistance import AnswerAssistance, answer_assistance
from operations.ask_assistance import lapse_assistance
from operations.catalogue import StandingCatalogue
from operations.close_incident import CloseIncident, close_incident
from operations.dispatch_report import dispatch_report
from operations.dispatch_units import DispatchUnits, dispatch_units
from operations.ports import Ports
from operations.queries import assistance_waiting, incident_detail, response_metrics
from operations.recommend_units import recommend_units
from operations.register_units import RegisterUnits, register_units
from operations.take_back_units import take_back_units
from operations.take_call import TakenCall
from operations.watch_reliefs import watch_reliefs
from tests.conftest import Bench
from tests.integration.desk_work import (
    GUANDU,
    PANLONG,
    SOMEWHERE,
    at_once,
    called,
    fix,
    raised,
    registration,
    says,
    seen_at,
    sent_to,
    somebody,
    take_back,
    types,
)
from tests.integration.test_operations_dispatch import assert_nothing_hangs_loose, units

POLICE = frozenset({"police"})


def placed(bench: Bench, **metres_east: float) -> None:
    """Units by name, so far east of SOMEWHERE, that can do everything asked for here unless registered before."""
    net = min(bench.ports.catalogue.nets)
    with bench.store.transaction() as tx:
        known = {unit.unit_id for unit in tx.units()}
    new = [
        registration(n, unit_id=u, callsign=u, net=net) for n, u in enumerate(metres_east) if u not in known
    ]
    if new:
        register_units(bench.ports, somebody(), RegisterUnits(tuple(new)))
    now = bench.clock.now()
    seen_at(
        bench.ports,
        *(fix(u, now, LonLat(SOMEWHERE.lon + m / 100_900, SOMEWHERE.lat)) for u, m in metres_east.items()),
    )


def with_card(bench: Bench, card: RunCard, priority: Priority | None = None) -> Ports:
    catalogue = bench.ports.catalogue
    category = catalogue.categories[card.category]
    changed = replace(category, run_card=card, priority=priority or category.priority)
    categories = {**catalogue.categories, card.category: changed}
    return replace(bench.ports, catalogues=StandingCatalogue(replace(catalogue, categories=categories)))


def names(bench: Bench, incident_id: str) -> list[str]:
    with bench.store.transaction() as tx:
        advice = tx.latest_recommendation(incident_id)
    return [c.unit_id for c in advice.package] if advice else []


# ---------------------------------------------------------------- packages and reasons


def test_who_sends_another_than_advised_says_why_and_who_saw_older_advice_need_not(bench: Bench) -> None:
    placed(bench, near=100, far=3000)
    incident_id = called(bench.ports).incident_id
    advice = recommend_units(bench.ports, incident_id)
    assert advice is not None and [c.unit_id for c in advice.package] == ["near"]
    with pytest.raises(InvalidInputError, match="override_reason"):
        dispatch_units(bench.ports, somebody(), DispatchUnits(incident_id, ("far",)))
    by_what_was_shown = DispatchUnits(incident_id, ("far",), recommendation_id=advice.recommendation_id)
    assert [a.unit_id for a in dispatch_units(bench.ports, somebody(), by_what_was_shown)] == ["far"]


def test_who_was_not_heard_of_for_long_is_advised_with_how_long(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed(bench, silent=100)
    minutes_later = time.time() + 300
    with monkeypatch.context() as later:
        later.setattr("live.positions.time.time", lambda: minutes_later)
        placed(bench, heard=200)
        advice = recommend_units(bench.ports, called(bench.ports).incident_id)
    assert advice is not None
    ages = {candidate.unit_id: candidate.unheard_s for candidate in advice.candidates}
    assert ages == {"silent": pytest.approx(300, abs=5), "heard": None}


def test_a_package_names_units_for_each_need_and_a_graver_incident_gets_more(bench: Bench) -> None:
    net = min(bench.ports.catalogue.nets)
    pumps = registration(9, unit_id="pump", callsign="pump", net=net, capabilities=frozenset({"pump"}))
    register_units(bench.ports, somebody(), RegisterUnits((pumps,)))
    placed(bench, near=100, next=200, pump=2000)
    card = RunCard(
        "traffic",
        (Need(1, POLICE),),
        (Alarm((Need(1, frozenset({"pump"})),), from_priority=Priority.MAJOR),),
    )
    minor = called(bench.ports).incident_id
    advice = recommend_units(with_card(bench, card), minor)
    assert advice is not None and (advice.alarm, [c.unit_id for c in advice.package]) == (1, ["near"])
    urgent = with_card(bench, card, Priority.MAJOR)
    advice = recommend_units(urgent, called(urgent).incident_id)
    assert advice is not None and advice.alarm == 2
    assert {c.need: c.unit_id for c in advice.package} == {0: "near", 1: "pump"}


def test_what_is_on_the_incident_is_not_asked_for_again(bench: Bench) -> None:
    placed(bench, a=100, b=200, c=300)
    ports = with_card(bench, RunCard("traffic", (Need(2, POLICE),)))
    incident_id = called(ports).incident_id
    sent_to(ports, incident_id, "a")
    advice = recommend_units(ports, incident_id)
    assert advice is not None and [c.unit_id for c in advice.package] == ["b"]
    sent_to(ports, incident_id, "b")
    advice = recommend_units(ports, incident_id)
    assert advice is not None and advice.package == () and [c.unit_id for c in advice.candidates] == ["c"]


def test_each_nearer_unit_is_explained_from_what_holds(bench: Bench) -> None:
    net = min(bench.ports.catalogue.nets)
    cast = (
        registration(1, unit_id="unable", callsign="unable", net=net, capabilities=POLICE),
        registration(2, unit_id="walks", callsign="walks", net=net, kind="foot"),
    )
    register_units(bench.ports, somebody(), RegisterUnits(cast))
    placed(bench, busy=50, unable=100, walks=150, resting=200, goes=900)
    elsewhere = called(bench.ports)
    sent_to(bench.ports, elsewhere.incident_id, "busy")
    says(bench.ports, "resting", UnitStatus.ON_BREAK)
    advice = recommend_units(
        bench.ports, called(bench.ports, place=SOMEWHERE, category="waterlogging").incident_id
    )
    assert advice is not None and [c.unit_id for c in advice.package] == ["goes"]
    told = {one.unit_id: one for one in advice.passed_over}
    assert {u: one.why for u, one in told.items()} == {
        "busy": Why.BUSY,
        "unable": Why.LACKS,
        "walks": Why.ON_FOOT,
        "resting": Why.BUSY,
    }
    assert told["busy"].number == elsewhere.incident_number
    assert (told["resting"].number, told["resting"].status) == (None, "on_break")
    assert told["unable"].lacks == ("traffic_control",)


# ---------------------------------------------------------------- several incidents at once


def test_two_waiting_incidents_are_not_advised_the_same_unit_and_the_urgent_one_gets_it(bench: Bench) -> None:
    placed(bench, only=100)
    minor = called(bench.ports, category="traffic")
    recommend_units(bench.ports, minor.incident_id)
    assert names(bench, minor.incident_id) == ["only"]
    bench.redis.flushdb()
    placed(bench, only=100)
    ports = with_card(bench, RunCard("fire", (Need(1, POLICE),)), Priority.MAJOR)
    major = called(ports, category="fire")
    recommend_units(ports, major.incident_id)
    assert names(bench, major.incident_id) == ["only"]
    waiting = [job.decode() for job in bench.redis.keys("*") if minor.incident_id in job.decode()]
    assert waiting, "the advice that has lost its unit is made anew"
    advice = recommend_units(ports, minor.incident_id)
    assert advice is not None and advice.package == ()
    (left,) = advice.passed_over
    assert (left.why, left.number, left.more_urgent) == (Why.LEFT_FOR, major.incident_number, True)
    assert [c.unit_id for c in advice.candidates] == ["only"], "the officer may still decide otherwise"


# ---------------------------------------------------------------- pre-emption


def test_a_unit_on_its_way_to_less_is_proposed_with_its_price_and_taken_only_when_told(bench: Bench) -> None:
    placed(bench, far=9000, taken=100)
    minor = called(bench.ports)
    recommend_units(bench.ports, minor.incident_id)
    (old,) = sent_to(bench.ports, minor.incident_id, "taken")
    ports = with_card(bench, RunCard("fire", (Need(1, POLICE),)), Priority.MAJOR)
    major = called(ports, category="fire")
    advice = recommend_units(ports, major.incident_id)
    assert advice is not None and [c.unit_id for c in advice.package] == ["far"]
    (offer,) = advice.preemptions
    assert (offer.unit_id, offer.assignment_id, offer.from_number) == (
        "taken",
        old.assignment_id,
        minor.incident_number,
    )
    assert offer.gain_s is not None and offer.gain_s > 60
    assert offer.loses_s is None, "the only other unit goes to the major incident: nobody would be left"
    with pytest.raises(UnitTakenError):
        sent_to(ports, major.incident_id, "taken")
    command = DispatchUnits(major.incident_id, ("taken",), preempts=old.assignment_id)
    (new,) = dispatch_units(ports, somebody(), command)
    assert (new.incident_id, new.travel_time_s) == (major.incident_id, offer.travel_time_s)
    assert dispatch_units(ports, somebody(), command) == (new,), "a retry is harmless"
    detail = incident_detail(ports, somebody(), minor.incident_id)
    assert detail["incident"]["status"] == "open"
    assert [row["type"] for row in detail["timeline"]].count("assignment.preempted") == 1
    assert_nothing_hangs_loose(bench)


def test_nothing_is_taken_from_what_is_as_urgent_or_from_a_unit_on_scene(bench: Bench) -> None:
    placed(bench, a=100)
    minor, same = called(bench.ports), called(bench.ports)
    (old,) = sent_to(bench.ports, minor.incident_id, "a")
    with pytest.raises(ConflictError, match="less urgent"):
        dispatch_units(
            bench.ports, somebody(), DispatchUnits(same.incident_id, ("a",), preempts=old.assignment_id)
        )
    major = called(bench.ports, category="medical")
    says(bench.ports, "a", UnitStatus.ON_SCENE)
    with pytest.raises(ConflictError, match="on_scene"):
        dispatch_units(
            bench.ports, somebody(), DispatchUnits(major.incident_id, ("a",), preempts=old.assignment_id)
        )
    assert units(bench)["a"].assignment_id == old.assignment_id


def preempted(bench: Bench) -> tuple[TakenCall, Assignment]:
    """A minor incident that has lost its unit to a major one, and the unit's new assignment."""
    placed(bench, a=100)
    minor = called(bench.ports)
    (old,) = sent_to(bench.ports, minor.incident_id, "a")
    major = called(bench.ports, category="medical")
    command = DispatchUnits(major.incident_id, ("a",), preempts=old.assignment_id)
    (new,) = dispatch_units(bench.ports, somebody(), command)
    return minor, new


def test_a_preemption_taken_back_gives_the_unit_back(bench: Bench) -> None:
    minor, new = preempted(bench)
    bench.clock.advance(8)
    ([taken], refused) = take_back_units(bench.ports, somebody(), [new.assignment_id])
    assert (taken.earlier_number, taken.goes_back, refused) == (minor.incident_number, True, [])
    assert taken.ended.status is AssignmentStatus.STOOD_DOWN
    with bench.store.transaction() as tx:
        (again,) = tx.open_assignments(["a"])
    assert (again.incident_id, units(bench)["a"].assignment_id) == (minor.incident_id, again.assignment_id)
    assert_nothing_hangs_loose(bench)
    ([retried], _) = take_back_units(bench.ports, somebody(), [new.assignment_id])
    assert not retried.goes_back, "said again it changes nothing"
    with bench.store.transaction() as tx:
        assert [a.assignment_id for a in tx.open_assignments(["a"])] == [again.assignment_id]


@pytest.mark.parametrize("why", ["closed", "late"])
def test_a_unit_that_cannot_go_back_is_free_and_it_is_said(bench: Bench, why: str) -> None:
    minor, new = preempted(bench)
    if why == "closed":
        close_incident(bench.ports, somebody(), CloseIncident(minor.incident_id, "done"))
    else:
        bench.clock.advance(NEVER_COUNTED_WITHIN.total_seconds() + 1)
    ([taken], _) = take_back_units(bench.ports, somebody(), [new.assignment_id])
    assert (taken.earlier_number, taken.goes_back) == (minor.incident_number, False)
    assert units(bench)["a"].status is UnitStatus.AVAILABLE
    assert_nothing_hangs_loose(bench)


def test_officers_who_preempt_and_take_back_at_once_leave_nothing_loose(bench: Bench) -> None:
    placed(bench, a=100)
    minor = called(bench.ports)
    (old,) = sent_to(bench.ports, minor.incident_id, "a")
    majors = [called(bench.ports, category="medical").incident_id for _ in range(6)]
    answers = at_once(
        *(
            lambda i=i: dispatch_units(
                bench.ports, somebody(), DispatchUnits(i, ("a",), preempts=old.assignment_id)
            )
            for i in majors
        )
    )
    assert len(raised(answers)) == 5
    assert all(isinstance(error, ConflictError | UnitTakenError) for error in raised(answers))
    assert_nothing_hangs_loose(bench)


# ---------------------------------------------------------------- reassigning


def test_a_free_unit_that_is_clearly_sooner_is_advised_to_relieve_the_one_on_its_way(bench: Bench) -> None:
    placed(bench, sent=9_000)
    incident_id = called(bench.ports).incident_id
    (old,) = sent_to(bench.ports, incident_id, "sent")
    recommend_units(bench.ports, incident_id)
    assert watched(bench, incident_id) is False, "nobody else is there"
    placed(bench, sent=9_000, near=100)
    assert watched(bench, incident_id) is True
    advice = recommend_units(bench.ports, incident_id)
    assert advice is not None
    (near,) = advice.candidates
    assert near.relieves is not None
    assert (near.unit_id, near.relieves.assignment_id, near.relieves.callsign) == (
        "near",
        old.assignment_id,
        "sent",
    )
    assert near.relieves.gain_s > 60
    assert watched(bench, incident_id) is False, "it is advised already"
    command = DispatchUnits(incident_id, ("near",), advice.recommendation_id, replaces=old.assignment_id)
    (new,) = dispatch_units(bench.ports, somebody(), command)
    assert (new.unit_id, units(bench)["sent"].status) == ("near", UnitStatus.AVAILABLE)
    assert_nothing_hangs_loose(bench)


def test_a_relief_that_has_gone_or_is_awaited_elsewhere_is_advised_no_more(bench: Bench) -> None:
    placed(bench, sent=9_000)
    incident_id = called(bench.ports).incident_id
    sent_to(bench.ports, incident_id, "sent")
    placed(bench, sent=9_000, near=100)
    recommend_units(bench.ports, incident_id)
    says(bench.ports, "near", UnitStatus.ON_BREAK)
    assert watched(bench, incident_id) is True
    recommend_units(bench.ports, incident_id)
    says(bench.ports, "near", UnitStatus.AVAILABLE)
    other = called(bench.ports).incident_id
    assert names(bench, other) == [] and recommend_units(bench.ports, other) is not None
    assert names(bench, other) == ["near"]
    assert watched(bench, incident_id) is False, "it is the only one for an incident that has nobody"


def test_a_relief_is_news_although_the_same_units_are_offered_as_before(bench: Bench) -> None:
    placed(bench, sent=200, near=100)
    incident_id = called(bench.ports).incident_id
    (old,) = sent_to(bench.ports, incident_id, "sent")
    before = recommend_units(bench.ports, incident_id)
    assert before is not None and [(c.unit_id, c.relieves) for c in before.candidates] == [("near", None)]
    # It was sent the wrong way round, or its road is closed.
    bench.clock.advance(600)
    placed(bench, sent=9_000, near=100)
    assert watched(bench, incident_id) is True
    recommend_units(bench.ports, incident_id)
    with bench.store.transaction() as tx:
        advice = tx.latest_recommendation(incident_id)
    assert advice is not None and advice.candidates[0].relieves is not None
    assert advice.candidates[0].relieves.assignment_id == old.assignment_id
    assert watched(bench, incident_id) is False, "advised once, not every five seconds"
    bench.clock.advance(600)
    placed(bench, sent=200, near=100)
    assert watched(bench, incident_id) is True
    recommend_units(bench.ports, incident_id)
    assert watched(bench, incident_id) is False, "nor is it left standing"


def test_who_has_arrived_meanwhile_is_relieved_by_nobody_without_a_reason(bench: Bench) -> None:
    placed(bench, sent=9_000, near=100)
    incident_id = called(bench.ports).incident_id
    (old,) = sent_to(bench.ports, incident_id, "sent", because="special_skill")
    advice = recommend_units(bench.ports, incident_id)
    assert advice is not None and advice.candidates[0].relieves is not None
    says(bench.ports, "sent", UnitStatus.ON_SCENE)
    command = DispatchUnits(incident_id, ("near",), advice.recommendation_id, replaces=old.assignment_id)
    with pytest.raises(ConflictError, match="已到场"):
        dispatch_units(bench.ports, somebody(), command)
    found = units(bench)
    assert (found["sent"].assignment_id, found["near"].status) == (old.assignment_id, UnitStatus.AVAILABLE)
    (new,) = dispatch_units(bench.ports, somebody(), replace(command, override_reason="special_skill"))
    assert new.unit_id == "near", "taking over on scene is the officer's own decision"
    assert_nothing_hangs_loose(bench)


def test_nobody_who_cannot_do_the_same_or_is_hardly_sooner_relieves(bench: Bench) -> None:
    net = min(bench.ports.catalogue.nets)
    pumps = registration(7, unit_id="pumps", callsign="pumps", net=net, capabilities=frozenset({"pump"}))
    register_units(bench.ports, somebody(), RegisterUnits((pumps,)))
    placed(bench, pumps=9_000, police=100)
    ports = with_card(bench, RunCard("fire", (Need(1, frozenset({"pump"})), Need(1, POLICE))))
    incident_id = called(ports, category="fire").incident_id
    sent_to(ports, incident_id, "pumps", "police")
    placed(bench, near=90)
    advice = recommend_units(ports, incident_id)
    assert advice is not None and not advice.needs
    assert [(c.unit_id, c.relieves) for c in advice.candidates] == [("near", None)]


def watched(bench: Bench, incident_id: str) -> bool:
    """Whether a look for reliefs has advice for the incident made anew."""
    key = waiting_key(f"recommend:{incident_id}")
    bench.redis.delete(key)
    watch_reliefs(bench.ports)
    return bool(bench.redis.exists(key))


def test_another_unit_takes_over_in_one_step(bench: Bench) -> None:
    placed(bench, a=100, b=200)
    incident_id = called(bench.ports).incident_id
    (old,) = sent_to(bench.ports, incident_id, "a")
    command = DispatchUnits(incident_id, ("b",), override_reason="no_radio", replaces=old.assignment_id)
    (new,) = dispatch_units(bench.ports, somebody(), command)
    found = units(bench)
    assert (found["a"].status, found["b"].assignment_id) == (UnitStatus.AVAILABLE, new.assignment_id)
    assert types(bench.ports)[-2:] == ["assignment.reassigned", "units.dispatched"]
    assert_nothing_hangs_loose(bench)


@pytest.mark.parametrize("why", [None, "on break", "late"])
def test_a_take_over_taken_back_sends_the_first_unit_again_or_says_that_it_does_not(
    bench: Bench, why: str | None
) -> None:
    placed(bench, a=100, b=200)
    incident_id = called(bench.ports).incident_id
    (old,) = sent_to(bench.ports, incident_id, "a")
    bench.clock.advance(90)
    command = DispatchUnits(incident_id, ("b",), override_reason="no_radio", replaces=old.assignment_id)
    (new,) = dispatch_units(bench.ports, somebody(), command)
    bench.clock.advance(70 if why == "late" else 8)
    if why == "on break":
        says(bench.ports, "a", UnitStatus.ON_BREAK)
    ([taken], refused) = take_back_units(bench.ports, somebody(), [new.assignment_id])
    assert (taken.replaced, taken.sent_again, refused) == ("a", why is None, [])
    with bench.store.transaction() as tx:
        on_it = [a.unit_id for a in tx.open_assignments()]
    assert on_it == (["a"] if why is None else [])
    assert_nothing_hangs_loose(bench)
    ([retried], _) = take_back_units(bench.ports, somebody(), [new.assignment_id])
    assert not retried.sent_again, "said again it changes nothing"
    with pytest.raises(ConflictError):  # the dispatch that was replaced; its unit is on its way by another
        take_back_units(bench.ports, somebody(), [old.assignment_id])


def test_when_the_other_unit_has_gone_the_first_stays(bench: Bench) -> None:
    placed(bench, a=100, b=200)
    incident_id = called(bench.ports).incident_id
    (old,) = sent_to(bench.ports, incident_id, "a")
    says(bench.ports, "b", UnitStatus.ON_BREAK)
    with pytest.raises(UnitTakenError):
        dispatch_units(
            bench.ports, somebody(), DispatchUnits(incident_id, ("b",), replaces=old.assignment_id)
        )
    assert units(bench)["a"].assignment_id == old.assignment_id


def test_nobody_turns_round_for_a_unit_whose_owner_may_say_no(bench: Bench) -> None:
    placed(bench, a=100)
    lent = registration(1, unit_id="lent", net=min(bench.ports.catalogue.nets), jurisdiction=PANLONG)
    register_units(bench.ports, somebody(), RegisterUnits((lent,)))
    incident_id = called(bench.ports).incident_id
    (old,) = sent_to(bench.ports, incident_id, "a")
    command = DispatchUnits(incident_id, ("lent",), override_reason="no_radio", replaces=old.assignment_id)
    with pytest.raises(ConflictError, match="须对方同意"):
        dispatch_units(bench.ports, somebody("官渡", GUANDU), command)
    assert units(bench)["a"].assignment_id == old.assignment_id
    with bench.store.transaction() as tx:
        assert tx.assistance_of(incident_id) == []
    assert_nothing_hangs_loose(bench)


def test_moving_a_unit_to_another_incident_asks_for_a_reason(bench: Bench) -> None:
    placed(bench, a=100)
    first, second = called(bench.ports), called(bench.ports)
    (old,) = sent_to(bench.ports, first.incident_id, "a")
    command = DispatchUnits(second.incident_id, ("a",), replaces=old.assignment_id)
    with pytest.raises(InvalidInputError, match="override_reason"):
        dispatch_units(bench.ports, somebody(), command)
    dispatch_units(bench.ports, somebody(), replace(command, override_reason="other_task"))
    assert incident_detail(bench.ports, somebody(), first.incident_id)["incident"]["status"] == "open"
    assert_nothing_hangs_loose(bench)


def test_what_is_sent_against_the_advice_is_counted(bench: Bench) -> None:
    placed(bench, a=100, b=200)
    incident_id = called(bench.ports).incident_id
    sent_to(bench.ports, incident_id, "a")
    dispatch_units(
        bench.ports, somebody(), DispatchUnits(incident_id, ("b",), override_reason="special_skill")
    )
    assert response_metrics(bench.ports)["dispatches"] == {"count": 2, "overridden": 1}


def test_the_analyst_sees_why_the_advice_was_overridden_and_what_was_taken_off_again(bench: Bench) -> None:
    placed(bench, a=100, b=200, c=300, d=400)
    incident_id = called(bench.ports).incident_id
    (first,) = sent_to(bench.ports, incident_id, "a")
    for unit, reason in (("b", "no_radio"), ("c", "special_skill"), ("d", "no_radio")):
        dispatch_units(bench.ports, somebody(), DispatchUnits(incident_id, (unit,), override_reason=reason))
    take_back(bench.ports, somebody(), first.assignment_id)
    now = bench.clock.now()
    found = dispatch_report(bench.ports, somebody(), None, now)
    assert (found.sent, found.overridden, found.taken_back, found.preempted) == (4, 3, 1, 0)
    assert list(found.overrides.items()) == [("no_radio", 2), ("special_skill", 1)]
    assert dispatch_report(bench.ports, somebody(jurisdiction=PANLONG), None, now).sent == 0
    assert (
        dispatch_report(bench.ports, somebody(), now + timedelta(seconds=1), now + timedelta(hours=1)).sent
        == 0
    )
    with pytest.raises(PermissionDeniedError):
        dispatch_report(bench.ports, somebody(without=Permission.VIEW_ANALYSIS), None, now)


# ---------------------------------------------------------------- units of another jurisdiction


@pytest.fixture
def asked(bench: Bench) -> AssistanceRequest:
    """An officer of Guandu has sent a unit of Panlong."""
    net = min(bench.ports.catalogue.nets)
    lent = registration(1, unit_id="lent", callsign="lent", net=net, jurisdiction=PANLONG)
    register_units(bench.ports, somebody(), RegisterUnits((lent,)))
    placed(bench, lent=100)
    incident_id = called(bench.ports).incident_id
    advice = recommend_units(bench.ports, incident_id)
    assert advice is not None and [c.must_ask for c in advice.package] == [PANLONG]
    assert sent_to(bench.ports, incident_id, "lent", by=somebody("官渡", GUANDU)) == ()
    assert units(bench)["lent"].status is UnitStatus.AVAILABLE
    with bench.store.transaction() as tx:
        (request,) = tx.assistance_of(incident_id)
    assert request.status is AssistanceStatus.WAITING
    return request


def test_a_unit_of_others_counts_as_sent_when_they_accept(bench: Bench, asked: AssistanceRequest) -> None:
    panlong = somebody("盘龙", PANLONG)
    assert [r["request_id"] for r in assistance_waiting(bench.ports, panlong)] == [asked.request_id]
    command = AnswerAssistance(asked.request_id, accept=True)
    accepted = answer_assistance(bench.ports, panlong, command)
    assert answer_assistance(bench.ports, panlong, command) == accepted
    assert units(bench)["lent"].assignment_id == accepted.assignment_id
    assert types(bench.ports)[-2:] == ["units.dispatched", "assistance.accepted"]
    with pytest.raises(ConflictError, match="accepted"):
        answer_assistance(bench.ports, panlong, AnswerAssistance(asked.request_id, accept=False))
    assert_nothing_hangs_loose(bench)


def test_declined_it_stays_where_it_is(bench: Bench, asked: AssistanceRequest) -> None:
    declined = answer_assistance(
        bench.ports, somebody("盘龙", PANLONG), AnswerAssistance(asked.request_id, False, "另有任务")
    )
    assert (declined.status, declined.note) == (AssistanceStatus.DECLINED, "另有任务")
    assert units(bench)["lent"].status is UnitStatus.AVAILABLE


def test_who_was_refused_is_not_advised_again_for_a_while_and_it_is_said(
    bench: Bench, asked: AssistanceRequest
) -> None:
    placed(bench, own=3000)
    bench.redis.flushdb()
    placed(bench, own=3000, lent=100)
    answer_assistance(bench.ports, somebody("盘龙", PANLONG), AnswerAssistance(asked.request_id, False))
    assert [key for key in bench.redis.keys("*") if asked.incident_id in key.decode()], "advice is made anew"
    advice = recommend_units(bench.ports, asked.incident_id)
    assert advice is not None and [c.unit_id for c in advice.candidates] == ["own"]
    assert [(one.unit_id, one.why) for one in advice.passed_over] == [("lent", Why.REFUSED)]
    other = called(bench.ports)
    elsewhere = recommend_units(bench.ports, other.incident_id)
    assert elsewhere is not None and "lent" in {c.unit_id for c in elsewhere.candidates}, (
        "of another incident"
    )
    bench.clock.advance(REFUSED_FOR.total_seconds())
    seen_at(bench.ports, fix("lent", bench.clock.now(), SOMEWHERE))
    later = recommend_units(bench.ports, asked.incident_id)
    assert later is not None and "lent" in {c.unit_id for c in later.candidates}


def test_only_who_covers_the_unit_may_answer(bench: Bench, asked: AssistanceRequest) -> None:
    command = AnswerAssistance(asked.request_id, accept=True)
    powerless = somebody("盘龙", PANLONG, without=Permission.ANSWER_ASSISTANCE)
    for actor in (somebody("官渡", GUANDU), powerless):
        with pytest.raises(PermissionDeniedError):
            answer_assistance(bench.ports, actor, command)
    assert answer_assistance(bench.ports, somebody("市级"), command).status is AssistanceStatus.ACCEPTED


def test_the_city_asks_nobody(bench: Bench, asked: AssistanceRequest) -> None:
    (sent,) = sent_to(bench.ports, asked.incident_id, "lent", by=somebody("市级"))
    assert units(bench)["lent"].assignment_id == sent.assignment_id
    with pytest.raises(UnitTakenError):
        answer_assistance(
            bench.ports, somebody("盘龙", PANLONG), AnswerAssistance(asked.request_id, accept=True)
        )


def test_a_request_nobody_answers_lapses_and_may_be_made_again(
    bench: Bench, asked: AssistanceRequest
) -> None:
    guandu = somebody("官渡", GUANDU)
    sent_to(bench.ports, asked.incident_id, "lent", by=guandu)
    assert types(bench.ports).count("assistance.requested") == 1, "it waits already"
    bench.clock.advance((ANSWER_WITHIN + timedelta(seconds=1)).total_seconds())
    with pytest.raises(ConflictError, match="run out"):
        answer_assistance(bench.ports, somebody("盘龙", PANLONG), AnswerAssistance(asked.request_id, True))
    assert (lapse_assistance(bench.ports), lapse_assistance(bench.ports)) == (1, 0)
    sent_to(bench.ports, asked.incident_id, "lent", by=guandu)
    assert types(bench.ports).count("assistance.requested") == 2


def test_two_who_answer_at_once_send_it_once(bench: Bench, asked: AssistanceRequest) -> None:
    yes, no = (AnswerAssistance(asked.request_id, accept) for accept in (True, False))
    answers = at_once(
        *(
            lambda c=c: answer_assistance(bench.ports, somebody("盘龙", PANLONG), c)
            for c in (yes, no, yes, no)
        )
    )
    assert len(raised(answers)) == 2 and all(isinstance(e, ConflictError) for e in raised(answers))
    assert_nothing_hangs_loose(bench)


# ---------------------------------------------------------------- whatever the sequence


@pytest.mark.parametrize("seed", range(3))
def test_whatever_officers_do_at_once_no_unit_is_in_two_open_assignments(bench: Bench, seed: int) -> None:
    names_ = ["a", "b", "c", "d"]
    placed(bench, **{name: 100.0 * n for n, name in enumerate(names_)})
    incidents = [called(bench.ports, category=c).incident_id for c in ("traffic", "medical", "traffic")]

    def act(number: int) -> None:
        dice = random.Random(seed * 100 + number)
        for _ in range(15):
            with bench.store.transaction() as tx:
                standing = list(tx.open_assignments())
            ends = dice.choice(standing).assignment_id if standing and dice.random() < 0.7 else None
            field = dice.choice(("preempts", "replaces"))
            unit_id = next((a.unit_id for a in standing if a.assignment_id == ends), dice.choice(names_))
            if dice.random() < 0.3:
                unit_id = dice.choice(names_)
            command = DispatchUnits(dice.choice(incidents), (unit_id,), override_reason="other_task")
            try:
                if dice.random() < 0.2 and ends:
                    take_back(bench.ports, somebody(), ends)
                else:
                    dispatch_units(bench.ports, somebody(), replace(command, **{field: ends}))
            except (ConflictError, InvalidInputError):
                continue

    assert raised(at_once(*(lambda n=n: act(n) for n in range(6)))) == []
    assert_nothing_hangs_loose(bench)
