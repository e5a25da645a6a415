"""Finds the way of a unit that was just dispatched, from where it is now; computed in a worker."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from core.actor import SYSTEM, Actor
from core.events import happened
from dispatch.model import Assignment, AssignmentStatus
from operations.ports import Ports
from operations.public_state import changes
from operations.recommend_units import road_closures
from operations.transaction import committed

STILL_TO_DRIVE = (AssignmentStatus.DISPATCHED, AssignmentStatus.EN_ROUTE)


def route_assignment(ports: Ports, assignment_id: str, actor: Actor = SYSTEM) -> Assignment | None:
    """Commits route and arrival time; None when there is nothing to drive any more or no way is known.

    Advice may be minutes old and a unit sent against it has none, so every dispatch is routed once more.
    Raises NotFoundError, UnavailableError.
    """
    with committed(ports) as tx:
        unit_id = tx.assignment(assignment_id).unit_id
        tx.lock_units([unit_id])
        assignment = tx.assignment(assignment_id)
        fix = ports.positions.newest([unit_id]).get(unit_id)
        if assignment.status not in STILL_TO_DRIVE or fix is None:
            return None
        ports.travel_times.close_roads(road_closures(ports, tx))
        priority = tx.incident(assignment.incident_id, lock=False).priority
        found = ports.travel_times.nearest(
            assignment.place, {unit_id: fix.place}, 1, emergency=priority.is_emergency
        )
        if not found:
            return None
        now, route = ports.clock.now(), found[0]
        routed = replace(
            assignment,
            travel_time_s=route.travel_time_s,
            distance_m=route.distance_m,
            eta_at=now + timedelta(seconds=route.travel_time_s),
            path=route.path,
            straight_line=route.straight_line,
        )
        tx.save_assignment(routed)
        tx.record(
            happened(
                actor,
                "assignment.routed",
                at=now,
                subject=assignment.incident_id,
                data={"callsign": routed.callsign, "travel_time_s": round(route.travel_time_s)},
                changes=changes(assignments=[routed]),
            )
        )
    return routed
