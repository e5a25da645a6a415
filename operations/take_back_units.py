"""Undoes a dispatch: its units are free again, and one that was taken off another incident goes back to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.actor import Actor, Permission
from core.errors import ConflictError
from dispatch.model import (
    NEVER_COUNTED_WITHIN,
    TAKEN_BACK,
    Assignment,
    AssignmentStatus,
    Incident,
    IncidentStatus,
)
from operations.dispatch_units import PREEMPTED, REASSIGNED, send
from operations.end_assignment import end
from operations.ports import Ports
from operations.store import Transaction
from operations.transaction import committed, require


@dataclass(frozen=True, slots=True)
class TakenBack:
    """The assignment that ended, and the incident that its unit was taken off for it: its number, and whether the unit
    is on its way there again."""

    ended: Assignment
    earlier_number: str | None = None
    goes_back: bool = False


def take_back_units(
    ports: Ports, actor: Actor, assignment_ids: Sequence[str]
) -> tuple[list[TakenBack], list[ConflictError]]:
    """Takes a package back: those that could be ended, and why others could not. One that has been and gone holds up
    no other.

    A unit goes back to the incident it was preempted or reassigned from, in the same transaction, while the dispatch
    counts as a slip (NEVER_COUNTED_WITHIN) and that incident is open. Raises NotFoundError, PermissionDeniedError,
    and ConflictError when none could be ended, because its units have cleared.
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
        unit_id = tx.assignment(assignment_id).unit_id
        unit = tx.lock_units([unit_id])[unit_id]
        assignment = tx.assignment(assignment_id)
        require(actor, Permission.DISPATCH, assignment.jurisdiction)
        if assignment.status is AssignmentStatus.STOOD_DOWN:
            return TakenBack(assignment)
        earlier = _taken_off(tx, actor, assignment)
        # In one order, as a dispatch locks them.
        ids = {assignment.incident_id, *([earlier.incident_id] if earlier else [])}
        incidents: dict[str, Incident] = {one: tx.incident(one) for one in sorted(ids)}
        ended, freed = end(tx, actor, unit, assignment, incidents[assignment.incident_id], TAKEN_BACK, now)
        is_slip = now - assignment.dispatched_at <= NEVER_COUNTED_WITHIN
        other = incidents[earlier.incident_id] if earlier is not None else None
        if other is not None and is_slip and other.status is not IncidentStatus.CLOSED:
            again = send(tx, actor, other, [freed], None, None, now)
    for sent in again:
        ports.work.route_assignment(sent.assignment_id)
    ports.work.measure_coverage()
    return TakenBack(ended, other.number if other is not None else None, bool(again))


def _taken_off(tx: Transaction, actor: Actor, assignment: Assignment) -> Assignment | None:
    """The assignment that this unit lost by the dispatch that is taken back, where the actor may send there."""
    earlier = tx.assignment_ended_at(assignment.unit_id, assignment.dispatched_at)
    if earlier is None or earlier.end_reason not in (PREEMPTED, REASSIGNED):
        return None
    return earlier if actor.covers(earlier.jurisdiction) else None
