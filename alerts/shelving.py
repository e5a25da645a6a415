"""Setting an alert aside for a while, with a reason and an end: it is kept, and nobody is called to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from alerts.calling import called_again
from alerts.lifecycle import AlertChange
from alerts.model import Alert, AlertStatus
from alerts.rules import Rule
from core.errors import ConflictError, InvalidInputError

LONGEST_SHELF = timedelta(hours=8)
"""One shift: whoever comes next decides anew (this project's proposal; ISA-18.2 asks for a limit and names none)."""
SAME_SHELF_WITHIN = timedelta(minutes=1)
"""A request that is sent again asks for an end a little later than the first did."""


def shelve(alert: Alert, by: str, reason: str, until: datetime, at: datetime) -> AlertChange | None:
    """The alert set aside until an instant; None when the same person's shelf for the same reason stands.

    Raises InvalidInputError without a reason or for an end that is past or further away than LONGEST_SHELF,
    ConflictError when the alert is over.
    """
    if not reason.strip():
        raise InvalidInputError("reason: found none, expected why the alert is set aside / 请填写搁置理由")
    if not at < until <= at + LONGEST_SHELF:
        longest = LONGEST_SHELF.total_seconds() / 60
        raise InvalidInputError(
            f"minutes: found {(until - at).total_seconds() / 60:g}, expected 1 to {longest:g} / "
            f"搁置时长应为 1 至 {longest:g} 分钟"
        )
    if alert.status is AlertStatus.CLEARED:
        raise ConflictError(
            "预警已解除，无需搁置 / the alert is cleared, nothing to set aside", alert_id=alert.alert_id
        )
    stands = alert.shelved_until is not None and abs(alert.shelved_until - until) < SAME_SHELF_WITHIN
    if stands and (alert.shelved_by, alert.shelve_reason) == (by, reason):
        return None
    shelved = replace(
        alert, shelved_until=until, shelved_by=by, shelve_reason=reason, escalate_at=None, changed_at=at
    )
    return AlertChange("alert.shelved", shelved)


def unshelve(alert: Alert, rule: Rule | None, at: datetime) -> AlertChange | None:
    """The alert among the others again; None when it is not set aside. One that nobody has taken charge of calls
    people then, as far as nothing else keeps it quiet."""
    if alert.shelved_until is None or alert.status is AlertStatus.CLEARED:
        return None
    back = replace(alert, shelved_until=None, shelved_by=None, shelve_reason=None, changed_at=at)
    return AlertChange("alert.unshelved", called_again(back, rule, at))


def expire_shelf(alert: Alert, rule: Rule | None, at: datetime) -> AlertChange | None:
    """As `unshelve`, when the end has come."""
    if alert.shelved_until is None or alert.shelved_until > at:
        return None
    return unshelve(alert, rule, at)
