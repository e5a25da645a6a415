"""A person takes charge of an alert."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from alerts.lifecycle import acknowledge
from alerts.model import Alert, AlertStatus
from core.actor import Actor, Permission
from core.events import happened
from operations.ports import Ports
from operations.public_state import changes
from operations.store import Transaction
from operations.texts import readable_note
from operations.transaction import committed, require


@dataclass(frozen=True, slots=True)
class AcknowledgeAlert:
    alert_id: str
    note: str | None = None


def acknowledge_alert(ports: Ports, actor: Actor, command: AcknowledgeAlert) -> Alert:
    """Commits who took charge; repeated by who has it, it answers what stands. Raises NotFoundError, or
    ConflictError naming who already has it."""
    require(actor, Permission.ACKNOWLEDGE_ALERT)
    note = readable_note(command.note)
    now = ports.clock.now()
    with committed(ports, as_of=now) as tx:
        before = tx.alert(command.alert_id)
        require(actor, Permission.ACKNOWLEDGE_ALERT, before.jurisdiction)
        if before.status is AlertStatus.ACKNOWLEDGED and before.acknowledged_by == actor.name:
            return before
        return take_charge(tx, actor, before, note, now)


def take_charge(
    tx: Transaction, actor: Actor, before: Alert, note: str | None, now: datetime, **besides: str
) -> Alert:
    """Saves that the actor has the alert, with its journal row, which also says what is named `besides`."""
    alert = acknowledge(before, actor.name, note, now)
    tx.save_alert(alert)
    tx.record(
        happened(
            actor,
            "alert.acknowledged",
            at=now,
            subject=alert.alert_id,
            data={"by": actor.name, "note": note, **besides},
            changes=changes(alerts=[alert]),
        )
    )
    return alert
