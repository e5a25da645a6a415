"""A person sets an alert aside for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from alerts.model import Alert
from alerts.shelving import LONGEST_SHELF, shelve
from core.actor import Actor, Permission
from core.errors import InvalidInputError
from operations.one_alert import change_alert
from operations.ports import Ports
from operations.texts import LONGEST_REASON, readable_reason, refuse_longer


@dataclass(frozen=True, slots=True)
class ShelveAlert:
    alert_id: str
    minutes: int
    reason: str


def shelve_alert(ports: Ports, actor: Actor, command: ShelveAlert) -> Alert:
    """Commits who set it aside, why and until when; the end comes by itself (keep_alerts).

    Raises NotFoundError, InvalidInputError without a reason or for more than one shift, ConflictError when the
    alert is over.
    """
    refuse_longer(LONGEST_REASON, reason=command.reason)
    reason = readable_reason(command.reason)
    longest = int(LONGEST_SHELF.total_seconds() // 60)
    if not 1 <= command.minutes <= longest:
        raise InvalidInputError(
            f"minutes: found {command.minutes}, expected 1 to {longest} / 搁置时长应为 1 至 {longest} 分钟"
        )
    return change_alert(
        ports,
        actor,
        Permission.SHELVE_ALERT,
        command.alert_id,
        lambda alert, at: shelve(alert, actor.name, reason, at + timedelta(minutes=command.minutes), at),
        lambda _, after: {
            "by": actor.name,
            "reason": reason,
            "until": after.shelved_until.isoformat() if after.shelved_until else None,
        },
    )
