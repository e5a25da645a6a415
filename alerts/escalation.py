"""Who is told next: one step up the command tree while nobody has taken charge, or at once when a person asks."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from alerts.calling import is_quiet
from alerts.lifecycle import AlertChange, next_escalation_at
from alerts.model import Alert, AlertStatus
from alerts.rules import Rule
from core.command_tree import CommandLevel
from core.errors import ConflictError


def is_due(alert: Alert, rule: Rule, at: datetime) -> bool:
    """Whether the next level is to be told by this instant."""
    return (
        alert.status is AlertStatus.ACTIVE
        and not is_quiet(alert, rule)
        and alert.escalate_at is not None
        and alert.escalate_at <= at
    )


def escalate(alert: Alert, rule: Rule, at: datetime) -> AlertChange | None:
    """The alert after its timer: the level of the rule's next step is told, the step after it counts from when
    people were called. None when nothing is due; the caller asks again, since several steps may be."""
    if not is_due(alert, rule, at):
        return None
    step = next((step for step in rule.escalation if step.to.rank > alert.told.rank), None)
    if step is None:  # a newer version of the rule has no further step
        return AlertChange("alert.escalation_ended", replace(alert, escalate_at=None, changed_at=at))
    return AlertChange("alert.escalated", _told(alert, rule, step.to, at))


def escalate_by_hand(alert: Alert, rule: Rule | None, at: datetime) -> AlertChange:
    """The alert after a person told the next level of the command tree, whoever has it and whatever is due.

    Raises ConflictError when it is over or the city has been told already.
    """
    if alert.status is AlertStatus.CLEARED:
        raise ConflictError(
            "预警已解除，无需上报 / the alert is cleared, nothing to tell", alert_id=alert.alert_id
        )
    higher = next((level for level in CommandLevel if level.rank > alert.told.rank), None)
    if higher is None:
        raise ConflictError(
            "已报至市级中心，没有更高一级 / the city centre has been told already, there is no higher level",
            alert_id=alert.alert_id,
            told=alert.told.value,
        )
    return AlertChange("alert.escalated", _told(alert, rule, higher, at))


def _told(alert: Alert, rule: Rule | None, level: CommandLevel, at: datetime) -> Alert:
    waits = alert.status is AlertStatus.ACTIVE and rule is not None and alert.escalate_at is not None
    due = next_escalation_at(rule, level, alert.alarmed_at) if waits and rule is not None else None
    return replace(alert, told=level, escalated_at=at, escalate_at=due, changed_at=at)
