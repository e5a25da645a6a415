"""Clock, ids, actors and errors of the shared kernel."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta

import pytest

from core.actor import Actor, Permission, Role
from core.clock import DrillTime, FixedClock, WallClock
from core.errors import ConflictError, UnitTakenError
from core.ids import new_id

WALL = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
STORM = datetime(2026, 8, 18, 1, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("speed", "wall_s", "scenario_s"),
    [(1, 10, 10), (600, 1, 600), (0, 3600, 0), (0.5, 10, 5), (60, -1, -60)],
)
def test_a_drill_runs_as_many_times_faster_as_its_speed_says(
    speed: float, wall_s: float, scenario_s: float
) -> None:
    drill = DrillTime("storm", WALL, STORM, speed)
    assert drill.at(WALL + timedelta(seconds=wall_s)) == STORM + timedelta(seconds=scenario_s)


def test_a_fixed_clock_stands_until_it_is_moved() -> None:
    clock = FixedClock(STORM)
    assert clock.now() == clock.now() == STORM
    clock.advance(2.5)
    assert clock.now() == STORM + timedelta(seconds=2.5)


def test_the_wall_clock_is_aware() -> None:
    assert WallClock().now().utcoffset() == timedelta(0)


def test_ids_sort_by_the_millisecond_they_were_made_in() -> None:
    earlier = []
    for _ in range(5):
        earlier.append(new_id())
        time.sleep(0.002)
    assert earlier == sorted(earlier)


def test_ids_of_one_millisecond_differ_and_all_are_ulids() -> None:
    made = [new_id() for _ in range(2_000)]
    assert len(set(made)) == len(made)
    assert all(re.fullmatch(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", one) for one in made)


@pytest.mark.parametrize(
    ("node", "place", "covered"),
    [
        ("5301", "530111", True),
        ("530111", "530111", True),
        ("530111", "530111003", True),
        ("530111", "530103", False),
        ("530111", "5301", False),
    ],
)
def test_an_actor_covers_what_lies_at_or_below_the_own_node(node: str, place: str, covered: bool) -> None:
    assert Actor("a", "甲", Role.DUTY_OFFICER, node).covers(place) is covered


def test_an_actor_may_do_nothing_that_was_not_given() -> None:
    assert not any(Actor("a", "甲", Role.ADMINISTRATOR).may(permission) for permission in Permission)


def test_an_error_carries_what_a_person_needs_to_act_on_it() -> None:
    error = UnitTakenError("taken", unit_id="u1", held_by="李")
    assert isinstance(error, ConflictError)
    assert (error.code, error.status, error.message) == ("unit-taken", 409, "taken")
    assert error.details == {"unit_id": "u1", "held_by": "李"}
