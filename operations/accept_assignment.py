"""A unit says that it has its order 已接警."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.actor import Actor, Permission
from core.events import happened
from dispatch.model import Assignment
from dispatch.model import accept_assignment as accepted
from operations.instants import not_in_the_future
from operations.own_unit import require_for_unit
from operations.ports import Ports
from operations.public_state import changes
from operations.transaction import committed, require


@dataclass(frozen=True, slots=True)
class AcceptAssignment:
    """`late` says that the word waited for a connection."""

    assignment_id: str
    accepted_at: datetime
    late: bool = False


def accept_assignment(ports: Ports, actor: Actor, command: AcceptAssignment) -> Assignment:
    """Commits when the unit took its order in; said again it changes nothing.

    Raises NotFoundError, PermissionDeniedError for another's unit, InvalidInputError for a future instant,
    ConflictError when the assignment was taken back or has ended.
    """
    require(actor, Permission.REPORT_STATUS)
    now = ports.clock.now()
    at = not_in_the_future("accepted_at", command.accepted_at, now)
    with committed(ports, as_of=now) as tx:
        seen = tx.assignment(command.assignment_id)
        # The unit's row is what orders everybody who changes its assignment.
        unit = tx.lock_units([seen.unit_id])[seen.unit_id]
        require_for_unit(actor, Permission.REPORT_STATUS, unit.unit_id, unit.jurisdiction)
        before = tx.assignment(command.assignment_id)
        after = accepted(before, at)
        if after == before:
            return before
        tx.save_assignment(after)
        tx.record(
            happened(
                actor,
                "assignment.accepted",
                at=at,
                subject=after.incident_id,
                data={"callsign": after.callsign, "late": command.late},
                changes=changes(assignments=[after]),
            )
        )
    return after
