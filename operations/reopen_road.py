"""Lifts a closure before it runs out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.actor import Actor, Permission
from core.events import happened
from dispatch.travel import RoadClosure
from operations.close_road import affected_work
from operations.ports import Ports
from operations.public_state import changes
from operations.transaction import committed, require


@dataclass(frozen=True, slots=True)
class ReopenRoad:
    closure_id: str


def reopen_road(ports: Ports, actor: Actor, command: ReopenRoad) -> RoadClosure:
    """Commits that the closure is lifted; one that was lifted or has run out is answered as it is.

    Raises NotFoundError, PermissionDeniedError.
    """
    require(actor, Permission.SET_PASSABILITY)
    now = ports.clock.now()
    with committed(ports, as_of=now) as tx:
        closure = tx.closure(command.closure_id)
        require(actor, Permission.SET_PASSABILITY, closure.jurisdiction)
        if not closure.in_force(now):
            return closure
        closure = replace(closure, reopened_at=now, reopened_by=actor.name)
        tx.save_closure(closure)
        tx.record(
            happened(
                actor,
                "road.reopened",
                at=now,
                subject=closure.closure_id,
                data={"name": closure.name},
                changes=changes(closures=[closure]),
            )
        )
        affected = affected_work(tx)
    affected.queue(ports)
    return closure
