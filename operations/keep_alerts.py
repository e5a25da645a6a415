"""The timers of alerts: escalations that are due, shelves that end, the all-clear that rules give by themselves.

Every timer is a column of its alert, so it outlives workers, Redis and a restart
(docs/decisions/0015-timers-are-columns.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from alerts.all_clear import clear_by_rule
from alerts.escalation import escalate
from alerts.lifecycle import AlertChange
from alerts.model import Alert
from alerts.rules import Rule
from alerts.shelving import expire_shelf
from core.actor import SYSTEM, Actor, Permission
from operations.inhibit_alerts import settle_inhibitions
from operations.one_alert import record_change
from operations.ports import Ports
from operations.transaction import committed, require

ALERTS_A_TRANSACTION = 200


def keep_alerts(ports: Ports, actor: Actor = SYSTEM) -> int:
    """Does what is due now; answers how many alerts changed. Two workers at once change each of them once."""
    require(actor, Permission.GRADE)
    rules = ports.catalogue.rules
    changed_alerts = 0
    while True:
        now = ports.clock.now()
        with committed(ports, as_of=now) as tx:
            tx.lock_rules()
            due = tx.alerts_due(now, rules.values(), ALERTS_A_TRANSACTION)
            changed: dict[str, Alert] = {}
            for alert in due:
                before = alert
                for change in _what_is_due(alert, rules.get(alert.rule_id), now):
                    record_change(tx, actor, change, _said(before, change))
                    changed[alert.alert_id] = before = change.alert
            settle_inhibitions(ports, tx, changed.values())
        changed_alerts += len(changed)
        if len(due) < ALERTS_A_TRANSACTION or not changed:
            return changed_alerts


def _what_is_due(alert: Alert, rule: Rule | None, at: datetime) -> Iterator[AlertChange]:
    back = expire_shelf(alert, rule, at)
    if back is not None:
        yield back
        alert = back.alert
    if rule is None:
        return
    over = clear_by_rule(alert, rule, at)
    if over is not None:
        yield over
        return
    # Several steps may be due at once: after an outage, or in a drill that runs fast.
    while (higher := escalate(alert, rule, at)) is not None:
        yield higher
        alert = higher.alert


def _said(before: Alert, change: AlertChange) -> Mapping[str, Any]:
    if change.event == "alert.unshelved":
        return {"because": "expired", "by": before.shelved_by, "reason": before.shelve_reason}
    if change.event == "alert.cleared":
        return {"because": "rule", "rule": f"{before.rule_id}@{before.rule_version}"}
    return {"because": "timer", "from": before.told.value, "told": change.alert.told.value}
