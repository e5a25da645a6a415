"""Which open incidents a call may be about, before it is taken down: what the officer is offered."""

from __future__ import annotations

from core.actor import Actor, Permission
from core.errors import InvalidInputError
from core.geo import LonLat, distance_m
from dispatch.correlation import box_around, is_alive
from dispatch.model import IncidentStatus
from operations.ports import Ports
from operations.public_state import Json, incident_state
from operations.transaction import require

MOST_OFFERED = 4
LOOKS_FURTHER = 3.0
"""An officer is shown three times as far and long as a call joins by itself (proposed): who says "the crossing" may
mean the other side of it."""


def similar_incidents(ports: Ports, actor: Actor, category: str, place: LonLat) -> list[Json]:
    """Open incidents of the category near `place` (WGS-84) in the actor's jurisdiction, the nearest first, each with
    `distance_m`, `joins` (a call would join it by itself) and how many `units` are on it; changes nothing.

    Raises InvalidInputError for an unknown category.
    """
    require(actor, Permission.TAKE_CALL)
    kind = ports.catalogue.categories.get(category)
    if kind is None:
        raise InvalidInputError(f"category: found {category!r}, expected one of the catalogue's")
    joining, now = kind.joins, ports.clock.now()
    within_m = joining.within_m * LOOKS_FURTHER
    with ports.store.transaction() as tx:
        open_ones = tx.open_incidents_in(category, box_around(place, within_m))
        near = sorted(
            (distance_m(place, incident.place), incident.incident_id, incident)
            for incident in open_ones
            if incident.status is not IncidentStatus.CLOSED
            and actor.covers(incident.jurisdiction)
            and is_alive(incident, now, joining.within * LOOKS_FURTHER)
        )
        near = [found for found in near if found[0] <= within_m][:MOST_OFFERED]
        units = {
            incident_id: sum(a.status.is_open for a in tx.assignments_of(incident_id))
            for _, incident_id, _ in near
        }
    return [
        {
            **incident_state(incident),
            "distance_m": round(away_m),
            "joins": away_m <= joining.within_m and is_alive(incident, now, joining.within),
            "units": units[incident_id],
        }
        for away_m, incident_id, incident in near
    ]
