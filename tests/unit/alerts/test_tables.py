"""Grading tables: any figure that reaches its threshold is enough, and the set-back holds a grade."""

from __future__ import annotations

import pytest

from alerts.model import Severity
from alerts.tables import Grade, GradingTable

TABLE = GradingTable(
    "rain",
    "2026",
    "made up",
    (
        Grade("wet", "湿", "wet", Severity.BLUE, {"mm_6h": 10.0, "mm_1h": 5.0}),
        Grade("flood", "涝", "flood", Severity.RED, {"mm_1h": 20.0}),
    ),
    {"mm_1h": 2.0},
)
WET, FLOOD = TABLE.levels(opens_incident=["flood"])


def test_one_figure_of_several_is_enough() -> None:
    assert WET.reached({"mm_6h": 10.0, "mm_1h": 0.0})
    assert WET.reached({"mm_6h": 0.0, "mm_1h": 5.0})
    assert not WET.reached({"mm_6h": 9.9, "mm_1h": 4.9})


def test_a_figure_without_a_set_back_holds_only_what_it_reaches() -> None:
    assert WET.held({"mm_6h": 0.0, "mm_1h": 3.0})
    assert not WET.held({"mm_6h": 9.9, "mm_1h": 2.9})


def test_only_the_named_grades_open_an_incident() -> None:
    assert (WET.opens_incident, FLOOD.opens_incident) == (False, True)


def test_a_grade_that_was_dropped_counts_as_none() -> None:
    assert TABLE.grade("damp") is None
    assert [TABLE.rank(code) for code in (None, "damp", "wet", "flood")] == [0, 0, 1, 2]


def test_thresholds_are_listed_by_figure() -> None:
    assert TABLE.thresholds("mm_1h") == {"wet": 5.0, "flood": 20.0}
    assert TABLE.thresholds("mm_6h") == {"wet": 10.0}
    assert TABLE.figures() == {"mm_1h", "mm_6h"}


def test_a_figure_that_is_missing_is_a_failure_and_no_all_clear() -> None:
    with pytest.raises(KeyError):
        FLOOD.reached({})
