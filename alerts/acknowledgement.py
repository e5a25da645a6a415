"""Giving an alert back that somebody had taken charge of: it waits for an owner again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from alerts.calling import is_quiet
from alerts.lifecycle import AlertChange, next_escalation_at
from alerts.model import Alert, AlertStatus
from alerts.rules import Rule
from core.errors import ConflictError


def give_back(alert: Alert, rule: Rule | None, at: datetime) -> AlertChange | None:
    """The alert without an owner, its steps due when they would have been had nobody taken it: what came due meanwhile
    is due at once. None when nobody has it. Raises ConflictError when it is over."""
    if alert.status is AlertStatus.CLEARED:
        raise ConflictError(
            "预警已解除，无法撤销确认 / the alert is cleared, nothing to give back", alert_id=alert.alert_id
        )
    if alert.status is AlertStatus.ACTIVE:
        return None
    free = replace(
        alert,
        status=AlertStatus.ACTIVE,
        acknowledged_at=None,
        acknowledged_by=None,
        note=None,
        changed_at=at,
    )
    if rule is not None and not is_quiet(free, rule):
        free = replace(free, escalate_at=next_escalation_at(rule, free.told, free.alarmed_at))
    return AlertChange("alert.unacknowledged", free)
