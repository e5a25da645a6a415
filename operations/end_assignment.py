"""Ends an assignment: the unit is free again, the record stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from core.actor import Actor
from core.errors import ConflictError
from core.events import happened
from dispatch.model import (
    Assignment,
    AssignmentStatus,
    Incident,
    Unit,
    UnitStatus,
    advance_assignment,
    advance_incident,
)
from operations.public_state import changes
from operations.store import Transaction


def end(
    tx: Transaction,
    actor: Actor,
    unit: Unit,
    assignment: Assignment,
    incident: Incident,
    reason: str,
    now: datetime,
) -> tuple[Assignment, Unit]:
    """Ends the assignment of the (locked) unit to the (locked) incident, saves and records it; the unit, free."""
    ended, freed = release(tx, unit, assignment, reason, now)
    incident = advance_incident(incident, list(tx.assignments_of(incident.incident_id)), now)
    tx.save_incident(incident)
    tx.record(
        happened(
            actor,
            "assignment.stood_down",
            at=now,
            subject=incident.incident_id,
            data={"by": actor.name, "callsign": ended.callsign, "reason": reason},
            changes=changes(units=[freed], assignments=[ended], incidents=[incident]),
        )
    )
    return ended, freed


def release(
    tx: Transaction, unit: Unit, assignment: Assignment, reason: str, now: datetime
) -> tuple[Assignment, Unit]:
    """Ends the assignment and frees its (locked) unit; saves both, records nothing."""
    if unit.assignment_id != assignment.assignment_id:
        raise ConflictError(
            f"{unit.callsign} 已结束该任务 / has ended this assignment ({assignment.status})",
            assignment_id=assignment.assignment_id,
        )
    ended = advance_assignment(assignment, AssignmentStatus.STOOD_DOWN, now, reason=reason)
    freed = replace(
        unit, status=UnitStatus.AVAILABLE, status_at=now, version=unit.version + 1, assignment_id=None
    )
    tx.save_assignment(ended)
    tx.save_unit(freed)
    return ended, freed
