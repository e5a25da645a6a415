"""Asks another jurisdiction for one of its units 联勤联动, and lets requests lapse that nobody answers."""

from __future__ import annotations

from datetime import datetime

from core.actor import SYSTEM, Actor
from core.events import happened
from core.ids import new_id
from dispatch.assistance import ANSWER_WITHIN, AssistanceRequest, AssistanceStatus
from dispatch.model import Incident, Unit
from operations.ports import Ports
from operations.public_state import changes
from operations.store import Transaction
from operations.transaction import committed


def ask_for(
    tx: Transaction, actor: Actor, unit: Unit, incident: Incident, override_reason: str | None, now: datetime
) -> AssistanceRequest:
    """Saves and records the request for this (locked) unit; one that waits already is answered as it is."""
    waiting = next(
        (
            request
            for request in tx.assistance_of(incident.incident_id)
            if request.unit_id == unit.unit_id and request.status is AssistanceStatus.WAITING
        ),
        None,
    )
    if waiting is not None and now < waiting.answer_by:
        return waiting
    if waiting is not None:
        overdue = tx.assistance_request(waiting.request_id)
        if overdue.status is AssistanceStatus.WAITING:
            _lapse(tx, SYSTEM, overdue, now)
    request = AssistanceRequest(
        request_id=new_id(),
        incident_id=incident.incident_id,
        number=incident.number,
        unit_id=unit.unit_id,
        callsign=unit.callsign,
        jurisdiction=unit.jurisdiction,
        asked_by_jurisdiction=incident.jurisdiction,
        status=AssistanceStatus.WAITING,
        requested_at=now,
        requested_by=actor.name,
        answer_by=now + ANSWER_WITHIN,
        override_reason=override_reason,
    )
    tx.save_assistance(request)
    record_assistance(tx, actor, request, now)
    return request


def lapse_assistance(ports: Ports, actor: Actor = SYSTEM) -> int:
    """Commits the end of every request whose time is over; answers how many. Once a second, safe to run twice."""
    now = ports.clock.now()
    with ports.store.transaction() as tx:
        due = tx.assistance_waiting(answer_by=now)
    for seen in due:
        with committed(ports, as_of=now) as tx:
            request = tx.assistance_request(seen.request_id)
            if request.status is AssistanceStatus.WAITING:
                _lapse(tx, actor, request, now)
    return len(due)


def _lapse(tx: Transaction, actor: Actor, request: AssistanceRequest, now: datetime) -> None:
    lapsed = request.answered(AssistanceStatus.LAPSED, now, actor.name)
    tx.save_assistance(lapsed)
    record_assistance(tx, actor, lapsed, now)


def record_assistance(tx: Transaction, actor: Actor, request: AssistanceRequest, now: datetime) -> None:
    """The journal row of what a request has come to, in the incident's timeline."""
    told = {
        "by": actor.name,
        "callsign": request.callsign,
        "jurisdiction": request.jurisdiction,
        "note": request.note,
    }
    incident_id, changed = request.incident_id, changes(assistance=[request])
    match request.status:
        case AssistanceStatus.WAITING:
            event = happened(
                actor, "assistance.requested", at=now, subject=incident_id, data=told, changes=changed
            )
        case AssistanceStatus.ACCEPTED:
            event = happened(
                actor, "assistance.accepted", at=now, subject=incident_id, data=told, changes=changed
            )
        case AssistanceStatus.DECLINED:
            event = happened(
                actor, "assistance.declined", at=now, subject=incident_id, data=told, changes=changed
            )
        case AssistanceStatus.LAPSED:
            event = happened(
                actor, "assistance.lapsed", at=now, subject=incident_id, data=told, changes=changed
            )
    tx.record(event)
