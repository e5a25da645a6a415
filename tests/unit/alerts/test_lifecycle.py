"""The life of an alert, step by step."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts.lifecycle import acknowledge, follow_grade
from alerts.model import Alert, AlertStatus, Grade, GradingTable, MonitoredPoint, PointState, Severity
from core.errors import ConflictError
from core.geo import LonLat

START = datetime(2026, 8, 18, 1, 20, tzinfo=UTC)
POINT = MonitoredPoint("P", "隧道", "tunnel", "underpass", LonLat(102.7, 25.0), "530111")
TABLE = GradingTable(
    "depth",
    "7",
    "test",
    (
        Grade("light", "轻度", "light", Severity.BLUE, 5, False),
        Grade("medium", "中度", "medium", Severity.YELLOW, 30, False),
        Grade("heavy", "重度", "heavy", Severity.ORANGE, 50, True),
    ),
    3,
    0,
    300,
)


def graded(code: str | None, depth_cm: float = 33.0) -> PointState:
    return PointState("P", depth_cm=depth_cm, grade_code=code)


def opened(code: str = "medium") -> Alert:
    change = follow_grade(None, graded(code), POINT, TABLE, "A1", START)
    assert change is not None and change.event == "alert.opened"
    return change.alert


def test_a_grade_opens_an_alert_that_says_where_how_deep_and_by_which_table() -> None:
    alert = opened()
    assert (alert.alert_id, alert.point_id, alert.jurisdiction) == ("A1", "P", "530111")
    assert (alert.severity, alert.grade_code, alert.depth_cm) == (Severity.YELLOW, "medium", 33.0)
    assert (alert.status, alert.opened_at, alert.table_version) == (AlertStatus.ACTIVE, START, "7")


def test_without_a_grade_there_is_no_alert() -> None:
    assert follow_grade(None, graded(None, 2), POINT, TABLE, "A1", START) is None


def test_the_same_grade_again_tells_nobody_anything() -> None:
    assert follow_grade(opened(), graded("medium", 44), POINT, TABLE, "A2", START) is None


@pytest.mark.parametrize(
    ("before", "after", "event", "acknowledged"),
    [("light", "heavy", "alert.raised", False), ("heavy", "light", "alert.lowered", True)],
)
def test_a_higher_grade_asks_for_a_new_acknowledgement_and_a_lower_one_keeps_the_old(
    before: str, after: str, event: str, acknowledged: bool
) -> None:
    owned = acknowledge(opened(before), "王", None, START)
    change = follow_grade(owned, graded(after), POINT, TABLE, "A2", START + timedelta(minutes=1))
    assert change is not None and change.event == event
    assert change.alert.alert_id == "A1", "the same alert goes on"
    assert (change.alert.status is AlertStatus.ACKNOWLEDGED) is acknowledged
    assert (change.alert.acknowledged_by is not None) is acknowledged
    assert change.alert.opened_at == START


def test_all_clear_ends_the_alert_and_the_next_grade_is_another_one() -> None:
    change = follow_grade(opened(), graded(None, 0), POINT, TABLE, "A2", START + timedelta(hours=1))
    assert change is not None and change.event == "alert.cleared"
    assert change.alert.status is AlertStatus.CLEARED
    assert change.alert.cleared_at == START + timedelta(hours=1)
    assert opened().alert_id == "A1"


def test_acknowledging_says_who_when_and_why() -> None:
    owned = acknowledge(opened(), "王", "已核实", START)
    assert (owned.status, owned.acknowledged_by, owned.acknowledged_at, owned.note) == (
        AlertStatus.ACKNOWLEDGED,
        "王",
        START,
        "已核实",
    )


def test_what_somebody_has_nobody_else_takes() -> None:
    with pytest.raises(ConflictError, match="王"):
        acknowledge(acknowledge(opened(), "王", None, START), "李", None, START)


def test_a_cleared_alert_cannot_be_acknowledged() -> None:
    with pytest.raises(ConflictError, match="cleared"):
        acknowledge(replace(opened(), status=AlertStatus.CLEARED), "王", None, START)


def test_severities_rank_from_blue_to_red() -> None:
    assert [severity.rank for severity in Severity] == [1, 2, 3, 4]
