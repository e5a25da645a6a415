"""A person takes an alert back that was set aside."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.model import Alert
from alerts.shelving import unshelve
from core.actor import Actor, Permission
from operations.one_alert import change_alert
from operations.ports import Ports


@dataclass(frozen=True, slots=True)
class UnshelveAlert:
    alert_id: str


def unshelve_alert(ports: Ports, actor: Actor, command: UnshelveAlert) -> Alert:
    """Commits that the alert stands among the others again; one that is not set aside is answered as it is.

    Raises NotFoundError.
    """
    return change_alert(
        ports,
        actor,
        Permission.SHELVE_ALERT,
        command.alert_id,
        lambda alert, at: unshelve(alert, ports.catalogue.rules.get(alert.rule_id), at),
        lambda before, _: {"by": actor.name, "reason": before.shelve_reason},
    )
