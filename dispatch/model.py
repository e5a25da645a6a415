"""The nouns of dispatch: incidents, units, assignments, and which change may follow which."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from core.errors import ConflictError
from core.geo import LonLat


class Priority(IntEnum):
    """How urgent an incident is; 1 is first. 1 is what the city counts as a major call."""

    MAJOR = 1
    URGENT = 2
    NORMAL = 3

    @property
    def is_emergency(self) -> bool:
        """Whether units drive there as emergency vehicles do: on roads that are for them only, and turning where
        others may not (proposal: docs/decisions/0038-who-drives-like-everybody.md)."""
        return self is not Priority.NORMAL


class IncidentStatus(StrEnum):
    OPEN = "open"
    DISPATCHED = "dispatched"
    ON_SCENE = "on_scene"
    CLOSED = "closed"


class UnitStatus(StrEnum):
    AVAILABLE = "available"
    DISPATCHED = "dispatched"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    RETURNING = "returning"
    ON_BREAK = "on_break"
    OUT_OF_SERVICE = "out_of_service"


class AssignmentStatus(StrEnum):
    """The milestones of one unit on one incident."""

    DISPATCHED = "dispatched"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    CLEARED = "cleared"
    STOOD_DOWN = "stood_down"

    @property
    def is_open(self) -> bool:
        return self not in (AssignmentStatus.CLEARED, AssignmentStatus.STOOD_DOWN)


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that needs people on the spot; opened by a call, an alert or a closed road."""

    incident_id: str
    number: str
    category: str
    title_zh: str
    title_en: str
    place: LonLat
    jurisdiction: str
    priority: Priority
    status: IncidentStatus
    opened_at: datetime
    changed_at: datetime
    origin: str
    """`call`, `alert` or `closure`."""
    point_id: str | None = None
    first_dispatched_at: datetime | None = None
    first_on_scene_at: datetime | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    note: str | None = None
    calls: int = 0
    """How many calls came in about it."""
    last_call_at: datetime | None = None

    @property
    def response_s(self) -> float | None:
        """Seconds from the call (or alert) to the first unit on scene; None before that."""
        if self.first_on_scene_at is None:
            return None
        return (self.first_on_scene_at - self.opened_at).total_seconds()


@dataclass(frozen=True, slots=True)
class Call:
    """One telephone call as it was taken."""

    call_id: str
    incident_id: str
    caller: str
    text: str
    place: LonLat
    received_at: datetime
    taken_by: str
    accuracy_m: float | None = None
    """How far from `place` it may really be, in metres; None when nobody said."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A patrol that can be sent. `index` is its small number in position frames."""

    unit_id: str
    index: int
    callsign: str
    net: str
    kind: str
    capabilities: frozenset[str]
    jurisdiction: str
    status: UnitStatus
    status_at: datetime
    synthetic: bool
    version: int = 1
    assignment_id: str | None = None
    shift: str = ""
    """The shift it belongs to, as the city names it; empty when nobody said."""
    overdue_status_at: datetime | None = None
    """The `status_at` of a status that has lasted too long (dispatch/watching.py); of another it says nothing."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """One unit sent to one incident, with its milestones."""

    assignment_id: str
    incident_id: str
    unit_id: str
    callsign: str
    status: AssignmentStatus
    dispatched_at: datetime
    dispatched_by: str
    place: LonLat
    jurisdiction: str
    travel_time_s: float | None = None
    distance_m: float | None = None
    eta_at: datetime | None = None
    path: tuple[LonLat, ...] = ()
    straight_line: bool = False
    en_route_at: datetime | None = None
    on_scene_at: datetime | None = None
    ended_at: datetime | None = None
    end_reason: str | None = None
    override_reason: str | None = None
    entered_at: datetime | None = None
    """When the unit last came into the incident's geofence, by its fixes."""
    left_at: datetime | None = None
    """When it left the geofence again; None while it is inside."""
    overdue: str | None = None
    """The milestone it waits for too long (dispatch/watching.py); None again when it comes."""
    accepted_at: datetime | None = None
    """When the unit said that it has the order."""


_FOLLOWS: dict[AssignmentStatus, frozenset[AssignmentStatus]] = {
    AssignmentStatus.DISPATCHED: frozenset(
        {
            AssignmentStatus.EN_ROUTE,
            AssignmentStatus.ON_SCENE,
            AssignmentStatus.CLEARED,
            AssignmentStatus.STOOD_DOWN,
        }
    ),
    AssignmentStatus.EN_ROUTE: frozenset(
        {AssignmentStatus.ON_SCENE, AssignmentStatus.CLEARED, AssignmentStatus.STOOD_DOWN}
    ),
    AssignmentStatus.ON_SCENE: frozenset({AssignmentStatus.CLEARED, AssignmentStatus.STOOD_DOWN}),
    AssignmentStatus.CLEARED: frozenset(),
    AssignmentStatus.STOOD_DOWN: frozenset(),
}


def advance_assignment(
    assignment: Assignment, to: AssignmentStatus, at: datetime, reason: str | None = None
) -> Assignment:
    """The assignment at its next milestone. Raises ConflictError when `to` cannot follow.

    A milestone may be skipped (a unit that was already there reports on scene at once),
    none may be taken back, and none lies before the dispatch. One stated earlier than the milestone before
    it counts from that one: the clocks of device and desk differ, and nobody leaves before arriving.
    """
    if to not in _FOLLOWS[assignment.status]:
        allowed = ", ".join(sorted(_FOLLOWS[assignment.status])) or "nothing"
        raise ConflictError(
            f"{assignment.callsign} is {assignment.status}; found {to}, expected one of: {allowed}",
            assignment_id=assignment.assignment_id,
            assignment_status=str(assignment.status),
        )
    if at < assignment.dispatched_at:
        raise ConflictError(
            f"milestone {to} at {at.isoformat()} lies before the dispatch at "
            f"{assignment.dispatched_at.isoformat()}",
            assignment_id=assignment.assignment_id,
        )
    at = max(at, assignment.en_route_at or at, assignment.on_scene_at or at)
    if to is AssignmentStatus.EN_ROUTE:
        return replace(assignment, status=to, en_route_at=at, overdue=None)
    if to is AssignmentStatus.ON_SCENE:
        return replace(assignment, status=to, on_scene_at=at, overdue=None)
    return replace(assignment, status=to, ended_at=at, end_reason=reason, overdue=None)


def accept_assignment(assignment: Assignment, at: datetime) -> Assignment:
    """The assignment with the unit's word that it has the order; said again it stays as it was. It is no milestone:
    a unit may set off without it. Raises ConflictError when the assignment has ended."""
    if assignment.accepted_at is not None:
        return assignment
    if not assignment.status.is_open:
        raise ConflictError(
            f"{assignment.callsign} 的任务已撤回或已结束 / {assignment.callsign}: found an assignment that is "
            f"{assignment.status}, expected an open one; it was taken back or has ended",
            assignment_id=assignment.assignment_id,
            assignment_status=str(assignment.status),
        )
    return replace(assignment, accepted_at=max(at, assignment.dispatched_at))


TAKEN_BACK = "taken_back"
"""Why an assignment was stood down when an officer took it back."""
NEVER_COUNTED_WITHIN = timedelta(minutes=1)
"""A dispatch taken back this soon was a slip (proposed): that the unit happened to stand there is no response."""


def _never_was(assignment: Assignment) -> bool:
    return (
        assignment.status is AssignmentStatus.STOOD_DOWN
        and assignment.end_reason == TAKEN_BACK
        and assignment.ended_at is not None
        and assignment.ended_at - assignment.dispatched_at <= NEVER_COUNTED_WITHIN
    )


def advance_incident(incident: Incident, assignments: list[Assignment], at: datetime) -> Incident:
    """The incident's status and first milestones as its assignments tell them; closed stays closed."""
    if incident.status is IncidentStatus.CLOSED:
        return incident
    active = [a for a in assignments if a.status.is_open]
    arrived = [a for a in assignments if a.on_scene_at is not None and not _never_was(a)]
    arrivals = [a.on_scene_at for a in arrived if a.on_scene_at is not None]
    dispatches = [
        a.dispatched_at for a in assignments if a.status is not AssignmentStatus.STOOD_DOWN or a in arrived
    ]
    if any(a.status is AssignmentStatus.ON_SCENE for a in active):
        status = IncidentStatus.ON_SCENE
    elif active:
        status = IncidentStatus.DISPATCHED
    elif arrivals:
        status = IncidentStatus.ON_SCENE
    else:
        status = IncidentStatus.OPEN
    return replace(
        incident,
        status=status,
        first_dispatched_at=min(dispatches, default=None),
        first_on_scene_at=min(arrivals, default=None),
        changed_at=at,
    )
