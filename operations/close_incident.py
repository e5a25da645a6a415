"""Closes an incident 销警; units still assigned to it are stood down with it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.actor import Actor, Permission
from core.errors import ConflictError
from core.events import happened
from dispatch.model import Incident, IncidentStatus, advance_incident
from operations.end_assignment import release
from operations.ports import Ports
from operations.public_state import changes
from operations.texts import readable_note
from operations.transaction import committed, require


@dataclass(frozen=True, slots=True)
class CloseIncident:
    incident_id: str
    note: str | None = None


def close_incident(ports: Ports, actor: Actor, command: CloseIncident) -> Incident:
    """Commits the end; a closed incident is answered as it is.

    Raises NotFoundError, PermissionDeniedError, ConflictError when a unit was sent in the same moment.
    """
    require(actor, Permission.CLOSE_INCIDENT)
    note = readable_note(command.note)
    now = ports.clock.now()
    with committed(ports, as_of=now) as tx:
        # Units before the incident: the order in which every action locks.
        open_before = [a for a in tx.assignments_of(command.incident_id) if a.status.is_open]
        units = tx.lock_units([a.unit_id for a in open_before])
        incident = tx.incident(command.incident_id)
        require(actor, Permission.CLOSE_INCIDENT, incident.jurisdiction)
        if incident.status is IncidentStatus.CLOSED:
            return incident
        still_open = [a for a in tx.assignments_of(command.incident_id) if a.status.is_open]
        if any(a.unit_id not in units for a in still_open):
            raise ConflictError(
                "有单位刚刚被派往此警情，请核对后再销警 / a unit was dispatched to it just now; look again"
            )
        released = [
            release(tx, units[a.unit_id], a, "incident closed", now)
            for a in still_open
            if units[a.unit_id].assignment_id == a.assignment_id
        ]
        incident = replace(
            advance_incident(incident, list(tx.assignments_of(incident.incident_id)), now),
            status=IncidentStatus.CLOSED,
            closed_at=now,
            closed_by=actor.name,
            note=note,
        )
        tx.save_incident(incident)
        tx.record(
            happened(
                actor,
                "incident.closed",
                at=now,
                subject=incident.incident_id,
                data={
                    "by": actor.name,
                    "note": note,
                    "stood_down": [ended.callsign for ended, _ in released],
                },
                changes=changes(
                    incidents=[incident],
                    assignments=[ended for ended, _ in released],
                    units=[freed for _, freed in released],
                ),
            )
        )
    if released:
        ports.work.measure_coverage()
    return incident
