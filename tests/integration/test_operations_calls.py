"""Calls taken down once each, and the advice that follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from alerts.model import Passability
from core.errors import ConflictError, InvalidInputError, NotFoundError
from core.geo import LonLat, distance_m
from dispatch.model import Priority, UnitStatus
from operations.close_incident import CloseIncident, close_incident
from operations.open_incident import CITY_TIME
from operations.recommend_units import recommend_units, road_closures
from operations.register_units import RegisterUnits, register_units
from operations.similar_incidents import similar_incidents
from operations.take_call import TakeCall, take_call
from tests.conftest import Bench
from tests.integration.desk_work import (
    SOMEWHERE,
    at_once,
    called,
    close_road,
    fix,
    journal,
    raised,
    register,
    registration,
    says,
    seen_at,
    somebody,
    types,
)

# ---------------------------------------------------------------- calls


def command(bench: Bench, key: str = "k1", **fields: Any) -> TakeCall:
    made = TakeCall(key, "traffic", SOMEWHERE, "市民", "有车祸", bench.clock.now())
    return replace(made, **fields)


def test_a_call_sent_again_with_its_key_is_answered_as_before(bench: Bench) -> None:
    first = take_call(bench.ports, somebody(), command(bench))
    again = take_call(bench.ports, somebody(), command(bench))
    assert (first.repeated, again.repeated) == (False, True)
    assert replace(again, repeated=False) == first
    assert types(bench.ports) == ["call.taken"]


@pytest.mark.parametrize(
    "fields",
    [{"text": "别的"}, {"caller": "别人"}, {"category": "fire"}, {"place": LonLat(102.76, 25.02)}],
    ids=lambda fields: next(iter(fields)),
)
def test_the_same_key_with_another_body_is_a_conflict(bench: Bench, fields: dict[str, Any]) -> None:
    take_call(bench.ports, somebody(), command(bench))
    with pytest.raises(ConflictError, match="Idempotency-Key"):
        take_call(bench.ports, somebody(), command(bench, **fields))


def test_the_same_instant_in_another_zone_is_the_same_call(bench: Bench) -> None:
    take_call(bench.ports, somebody(), command(bench))
    local = bench.clock.now().astimezone(CITY_TIME)
    assert take_call(bench.ports, somebody(), command(bench, received_at=local)).repeated


def test_a_key_belongs_to_who_sent_it(bench: Bench) -> None:
    first = take_call(bench.ports, somebody("甲"), command(bench))
    second = take_call(bench.ports, somebody("乙"), command(bench))
    assert (second.repeated, second.call_id != first.call_id) == (False, True)


def test_one_key_sent_by_many_at_once_is_one_incident(bench: Bench) -> None:
    answers = at_once(*[lambda: take_call(bench.ports, somebody(), command(bench))] * 8)
    assert raised(answers) == []
    assert len({answer.incident_id for answer in answers}) == 1
    assert [answer.repeated for answer in answers].count(False) == 1
    assert types(bench.ports) == ["call.taken"]


def test_numbers_count_up_without_a_gap_within_the_citys_day(bench: Bench) -> None:
    places = [LonLat(SOMEWHERE.lon + n / 100, SOMEWHERE.lat) for n in range(8)]
    answers = at_once(*[lambda place=place: called(bench.ports, place=place) for place in places])
    assert sorted(a.incident_number for a in answers) == [f"20260818-{n:04d}" for n in range(1, 9)]
    bench.clock.advance(14.5 * 3600)  # 23:50 in Kunming
    assert called(bench.ports).incident_number == "20260818-0009"
    bench.clock.advance(600)
    elsewhere = LonLat(SOMEWHERE.lon, SOMEWHERE.lat + 0.1)
    assert called(bench.ports, place=elsewhere).incident_number == "20260819-0001"


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"category": "weather"}, "category"),
        ({"place": LonLat(25.02, 102.75)}, "place"),
        ({"place": LonLat(float("nan"), 25.0)}, "place"),
    ],
)
def test_a_call_that_makes_no_sense_is_refused_in_words(
    bench: Bench, fields: dict[str, Any], what: str
) -> None:
    with pytest.raises(InvalidInputError, match=f"^{what}: found .*expected"):
        take_call(bench.ports, somebody(), command(bench, **fields))
    assert types(bench.ports) == []


def test_a_call_from_the_future_is_refused(bench: Bench) -> None:
    with pytest.raises(InvalidInputError, match="received_at"):
        take_call(
            bench.ports, somebody(), command(bench, received_at=bench.clock.now() + timedelta(seconds=61))
        )


def test_an_officer_sets_another_priority_and_says_why(bench: Bench) -> None:
    with pytest.raises(InvalidInputError, match="priority_reason"):
        take_call(bench.ports, somebody(), command(bench, priority=Priority.MAJOR))
    with pytest.raises(InvalidInputError, match="priority_reason"):
        take_call(bench.ports, somebody(), command(bench, priority=Priority.MAJOR, priority_reason=" \u200b"))
    taken = take_call(
        bench.ports, somebody(), command(bench, priority=Priority.MAJOR, priority_reason="车里有人")
    )
    with bench.store.transaction() as tx:
        assert tx.incident(taken.incident_id).priority is Priority.MAJOR
    assert journal(bench.ports)[0].event.data["priority_reason"] == "车里有人"


def test_a_less_urgent_priority_is_kept_for_a_new_incident(bench: Bench) -> None:
    lower = command(bench, category="fire", priority=Priority.NORMAL, priority_reason="烟囱")
    taken = take_call(bench.ports, somebody(), lower)
    with bench.store.transaction() as tx:
        assert tx.incident(taken.incident_id).priority is Priority.NORMAL


def test_how_far_off_the_place_may_be_is_kept_with_the_call(bench: Bench) -> None:
    with pytest.raises(InvalidInputError, match="accuracy_m"):
        take_call(bench.ports, somebody(), command(bench, accuracy_m=-1.0))
    taken = take_call(bench.ports, somebody(), command(bench, accuracy_m=500.0))
    with bench.store.transaction() as tx:
        [call] = tx.calls_of(taken.incident_id, 5)
    assert call.accuracy_m == 500.0


def test_another_incident_is_opened_beside_one_near_when_the_officer_says_so(bench: Bench) -> None:
    first = take_call(bench.ports, somebody(), command(bench))
    by_itself = take_call(bench.ports, somebody(), command(bench, "k2"))
    assert (by_itself.joined, by_itself.incident_id) == (True, first.incident_id)
    other = take_call(bench.ports, somebody(), command(bench, "k3", opens_new=True))
    assert (other.joined, other.incident_id != first.incident_id) == (False, True)


def test_a_call_is_added_to_the_incident_that_the_officer_chose_while_it_is_open(bench: Bench) -> None:
    first = take_call(bench.ports, somebody(), command(bench))
    far = LonLat(SOMEWHERE.lon + 0.01, SOMEWHERE.lat)
    added = take_call(bench.ports, somebody(), command(bench, "k2", place=far, incident_id=first.incident_id))
    assert (added.joined, added.incident_id) == (True, first.incident_id)
    close_incident(bench.ports, somebody(), CloseIncident(incident_id=first.incident_id, note=None))
    with pytest.raises(ConflictError, match="closed"):
        take_call(bench.ports, somebody(), command(bench, "k3", incident_id=first.incident_id))


def test_what_a_call_may_be_about_is_offered_nearest_first(bench: Bench) -> None:
    near = take_call(bench.ports, somebody(), command(bench))
    metres_300 = LonLat(SOMEWHERE.lon + 0.003, SOMEWHERE.lat)
    further = take_call(bench.ports, somebody(), command(bench, "k2", place=metres_300))
    take_call(bench.ports, somebody(), command(bench, "k3", category="fire", opens_new=True))
    offered = similar_incidents(bench.ports, somebody(), "traffic", SOMEWHERE)
    assert [o["incident_id"] for o in offered] == [near.incident_id, further.incident_id]
    assert [o["joins"] for o in offered] == [True, False]
    assert offered[0]["distance_m"] == 0
    assert similar_incidents(bench.ports, somebody(jurisdiction="530103"), "traffic", SOMEWHERE) == []
    close_incident(bench.ports, somebody(), CloseIncident(incident_id=near.incident_id, note=None))
    assert [o["number"] for o in similar_incidents(bench.ports, somebody(), "traffic", SOMEWHERE)] == [
        further.incident_number
    ]
    bench.clock.advance(4 * 3600)
    assert similar_incidents(bench.ports, somebody(), "traffic", SOMEWHERE) == []


# ---------------------------------------------------------------- advice


def test_advice_names_available_capable_units_with_a_position_nearest_first(bench: Bench) -> None:
    net = min(bench.ports.catalogue.nets)
    able = frozenset({"traffic_control"})
    cast = {
        "near": registration(1, unit_id="near", net=net),
        "far": registration(2, unit_id="far", net=net),
        "on a break": registration(3, unit_id="on a break", net=net),
        "unable": registration(4, unit_id="unable", net=net, capabilities=frozenset({"police"})),
        "never seen": registration(5, unit_id="never seen", net=net, capabilities=able),
    }
    register_units(bench.ports, somebody(), RegisterUnits(tuple(cast.values())))
    now = bench.clock.now()
    here, there = LonLat(102.751, 25.02), LonLat(102.76, 25.02)
    seen_at(
        bench.ports,
        fix("near", now, here),
        fix("far", now, there),
        fix("on a break", now),
        fix("unable", now),
    )
    says(bench.ports, "on a break", UnitStatus.ON_BREAK)
    advice = recommend_units(bench.ports, called(bench.ports).incident_id)
    assert advice is not None
    assert [c.unit_id for c in advice.candidates] == ["near", "far"]
    assert (advice.considered, advice.network) == (2, "straight-line")
    assert advice.left_out == {"busy": 1, "unable": 1, "unplaced": 1}, "the whole force is accounted for"
    with bench.store.transaction() as tx:
        assert tx.latest_recommendation(advice.incident_id) == advice
    assert advice.candidates[0].straight_line_m == pytest.approx(distance_m(here, SOMEWHERE), rel=1e-4)
    assert all(c.straight_line for c in advice.candidates)


def test_advice_offers_the_run_cards_number_and_two_more(bench: Bench) -> None:
    register(bench.ports, 6)
    seen_at(bench.ports, *(fix(f"u{n:03d}", bench.clock.now()) for n in range(6)))
    advice = recommend_units(bench.ports, called(bench.ports, category="crowd").incident_id)
    assert advice is not None and len(advice.candidates) == 4 and advice.considered == 6


def test_without_any_unit_advice_says_so_instead_of_failing(bench: Bench) -> None:
    advice = recommend_units(bench.ports, called(bench.ports).incident_id)
    assert advice is not None and (advice.candidates, advice.considered) == ((), 0)


def test_newer_advice_replaces_the_older(bench: Bench) -> None:
    incident_id = called(bench.ports).incident_id
    recommend_units(bench.ports, incident_id)
    newer = recommend_units(bench.ports, incident_id)
    with bench.store.transaction() as tx:
        assert tx.latest_recommendation(incident_id) == newer


def test_a_closed_incident_gets_no_advice_and_an_unknown_one_is_not_found(bench: Bench) -> None:
    incident_id = called(bench.ports).incident_id
    close_incident(bench.ports, somebody(), CloseIncident(incident_id))
    assert recommend_units(bench.ports, incident_id) is None
    with pytest.raises(NotFoundError):
        recommend_units(bench.ports, "nobody's")


def test_closed_and_slow_roads_are_told_to_the_road_network(bench: Bench) -> None:
    close_road(bench.ports, "KM01")
    close_road(bench.ports, "KM03", Passability.SLOW)
    close_road(bench.ports, "KM02")
    close_road(bench.ports, "KM02", Passability.OPEN, seconds=1)
    with bench.store.transaction() as tx:
        found = road_closures(bench.ports, tx)
    assert [(c.closure_id, c.state) for c in found] == [("KM01", "closed"), ("KM03", "slow")]
    assert all(c.radius_m == bench.ports.catalogue.closure_radius_m[c.kind] for c in found)
