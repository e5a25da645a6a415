"""When a unit has set off, entered and left, and when it is overdue."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.geo import LonLat
from dispatch.fixes import Fix
from dispatch.model import Assignment, AssignmentStatus, Unit, UnitStatus, advance_assignment
from dispatch.watching import (
    Crossing,
    IncidentGeofence,
    Overdue,
    StatusLimits,
    crossed,
    crossing,
    has_set_off,
    is_inside,
    lasts_too_long,
    overdue,
)

START = datetime(2026, 8, 18, 1, 20, tzinfo=UTC)
PLACE = LonLat(102.75, 25.0)
FENCE = IncidentGeofence(100, 200, 300)
LIMITS = StatusLimits(120, 1.5, 180, 3600, {UnitStatus.RETURNING: 1800})
A_DEGREE_M = 111_195.0


def north(metres: float) -> LonLat:
    return LonLat(PLACE.lon, PLACE.lat + metres / A_DEGREE_M)


def fix(metres: float, seconds: float = 10) -> Fix:
    return Fix("u1", north(metres), 180, 40, START + timedelta(seconds=seconds))


def assignment(**fields: Any) -> Assignment:
    status = AssignmentStatus.DISPATCHED
    made = Assignment(
        "a1", "i1", "u1", "巡1", status, START, "me", PLACE, "530111", path=(north(2000), PLACE)
    )
    return replace(made, **fields)


@pytest.mark.parametrize(("metres", "how"), [(99, Crossing.ENTERED), (101, None)])
def test_a_unit_enters_at_the_radius(metres: float, how: Crossing | None) -> None:
    assert crossing(assignment(), fix(metres), FENCE) is how
    assert crossing(assignment(), fix(metres, seconds=-1), FENCE) is None, "before it was sent"


@pytest.mark.parametrize(("metres", "how"), [(99, None), (199, None), (201, Crossing.LEFT)])
def test_a_unit_leaves_further_out(metres: float, how: Crossing | None) -> None:
    inside = crossed(assignment(), Crossing.ENTERED, START)
    assert crossing(inside, fix(metres), FENCE) is how


@given(st.lists(st.floats(0, 400), max_size=40))
def test_entering_and_leaving_take_turns_whatever_way_a_unit_takes(metres: list[float]) -> None:
    now, told = assignment(), []
    for seconds, away in enumerate(metres):
        found = fix(away, seconds)
        if how := crossing(now, found, FENCE):
            now = crossed(now, how, found.fixed_at)
            told.append(how)
        assert is_inside(now) == (bool(told) and told[-1] is Crossing.ENTERED)
    assert told == [Crossing.ENTERED, Crossing.LEFT] * (len(told) // 2) + [Crossing.ENTERED] * (len(told) % 2)


def test_a_unit_has_set_off_when_it_is_nearer_by_enough_and_only_with_a_route() -> None:
    assert has_set_off(assignment(), fix(1699), FENCE)
    assert not has_set_off(assignment(), fix(1701), FENCE)
    assert not has_set_off(assignment(), fix(2500), FENCE), "further away"
    assert not has_set_off(assignment(path=()), fix(10), FENCE)
    assert not has_set_off(assignment(status=AssignmentStatus.EN_ROUTE), fix(1000), FENCE)


@pytest.mark.parametrize(
    ("fields", "seconds", "late"),
    [
        ({}, 120, None),
        ({}, 121, Overdue.NOT_EN_ROUTE),
        ({"status": AssignmentStatus.EN_ROUTE, "en_route_at": START, "travel_time_s": 240.0}, 360, None),
        (
            {"status": AssignmentStatus.EN_ROUTE, "en_route_at": START, "travel_time_s": 240.0},
            361,
            Overdue.NOT_ON_SCENE,
        ),
        ({"status": AssignmentStatus.EN_ROUTE, "en_route_at": START, "travel_time_s": 30.0}, 180, None),
        ({"status": AssignmentStatus.EN_ROUTE, "en_route_at": START}, 181, Overdue.NOT_ON_SCENE),
        ({"status": AssignmentStatus.ON_SCENE, "on_scene_at": START}, 3600, None),
        ({"status": AssignmentStatus.ON_SCENE, "on_scene_at": START}, 3601, Overdue.STILL_ON_SCENE),
        ({"status": AssignmentStatus.STOOD_DOWN}, 99_999, None),
    ],
)
def test_how_long_a_status_may_last(fields: dict[str, Any], seconds: float, late: Overdue | None) -> None:
    assert overdue(assignment(**fields), START + timedelta(seconds=seconds), LIMITS) is late


@pytest.mark.parametrize(
    ("fields", "seconds", "too_long"),
    [
        ({"status": UnitStatus.RETURNING}, 1800, False),
        ({"status": UnitStatus.RETURNING}, 1801, True),
        ({"status": UnitStatus.AVAILABLE}, 99_999, False),
        ({"status": UnitStatus.ON_BREAK}, 99_999, False),  # no limit in these
        ({"status": UnitStatus.RETURNING, "assignment_id": "a1"}, 99_999, False),
    ],
)
def test_how_long_a_unit_without_an_assignment_may_stay(
    fields: dict[str, Any], seconds: float, too_long: bool
) -> None:
    unit = Unit(
        "u1", 0, "巡1", "net", "car", frozenset(), "530111", status_at=START, synthetic=True, **fields
    )
    assert lasts_too_long(unit, START + timedelta(seconds=seconds), LIMITS) is too_long


def test_the_milestone_ends_the_alarm() -> None:
    late = assignment(overdue=Overdue.NOT_EN_ROUTE.value)
    for to in (AssignmentStatus.EN_ROUTE, AssignmentStatus.ON_SCENE, AssignmentStatus.STOOD_DOWN):
        assert advance_assignment(late, to, START).overdue is None
