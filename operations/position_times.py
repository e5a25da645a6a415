"""How old the units' positions are: when the fix that is shown of each was taken."""

from __future__ import annotations

from core.actor import Actor, Permission
from operations.ports import Ports
from operations.transaction import require


def position_times(ports: Ports, actor: Actor) -> list[tuple[int, int]]:
    """(index of the unit, its newest believed fix in whole seconds since 1970, the city's instant) for each unit of the
    actor's jurisdiction that has one. Raises UnavailableError when the position board is away."""
    require(actor, Permission.VIEW_DESK)
    with ports.store.transaction() as tx:
        index = {unit.unit_id: unit.index for unit in tx.units() if actor.covers(unit.jurisdiction)}
    newest = ports.positions.newest(index)
    return [(index[unit_id], int(fix.fixed_at.timestamp())) for unit_id, fix in newest.items()]
