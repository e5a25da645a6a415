"""The incoming officer accepts what was handed over."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.actor import Actor, Permission
from core.errors import ConflictError
from core.events import happened
from operations.handover import HandOver
from operations.ports import Ports
from operations.transaction import committed, require


@dataclass(frozen=True, slots=True)
class AcceptShift:
    handover_id: str


def accept_shift(ports: Ports, actor: Actor, command: AcceptShift) -> HandOver:
    """Commits who took the shift over; accepted by the same person before, it is answered as it is.

    Raises NotFoundError, PermissionDeniedError, ConflictError when somebody else has accepted it or the outgoing
    officer tries to.
    """
    require(actor, Permission.HAND_OVER)
    now = ports.clock.now()
    with committed(ports, as_of=now) as tx:
        given = tx.handover(command.handover_id)
        require(actor, Permission.HAND_OVER, given.jurisdiction)
        if given.accepted_by == actor.actor_id:
            return given
        if given.accepted_by is not None:
            raise ConflictError(
                f"已由 {given.accepted_by_name} 接班 / {given.accepted_by_name} has accepted it"
            )
        if given.given_by == actor.actor_id:
            raise ConflictError(
                "交班人不能自己接班，请接班人登录后确认 / found the outgoing officer, expected the incoming one"
            )
        accepted = replace(given, accepted_at=now, accepted_by=actor.actor_id, accepted_by_name=actor.name)
        tx.save_handover(accepted)
        tx.record(
            happened(
                actor,
                "shift.accepted",
                at=now,
                subject=given.handover_id,
                data={"jurisdiction": given.jurisdiction, "from": given.given_by_name},
            )
        )
    return accepted
