"""Coverage measured, kept and told; gaps as alerts; what-if beside candidates; move-up ordered by a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from alerts.model import Severity
from bootstrap.catalogue import load_catalogue
from core.actor import Permission
from core.command_tree import CommandLevel
from core.errors import ConflictError, PermissionDeniedError, UnitTakenError
from core.geo import LonLat, distance_m
from dispatch.model import UnitStatus
from live.coverage import CLAIM_KEY, RECORD_KEY, STATE_KEY, RedisCoverage
from operations.accept_move_up import AcceptMoveUp, accept_move_up
from operations.acknowledge_alert import AcknowledgeAlert, acknowledge_alert
from operations.alarm_load import alarm_load_state
from operations.alert_detail import alert_detail
from operations.cap_messages import cap_feed
from operations.clear_left_behind import clear_left_behind
from operations.close_incident import CloseIncident, close_incident
from operations.keep_alerts import keep_alerts
from operations.measure_coverage import measure_coverage
from operations.ports import CoverageRecord, MoveUpAdvice, Ports
from operations.recommend_units import recommend_units
from operations.register_units import RegisterUnits, register_units
from operations.shelve_alert import ShelveAlert, shelve_alert
from tests.conftest import Bench
from tests.depth_rule import with_catalogue
from tests.integration.desk_work import (
    GUANDU,
    PANLONG,
    called,
    fix,
    journal,
    register,
    registration,
    says,
    seen_at,
    sent_to,
    somebody,
    types,
)

CENTRE = LonLat(102.7125, 25.0400)
GRID = "53011190100101"


def measured(bench: Bench) -> CoverageRecord:
    """A measurement now, however fresh the last one is."""
    bench.redis.delete(CLAIM_KEY)
    record = measure_coverage(bench.ports)
    assert record is not None
    return record


GAP_STREET = "530111905"
"""A street in the middle of Guandu."""


@pytest.fixture
def gaps(bench: Bench) -> Ports:
    """The rules about coverage as they are delivered."""
    rules = {name: rule for name, rule in load_catalogue().rules.items() if name.startswith("coverage-")}
    return with_catalogue(bench.ports, rules=rules)


def watched(bench: Bench, ports: Ports, seconds: float) -> CoverageRecord:
    """A measurement so many seconds later."""
    bench.clock.advance(seconds)
    bench.redis.delete(CLAIM_KEY)
    record = measure_coverage(ports)
    assert record is not None
    return record


def everywhere(bench: Bench, ports: Ports) -> None:
    """A unit at every third grid, for a quarter of an hour."""
    places = [grid.place for grid in ports.grid_times.grids[::3]]
    register(ports, len(places))
    seen_at(ports, *(fix(f"u{i:03d}", bench.clock.now(), place) for i, place in enumerate(places)))
    for _ in range(4):
        watched(bench, ports, 300)


def around(ports: Ports, streets: Sequence[str]) -> list[str]:
    """Who waits within a kilometre of these streets."""
    there = [grid.place for grid in ports.grid_times.grids if grid.street in streets]
    return [
        f"u{i:03d}"
        for i, grid in enumerate(ports.grid_times.grids[::3])
        if any(distance_m(grid.place, place) < 1_000 for place in there)
    ]


def away(bench: Bench, ports: Ports, *streets: str, seconds: float = 60) -> None:
    """Whoever is near these streets takes a break, for so long."""
    for unit_id in around(ports, streets):
        says(ports, unit_id, UnitStatus.ON_BREAK)
    watched(bench, ports, 1)
    if seconds:
        watched(bench, ports, seconds)


def back(bench: Bench, ports: Ports, *streets: str, seconds: float) -> None:
    for unit_id in around(ports, streets):
        says(ports, unit_id, UnitStatus.AVAILABLE)
    watched(bench, ports, 1)
    watched(bench, ports, seconds)


def nearest_street(ports: Ports, place: LonLat) -> str:
    return min(ports.grid_times.grids, key=lambda grid: distance_m(grid.place, place)).street


def alert_rows(ports: Ports) -> list[str]:
    return [kind for kind in types(ports) if kind.startswith("alert.")]


def on_duty(bench: Bench, *places: LonLat) -> None:
    register(bench.ports, len(places))
    now = bench.clock.now()
    seen_at(bench.ports, *(fix(f"u{i:03d}", now, place) for i, place in enumerate(places)))


def advised(bench: Bench, unit_id: str = "u000") -> MoveUpAdvice:
    """Advice as a measurement would keep it."""
    advice = MoveUpAdvice(unit_id, "巡000", GUANDU, GRID, CENTRE, 120.0, 0.5, 3)
    bench.ports.coverage.keep(replace(measured(bench), moves=(advice,)))
    return advice


def test_a_free_unit_covers_the_grids_around_it_for_its_net_and_the_city(bench: Bench) -> None:
    on_duty(bench, CENTRE)
    record = measured(bench)
    assert record.units == 1
    assert 5 < record.overall.grids_within_target < 200
    net = min(bench.ports.catalogue.nets)
    assert record.nets[net] == record.overall
    assert sum(f.grids_within_target for f in record.nets.values()) == record.overall.grids_within_target
    assert record.reached.count("0") == 1_272 - record.overall.grids_within_target
    assert bench.ports.coverage.newest() == record


def test_a_unit_that_is_sent_covers_nothing_any_more(bench: Bench) -> None:
    on_duty(bench, CENTRE)
    assert measured(bench).overall.grids_within_target > 0
    sent_to(bench.ports, called(bench.ports).incident_id, "u000")
    record = measured(bench)
    assert (record.units, record.overall.grids_within_target) == (0, 0)


def test_patrols_on_foot_and_units_without_a_position_are_not_counted(bench: Bench) -> None:
    on_duty(bench, CENTRE, CENTRE)
    foot = registration(7, kind="foot", net=min(bench.ports.catalogue.nets))
    lost = registration(8, net=min(bench.ports.catalogue.nets))
    register_units(bench.ports, somebody(), RegisterUnits((foot, lost)))
    seen_at(bench.ports, fix("u007", bench.clock.now(), CENTRE))
    assert measured(bench).units == 2


def test_two_workers_at_once_measure_once(bench: Bench) -> None:
    assert bench.ports.coverage.claim()
    assert measure_coverage(bench.ports) is None


def test_a_dispatch_and_its_end_ask_for_a_new_measurement(bench: Bench) -> None:
    on_duty(bench, CENTRE)
    incident = called(bench.ports).incident_id
    bench.redis.delete("cc:waiting:coverage")
    sent_to(bench.ports, incident, "u000")
    assert bench.redis.exists("cc:waiting:coverage")
    bench.redis.delete("cc:waiting:coverage")
    says(bench.ports, "u000", UnitStatus.EN_ROUTE)
    assert bench.redis.exists("cc:waiting:coverage")
    bench.redis.delete("cc:waiting:coverage")
    close_incident(bench.ports, somebody(), CloseIncident(incident))
    assert bench.redis.exists("cc:waiting:coverage"), "its unit is free"
    bench.redis.delete("cc:waiting:coverage")
    says(bench.ports, "u000", UnitStatus.ON_BREAK)
    assert bench.redis.exists("cc:waiting:coverage"), "a unit on a break covers nothing"


def test_a_street_that_is_no_longer_reached_is_one_alert_of_its_district_until_it_is_again(
    bench: Bench, gaps: Ports
) -> None:
    everywhere(bench, gaps)
    assert list(gaps.store.open_alerts()) == []
    away(bench, gaps, GAP_STREET, seconds=0)
    assert list(gaps.store.open_alerts()) == [], "a unit that drives past leaves no gap"
    watched(bench, gaps, 60)
    (gap,) = gaps.store.open_alerts()
    assert (gap.rule_id, gap.grade_code, gap.severity) == ("coverage-gap", "gap", Severity.BLUE)
    assert (gap.subject_id, gap.jurisdiction, gap.told) == ("coverage:530111", GUANDU, CommandLevel.DISTRICT)
    assert (gap.name_zh, gap.name_en) == ("官渡区905号街道", "Guandu, street 905")
    assert set(gap.because) == {f"covered_pct.{GAP_STREET}", f"usual_pct.{GAP_STREET}"}
    assert nearest_street(gaps, gap.place) == GAP_STREET
    back(bench, gaps, GAP_STREET, seconds=60)
    (stands,) = gaps.store.open_alerts()
    assert stands.returned_at is None, "it is not over before it was over for two minutes"
    watched(bench, gaps, 60)
    (over,) = gaps.store.open_alerts()
    assert over.returned_at is not None
    bench.clock.advance(300)
    keep_alerts(gaps)
    assert list(gaps.store.open_alerts()) == []
    assert alert_rows(gaps) == ["alert.opened", "alert.returned", "alert.cleared"]


def test_a_gap_that_comes_back_before_the_all_clear_calls_nobody_again(bench: Bench, gaps: Ports) -> None:
    everywhere(bench, gaps)
    for _ in range(2):
        away(bench, gaps, GAP_STREET)
        back(bench, gaps, GAP_STREET, seconds=120)
    assert alert_rows(gaps) == ["alert.opened", "alert.returned", "alert.resumed", "alert.returned"]


def test_gaps_of_one_district_are_one_alert_that_says_which_streets_and_those_of_two_are_two(
    bench: Bench, gaps: Ports
) -> None:
    everywhere(bench, gaps)
    away(bench, gaps, GAP_STREET)
    away(bench, gaps, GAP_STREET, "530111908", "530103908")
    guandu, panlong = sorted(gaps.store.open_alerts(), key=lambda alert: alert.jurisdiction, reverse=True)
    assert (guandu.jurisdiction, panlong.jurisdiction) == (GUANDU, PANLONG)
    assert guandu.name_en == "Guandu: 2 streets"
    assert set(guandu.because) >= {f"covered_pct.{GAP_STREET}", "covered_pct.530111908"}
    assert alert_rows(gaps) == ["alert.opened", "alert.opened", "alert.restated"]
    restated = next(row.event for row in journal(gaps) if row.event.type == "alert.restated")
    assert restated.changes["alerts"][0]["name_en"] == "Guandu: 2 streets"


def test_when_most_of_a_district_is_out_of_reach_the_alert_is_raised(bench: Bench, gaps: Ports) -> None:
    everywhere(bench, gaps)
    away(bench, gaps, *(f"530111{n}" for n in range(901, 917)))
    wide = next(alert for alert in gaps.store.open_alerts() if alert.jurisdiction == GUANDU)
    assert (wide.grade_code, wide.severity) == ("wide", Severity.YELLOW)


def test_nobody_who_takes_charge_of_a_gap_lets_the_city_be_told_after_ten_minutes(
    bench: Bench, gaps: Ports
) -> None:
    everywhere(bench, gaps)
    away(bench, gaps, GAP_STREET, "530103908")
    guandu = next(alert for alert in gaps.store.open_alerts() if alert.jurisdiction == GUANDU)
    with pytest.raises(PermissionDeniedError):
        acknowledge_alert(gaps, somebody(jurisdiction=PANLONG), AcknowledgeAlert(guandu.alert_id))
    acknowledge_alert(gaps, somebody(jurisdiction=GUANDU), AcknowledgeAlert(guandu.alert_id))
    bench.clock.advance(600)
    keep_alerts(gaps)
    told = {alert.jurisdiction: alert.told for alert in gaps.store.open_alerts()}
    assert told == {GUANDU: CommandLevel.DISTRICT, PANLONG: CommandLevel.CITY}
    load = alarm_load_state(gaps, [GUANDU, "5301"])
    assert load[GUANDU]["own"]["last_window"] == 0, "its call is eleven minutes old"
    assert load["5301"]["own"]["last_window"] == 1
    shelve_alert(gaps, somebody(), ShelveAlert(guandu.alert_id, 15, "换班"))


def test_what_was_never_covered_is_no_gap_and_one_alert_for_the_city_after_half_an_hour(
    bench: Bench, gaps: Ports
) -> None:
    on_duty(bench, CENTRE)
    for _ in range(8):
        watched(bench, gaps, 300)
    assert list(gaps.store.open_alerts()) == []
    watched(bench, gaps, 300)
    (short,) = gaps.store.open_alerts()
    assert (short.rule_id, short.severity, short.told) == ("coverage-short", Severity.BLUE, CommandLevel.CITY)
    assert short.name_en.startswith("Kunming: ")
    assert short.escalate_at is None
    for _ in range(6):
        watched(bench, gaps, 300)
    assert alert_rows(gaps) == ["alert.opened"]


def test_when_the_positions_are_lost_nothing_is_taken_for_a_gap(bench: Bench, gaps: Ports) -> None:
    everywhere(bench, gaps)
    bench.redis.flushall()
    for _ in range(3):
        watched(bench, gaps, 60)
    assert list(gaps.store.open_alerts()) == []


def test_what_is_usual_outlives_a_measurement_that_is_outdated(bench: Bench, gaps: Ports) -> None:
    everywhere(bench, gaps)
    bench.redis.delete(RECORD_KEY, STATE_KEY)
    away(bench, gaps, GAP_STREET)
    assert len(gaps.store.open_alerts()) == 1


def test_a_rule_about_coverage_that_left_the_catalogue_leaves_no_alert_and_no_memory_behind(
    bench: Bench, gaps: Ports
) -> None:
    everywhere(bench, gaps)
    away(bench, gaps, GAP_STREET)
    assert clear_left_behind(gaps) == 0
    assert clear_left_behind(with_catalogue(gaps, rules={})) == 1
    assert list(gaps.store.open_alerts()) == []
    with gaps.store.transaction() as tx:
        known = tx.level_states(tx.subjects_with_levels("coverage:530111"))
    assert {rule_id for rule_id, _ in known} == {"coverage-short"}, "which has no alert yet"


def test_a_gap_of_an_area_that_the_city_divides_otherwise_now_does_not_stand_for_ever(
    bench: Bench, gaps: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    everywhere(bench, gaps)
    away(bench, gaps, GAP_STREET)
    kept = [grid for grid in gaps.grid_times.grids if grid.district != GUANDU]
    monkeypatch.setattr(gaps.grid_times, "grids", kept)
    assert clear_left_behind(gaps) == 1
    assert list(gaps.store.open_alerts()) == []


def test_where_our_own_units_are_scarce_is_told_to_no_other_system(bench: Bench, gaps: Ports) -> None:
    everywhere(bench, gaps)
    away(bench, gaps, GAP_STREET)
    assert gaps.store.open_alerts()
    assert cap_feed(gaps, somebody()) == []


def test_advice_to_move_up_is_given_for_the_gap_too(bench: Bench, gaps: Ports) -> None:
    everywhere(bench, gaps)
    away(bench, gaps, GAP_STREET)
    assert GAP_STREET in {move.grid[:9] for move in watched(bench, gaps, 1).moves}


def test_the_faces_are_told_a_digit_for_each_grid(bench: Bench) -> None:
    on_duty(bench, CENTRE)
    record = measured(bench)
    state = RedisCoverage(bench.redis).state()
    assert state is not None
    assert state["grids"] == record.reached
    assert set(state["grids"]) == {"0", "1", "2"}
    assert state["overall"]["grids_within_target"] == record.overall.grids_within_target


def test_each_candidate_says_what_sending_it_uncovers(bench: Bench) -> None:
    on_duty(bench, CENTRE, LonLat(102.7126, 25.0401), LonLat(102.80, 24.90))
    record = measured(bench)
    incident = called(bench.ports, place=LonLat(102.80, 24.90)).incident_id
    found = recommend_units(bench.ports, incident)
    assert found is not None
    by_unit = {c.unit_id: c.uncovers for c in found.candidates}
    twin, alone = by_unit["u000"], by_unit["u002"]
    assert twin is not None
    assert alone is not None
    assert twin.grids <= 2, "its twin next to it covers the same"
    assert alone.grids == sum(
        units[0][1] == "u002" and units[0][0] <= 228 for units in record.soonest_two if units
    )
    assert alone.away_s >= 600


def test_without_a_measurement_a_recommendation_stands_without_what_if(bench: Bench) -> None:
    on_duty(bench, CENTRE)
    found = recommend_units(bench.ports, called(bench.ports).incident_id)
    assert found is not None
    assert [c.uncovers for c in found.candidates] == [None]


def test_an_idle_unit_beside_another_is_advised_to_move_where_nobody_is(bench: Bench) -> None:
    on_duty(bench, CENTRE, CENTRE, CENTRE)
    moves = measured(bench).moves
    assert moves
    assert moves[0].gain_s > 0
    assert moves[0].grids > 0


def test_an_accepted_move_is_journalled_once_and_not_advised_again(bench: Bench) -> None:
    on_duty(bench, CENTRE, CENTRE, CENTRE)
    move = measured(bench).moves[0]
    command = AcceptMoveUp(move.unit_id, move.grid)
    assert accept_move_up(bench.ports, somebody("值班员"), command) == move
    assert accept_move_up(bench.ports, somebody("值班员"), command) == move
    (ordered,) = [row.event for row in journal(bench.ports) if row.event.type == "move_up.ordered"]
    assert (ordered.subject, ordered.data["grid"], ordered.data["by"]) == (move.unit_id, move.grid, "值班员")
    assert move.unit_id not in {m.unit_id for m in measured(bench).moves}


def test_a_gap_that_somebody_is_on_the_way_to_is_not_advised_to_another(bench: Bench) -> None:
    on_duty(bench, CENTRE, CENTRE, CENTRE)
    first = measured(bench).moves[0]
    accept_move_up(bench.ports, somebody(), AcceptMoveUp(first.unit_id, first.grid))
    # The unit has not moved yet, and Redis has forgotten that it was asked.
    bench.redis.flushall()
    seen_at(bench.ports, *(fix(f"u{i:03d}", bench.clock.now(), CENTRE) for i in range(3)))
    second = measured(bench).moves
    assert second
    assert first.grid not in {move.grid for move in second}
    assert first.unit_id not in {move.unit_id for move in second}


def test_a_unit_sent_elsewhere_meanwhile_is_not_ordered(bench: Bench) -> None:
    on_duty(bench, CENTRE)
    move = advised(bench)
    sent_to(bench.ports, called(bench.ports).incident_id, "u000")
    with pytest.raises(UnitTakenError):
        accept_move_up(bench.ports, somebody(), AcceptMoveUp(move.unit_id, move.grid))


def test_advice_that_is_no_longer_given_is_refused(bench: Bench) -> None:
    on_duty(bench, CENTRE)
    measured(bench)
    with pytest.raises(ConflictError, match="advised no longer"):
        accept_move_up(bench.ports, somebody(), AcceptMoveUp("u000", GRID))
    bench.redis.flushall()
    with pytest.raises(ConflictError, match="advised no longer"):
        accept_move_up(bench.ports, somebody(), AcceptMoveUp("u000", GRID))


def test_only_who_may_dispatch_there_may_order(bench: Bench) -> None:
    on_duty(bench, CENTRE)
    move = advised(bench)
    command = AcceptMoveUp(move.unit_id, move.grid)
    with pytest.raises(PermissionDeniedError):
        accept_move_up(bench.ports, somebody(without=Permission.DISPATCH), command)
    with pytest.raises(PermissionDeniedError):
        accept_move_up(bench.ports, somebody(jurisdiction="530103"), command)
    assert "move_up.ordered" not in types(bench.ports)


def test_an_opened_gap_says_what_is_reached_now_and_who_might_move_up(bench: Bench, gaps: Ports) -> None:
    everywhere(bench, gaps)
    away(bench, gaps, GAP_STREET)
    watched(bench, gaps, 1)
    (gap,) = gaps.store.open_alerts()
    detail = alert_detail(gaps, somebody(jurisdiction=GUANDU), gap.alert_id)
    (street,) = detail["streets"]
    assert street["code"] == GAP_STREET
    assert street["covered_pct"] < 50 < 90 < street["usual_pct"]
    assert {move["grid"][:9] for move in detail["moves"]} == {GAP_STREET}
    with pytest.raises(PermissionDeniedError):
        alert_detail(gaps, somebody(jurisdiction=PANLONG), gap.alert_id)
    back(bench, gaps, GAP_STREET, seconds=1)
    assert alert_detail(gaps, somebody(), gap.alert_id)["streets"][0]["covered_pct"] > 90
    bench.redis.flushall()
    without = alert_detail(gaps, somebody(), gap.alert_id)
    assert (without["streets"][0]["covered_pct"] < 50, without["moves"]) == (True, [])


def test_who_may_not_order_a_unit_is_not_shown_it_to_move_up(bench: Bench, gaps: Ports) -> None:
    everywhere(bench, gaps)
    away(bench, gaps, GAP_STREET)
    record = watched(bench, gaps, 1)
    (gap,) = gaps.store.open_alerts()
    here = [move for move in record.moves if move.grid.startswith(GAP_STREET)]
    gaps.coverage.keep(
        replace(record, moves=(here[0], replace(here[0], unit_id="u999", jurisdiction=PANLONG)))
    )

    def shown(jurisdiction: str) -> list[str]:
        moves = alert_detail(gaps, somebody(jurisdiction=jurisdiction), gap.alert_id)["moves"]
        return [move["unit_id"] for move in moves]

    assert shown(GUANDU) == [here[0].unit_id], "another district's unit would be refused when ordered"
    assert shown("5301") == [here[0].unit_id, "u999"]
