"""Asks a worker for fresh advice on an incident."""

from __future__ import annotations

from core.actor import Actor, Permission
from operations.ports import Ports
from operations.transaction import require


def request_recommendation(ports: Ports, actor: Actor, incident_id: str) -> None:
    """Asks a worker for fresh advice; it arrives as a `recommendation.made` event.

    Raises NotFoundError for an unknown incident, PermissionDeniedError.
    """
    require(actor, Permission.DISPATCH)
    with ports.store.transaction() as tx:
        incident = tx.incident(incident_id, lock=False)
    require(actor, Permission.DISPATCH, incident.jurisdiction)
    ports.work.recommend_units(incident_id, at_once=True)
