"""The life of an alert: opened by a level, raised, acknowledged by a person, returned to normal, all-clear."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from alerts.model import Alert, AlertStatus, LevelState, Outcome, Severity
from alerts.rules import Rule
from core.command_tree import CommandLevel, answering_level
from core.errors import ConflictError
from core.geo import LonLat


@dataclass(frozen=True, slots=True)
class Subject:
    """What an alert is about: a monitored point, a storm of calls, an area, a unit in a fence."""

    subject_id: str
    name_zh: str
    name_en: str
    place: LonLat
    jurisdiction: str
    point_id: str | None = None
    group_zh: str = ""
    group_en: str = ""
    quantity: str | None = None
    incident_id: str | None = None
    """The incident it is about, where there is one already."""


@dataclass(frozen=True, slots=True)
class AlertChange:
    """What happened to an alert, in the past tense, and how it is now."""

    event: str
    alert: Alert


def follow_level(
    alert: Alert | None,
    before: LevelState,
    after: LevelState,
    rule: Rule,
    subject: Subject,
    *,
    value: float | None,
    because: Mapping[str, float],
    alert_id: str,
    catalogue_version: str,
    at: datetime,
    called_at: datetime | None = None,
) -> AlertChange | None:
    """How the subject's open alert follows the rule's level from `before` to `after`; None when nothing a person
    should hear of changed.

    `at` is the instant of the figures, `called_at` (the same when None) the city's instant at which people hear of
    it: timers count from when somebody was told, not from when a gauge that uploads late had measured.

    People are called (`alert.opened`, `alert.raised`) only for a first level and for one above every level
    the alert had: water that falls and comes back needs no second acknowledgement until the all-clear. A raise
    lifts a shelf, since what was set aside was a lesser thing. After an all-clear given while the level stood (a
    gauge that lies), only a higher level or one reached anew opens the next. `alert_id` is used then.
    """
    level = rule.level(after.level)
    told_at = max(at, called_at or at)
    if level is None:
        if alert is None or alert.returned_at is not None:
            return None
        returned = replace(alert, returned_at=at, changed_at=at, value=value)
        if _clears_at_once(rule, returned):
            return AlertChange("alert.cleared", clear(returned, by=None, note=None, outcome=None, at=at))
        return AlertChange("alert.returned", returned)
    if alert is None:
        if rule.rank(after.level) <= rule.rank(before.level):
            return None
        told = answering_level(rule.tells, subject.jurisdiction)
        alert = Alert(
            alert_id=alert_id,
            rule_id=rule.rule_id,
            rule_version=rule.version,
            catalogue_version=catalogue_version,
            category=rule.category,
            subject_id=subject.subject_id,
            name_zh=subject.name_zh,
            name_en=subject.name_en,
            place=subject.place,
            jurisdiction=subject.jurisdiction,
            severity=level.severity,
            grade_code=level.code,
            peak_grade_code=level.code,
            status=AlertStatus.ACTIVE,
            opened_at=at,
            alarmed_at=told_at,
            changed_at=at,
            told=told,
            value=value,
            quantity=subject.quantity,
            because=dict(because),
            point_id=subject.point_id,
            group_zh=subject.group_zh,
            group_en=subject.group_en,
            escalate_at=next_escalation_at(rule, told, told_at),
            incident_id=subject.incident_id,
        )
        return AlertChange("alert.opened", alert)
    graded = replace(
        alert,
        severity=level.severity,
        grade_code=level.code,
        value=value,
        because=dict(because),
        rule_version=rule.version,
        catalogue_version=catalogue_version,
        changed_at=at,
        returned_at=None,
    )
    if rule.rank(level.code) > rule.rank(alert.peak_grade_code):
        raised = replace(
            graded,
            peak_grade_code=level.code,
            status=AlertStatus.ACTIVE,
            alarmed_at=told_at,
            acknowledged_at=None,
            acknowledged_by=None,
            shelved_until=None,
            shelved_by=None,
            shelve_reason=None,
            escalate_at=next_escalation_at(rule, alert.told, told_at),
        )
        return AlertChange("alert.raised", raised)
    if level.code == alert.grade_code and alert.returned_at is None:
        return None
    if alert.returned_at is None and rule.rank(level.code) < rule.rank(alert.grade_code):
        return AlertChange("alert.lowered", graded)
    waits_for = next_escalation_at(rule, graded.told, told_at)
    quiet = graded.suppressed_by is not None or graded.shelved_until is not None
    waits = graded.status is AlertStatus.ACTIVE and not quiet and graded.escalate_at is None
    if waits and waits_for is not None:
        # What kept it quiet ended while the condition was over, and nobody was called then.
        graded = replace(graded, alarmed_at=told_at, escalate_at=waits_for)
    return AlertChange("alert.resumed", graded)


def is_grave(alert: Alert, rule: Rule | None) -> bool:
    """Whether the alert was orange or red at its highest: somebody has to look even when the water has gone again.
    Without its rule the severity it has now decides."""
    peak = rule.level(alert.peak_grade_code) if rule is not None else None
    severity = peak.severity if peak is not None else alert.severity
    return severity.rank >= Severity.ORANGE.rank


def next_escalation_at(rule: Rule, told: CommandLevel, since: datetime) -> datetime | None:
    """When the next level of the command tree is told if nobody acknowledges what was announced at `since`;
    None when none is left."""
    step = next((step for step in rule.escalation if step.to.rank > told.rank), None)
    return None if step is None else since + step.after


def acknowledge(alert: Alert, by: str, note: str | None, at: datetime) -> Alert:
    """The alert with an owner; nobody further is told. Raises ConflictError when it has one already or is over."""
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
        escalate_at=None,
        changed_at=at,
    )


def clear(alert: Alert, *, by: str | None, note: str | None, outcome: Outcome | None, at: datetime) -> Alert:
    """The alert after its all-clear, by a person or (None) by its rule; nothing of it is left standing."""
    return replace(
        alert,
        status=AlertStatus.CLEARED,
        cleared_at=at,
        cleared_by=by,
        clear_note=note,
        outcome=outcome,
        changed_at=at,
        escalate_at=None,
        shelved_until=None,
        suppressed_by=None,
    )


def clears_itself_at(rule: Rule, alert: Alert) -> datetime | None:
    """When the rule gives the all-clear by itself; None while the condition lasts or where a person must.

    The highest level the alert had decides: what was red is not forgotten because it ended blue.
    """
    peak = rule.level(alert.peak_grade_code)
    if alert.returned_at is None or peak is None or rule.clears_itself_after is None:
        return None
    after = rule.clears_itself_after.get(peak.severity)
    return None if after is None else alert.returned_at + after


def _clears_at_once(rule: Rule, alert: Alert) -> bool:
    at = clears_itself_at(rule, alert)
    return at is not None and at == alert.returned_at
