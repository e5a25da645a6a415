"""What a phone asks on its own account: what its unit has to do, and what was sent from a scene."""

from __future__ import annotations

from core.actor import Actor
from dispatch.attachments import Attachment
from operations.own_unit import may_see_incident
from operations.ports import Ports
from operations.public_state import Json, assignment_state, incident_state, move_up_state, unit_state
from operations.queries import may_see


def duty_state(ports: Ports, actor: Actor) -> Json:
    """The actor's unit with its open assignment, that one's way and its incident, wherever it lies, and while it has
    none where it was told to wait (`move_up`); nulls for whoever speaks for no unit or has nothing to do. `unit` is
    null too while the unit is not registered."""
    may_see(actor, actor.jurisdiction)
    nothing: Json = {
        "unit_id": actor.unit_id,
        "unit": None,
        "assignment": None,
        "incident": None,
        "said": "",
        "move_up": None,
    }
    if actor.unit_id is None:
        return nothing
    with ports.store.transaction() as tx:
        unit = next(iter(tx.units([actor.unit_id])), None)
        if unit is None:
            return nothing
        duty: Json = {**nothing, "unit": unit_state(unit)}
        if unit.assignment_id is None:
            standing = tx.move_up_orders(ports.clock.now(), [unit.unit_id])
            return {**duty, "move_up": move_up_state(standing[0]) if standing else None}
        assignment = tx.assignment(unit.assignment_id)
        incident = tx.incident(assignment.incident_id, lock=False)
        newest = tx.calls_of(incident.incident_id, limit=1)
    return {
        **duty,
        "assignment": assignment_state(assignment),
        "incident": incident_state(incident),
        "said": newest[0].text if newest else "",
    }


def attachment_content(ports: Ports, actor: Actor, attachment_id: str) -> tuple[Attachment, bytes]:
    """A photo or voice note with its bytes. Raises NotFoundError, PermissionDeniedError for whoever may not see its
    incident."""
    with ports.store.transaction() as tx:
        attachment = tx.attachment(attachment_id)
        may_see_incident(tx, actor, tx.incident(attachment.incident_id, lock=False))
        return attachment, tx.attachment_content(attachment_id)
