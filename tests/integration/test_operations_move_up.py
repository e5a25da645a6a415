"""An accepted move-up is an order that a terminal can ask for as long as it stands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.actor import Permission
from core.errors import ConflictError, PermissionDeniedError
from core.geo import LonLat
from dispatch.model import UnitStatus
from dispatch.move_up_order import STANDS_FOR
from live.coverage import CLAIM_KEY
from operations.accept_move_up import AcceptMoveUp, accept_move_up
from operations.duty import duty_state
from operations.measure_coverage import measure_coverage
from operations.ports import MoveUpAdvice
from operations.public_state import coverage_state
from operations.queries import move_ups_of_units
from tests.conftest import Bench
from tests.integration.desk_work import (
    GUANDU,
    PANLONG,
    called,
    fix,
    register,
    says,
    seen_at,
    sent_to,
    somebody,
    types,
)

CENTRE = LonLat(102.7125, 25.0400)
GRID, OTHER_GRID = "53011190100101", "53011190100102"


def ordered(bench: Bench, unit_id: str = "u000", grid: str = GRID, by: str = "值班员") -> None:
    """The unit is advised to move there, and an officer accepts."""
    bench.redis.delete(CLAIM_KEY)
    record = measure_coverage(bench.ports)
    assert record is not None
    advice = MoveUpAdvice(unit_id, "巡", GUANDU, grid, CENTRE, 120.0, 0.5, 3)
    bench.ports.coverage.keep(replace(record, moves=(advice,)))
    accept_move_up(bench.ports, somebody(by), AcceptMoveUp(unit_id, grid))


@pytest.fixture(autouse=True)
def on_duty(bench: Bench) -> None:
    register(bench.ports, 2)
    seen_at(bench.ports, *(fix(f"u{i:03d}", bench.clock.now(), CENTRE) for i in range(2)))
    bench.clock.advance(1)


def standing(bench: Bench, *unit_ids: str) -> list[str]:
    """Grids of the orders that a terminal of these units is told, or everybody's."""
    return [order["grid"] for order in move_ups_of_units(bench.ports, somebody(), unit_ids or None)]


def test_a_terminal_is_told_where_its_unit_is_to_wait_and_no_other_is(bench: Bench) -> None:
    ordered(bench)
    [order] = move_ups_of_units(bench.ports, somebody(), ["u000"])
    assert (order["unit_id"], order["grid"], order["ordered_by"]) == ("u000", GRID, "值班员")
    assert order["place"] == pytest.approx(list(CENTRE))
    assert standing(bench, "u001") == []
    assert standing(bench) == [GRID]


def test_desk_and_phone_show_the_order_while_it_stands(bench: Bench) -> None:
    ordered(bench)
    patrol = replace(somebody(), unit_id="u000")
    assert duty_state(bench.ports, patrol)["move_up"]["grid"] == GRID
    assert duty_state(bench.ports, replace(somebody(), unit_id="u001"))["move_up"] is None
    bench.redis.flushall()
    seen_at(bench.ports, *(fix(f"u{i:03d}", bench.clock.now(), CENTRE) for i in range(2)))
    record = measure_coverage(bench.ports)
    assert record is not None
    assert [o["unit_id"] for o in coverage_state(record)["orders"]] == ["u000"]
    sent_to(bench.ports, called(bench.ports).incident_id, "u000")
    assert duty_state(bench.ports, patrol)["move_up"] is None


def test_the_same_order_again_is_no_second_one_even_after_redis_forgot(bench: Bench) -> None:
    ordered(bench)
    bench.redis.flushall()
    ordered(bench)
    assert types(bench.ports).count("move_up.ordered") == 1


def test_a_colleague_who_orders_the_same_is_told_who_ordered_it(bench: Bench) -> None:
    ordered(bench)
    with pytest.raises(ConflictError, match="已由 值班员 命令"):
        ordered(bench, by="另一值班员")
    assert types(bench.ports).count("move_up.ordered") == 1


def test_a_newer_order_takes_the_place_of_the_older(bench: Bench) -> None:
    ordered(bench)
    bench.clock.advance(60)
    ordered(bench, grid=OTHER_GRID)
    assert standing(bench) == [OTHER_GRID]


def test_an_order_ends_by_itself(bench: Bench) -> None:
    ordered(bench)
    bench.clock.advance(STANDS_FOR.total_seconds() - 1)
    assert standing(bench) == [GRID]
    bench.clock.advance(1)
    assert standing(bench) == []


def test_a_unit_that_was_sent_is_free_of_its_order_for_good(bench: Bench) -> None:
    ordered(bench)
    bench.clock.advance(1)
    [assignment] = sent_to(bench.ports, called(bench.ports).incident_id, "u000")
    assert standing(bench) == []
    for status in (UnitStatus.EN_ROUTE, UnitStatus.ON_SCENE, UnitStatus.AVAILABLE):
        bench.clock.advance(10)
        says(bench.ports, "u000", status, assignment_id=assignment.assignment_id)
    assert standing(bench) == []


def test_orders_are_told_to_who_may_read_assignments_there(bench: Bench) -> None:
    ordered(bench)
    with pytest.raises(PermissionDeniedError):
        move_ups_of_units(bench.ports, somebody(without=Permission.READ_ASSIGNMENTS), None)
    assert move_ups_of_units(bench.ports, somebody(jurisdiction=PANLONG), None) == []
