"""A person gives the all-clear."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.all_clear import all_clear
from alerts.model import Alert, Outcome
from core.actor import Actor, Permission
from operations.one_alert import change_alert
from operations.ports import Ports
from operations.texts import LONGEST_TEXT, refuse_longer


@dataclass(frozen=True, slots=True)
class AllClearAlert:
    """`outcome` is what the alert was found to have been."""

    alert_id: str
    outcome: Outcome
    note: str | None


def all_clear_alert(ports: Ports, actor: Actor, command: AllClearAlert) -> Alert:
    """Commits who cleared it, when, and what it was. Raises NotFoundError, or ConflictError while the condition
    stands (except for a false alarm) and when somebody else cleared it."""
    refuse_longer(LONGEST_TEXT, note=command.note)
    return change_alert(
        ports,
        actor,
        Permission.ALL_CLEAR,
        command.alert_id,
        lambda alert, at: all_clear(alert, actor.name, command.outcome, command.note, at),
        lambda before, after: {
            "by": actor.name,
            "outcome": command.outcome.value,
            "note": command.note,
            "stood": before.returned_at is None,
        },
    )
