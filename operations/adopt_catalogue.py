"""Records that an edit of the catalogue came into force, or that it was refused and why."""

from __future__ import annotations

from core.actor import SYSTEM, Actor, Permission
from core.events import happened
from operations.catalogue import CatalogueSeen
from operations.ports import Ports
from operations.public_state import changes
from operations.queries import points_now
from operations.transaction import committed, require

PROBLEMS_TOLD = 20
"""How many problems the journal row of a refusal names; the whole content is kept beside it."""


def adopt_catalogue(ports: Ports, seen: CatalogueSeen, actor: Actor = SYSTEM) -> bool:
    """Keeps the content and journals it; False when the newest record says the same already.

    Every process notices an edit by itself and tells it; the first one is recorded. Readers of the live picture take a
    new snapshot, which names grades and categories as they are now.
    """
    require(actor, Permission.GRADE)
    now = ports.clock.now()
    with committed(ports) as tx:
        if not tx.keep_catalogue(seen, now):
            return False
        tx.record(
            happened(
                actor,
                "catalogue.refused" if seen.problems else "catalogue.adopted",
                at=now,
                subject="catalogue",
                data={
                    "digest": seen.digest,
                    "version": seen.version,
                    "problems": [str(problem) for problem in seen.problems[:PROBLEMS_TOLD]],
                },
                changes={} if seen.problems else changes(points=points_now(ports, tx)),
                reload=not seen.problems,
            )
        )
    return True
