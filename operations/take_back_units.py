"""Undoes a dispatch: its units are free again, one that was taken off another incident goes back to it, and one whose
place was taken is sent again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.actor import Actor, Permission
from core.errors import ConflictError
from core.events import happened
from dispatch.model import (
    NEVER_COUNTED_WITHIN,
    TAKEN_BACK,
    Assignment,
    AssignmentStatus,
    Incident,
    IncidentStatus,
    Unit,
    UnitStatus,
    advance_incident,
)
from operations.dispatch_units import PREEMPTED, REASSIGNED, REPLACED, send
from operations.end_assignment import release
from operations.ports import Ports
from operations.public_state import changes
from operations.store import Transaction
from operations.transaction import committed, require


@dataclass(frozen=True, slots=True)
class TakenBack:
    """The assignment that ended; the incident that its unit was taken off for it: its number, and whether the unit
    is on its way there again; and the callsign of the unit whose place it had taken, and whether it goes again."""

    ended: Assignment
    earlier_number: str | None = None
    goes_back: bool = False
    replaced: str | None = None
    sent_again: bool = False


def take_back_units(
    ports: Ports, actor: Actor, assignment_ids: Sequence[str]
) -> tuple[list[TakenBack], list[ConflictError]]:
    """Takes a package back: those that could be ended, and why others could not. One that has been and gone holds up
    no other.

    A unit goes back to the incident it was preempted or reassigned from, and one that was replaced is sent again, in
    the same transaction, while the dispatch counts as a slip (NEVER_COUNTED_WITHIN) and the incident is open. Raises
    NotFoundError, PermissionDeniedError, and ConflictError when none could be ended, because its units have cleared
    or were taken off before.
    """
    taken, refused = [], []
    for assignment_id in assignment_ids:
        try:
            taken.append(_take_back(ports, actor, assignment_id))
        except ConflictError as error:
            refused.append(error)
    if refused and not taken:
        raise refused[0]
    return taken, refused


def _take_back(ports: Ports, actor: Actor, assignment_id: str) -> TakenBack:
    require(actor, Permission.DISPATCH)
    now = ports.clock.now()
    again: tuple[Assignment, ...] = ()
    with committed(ports, as_of=now) as tx:
        asked = tx.assignment(assignment_id)
        replaced = _replaced(tx, asked)
        unit_ids = [asked.unit_id, *([replaced.unit_id] if replaced else [])]
        units = tx.lock_units(unit_ids)
        unit = units[asked.unit_id]
        assignment = tx.assignment(assignment_id)
        require(actor, Permission.DISPATCH, assignment.jurisdiction)
        if assignment.end_reason in (PREEMPTED, REASSIGNED, REPLACED):
            # Its unit may be on its way again: "taken back" would be believed.
            raise ConflictError(
                f"{assignment.callsign} 的这次派出先已结束，什么都没有撤回 / "
                f"this dispatch of {assignment.callsign} had ended before, nothing was taken back",
                assignment_id=assignment_id,
            )
        if assignment.status is AssignmentStatus.STOOD_DOWN:
            return TakenBack(assignment)
        earlier = _taken_off(tx, actor, assignment)
        # In one order, as a dispatch locks them.
        ids = {assignment.incident_id, *([earlier.incident_id] if earlier else [])}
        incidents: dict[str, Incident] = {one: tx.incident(one) for one in sorted(ids)}
        ended, freed = _stand_down(tx, actor, unit, assignment, incidents[assignment.incident_id], now)
        is_slip = now - assignment.dispatched_at <= NEVER_COUNTED_WITHIN
        other = incidents[earlier.incident_id] if earlier is not None else None
        if other is not None and is_slip and other.status is not IncidentStatus.CLOSED:
            again = send(tx, actor, other, [freed], None, None, now)
        back: tuple[Assignment, ...] = ()
        if replaced is not None and is_slip and _may_go(actor, units[replaced.unit_id]):
            incident = tx.incident(assignment.incident_id)  # as standing down has left it
            if incident.status is not IncidentStatus.CLOSED:
                back = send(
                    tx, actor, incident, [units[replaced.unit_id]], replaced.override_reason, None, now
                )
    for sent in (*again, *back):
        ports.work.route_assignment(sent.assignment_id)
    ports.work.measure_coverage()
    return TakenBack(
        ended,
        other.number if other is not None else None,
        bool(again),
        replaced.callsign if replaced is not None else None,
        bool(back),
    )


def _replaced(tx: Transaction, assignment: Assignment) -> Assignment | None:
    """The assignment that ended as this one began, because this unit took its unit's place."""
    of_incident = tx.assignments_of(assignment.incident_id)
    ended = (a for a in of_incident if a.end_reason == REPLACED and a.ended_at == assignment.dispatched_at)
    return next(ended, None)


def _may_go(actor: Actor, unit: Unit) -> bool:
    """A neighbour's unit would have to be asked for."""
    return unit.status is UnitStatus.AVAILABLE and actor.covers(unit.jurisdiction)


def _stand_down(
    tx: Transaction, actor: Actor, unit: Unit, assignment: Assignment, incident: Incident, now: datetime
) -> tuple[Assignment, Unit]:
    """Ends the assignment of the (locked) unit to the (locked) incident, saves and records it; the unit, free."""
    ended, freed = release(tx, unit, assignment, TAKEN_BACK, now)
    incident = advance_incident(incident, list(tx.assignments_of(incident.incident_id)), now)
    tx.save_incident(incident)
    tx.record(
        happened(
            actor,
            "assignment.stood_down",
            at=now,
            subject=incident.incident_id,
            data={"by": actor.name, "callsign": ended.callsign, "reason": TAKEN_BACK},
            changes=changes(units=[freed], assignments=[ended], incidents=[incident]),
        )
    )
    return ended, freed


def _taken_off(tx: Transaction, actor: Actor, assignment: Assignment) -> Assignment | None:
    """The assignment that this unit lost by the dispatch that is taken back, where the actor may send there."""
    earlier = tx.assignment_ended_at(assignment.unit_id, assignment.dispatched_at)
    if earlier is None or earlier.end_reason not in (PREEMPTED, REASSIGNED):
        return None
    return earlier if actor.covers(earlier.jurisdiction) else None
