"""Answers a request for a unit 联勤联动: accepted, the unit is sent in the same transaction; or declined."""

from __future__ import annotations

from dataclasses import dataclass

from core.actor import Actor, Permission
from core.errors import ConflictError
from dispatch.assistance import AssistanceRequest, AssistanceStatus
from dispatch.model import IncidentStatus, UnitStatus
from operations.ask_assistance import record_assistance
from operations.dispatch_units import send, taken
from operations.ports import Ports
from operations.texts import readable_note
from operations.transaction import committed, require


@dataclass(frozen=True, slots=True)
class AnswerAssistance:
    request_id: str
    accept: bool
    note: str | None = None


def answer_assistance(ports: Ports, actor: Actor, command: AnswerAssistance) -> AssistanceRequest:
    """Commits the answer of who covers the unit's jurisdiction; the same answer again changes nothing.

    Raises UnitTakenError when the unit has gone meanwhile, ConflictError when the request has been answered
    otherwise, has run out or its incident is closed, NotFoundError, PermissionDeniedError.
    """
    require(actor, Permission.ANSWER_ASSISTANCE)
    note = readable_note(command.note)
    now = ports.clock.now()
    answer = AssistanceStatus.ACCEPTED if command.accept else AssistanceStatus.DECLINED
    with committed(ports, as_of=now) as tx:
        # Units, the incident, then the request: the order in which a dispatch locks.
        seen = tx.assistance_request(command.request_id, lock=False)
        require(actor, Permission.ANSWER_ASSISTANCE, seen.jurisdiction)
        unit = tx.lock_units([seen.unit_id])[seen.unit_id]
        incident = tx.incident(seen.incident_id)
        request = tx.assistance_request(command.request_id)
        if request.status is answer:
            return request
        answered = request.answered(answer, now, actor.name, note)
        assignment_id = None
        if command.accept:
            if incident.status is IncidentStatus.CLOSED:
                raise ConflictError(
                    f"警情 {incident.number} 已由 {incident.closed_by} 销警 / closed by {incident.closed_by}",
                    incident_id=incident.incident_id,
                )
            if unit.status is not UnitStatus.AVAILABLE:
                raise taken(tx, unit)
            (assignment,) = send(tx, actor, incident, [unit], request.override_reason, None, now)
            assignment_id = assignment.assignment_id
            answered = request.answered(answer, now, actor.name, note, assignment_id)
        tx.save_assistance(answered)
        record_assistance(tx, actor, answered, now)
    if not command.accept:
        # The advice names a unit that will not come.
        ports.work.recommend_units(answered.incident_id)
    if assignment_id is not None:
        ports.work.route_assignment(assignment_id)
        ports.work.measure_coverage()
    return answered
