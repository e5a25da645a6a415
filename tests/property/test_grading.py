"""Whatever a gauge sends: what a grade may and may not do, and one alert for one excursion."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from alerts.lifecycle import Subject, follow_level
from alerts.model import Alert, AlertStatus, Reading
from alerts.rules import Rule
from core.geo import LonLat
from tests.depth_rule import asked_for, depth_rule, levels

START = datetime(2026, 8, 18, 1, 20, tzinfo=UTC)
TUNNEL = Subject("P", "隧道", "tunnel", LonLat(102.7, 25.0), "530111", point_id="P", quantity="depth_cm")


@st.composite
def rules(draw: st.DrawFn, on_delay: bool = True) -> Rule:
    return depth_rule(
        set_back_cm=draw(st.sampled_from([0, 1, 3, 10])),
        on_delay_s=draw(st.sampled_from([0, 60, 300])) if on_delay else 0,
        off_delay_s=draw(st.sampled_from([0, 60, 300])),
        clears_itself_after=None,
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


def threshold_cm(rule: Rule, code: str | None) -> float:
    level = rule.level(code)
    assert level is not None
    return level.thresholds["depth_cm"]


@given(SENT, rules(on_delay=False))
def test_without_a_delay_upwards_the_grade_is_never_below_what_the_depth_asks_for(
    sent: list[tuple[int, float]], rule: Rule
) -> None:
    for reading, _, after in levels(timeline(sent), rule):
        assert rule.rank(after.level) >= rule.rank(asked_for(reading.value, rule))


@given(SENT, rules())
def test_a_grade_is_left_only_downwards_past_the_set_back_and_only_after_the_delay(
    sent: list[tuple[int, float]], rule: Rule
) -> None:
    set_back_cm = threshold_cm(rule, "medium") - next(
        d / 10 for d in range(301) if rule.levels[1].held({"depth_cm": d / 10})
    )
    steps = levels(timeline(sent), rule)
    for i, (reading, before, after) in enumerate(steps):
        if rule.rank(after.level) >= rule.rank(before.level):
            continue
        since = reading.observed_at - rule.off_delay
        # All that was read within the delay, and the newest reading at or before its beginning.
        began = max((j for j in range(i + 1) if steps[j][0].observed_at <= since), default=None)
        assert began is not None, "nothing was known when the delay began"
        for held, _, _ in steps[began : i + 1]:
            assert held.value + set_back_cm < threshold_cm(rule, before.level)
            lowest = asked_for(held.value + set_back_cm, rule)
            assert rule.rank(after.level) >= rule.rank(lowest)


@given(SENT, rules())
def test_a_grade_is_reached_only_by_water_that_stood_that_high_for_the_delay(
    sent: list[tuple[int, float]], rule: Rule
) -> None:
    steps = levels(timeline(sent), rule)
    for i, (reading, before, after) in enumerate(steps):
        if rule.rank(after.level) <= rule.rank(before.level):
            continue
        since = reading.observed_at - rule.on_delay
        began = max((j for j in range(i + 1) if steps[j][0].observed_at <= since), default=None)
        assert began is not None, "nothing was known when the delay began"
        assert all(held.value >= threshold_cm(rule, after.level) for held, _, _ in steps[began : i + 1])


@given(SENT, rules())
def test_late_readings_change_nothing(sent: list[tuple[int, float]], rule: Rule) -> None:
    readings = timeline(sent)
    in_time, newest = [], None
    for reading in readings:
        if newest is None or reading.observed_at > newest:
            in_time.append(reading)
            newest = reading.observed_at
    assert levels(readings, rule) == levels(in_time, rule)


@given(SENT, rules())
def test_an_excursion_has_one_alert_and_calls_people_only_for_levels_it_never_had(
    sent: list[tuple[int, float]], rule: Rule
) -> None:
    alert: Alert | None = None
    peak = calls = 0
    for number, (reading, before, after) in enumerate(levels(timeline(sent), rule)):
        if after.level == before.level:
            continue
        change = follow_level(
            alert,
            before,
            after,
            rule,
            TUNNEL,
            value=reading.value,
            because={},
            alert_id=f"A{number}",
            catalogue_version="",
            at=reading.observed_at,
        )
        assert change is not None
        assert (change.event == "alert.opened") is (alert is None)
        assert alert is None or change.alert.alert_id == alert.alert_id
        alert = change.alert
        assert alert.status is AlertStatus.ACTIVE, "nobody gave the all-clear"
        assert (alert.returned_at is not None) is (after.level is None)
        if change.event in ("alert.opened", "alert.raised"):
            calls += 1
            assert rule.rank(after.level) > peak
        peak = max(peak, rule.rank(after.level))
    assert calls <= len(rule.levels)


@given(st.lists(st.floats(29, 31), min_size=2, max_size=60), st.integers(1, 200))
def test_chatter_within_the_set_back_makes_at_most_one_change(depths: list[float], every_s: int) -> None:
    sent = [(every_s, depth) for depth in depths]
    codes = [after.level for _, _, after in levels(timeline(sent), depth_rule())]
    changes = sum(a != b for a, b in pairwise(codes))
    assert changes <= 1
    assert set(codes) <= {"light", "medium"}
