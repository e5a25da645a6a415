"""Whose word a field unit's account is: its own unit's, and what that unit is sent to it may see."""

from __future__ import annotations

from core.actor import Actor, Permission, Role
from core.errors import PermissionDeniedError
from dispatch.model import Incident
from operations.queries import may_see
from operations.store import Transaction
from operations.transaction import require


def require_for_unit(actor: Actor, permission: Permission, unit_id: str, jurisdiction: str) -> None:
    """Raises PermissionDeniedError unless the actor may do this for this unit: a field unit for its own, wherever
    it belongs; everybody else inside the jurisdiction."""
    if actor.role is not Role.FIELD_UNIT:
        require(actor, permission, jurisdiction)
        return
    require(actor, permission)
    if actor.unit_id is None or actor.unit_id != unit_id:
        raise PermissionDeniedError(
            f"{actor.name} 的单位是 {actor.unit_id or '未指定'}，这是 {unit_id} / speaks for unit "
            f"{actor.unit_id or 'none'}, found {unit_id}",
            unit_id=unit_id,
        )


def may_see_incident(tx: Transaction, actor: Actor, incident: Incident) -> None:
    """Raises PermissionDeniedError unless it lies in the actor's jurisdiction, or the actor's unit was sent there."""
    if actor.unit_id is not None and any(
        assignment.unit_id == actor.unit_id for assignment in tx.assignments_of(incident.incident_id)
    ):
        require(actor, Permission.VIEW_PHONE)
    else:
        may_see(actor, incident.jurisdiction)
