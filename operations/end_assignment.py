"""Ends an assignment: the unit is free again, the record stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from core.errors import ConflictError
from dispatch.model import Assignment, AssignmentStatus, Unit, UnitStatus, advance_assignment
from operations.store import Transaction


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
