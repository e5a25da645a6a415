"""Orders an idle unit to wait where it is needed more; its terminal can ask for the order while it stands."""

from __future__ import annotations

from dataclasses import dataclass

from core.actor import Actor, Permission
from core.errors import ConflictError, NotFoundError, UnitTakenError
from core.events import happened
from core.ids import new_id
from dispatch.model import UnitStatus
from dispatch.move_up_order import STANDS_FOR, MoveUpOrder
from operations.ports import MoveUpAdvice, Ports
from operations.public_state import changes
from operations.texts import LONGEST_KEY, refuse_longer
from operations.transaction import committed, require


@dataclass(frozen=True, slots=True)
class AcceptMoveUp:
    """Which unit to which grid, as advised."""

    unit_id: str
    grid: str


def accept_move_up(ports: Ports, actor: Actor, command: AcceptMoveUp) -> MoveUpAdvice:
    """Commits the order. The same order again while it stands changes nothing.

    The unit stays available; its terminal is told where to wait (GET /api/v1/orders). Raises ConflictError when
    the advice is no longer given or a colleague has ordered it, UnitTakenError when the unit has been sent
    elsewhere meanwhile, NotFoundError, PermissionDeniedError.
    """
    require(actor, Permission.DISPATCH)
    refuse_longer(LONGEST_KEY, unit_id=command.unit_id, grid=command.grid)
    now = ports.clock.now()
    record = ports.coverage.newest()
    advised = next(
        (m for m in record.moves if (m.unit_id, m.grid) == (command.unit_id, command.grid))
        if record
        else iter(()),
        None,
    )
    with committed(ports, as_of=now) as tx:
        unit = tx.lock_units([command.unit_id]).get(command.unit_id)
        if unit is None:
            raise NotFoundError(f"unit_id: found {command.unit_id!r}, expected a registered unit")
        require(actor, Permission.DISPATCH, unit.jurisdiction)
        if unit.status is not UnitStatus.AVAILABLE:
            raise UnitTakenError(
                f"{unit.callsign} 不可派（{unit.status}） / not available: {unit.status}",
                unit_id=unit.unit_id,
                callsign=unit.callsign,
                unit_status=unit.status.value,
            )
        standing = next(
            (o for o in tx.move_up_orders(now, [command.unit_id]) if o.grid == command.grid), None
        )
        if standing is not None and standing.ordered_by != actor.name:
            raise ConflictError(
                f"{unit.callsign} 已由 {standing.ordered_by} 命令补位 / was ordered there by {standing.ordered_by}",
                unit_id=unit.unit_id,
            )
        if advised is None:
            raise ConflictError(
                f"{command.unit_id} → {command.grid} 已不再建议 / is advised no longer: coverage has changed"
            )
        if standing is not None:
            return advised
        tx.save_move_up_order(
            MoveUpOrder(
                order_id=new_id(),
                unit_id=unit.unit_id,
                callsign=unit.callsign,
                jurisdiction=unit.jurisdiction,
                grid=advised.grid,
                place=advised.place,
                travel_time_s=advised.travel_time_s,
                ordered_at=now,
                ordered_by=actor.name,
                ends_at=now + STANDS_FOR,
            )
        )
        tx.record(
            happened(
                actor,
                "move_up.ordered",
                at=now,
                subject=unit.unit_id,
                data={
                    "by": actor.name,
                    "callsign": unit.callsign,
                    "grid": advised.grid,
                    "place": [round(advised.place.lon, 6), round(advised.place.lat, 6)],
                    "travel_time_s": round(advised.travel_time_s),
                    "gain_s": round(advised.gain_s, 2),
                    "grids": advised.grids,
                },
                # As it was: what it says of the unit tells its district and its terminal whom it is about.
                changes=changes(units=[unit]),
            )
        )
    ports.coverage.mark_ordered(unit.unit_id)
    return advised
