"""What every action on one alert shares: it is read under lock, saved with its journal row, and what it explained
is looked at again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from alerts.lifecycle import AlertChange
from alerts.model import Alert
from core.actor import Actor, Permission
from core.events import happened
from operations.inhibit_alerts import settle_inhibitions
from operations.ports import Ports
from operations.public_state import changes
from operations.store import Transaction
from operations.transaction import committed, require


def change_alert(
    ports: Ports,
    actor: Actor,
    permission: Permission,
    alert_id: str,
    change: Callable[[Alert, datetime], AlertChange | None],
    data: Callable[[Alert, Alert], Mapping[str, Any]],
    besides: Callable[[Transaction, Alert], None] | None = None,
) -> Alert:
    """Commits what `change` makes of the alert, which is what stands when it answers None.

    `data` answers, for the alert before and after, what the journal row says; `besides` does what goes with
    it in the same transaction, given the alert before. Raises NotFoundError,
    PermissionDeniedError and what `change` raises.
    """
    require(actor, permission)
    now = ports.clock.now()
    with committed(ports, as_of=now) as tx:
        # Rules read and write each other's alerts in an order of their own: nobody else's are held meanwhile.
        tx.lock_rules()
        before = tx.alert(alert_id)
        require(actor, permission, before.jurisdiction)
        changed = change(before, now)
        if changed is None:
            return before
        record_change(tx, actor, changed, data(before, changed.alert))
        if besides is not None:
            besides(tx, before)
        settle_inhibitions(ports, tx, [changed.alert])
        return changed.alert


def record_change(tx: Transaction, actor: Actor, change: AlertChange, data: Mapping[str, Any]) -> None:
    """Saves the alert and writes what happened to it."""
    tx.save_alert(change.alert)
    tx.record(
        happened(
            actor,
            change.event,
            at=change.alert.changed_at,
            subject=change.alert.alert_id,
            data=data,
            changes=changes(alerts=[change.alert]),
        )
    )


def gauge_silent_s(ports: Ports, tx: Transaction, alert: Alert) -> float:
    """How long the alert's gauge has said nothing; 0 for an alert about that very silence, and without a gauge."""
    rule = ports.catalogue.rules.get(alert.rule_id)
    if alert.point_id is None or (rule is not None and rule.silence):
        return 0.0
    state = tx.point_states([alert.point_id], lock=False).get(alert.point_id)
    return state.silent_s(ports.clock.now()) if state is not None else 0.0
