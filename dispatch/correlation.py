"""Which open incident a call is about, so that a storm of calls in one place is one incident with many callers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.geo import EARTH_RADIUS_M, BoundingBox, LonLat, distance_m
from dispatch.model import Incident, IncidentStatus, Priority


@dataclass(frozen=True, slots=True)
class Joining:
    """A call joins an open incident of its category that lies within `within_m` metres of it and of which
    somebody was heard within `within`."""

    within_m: float
    within: timedelta


def proposed_joining(priority: Priority) -> Joining:
    """This project's proposal for a category that sets none of its own: an accident is seen by many within an hour;
    where life is at stake (priority 1) a second patient, or a fire in the next building, is an incident of its own
    (docs/decisions/0016-calls-join-by-place.md)."""
    if priority is Priority.MAJOR:
        return Joining(within_m=50.0, within=timedelta(minutes=30))
    return Joining(within_m=150.0, within=timedelta(minutes=60))


CALLS_THAT_RAISE = (5, 20)
"""So many calls about one incident make it one step more urgent than its category, and so many two (proposed)."""


def incident_for(
    place: LonLat, at: datetime, incidents: Iterable[Incident], joining: Joining
) -> Incident | None:
    """The nearest open incident that a call from this place and instant is about; None when it is a new one.

    Nearness counts from where the incident is, never from its calls: a chain of callers does not carry it through
    a whole district. At a monitored point time does not count, since its gauge says that it goes on.
    """
    found = [
        (distance_m(place, incident.place), incident.incident_id, incident)
        for incident in incidents
        if incident.status is not IncidentStatus.CLOSED and is_alive(incident, at, joining.within)
    ]
    near = [candidate for candidate in found if candidate[0] <= joining.within_m]
    return min(near, default=(0.0, "", None))[2]


def is_alive(incident: Incident, at: datetime, within: timedelta) -> bool:
    """Whether somebody was heard of it within so long of this instant; at a monitored point time does not count."""
    if incident.point_id is not None:
        return True
    # Calls are not always entered in the order they came in.
    last = max(incident.opened_at, incident.last_call_at or incident.opened_at)
    return incident.opened_at - within <= at <= last + within


def with_call(incident: Incident, at: datetime, priority: Priority) -> Incident:
    """The incident after one more call about it; `priority` is its category's. Many callers make it more urgent,
    and nothing makes it less."""
    calls = incident.calls + 1
    raised = Priority(max(Priority.MAJOR, priority - sum(calls >= least for least in CALLS_THAT_RAISE)))
    return replace(
        incident,
        calls=calls,
        last_call_at=max(at, incident.last_call_at or at),
        changed_at=max(at, incident.changed_at),
        priority=min(incident.priority, raised),
    )


def box_around(place: LonLat, within_m: float) -> BoundingBox:
    """A box that holds everything within so many metres (away from the poles)."""
    lat = math.degrees(within_m / EARTH_RADIUS_M)
    lon = lat / max(0.01, math.cos(math.radians(min(89.0, abs(place.lat) + lat))))
    return BoundingBox(place.lon - lon, place.lat - lat, place.lon + lon, place.lat + lat)
