"""A person takes charge of many alerts at once: those of a basin or street in a flood."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from alerts.model import Alert
from core.actor import Actor, Permission
from core.errors import ConflictError, InvalidInputError, NotFoundError
from operations.acknowledge_alert import AcknowledgeAlert, acknowledge_alert
from operations.ports import Ports
from operations.transaction import require

LARGEST_GROUP = 500


@dataclass(frozen=True, slots=True)
class AcknowledgeGroup:
    alert_ids: Sequence[str]
    note: str | None = None


@dataclass(frozen=True, slots=True)
class GroupAcknowledged:
    """Those the actor has now, and those that somebody else had or that were over meanwhile."""

    taken: tuple[Alert, ...]
    left: tuple[str, ...]


def acknowledge_group(ports: Ports, actor: Actor, command: AcknowledgeGroup) -> GroupAcknowledged:
    """Commits each by itself, so that one that changed meanwhile holds up none of the others.

    Raises InvalidInputError for none or more than LARGEST_GROUP, PermissionDeniedError for an alert outside the
    actor's jurisdiction: then none is taken.
    """
    require(actor, Permission.ACKNOWLEDGE_ALERT)
    if not 1 <= len(command.alert_ids) <= LARGEST_GROUP:
        raise InvalidInputError(
            f"alert_ids: found {len(command.alert_ids)}, expected 1 to {LARGEST_GROUP} / "
            f"每次确认 1 至 {LARGEST_GROUP} 条"
        )
    with ports.store.transaction() as tx:
        for alert_id in command.alert_ids:
            with suppress(NotFoundError):  # answered below among those that are left
                require(actor, Permission.ACKNOWLEDGE_ALERT, tx.alert(alert_id, lock=False).jurisdiction)
    taken: list[Alert] = []
    left: list[str] = []
    for alert_id in command.alert_ids:
        try:
            taken.append(acknowledge_alert(ports, actor, AcknowledgeAlert(alert_id, command.note)))
        except (ConflictError, NotFoundError):  # others were faster: the answer counts them
            left.append(alert_id)
    return GroupAcknowledged(tuple(taken), tuple(left))
