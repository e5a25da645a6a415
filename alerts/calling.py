"""Whether people are called to an alert, and from when its timer counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from alerts.lifecycle import is_grave, next_escalation_at
from alerts.model import Alert, AlertStatus
from alerts.rules import Rule


def is_quiet(alert: Alert, rule: Rule | None) -> bool:
    """Whether nobody is called to the alert for now: explained by another, set aside, or a slight one whose
    condition is over. What was orange or red is followed up until somebody has taken charge."""
    if alert.suppressed_by is not None or alert.shelved_until is not None:
        return True
    return alert.returned_at is not None and not is_grave(alert, rule)


def called_again(alert: Alert, rule: Rule | None, at: datetime) -> Alert:
    """The alert with its timer from now on, where it waits for somebody and nothing keeps it quiet."""
    if alert.status is not AlertStatus.ACTIVE or is_quiet(alert, rule) or rule is None:
        return alert
    return replace(alert, alarmed_at=at, escalate_at=next_escalation_at(rule, alert.told, at))
