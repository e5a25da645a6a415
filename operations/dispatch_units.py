"""Sends units to an incident: all of them or none, and never one that somebody else has."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.actor import Actor, Permission
from core.errors import ConflictError, InvalidInputError, NotFoundError, UnitTakenError
from core.events import happened
from core.ids import new_id
from dispatch.model import (
    Assignment,
    AssignmentStatus,
    Incident,
    IncidentStatus,
    Unit,
    UnitStatus,
    advance_incident,
)
from dispatch.recommendation import Candidate
from operations.ports import Ports, Transaction
from operations.public_state import changes
from operations.texts import LONGEST_KEY, LONGEST_REASON, refuse_longer
from operations.transaction import committed, require


@dataclass(frozen=True, slots=True)
class DispatchUnits:
    """`override_reason` is asked for when a unit is sent that was not the first recommended."""

    incident_id: str
    unit_ids: tuple[str, ...]
    recommendation_id: str | None = None
    override_reason: str | None = None


def dispatch_units(ports: Ports, actor: Actor, command: DispatchUnits) -> tuple[Assignment, ...]:
    """Commits the assignments. The same units for the same incident again answers what stands already.

    Raises UnitTakenError saying who has the unit, ConflictError when the incident is closed,
    NotFoundError, PermissionDeniedError.
    """
    require(actor, Permission.DISPATCH)
    if not command.unit_ids:
        raise InvalidInputError("unit_ids: found none, expected at least one unit / 请至少选择一个单位")
    refuse_longer(LONGEST_REASON, override_reason=command.override_reason)
    refuse_longer(LONGEST_KEY, recommendation_id=command.recommendation_id)
    now = ports.clock.now()
    with committed(ports, as_of=now) as tx:
        units = tx.lock_units(command.unit_ids)
        missing = [unit_id for unit_id in command.unit_ids if unit_id not in units]
        if missing:
            raise NotFoundError(f"unit_ids: found {', '.join(missing)}, expected registered units")
        incident = tx.incident(command.incident_id)
        require(actor, Permission.DISPATCH, incident.jurisdiction)
        if incident.status is IncidentStatus.CLOSED:
            raise ConflictError(
                f"警情 {incident.number} 已由 {incident.closed_by} 销警 / closed by {incident.closed_by}",
                incident_id=incident.incident_id,
            )
        standing = [_standing(tx, unit, incident) for unit in units.values()]
        if all(standing):
            return tuple(assignment for assignment in standing if assignment is not None)
        for unit in units.values():
            if unit.status is not UnitStatus.AVAILABLE:
                raise _taken(tx, unit)
        advice = {c.unit_id: c for c in _candidates(tx, command)}
        assignments, sent = [], []
        for unit in units.values():
            assignment = _assign(unit, incident, actor, command, advice.get(unit.unit_id), now)
            tx.save_assignment(assignment)
            changed = replace(
                unit,
                status=UnitStatus.DISPATCHED,
                status_at=now,
                version=unit.version + 1,
                assignment_id=assignment.assignment_id,
            )
            tx.save_unit(changed)
            assignments.append(assignment)
            sent.append(changed)
        incident = advance_incident(incident, list(tx.assignments_of(incident.incident_id)), now)
        tx.save_incident(incident)
        tx.record(
            happened(
                actor,
                "units.dispatched",
                at=now,
                subject=incident.incident_id,
                data={
                    "by": actor.name,
                    "callsigns": [unit.callsign for unit in sent],
                    "recommendation_id": command.recommendation_id,
                    "override_reason": command.override_reason,
                },
                changes=changes(units=sent, assignments=assignments, incidents=[incident]),
            )
        )
    for assignment in assignments:
        ports.work.route_assignment(assignment.assignment_id)
    ports.work.measure_coverage()
    return tuple(assignments)


def _standing(tx: Transaction, unit: Unit, incident: Incident) -> Assignment | None:
    """The unit's open assignment to this very incident: a repeated dispatch is harmless."""
    if unit.assignment_id is None:
        return None
    assignment = tx.assignment(unit.assignment_id)
    return assignment if assignment.incident_id == incident.incident_id else None


def _taken(tx: Transaction, unit: Unit) -> UnitTakenError:
    if unit.assignment_id is None:
        return UnitTakenError(
            f"{unit.callsign} 不可派（{unit.status}） / not available: {unit.status}",
            unit_id=unit.unit_id,
            callsign=unit.callsign,
            unit_status=unit.status.value,
        )
    assignment = tx.assignment(unit.assignment_id)
    number = tx.incident(assignment.incident_id, lock=False).number
    return UnitTakenError(
        f"{unit.callsign} 已由 {assignment.dispatched_by} 派往 {number} / "
        f"dispatched by {assignment.dispatched_by} to {number}",
        unit_id=unit.unit_id,
        callsign=unit.callsign,
        held_by=assignment.dispatched_by,
        incident_number=number,
        since=assignment.dispatched_at.isoformat(),
    )


def _candidates(tx: Transaction, command: DispatchUnits) -> tuple[Candidate, ...]:
    recommendation = tx.latest_recommendation(command.incident_id)
    return recommendation.candidates if recommendation else ()


def _assign(
    unit: Unit,
    incident: Incident,
    actor: Actor,
    command: DispatchUnits,
    candidate: Candidate | None,
    now: datetime,
) -> Assignment:
    return Assignment(
        assignment_id=new_id(),
        incident_id=incident.incident_id,
        unit_id=unit.unit_id,
        callsign=unit.callsign,
        status=AssignmentStatus.DISPATCHED,
        dispatched_at=now,
        dispatched_by=actor.name,
        place=incident.place,
        jurisdiction=incident.jurisdiction,
        travel_time_s=candidate.travel_time_s if candidate else None,
        distance_m=candidate.distance_m if candidate else None,
        eta_at=now + timedelta(seconds=candidate.travel_time_s) if candidate else None,
        path=candidate.path if candidate else (),
        straight_line=candidate.straight_line if candidate else True,
        override_reason=command.override_reason,
    )
