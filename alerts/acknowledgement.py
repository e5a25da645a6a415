"""Giving an alert back that somebody had taken charge of: it waits for an owner again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from alerts.calling import called_again
from alerts.lifecycle import AlertChange
from alerts.model import Alert, AlertStatus
from alerts.rules import Rule
from core.errors import ConflictError


def give_back(alert: Alert, rule: Rule | None, at: datetime) -> AlertChange | None:
    """The alert without an owner, its timer running from now; None when nobody has it. Raises ConflictError when
    it is over."""
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
    return AlertChange("alert.unacknowledged", called_again(free, rule, at))
