"""An officer tells the next level of the command tree at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from alerts.escalation import escalate_by_hand
from alerts.lifecycle import AlertChange
from alerts.model import Alert
from core.actor import Actor, Permission
from core.command_tree import CommandLevel
from operations.one_alert import change_alert
from operations.ports import Ports
from operations.texts import readable_note


@dataclass(frozen=True, slots=True)
class EscalateAlert:
    """`told` is the highest level that had been told when the officer decided, where the sender says so: a request
    that is sent again then changes nothing."""

    alert_id: str
    note: str | None = None
    told: CommandLevel | None = None


def escalate_alert(ports: Ports, actor: Actor, command: EscalateAlert) -> Alert:
    """Commits that the next level has been told. Raises NotFoundError, or ConflictError when the alert is over or
    the city knows already."""
    note = readable_note(command.note)

    def change(alert: Alert, at: datetime) -> AlertChange | None:
        if command.told is not None and alert.told.rank > command.told.rank:
            return None
        return escalate_by_hand(alert, ports.catalogue.rules.get(alert.rule_id), at)

    return change_alert(
        ports,
        actor,
        Permission.ESCALATE_ALERT,
        command.alert_id,
        change,
        lambda before, after: {
            "from": before.told.value,
            "told": after.told.value,
            "by": actor.name,
            "note": note,
        },
    )
