"""A person gives back an alert that somebody took charge of, by mistake or at the end of a shift."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.acknowledgement import give_back
from alerts.model import Alert
from core.actor import Actor, Permission
from operations.one_alert import change_alert
from operations.ports import Ports


@dataclass(frozen=True, slots=True)
class UnacknowledgeAlert:
    alert_id: str


def unacknowledge_alert(ports: Ports, actor: Actor, command: UnacknowledgeAlert) -> Alert:
    """Commits that nobody has it; one that nobody has is answered as it is.

    Raises NotFoundError, ConflictError when the alert is over.
    """
    return change_alert(
        ports,
        actor,
        Permission.ACKNOWLEDGE_ALERT,
        command.alert_id,
        lambda alert, at: give_back(alert, ports.catalogue.rules.get(alert.rule_id), at),
        lambda before, _: {"by": actor.name, "from": before.acknowledged_by},
    )
