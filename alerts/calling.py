"""Whether people are called to an alert, and from when its timer counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from alerts.lifecycle import next_escalation_at
from alerts.model import Alert, AlertStatus
from alerts.rules import Rule


def is_quiet(alert: Alert) -> bool:
    """Whether nobody is called to the alert for now: explained by another, set aside, or its condition over."""
    return alert.suppressed_by is not None or alert.shelved_until is not None or alert.returned_at is not None


def called_again(alert: Alert, rule: Rule | None, at: datetime) -> Alert:
    """The alert with its timer from now on, where it waits for somebody and nothing keeps it quiet."""
    if alert.status is not AlertStatus.ACTIVE or is_quiet(alert) or rule is None:
        return alert
    return replace(alert, alarmed_at=at, escalate_at=next_escalation_at(rule, alert.told, at))
