"""Which fixes are believed: jumps are doubted, doubts that agree are right, frozen receivers are noticed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.geo import LonLat
from dispatch.fixes import BELIEVED_AFTER, FROZEN_AFTER_S, Fix, Sighting, is_frozen, sight
from dispatch.model import Assignment, AssignmentStatus

START = datetime(2026, 8, 18, 1, 20, tzinfo=UTC)
A_DEGREE_M = 111_195.0


def fix(seconds: float, north_m: float) -> Fix:
    at = START + timedelta(seconds=seconds)
    return Fix("u1", LonLat(102.75, 25.0 + north_m / A_DEGREE_M), 0, 30, at)


def seen(*fixes: Fix) -> Sighting:
    sighting = None
    for one in fixes:
        sighting = sight(sighting, one)
    assert sighting is not None
    return sighting


def test_a_unit_that_drives_is_believed() -> None:
    sighting = seen(fix(0, 0), fix(5, 100), fix(10, 250))
    assert (sighting.fix, sighting.doubts) == (fix(10, 250), 0)


def test_a_jump_is_doubted_and_what_was_known_stays() -> None:
    sighting = seen(fix(0, 0), fix(5, 20_000))
    assert (sighting.fix, sighting.doubted, sighting.doubts) == (fix(0, 0), fix(5, 20_000), 1)
    assert sight(sighting, fix(10, 60)) == Sighting(fix(10, 60), fix(10, 60).fixed_at)


def test_doubted_fixes_that_agree_with_each_other_are_right_in_the_end() -> None:
    far = [fix(5 + n, 20_000 + 10 * n) for n in range(BELIEVED_AFTER)]
    assert seen(fix(0, 0), *far[:-1]).doubts == BELIEVED_AFTER - 1
    assert seen(fix(0, 0), *far) == Sighting(far[-1], far[-1].fixed_at)


def test_doubted_fixes_that_jump_about_are_never_believed() -> None:
    sighting = seen(fix(0, 0), *(fix(n, 20_000 * (n % 5 + 1)) for n in range(1, 40)))
    assert (sighting.fix, sighting.doubts) == (fix(0, 0), 1)


@pytest.mark.parametrize(
    ("seconds", "metres", "believed"), [(0, 149, True), (0, 151, False), (3600, 249_000, True)]
)
def test_how_far_is_too_far_grows_with_the_time_that_passed(
    seconds: float, metres: float, believed: bool
) -> None:
    assert (seen(fix(0, 0), fix(seconds, metres)).doubted is None) is believed


def test_the_very_same_place_is_remembered_since_it_came() -> None:
    assert seen(fix(0, 0), fix(5, 0), fix(10, 0)).same_since == START
    assert seen(fix(0, 0), fix(5, 0), fix(10, 1)).same_since == fix(10, 1).fixed_at


ASSIGNMENT = Assignment(
    "a1", "i1", "u1", "巡1", AssignmentStatus.EN_ROUTE, START, "me", LonLat(102.75, 25.02), "530111",
    en_route_at=START + timedelta(seconds=60),
)  # fmt: skip


def test_only_a_unit_that_says_it_drives_can_be_frozen_and_only_after_a_while() -> None:
    long = FROZEN_AFTER_S + 61
    standing = seen(fix(0, 0), fix(long, 0))
    now = standing.fix.fixed_at
    assert is_frozen(standing, ASSIGNMENT, now)
    assert not is_frozen(seen(fix(0, 0), fix(long - 2, 0)), ASSIGNMENT, now), "since it set off"
    assert not is_frozen(seen(fix(0, 0), fix(long, 1)), ASSIGNMENT, now)
    arrived = replace(ASSIGNMENT, status=AssignmentStatus.ON_SCENE)
    assert not is_frozen(standing, arrived, now)
    assert not is_frozen(seen(fix(0, 0), fix(1, 0)), ASSIGNMENT, now), "silent is stale, not frozen"
