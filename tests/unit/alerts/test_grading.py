"""Grading as timelines: minute and depth in, grade out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from alerts.features import remember
from alerts.grading import next_level
from alerts.model import LevelState, PointState, Reading
from alerts.rules import Rule
from tests.depth_rule import depth_rule, levels

START = datetime(2026, 8, 18, 1, 20, tzinfo=UTC)


def grades(readings: list[tuple[float, float]], rule: Rule) -> list[str | None]:
    """The grade after each (seconds, depth in cm); a late reading leaves it as it is."""
    seen: list[str | None] = []
    sent = [Reading("P", START + timedelta(seconds=at_s), depth_cm) for at_s, depth_cm in readings]
    counted = {id(reading): after.level for reading, _, after in levels(sent, rule)}
    for reading in sent:
        seen.append(counted.get(id(reading), seen[-1] if seen else None))
    return seen


@pytest.mark.parametrize(
    ("depth_cm", "code"),
    [
        (0, None),
        (4.9, None),
        (5, "light"),
        (29.9, "light"),
        (30, "medium"),
        (49.9, "medium"),
        (50, "heavy"),
        (900, "heavy"),
    ],
)
def test_a_threshold_belongs_to_the_grade_it_begins(depth_cm: float, code: str | None) -> None:
    assert grades([(0, depth_cm)], depth_rule()) == [code]


@pytest.mark.parametrize(
    ("what", "readings", "expected"),
    [
        ("a grade is reached at once", [(0, 4), (1, 5)], [None, "light"]),
        ("grades are skipped when the water jumps", [(0, 0), (1, 60)], [None, "heavy"]),
        (
            "chatter of 1 cm around a threshold makes one grade",
            [(s, 30 + (-1) ** (s // 10)) for s in range(0, 1200, 10)],
            ["medium"] * 120,
        ),
        (
            "just above the set-back is not below it",
            [(0, 50), (10, 47), (1000, 47), (2000, 47)],
            ["heavy"] * 4,
        ),
        (
            "falling needs the whole delay",
            [(0, 50), (10, 46), (309, 46), (310, 46)],
            ["heavy", "heavy", "heavy", "medium"],
        ),
        (
            "one reading above the set-back starts the delay again",
            [(0, 50), (10, 46), (200, 48), (310, 46), (600, 46), (610, 46)],
            ["heavy", "heavy", "heavy", "heavy", "heavy", "medium"],
        ),
        (
            "a fall goes no lower than what was held all the while",
            [(0, 50), (10, 46), (200, 0), (310, 0), (609, 0), (610, 0)],
            ["heavy", "heavy", "heavy", "medium", "medium", None],
        ),
        (
            "all the way down at once after one delay without water",
            [(0, 60), (10, 0), (310, 0)],
            ["heavy", "heavy", None],
        ),
        (
            "rising again while falling is at once",
            [(0, 30), (10, 0), (200, 55)],
            ["medium", "medium", "heavy"],
        ),
        (
            "a late reading changes nothing",
            [(100, 10), (50, 60), (100, 60), (101, 10)],
            ["light"] * 4,
        ),
        (
            "a late reading does not turn the clock of the delay back",
            [(0, 50), (100, 46), (50, 60), (400, 46)],
            ["heavy", "heavy", "heavy", "medium"],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_without_delay_upwards(
    what: str, readings: list[tuple[float, float]], expected: list[str | None]
) -> None:
    assert grades(readings, depth_rule()) == expected, what


@pytest.mark.parametrize(
    ("what", "readings", "expected"),
    [
        ("a peak shorter than the delay is nothing", [(0, 60), (59, 60), (60, 0)], [None, None, None]),
        ("a rise held for the delay counts", [(0, 60), (59, 60), (60, 60)], [None, None, "heavy"]),
        (
            "only the lowest grade of the run was held",
            [(0, 10), (30, 60), (60, 60), (119, 60), (120, 60)],
            [None, None, "light", "light", "heavy"],
        ),
        (
            "a dip within the run lowers what is granted",
            [(0, 60), (30, 10), (60, 60)],
            [None, None, "light"],
        ),
        (
            "a dip below everything starts again",
            [(0, 60), (30, 0), (60, 60), (120, 60)],
            [None, None, None, "heavy"],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_with_a_minute_of_delay_upwards(
    what: str, readings: list[tuple[float, float]], expected: list[str | None]
) -> None:
    assert grades(readings, depth_rule(on_delay_s=60)) == expected, what


def test_a_late_reading_is_answered_with_the_very_same_state() -> None:
    state = remember(PointState("P"), Reading("P", START, 10), "depth_cm")
    assert remember(state, Reading("P", START, 90), "depth_cm") is state


def test_what_is_not_the_gauges_business_is_left_alone() -> None:
    before = PointState("P", passability_note="closed by hand")
    assert remember(before, Reading("P", START, 10), "depth_cm").passability_note == "closed by hand"


def test_a_code_the_rule_no_longer_knows_ranks_as_normal() -> None:
    dropped = LevelState("waterlogging-depth", "P", level="of an older version")
    assert next_level(dropped, depth_rule(), {"depth_cm": 10.0}, START).level == "light"
    assert next_level(dropped, depth_rule(), {"depth_cm": 0.0}, START).level is None
