"""Whatever a gauge sends: what a grade may and may not do, and one alert for one excursion."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from alerts.grading import grade_by_threshold, grade_reading
from alerts.lifecycle import follow_grade
from alerts.model import (
    Alert,
    AlertStatus,
    Grade,
    GradingTable,
    MonitoredPoint,
    PointState,
    Reading,
    Severity,
)
from core.geo import LonLat

START = datetime(2026, 8, 18, 1, 20, tzinfo=UTC)
POINT = MonitoredPoint("P", "隧道", "tunnel", "underpass", LonLat(102.7, 25.0), "530111")
CODES = (("light", Severity.BLUE, 5), ("medium", Severity.YELLOW, 30), ("heavy", Severity.ORANGE, 50))


@st.composite
def tables(draw: st.DrawFn, on_delay: bool = True) -> GradingTable:
    return GradingTable(
        "depth",
        "1",
        "test",
        tuple(Grade(code, code, code, severity, at, code == "heavy") for code, severity, at in CODES),
        set_back_cm=draw(st.sampled_from([0, 1, 3, 10])),
        on_delay_s=draw(st.sampled_from([0, 60, 300])) if on_delay else 0,
        off_delay_s=draw(st.sampled_from([0, 60, 300])),
    )


DEPTHS = st.one_of(
    st.floats(0, 80), st.sampled_from([0.0, 2, 4.9, 5, 26.9, 27, 29.9, 30, 46.9, 47, 49.9, 50, 53])
)
SENT = st.lists(st.tuples(st.integers(-100, 400), DEPTHS), max_size=40)
"""Seconds since the one before (negative: late) and depth."""


def timeline(sent: list[tuple[int, float]]) -> list[Reading]:
    at, found = START, []
    for step_s, depth_cm in sent:
        at += timedelta(seconds=step_s)
        found.append(Reading("P", at, depth_cm))
    return found


def graded(readings: list[Reading], table: GradingTable) -> list[PointState]:
    """The states: before everything, then after each reading."""
    states = [PointState("P")]
    for reading in readings:
        states.append(grade_reading(states[-1], reading, table))
    return states


def taken(readings: list[Reading], states: list[PointState]) -> list[tuple[Reading, PointState, PointState]]:
    """Each reading that counted, with the state before and after it."""
    return [
        (reading, before, after)
        for reading, before, after in zip(readings, states, states[1:], strict=False)
        if after is not before
    ]


@given(SENT, tables(on_delay=False))
def test_without_a_delay_upwards_the_grade_is_never_below_what_the_depth_asks_for(
    sent: list[tuple[int, float]], table: GradingTable
) -> None:
    readings = timeline(sent)
    for reading, _, after in taken(readings, graded(readings, table)):
        assert table.rank(after.grade_code) >= table.rank(grade_by_threshold(reading.depth_cm, table))


@given(SENT, tables())
def test_a_grade_is_left_only_downwards_past_the_set_back_and_only_after_the_delay(
    sent: list[tuple[int, float]], table: GradingTable
) -> None:
    readings = timeline(sent)
    steps = taken(readings, graded(readings, table))
    for i, (reading, before, after) in enumerate(steps):
        if table.rank(after.grade_code) >= table.rank(before.grade_code):
            continue
        left = table.grade(str(before.grade_code))
        assert left is not None
        since = reading.observed_at - timedelta(seconds=table.off_delay_s)
        # All that was read within the delay, and the newest reading at or before its beginning.
        began = max((j for j in range(i + 1) if steps[j][0].observed_at <= since), default=None)
        assert began is not None, "nothing was known when the delay began"
        for held, _, _ in steps[began : i + 1]:
            assert held.depth_cm + table.set_back_cm < left.at_least_cm
            lowest = grade_by_threshold(held.depth_cm + table.set_back_cm, table)
            assert table.rank(after.grade_code) >= table.rank(lowest)


@given(SENT, tables())
def test_a_grade_is_reached_only_by_water_that_stood_that_high_for_the_delay(
    sent: list[tuple[int, float]], table: GradingTable
) -> None:
    readings = timeline(sent)
    steps = taken(readings, graded(readings, table))
    for i, (reading, before, after) in enumerate(steps):
        if table.rank(after.grade_code) <= table.rank(before.grade_code):
            continue
        reached = table.grade(str(after.grade_code))
        assert reached is not None
        since = reading.observed_at - timedelta(seconds=table.on_delay_s)
        began = max((j for j in range(i + 1) if steps[j][0].observed_at <= since), default=None)
        assert began is not None, "nothing was known when the delay began"
        assert all(held.depth_cm >= reached.at_least_cm for held, _, _ in steps[began : i + 1])


@given(SENT, tables())
def test_late_readings_change_nothing(sent: list[tuple[int, float]], table: GradingTable) -> None:
    readings = timeline(sent)
    in_time, newest = [], None
    for reading in readings:
        if newest is None or reading.observed_at > newest:
            in_time.append(reading)
            newest = reading.observed_at
    assert graded(readings, table)[-1] == graded(in_time, table)[-1]


@given(SENT, tables())
def test_an_excursion_has_one_alert_from_its_first_grade_to_all_clear(
    sent: list[tuple[int, float]], table: GradingTable
) -> None:
    readings = timeline(sent)
    alert: Alert | None = None
    lives = excursions = 0
    for number, (reading, before, after) in enumerate(taken(readings, graded(readings, table))):
        change = follow_grade(alert, after, POINT, table, f"A{number}", reading.observed_at)
        excursions += before.grade_code is None and after.grade_code is not None
        if change is None:
            assert (alert.grade_code if alert else None) == after.grade_code
            continue
        lives += change.event == "alert.opened"
        assert (change.event == "alert.opened") is (alert is None)
        assert (change.event == "alert.cleared") is (after.grade_code is None)
        if alert is not None:
            assert change.alert.alert_id == alert.alert_id
        alert = None if change.alert.status is AlertStatus.CLEARED else change.alert
        assert (alert.grade_code if alert else None) == after.grade_code
    assert lives == excursions


@given(st.lists(st.floats(29, 31), min_size=2, max_size=60), st.integers(1, 200))
def test_chatter_within_the_set_back_makes_at_most_one_change(depths: list[float], every_s: int) -> None:
    table = GradingTable(
        "depth", "1", "test", tuple(Grade(c, c, c, s, at, False) for c, s, at in CODES), 3, 0, 300
    )
    sent = [(every_s, depth) for depth in depths]
    codes = [state.grade_code for state in graded(timeline(sent), table)[1:]]
    changes = sum(a != b for a, b in pairwise(codes))
    assert changes <= 1
    assert set(codes) <= {"light", "medium"}
