"""Records what a unit says of itself; its open assignment and the incident follow."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from core.actor import Actor, Permission
from core.errors import ConflictError, InvalidInputError, NotFoundError
from core.events import happened
from dispatch.model import AssignmentStatus, Unit, UnitStatus, advance_assignment, advance_incident
from operations.instants import not_in_the_future
from operations.own_unit import require_for_unit
from operations.ports import Ports
from operations.public_state import changes
from operations.store import Transaction
from operations.texts import LONGEST_KEY, refuse_longer
from operations.transaction import committed, require

MILESTONES = {
    UnitStatus.EN_ROUTE: AssignmentStatus.EN_ROUTE,
    UnitStatus.ON_SCENE: AssignmentStatus.ON_SCENE,
    UnitStatus.RETURNING: AssignmentStatus.CLEARED,
    UnitStatus.AVAILABLE: AssignmentStatus.CLEARED,
}

GPS, BUTTON, SIMULATED = "gps", "button", "simulated"
"""How a milestone is known: by the unit's fixes, by somebody's word, or by a simulated shift."""


@dataclass(frozen=True, slots=True)
class RecordStatus:
    """`source` says how it is known: `button`, `gps`, `simulated`. `assignment_id`, when given, must be
    the unit's open one: a status meant for an assignment that was taken back must not end the next."""

    unit_id: str
    status: UnitStatus
    observed_at: datetime
    source: str
    assignment_id: str | None = None
    idempotency_key: str | None = None
    """Said again with the same key it is the same word: it changes nothing, whatever came after it."""
    late: bool = False
    """It waited for a connection."""

    @property
    def digest(self) -> str:
        """What makes two requests with one key the same."""
        parts = (
            self.unit_id,
            self.status.value,
            self.observed_at.astimezone(UTC).isoformat(),
            self.assignment_id or "",
        )
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def record_status(ports: Ports, actor: Actor, command: RecordStatus) -> Unit:
    """Commits the status and the milestone it means. The same status again changes nothing.

    Raises NotFoundError for an unknown unit, InvalidInputError for a future instant or a status only
    the desk may set, ConflictError when the milestone cannot follow or a newer status is known.
    """
    require(actor, Permission.REPORT_STATUS)
    now = ports.clock.now()
    if command.status is UnitStatus.DISPATCHED:
        raise InvalidInputError("status: found dispatched, which only a dispatch at the desk sets")
    refuse_longer(LONGEST_KEY, idempotency_key=command.idempotency_key)
    digest = command.digest
    command = replace(command, observed_at=not_in_the_future("observed_at", command.observed_at, now))
    with committed(ports, as_of=now) as tx:
        unit = tx.lock_units([command.unit_id]).get(command.unit_id)
        if unit is None:
            raise NotFoundError(f"found unit {command.unit_id!r}, expected a registered one")
        require_for_unit(actor, Permission.REPORT_STATUS, unit.unit_id, unit.jurisdiction)
        if command.idempotency_key is not None:
            if tx.remembered_answer(actor.actor_id, command.idempotency_key, digest) is not None:
                return unit
            answer = {"unit_id": unit.unit_id}
            tx.remember_answer(actor.actor_id, command.idempotency_key, digest, answer, now)
        if unit.status is command.status:
            return unit
        if command.assignment_id is not None and command.assignment_id != unit.assignment_id:
            raise ConflictError(
                f"{unit.callsign}: found assignment {command.assignment_id}, "
                f"expected {unit.assignment_id or 'none'}; it has ended or was taken back",
                assignment_id=unit.assignment_id,
            )
        act = _off_assignment if unit.assignment_id is None else _on_assignment
        unit = act(tx, actor, unit, command, now)
    ports.work.measure_coverage()
    return unit


def _on_assignment(tx: Transaction, actor: Actor, unit: Unit, command: RecordStatus, now: datetime) -> Unit:
    """The unit's open assignment and its incident follow the milestone that the status means."""
    milestone = MILESTONES.get(command.status)
    if milestone is None:
        raise ConflictError(
            f"{unit.callsign} is on an assignment; found {command.status}, expected one of "
            f"{', '.join(sorted(MILESTONES))}; stand it down first"
        )
    assert unit.assignment_id is not None
    assignment = tx.assignment(unit.assignment_id)
    incident = tx.incident(assignment.incident_id)
    advanced = advance_assignment(assignment, milestone, command.observed_at, reason=command.source)
    tx.save_assignment(advanced)
    unit = replace(
        unit,
        status=command.status,
        status_at=command.observed_at,
        version=unit.version + 1,
        assignment_id=advanced.assignment_id if advanced.status.is_open else None,
    )
    tx.save_unit(unit)
    incident = advance_incident(incident, list(tx.assignments_of(incident.incident_id)), now)
    tx.save_incident(incident)
    tx.record(
        happened(
            actor,
            "assignment.advanced",
            at=command.observed_at,
            subject=incident.incident_id,
            data={
                "callsign": unit.callsign,
                "milestone": milestone.value,
                "source": command.source,
                "by": command.source if command.source in (GPS, SIMULATED) else BUTTON,
                "late": command.late,
            },
            changes=changes(units=[unit], assignments=[advanced], incidents=[incident]),
        )
    )
    return unit


def _off_assignment(tx: Transaction, actor: Actor, unit: Unit, command: RecordStatus, _now: datetime) -> Unit:
    """A unit without an assignment may take a break, go out of service or come back, nothing else."""
    if command.status in (UnitStatus.EN_ROUTE, UnitStatus.ON_SCENE):
        raise ConflictError(
            f"{unit.callsign} has no assignment; found {command.status}, expected one of available, "
            "returning, on_break, out_of_service"
        )
    if command.observed_at < unit.status_at:
        raise ConflictError(
            f"{unit.callsign}: found {command.status} at {command.observed_at.isoformat()}, expected none "
            f"before the newer {unit.status} at {unit.status_at.isoformat()}",
            unit_status=unit.status.value,
        )
    changed = replace(unit, status=command.status, status_at=command.observed_at, version=unit.version + 1)
    tx.save_unit(changed)
    tx.record(
        happened(
            actor,
            "unit.status_changed",
            at=command.observed_at,
            subject=unit.unit_id,
            data={
                "from": unit.status.value,
                "to": changed.status.value,
                "source": command.source,
                "late": command.late,
            },
            changes=changes(units=[changed]),
        )
    )
    return changed
