"""Verification: what counts as a hit, a false alarm, late and a miss."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts.model import Alert, AlertStatus, MonitoredPoint, Outcome, Reading, Severity
from alerts.rules import Prediction, Rule, Watch
from alerts.verification import events_in, feature_series, verify
from core.command_tree import CommandLevel
from core.geo import LonLat

START = datetime(2026, 8, 18, 1, 0, tzinfo=UTC)
END = START + timedelta(hours=6)
SOON = Rule(
    rule_id="heavy-soon",
    version="1",
    source_zh="试验",
    source_en="test",
    category="waterlogging",
    name_zh="即将重度",
    name_en="heavy soon",
    watches=Watch(),
    levels=(),
    predicts=Prediction("depth_cm", 50, timedelta(minutes=15)),
)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def an_alert(minutes: float, outcome: Outcome | None = None, point: str = "P1") -> Alert:
    return Alert(
        alert_id=f"{point}-{minutes}",
        rule_id=SOON.rule_id,
        rule_version="1",
        catalogue_version="1",
        category="waterlogging",
        subject_id=point,
        name_zh="点",
        name_en="point",
        place=LonLat(102.7, 25.0),
        jurisdiction="530111",
        severity=Severity.YELLOW,
        grade_code="soon",
        peak_grade_code="soon",
        status=AlertStatus.ACTIVE,
        opened_at=at(minutes),
        alarmed_at=at(minutes),
        changed_at=at(minutes),
        told=CommandLevel.DISTRICT,
        outcome=outcome,
    )


def heavy(*minutes: float) -> list[tuple[datetime, float]]:
    return [(at(m), 50.0) for m in minutes]


def test_an_alert_within_the_claimed_time_before_the_threshold_is_a_hit_with_its_lead() -> None:
    found = verify(SOON, [an_alert(0)], {"P1": heavy(12, 13)}, END)
    assert (found.hits, found.false_alarms, found.misses, found.leads_s) == (1, 0, 0, (720.0,))
    assert (found.precision, found.recall) == (1, 1)


def test_an_alert_too_long_before_is_a_false_alarm_and_the_event_a_miss() -> None:
    found = verify(SOON, [an_alert(0)], {"P1": heavy(16)}, END)
    assert (found.hits, found.false_alarms, found.misses) == (0, 1, 1)


def test_an_alert_while_the_water_stands_is_late_and_claims_nothing() -> None:
    found = verify(SOON, [an_alert(5)], {"P1": heavy(0, 10)}, END)
    assert (found.late, found.hits, found.false_alarms, found.misses) == (1, 0, 0, 1)
    assert found.precision is None


def test_water_at_another_point_makes_no_hit() -> None:
    found = verify(SOON, [an_alert(0, point="P2")], {"P1": heavy(5)}, END)
    assert (found.hits, found.false_alarms, found.misses) == (0, 1, 1)


def test_what_has_still_time_is_undecided() -> None:
    found = verify(SOON, [an_alert(0)], {}, at(14))
    assert (found.undecided, found.false_alarms) == (1, 0)


def test_the_earliest_warning_of_an_event_is_its_lead() -> None:
    found = verify(SOON, [an_alert(4), an_alert(0)], {"P1": heavy(10)}, END)
    assert (found.hits, found.leads_s, found.misses) == (2, (600.0,), 0)


@pytest.mark.parametrize(("gap", "events"), [(29, 1), (30, 2)])
def test_crossings_half_an_hour_apart_are_two_events(gap: float, events: int) -> None:
    assert len(events_in([*heavy(0), (at(gap / 2), 10.0), *heavy(gap)], 50)) == events


def test_a_rule_that_predicts_nothing_is_held_against_the_all_clear() -> None:
    outcomes = [Outcome.REAL, Outcome.REAL, Outcome.FALSE_ALARM, Outcome.UNKNOWN, None]
    alerts = [an_alert(n, outcome) for n, outcome in enumerate(outcomes)]
    found = verify(replace(SOON, predicts=None), alerts, {}, END)
    assert (found.hits, found.false_alarms, found.undecided, found.misses) == (2, 1, 2, None)
    assert found.recall is None


def test_a_sum_of_rain_is_made_from_the_readings_as_the_rules_see_it() -> None:
    gauge = MonitoredPoint("R1", "站", "gauge", "rain_gauge", LonLat(102.7, 25.0), "530111", "rain_mm")
    readings = [Reading("R1", at(m), 10.0) for m in (0, 30, 120)]
    assert [value for _, value in feature_series(gauge, readings, "rain_mm_1h")] == [10, 20, 10]
