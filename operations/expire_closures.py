"""Says of closures that have run out that the roads are open again."""

from __future__ import annotations

from dataclasses import replace

from core.actor import SYSTEM, Actor
from core.events import happened
from operations.close_road import affected_work
from operations.ports import Ports
from operations.public_state import changes
from operations.transaction import committed

_AT_ONCE = 50


def expire_closures(ports: Ports, actor: Actor = SYSTEM) -> int:
    """Commits the end of closures whose time is over; answers how many. Safe to run twice.

    No search heeds them from their instant on (operations/close_road.py); this tells the screens and the journal, and
    has advice and ways under way computed again.
    """
    now = ports.clock.now()
    with committed(ports, as_of=now) as tx:
        over = tx.closures_due(now, _AT_ONCE)
        if not over:
            return 0
        for closure in over:
            ended = replace(closure, reopened_at=closure.expires_at, reopened_by=actor.name)
            tx.save_closure(ended)
            tx.record(
                happened(
                    actor,
                    "road.expired",
                    at=now,
                    subject=ended.closure_id,
                    data={"name": ended.name, "expired_at": ended.expires_at.isoformat()},
                    changes=changes(closures=[ended]),
                )
            )
        affected = affected_work(tx)
    affected.queue(ports)
    return len(over)
