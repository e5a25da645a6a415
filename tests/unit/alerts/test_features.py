"""From readings to the figures that rules ask about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.features import NOT_RISING_MIN, point_features, remember, rise_per_min
from alerts.model import MonitoredPoint, PointState, Quantity, Reading
from core.geo import LonLat

START = datetime(2026, 8, 17, 15, 0, tzinfo=UTC)
THRESHOLDS = {"light": 5.0, "medium": 30.0, "heavy": 50.0}


def told(
    readings: list[tuple[float, float]], quantity: Quantity = "depth_cm"
) -> tuple[PointState, PointState]:
    """The state before and after the last of these (seconds, value)."""
    before = state = PointState("P")
    for at_s, value in readings:
        before, state = state, remember(state, Reading("P", START + timedelta(seconds=at_s), value), quantity)
    return before, state


def figures(
    readings: list[tuple[float, float]], quantity: Quantity = "depth_cm", later_s: float = 0, around: Any = ()
) -> dict[str, Any]:
    before, state = told(readings, quantity)
    assert state.last_observed_at is not None
    point = MonitoredPoint("P", "隧道", "tunnel", "underpass", LonLat(102.7, 25.0), "530111", quantity)
    at = state.last_observed_at + timedelta(seconds=later_s)
    return point_features(state, before, point, at, THRESHOLDS, list(around))


def test_a_steady_rise_is_fitted_and_carried_forward_to_each_grade() -> None:
    found = figures([(60 * minute, 10 + 2 * minute) for minute in range(8)])
    assert found["rise_cm_per_min"] == pytest.approx(2.0)
    assert found["depth_cm"] == found["value"] == 24
    assert found["minutes_to"] == {"light": 0.0, "medium": pytest.approx(3.0), "heavy": pytest.approx(13.0)}


def test_chatter_of_one_centimetre_is_no_rise() -> None:
    found = figures([(30 * n, 20 + (-1) ** n) for n in range(20)])
    assert abs(found["rise_cm_per_min"]) < 0.15


def test_two_readings_say_nothing_about_a_rate() -> None:
    found = figures([(0, 0), (200, 40)])
    assert (found["rise_cm_per_min"], found["jump"]) == (0.0, 40)
    assert found["minutes_to"]["heavy"] == NOT_RISING_MIN


def test_falling_water_reaches_nothing() -> None:
    assert figures([(60 * m, 40 - m) for m in range(8)])["minutes_to"]["heavy"] == NOT_RISING_MIN


def test_only_the_last_ten_minutes_count_for_a_rate() -> None:
    _, state = told([(60 * m, 100 - m) for m in range(60)] + [(3600 + 60 * m, 40 + m) for m in range(11)])
    assert state.recent[0].at_s >= state.recent[-1].at_s - 600
    assert rise_per_min(state.recent) == pytest.approx(1.0, abs=0.1)


def test_a_gauge_that_repeats_itself_is_unchanged_since_the_first_time() -> None:
    assert figures([(0, 12.0), (600, 12.0), (7200, 12.04)])["unchanged_s"] == 7200
    assert figures([(0, 12.0), (600, 12.3), (7200, 12.3)])["unchanged_s"] == 6600


def test_silence_is_counted_from_when_the_newest_reading_came_in_or_a_first_one_is_waited_for() -> None:
    heard = PointState(
        "P", last_observed_at=START - timedelta(hours=1), received_at=START, awaited_since=START
    )
    waited = PointState("P", awaited_since=START - timedelta(minutes=5))
    at = START + timedelta(minutes=30)
    assert (heard.silent_s(at), waited.silent_s(at), PointState("P").silent_s(at)) == (1800, 2100, 0)
    assert heard.silent_s(START - timedelta(seconds=30)) == 0


def test_rain_is_summed_over_each_window() -> None:
    hourly = [(3600 * hour, 10.0) for hour in range(14)]
    found = figures(hourly, "rain_mm")
    assert (found["rain_mm"], found["rain_mm_3h"], found["rain_mm_6h"], found["rain_mm_12h"]) == (
        10,
        40,
        70,
        130,
    )
    assert "depth_cm" not in found


def test_late_rain_joins_its_five_minutes_and_turns_no_clock_back() -> None:
    _, on_time = told([(0, 1.0), (300, 2.0), (600, 4.0)], "rain_mm")
    _, late = told([(0, 1.0), (600, 4.0), (300, 2.0)], "rain_mm")
    assert late.recent == on_time.recent
    assert late.last_observed_at == on_time.last_observed_at
    assert late.value == 4.0


def test_neighbours_that_never_reported_say_nothing() -> None:
    around = [PointState("A", value=44.0, grade_code="medium"), PointState("B", value=2.0), PointState("C")]
    found = figures([(0, 80)], around=around)
    assert (found["neighbours"], found["neighbours_graded"], found["neighbours_highest"]) == (2.0, 1.0, 44.0)


@given(st.lists(st.tuples(st.integers(-900, 4000), st.floats(0, 150)), min_size=1, max_size=60))
def test_sums_of_rain_do_not_depend_on_the_order_of_arrival(steps: list[tuple[int, float]]) -> None:
    at, sent = 0, []
    for step_s, value in steps:
        at += step_s
        sent.append((float(at), value))
    in_order = sorted({at: value for at, value in sent}.items())
    newest = in_order[-1][0]
    # An instant that repeats is one reading; what is older than a day before the newest is forgotten.
    shuffled = [item for item in dict(sent).items() if item[0] != newest]
    _, first = told([*in_order], "rain_mm")
    _, second = told([(newest, dict(sent)[newest]), *shuffled], "rain_mm")
    assert [s.at_s for s in first.recent] == [s.at_s for s in second.recent]
    assert [s.value for s in first.recent] == pytest.approx([s.value for s in second.recent])
