"""The all-clear: by a person as an act of its own, by the rule when its time has come, or because the rule is gone."""

from __future__ import annotations

from datetime import datetime

from alerts.lifecycle import AlertChange, clear, clears_itself_at
from alerts.model import DEAD_AFTER_S, Alert, AlertStatus, Outcome
from alerts.rules import Rule
from core.errors import ConflictError


def all_clear(
    alert: Alert, by: str, outcome: Outcome, note: str | None, at: datetime, silent_s: float = 0.0
) -> AlertChange | None:
    """The alert after a person's all-clear; None when the same person gave the same one before.

    While the condition lasts only a false alarm can be cleared: the gauge lies, and the next alert comes with a
    higher level or after the figures were normal once. Where the gauge has said nothing for over an hour (`silent_s`),
    nobody knows whether the condition lasts, and what a person found there counts. Raises ConflictError.
    """
    if alert.status is AlertStatus.CLEARED:
        if (alert.cleared_by, alert.outcome) == (by, outcome):
            return None
        who = alert.cleared_by or "系统 / its rule"
        raise ConflictError(
            f"预警已由 {who} 解除 / already cleared by {who}",
            alert_id=alert.alert_id,
            cleared_by=alert.cleared_by,
        )
    stands = alert.returned_at is None and not stands_unheard(alert, silent_s)
    if stands and outcome is not Outcome.FALSE_ALARM:
        raise ConflictError(
            "条件仍然成立，不能解除；确为误报的，请选择“误报” / the condition still stands and cannot be "
            "cleared; if it is none, say false_alarm",
            alert_id=alert.alert_id,
            grade_code=alert.grade_code,
        )
    return AlertChange("alert.cleared", clear(alert, by=by, note=note, outcome=outcome, at=at))


def stands_unheard(alert: Alert, silent_s: float) -> bool:
    """Whether its condition lasts only because the gauge it came from has fallen silent."""
    return alert.returned_at is None and silent_s > DEAD_AFTER_S


def clear_by_rule(alert: Alert, rule: Rule, at: datetime) -> AlertChange | None:
    """The alert after its rule's own all-clear, when the condition has been over for long enough."""
    due = clears_itself_at(rule, alert)
    if due is None or due > at or alert.status is AlertStatus.CLEARED:
        return None
    return AlertChange("alert.cleared", clear(alert, by=None, note=None, outcome=None, at=at))


def clear_left_behind(alert: Alert, by: str, why: str, at: datetime) -> AlertChange:
    """The alert ended because nothing judges it any more; whether it was real is not known."""
    return AlertChange("alert.cleared", clear(alert, by=by, note=why, outcome=Outcome.UNKNOWN, at=at))
