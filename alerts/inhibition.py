"""Which open alert explains another, so that nobody is called for both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from alerts.calling import called_again
from alerts.lifecycle import AlertChange
from alerts.model import Alert, AlertStatus
from alerts.rules import Inhibition, Rule
from core.geo import distance_m


def explained_by(alert: Alert, rule: Rule, others: Iterable[Alert]) -> str | None:
    """Id of the open alert that explains this one by its rule's list; None when it stands for itself.

    What is itself explained or set aside explains nothing, and neither does a lesser colour: somebody has to be
    called to one of the two. The one that explained it before is kept while it still does, so that nothing flickers.
    """
    found = [
        other
        for other in others
        if other.alert_id != alert.alert_id
        and other.status is not AlertStatus.CLEARED
        and other.returned_at is None
        and other.suppressed_by is None
        and other.shelved_until is None
        and other.severity.rank >= alert.severity.rank
        and any(_applies(inhibition, alert, other) for inhibition in rule.inhibited_by)
    ]
    if any(other.alert_id == alert.suppressed_by for other in found):
        return alert.suppressed_by
    return min((other.alert_id for other in found), default=None)


def may_explain(alert: Alert, rule: Rule, other: Alert) -> bool:
    """Whether the rule's list names this alert for this one, whatever state both are in."""
    return any(
        inhibition.by == other.rule_id and _reaches(inhibition, alert, other)
        for inhibition in rule.inhibited_by
    )


def _applies(inhibition: Inhibition, alert: Alert, other: Alert) -> bool:
    if other.rule_id != inhibition.by or other.severity.rank < inhibition.at_least.rank:
        return False
    return _reaches(inhibition, alert, other)


def _reaches(inhibition: Inhibition, alert: Alert, other: Alert) -> bool:
    if inhibition.within_m <= 0:
        return other.subject_id == alert.subject_id
    # A degree of latitude is 111 km: most of a city is too far away without any trigonometry.
    if abs(alert.place.lat - other.place.lat) * 110_000 > inhibition.within_m:
        return False
    return distance_m(alert.place, other.place) <= inhibition.within_m


def follow_explanation(alert: Alert, rule: Rule, explanation: str | None, at: datetime) -> AlertChange | None:
    """The alert with what explains it now, or None when that has not changed.

    When the explanation goes away and nothing else keeps the alert quiet, people are called to it then.
    """
    if explanation == alert.suppressed_by:
        return None
    if explanation is not None:
        suppressed = replace(alert, suppressed_by=explanation, escalate_at=None, changed_at=at)
        return AlertChange("alert.suppressed", suppressed)
    freed = replace(alert, suppressed_by=None, changed_at=at)
    return AlertChange("alert.unsuppressed", called_again(freed, rule, at))
