"""The life of an alert: opened by a grade, raised, acknowledged by a person, cleared by all-clear."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from alerts.model import Alert, AlertStatus, GradingTable, MonitoredPoint, PointState
from core.errors import ConflictError

WATERLOGGING = "waterlogging"


@dataclass(frozen=True, slots=True)
class AlertChange:
    """What happened to an alert, in the past tense, and how it is now."""

    event: str
    alert: Alert


def follow_grade(
    alert: Alert | None,
    state: PointState,
    point: MonitoredPoint,
    table: GradingTable,
    alert_id: str,
    at: datetime,
) -> AlertChange | None:
    """How the point's open alert follows its grade; None when nothing a person should hear of changed.

    A higher grade needs a new acknowledgement, a lower one keeps the old.
    `alert_id` is used when an alert is opened.
    """
    grade = table.grade(state.grade_code) if state.grade_code else None
    depth_cm = state.depth_cm if state.depth_cm is not None else 0.0
    if grade is None:
        if alert is None:
            return None
        cleared = replace(alert, status=AlertStatus.CLEARED, cleared_at=at, changed_at=at, depth_cm=depth_cm)
        return AlertChange("alert.cleared", cleared)
    if alert is None:
        opened = Alert(
            alert_id=alert_id,
            category=WATERLOGGING,
            point_id=point.point_id,
            name_zh=point.name_zh,
            name_en=point.name_en,
            place=point.place,
            jurisdiction=point.jurisdiction,
            severity=grade.severity,
            grade_code=grade.code,
            depth_cm=depth_cm,
            status=AlertStatus.ACTIVE,
            opened_at=at,
            changed_at=at,
            table_version=table.version,
        )
        return AlertChange("alert.opened", opened)
    if grade.code == alert.grade_code:
        return None
    higher = table.rank(grade.code) > table.rank(alert.grade_code)
    changed = replace(
        alert,
        severity=grade.severity,
        grade_code=grade.code,
        depth_cm=depth_cm,
        changed_at=at,
        table_version=table.version,
    )
    if not higher:
        return AlertChange("alert.lowered", changed)
    raised = replace(changed, status=AlertStatus.ACTIVE, acknowledged_at=None, acknowledged_by=None)
    return AlertChange("alert.raised", raised)


def acknowledge(alert: Alert, by: str, note: str | None, at: datetime) -> Alert:
    """The alert with an owner. Raises ConflictError when it has one already or is over."""
    if alert.status is AlertStatus.CLEARED:
        raise ConflictError(
            "预警已解除，无需确认 / the alert is cleared, nothing to acknowledge", alert_id=alert.alert_id
        )
    if alert.status is AlertStatus.ACKNOWLEDGED:
        raise ConflictError(
            f"预警已由 {alert.acknowledged_by} 确认 / already acknowledged by {alert.acknowledged_by}",
            alert_id=alert.alert_id,
            acknowledged_by=alert.acknowledged_by,
        )
    return replace(
        alert,
        status=AlertStatus.ACKNOWLEDGED,
        acknowledged_at=at,
        acknowledged_by=by,
        note=note,
        changed_at=at,
    )
