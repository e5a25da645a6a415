"""Coverage measured, kept and told; gaps journalled once; what-if beside candidates; move-up ordered by a person."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.actor import Permission
from core.errors import ConflictError, PermissionDeniedError, UnitTakenError
from core.geo import LonLat
from dispatch.coverage import GAP_HELD_S
from dispatch.model import UnitStatus
from live.coverage import CLAIM_KEY, RedisCoverage
from operations.accept_move_up import AcceptMoveUp, accept_move_up
from operations.close_incident import CloseIncident, close_incident
from operations.measure_coverage import measure_coverage
from operations.ports import CoverageRecord, MoveUpAdvice
from operations.recommend_units import recommend_units
from operations.register_units import RegisterUnits, register_units
from tests.conftest import Bench
from tests.integration.desk_work import (
    GUANDU,
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


def test_a_gap_is_journalled_once_when_it_has_lasted_and_once_when_it_ends(bench: Bench) -> None:
    measured(bench)
    assert "coverage.gap_opened" not in types(bench.ports)
    bench.clock.advance(GAP_HELD_S)
    measured(bench)
    measured(bench)
    opened = [row.event for row in journal(bench.ports) if row.event.type == "coverage.gap_opened"]
    assert len(opened) == 1
    assert len(opened[0].data["streets"]) == 53
    on_duty(bench, *(grid.place for grid in bench.ports.grid_times.grids[::2]))
    measured(bench)
    bench.clock.advance(GAP_HELD_S)
    record = measured(bench)
    closed = [row.event for row in journal(bench.ports) if row.event.type == "coverage.gap_closed"]
    assert len(closed) == 1
    still_open = {street for street, memory in record.streets.items() if memory.open_since is not None}
    assert (
        set(closed[0].data["streets"]) == {grid.street for grid in bench.ports.grid_times.grids} - still_open
    )


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
