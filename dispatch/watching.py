"""What positions and the clock say about units: set off, arrived, left, too long in one status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from core.geo import LonLat, distance_m
from dispatch.fixes import Fix
from dispatch.model import Assignment, AssignmentStatus, Unit, UnitStatus


@dataclass(frozen=True, slots=True)
class IncidentGeofence:
    """The circle around an incident. A unit enters it at `radius_m` and leaves it at `leave_at_m`, further out, so
    that one who stands on the line does not come and go. `set_off_m`: so much nearer than at the start of its
    way a unit has set off."""

    radius_m: float
    leave_at_m: float
    set_off_m: float


@dataclass(frozen=True, slots=True)
class StatusLimits:
    """How long a unit may take: seconds from dispatch to en route; the share of the expected travel time, and the
    least number of seconds, from en route to on scene; seconds on scene, and in statuses without an assignment."""

    turn_out_s: float
    travel_factor: float
    travel_at_least_s: float
    on_scene_s: float
    at_most_s: Mapping[UnitStatus, float]
    """Of units without an assignment; a status that is not among them may last."""


class Crossing(StrEnum):
    """How a unit crossed the geofence."""

    ENTERED = "entered"
    LEFT = "left"


class Overdue(StrEnum):
    """Which milestone an assignment waits for too long. One that is long on scene is asked how its crew is."""

    NOT_EN_ROUTE = "not_en_route"
    NOT_ON_SCENE = "not_on_scene"
    STILL_ON_SCENE = "still_on_scene"


def is_inside(assignment: Assignment) -> bool:
    """Whether the unit was inside the geofence when it was last looked at."""
    return assignment.entered_at is not None and assignment.left_at is None


def crossing(assignment: Assignment, fix: Fix, fence: IncidentGeofence) -> Crossing | None:
    """How the unit crossed the circle around its incident since it was last looked at; None if it did not."""
    if fix.fixed_at < assignment.dispatched_at:
        return None
    away_m = distance_m(fix.place, assignment.place)
    inside = is_inside(assignment)
    if not inside and away_m <= fence.radius_m:
        return Crossing.ENTERED
    if inside and away_m > fence.leave_at_m:
        return Crossing.LEFT
    return None


def crossed(assignment: Assignment, how: Crossing, at: datetime) -> Assignment:
    """The assignment with the crossing written down: the last entry, and whether it was left again."""
    if how is Crossing.ENTERED:
        return replace(assignment, entered_at=at, left_at=None)
    return replace(assignment, left_at=at)


def has_set_off(assignment: Assignment, fix: Fix, fence: IncidentGeofence) -> bool:
    """Whether a unit that was sent has come nearer by enough; never for one without a route."""
    if assignment.status is not AssignmentStatus.DISPATCHED or not assignment.path:
        return False
    start: LonLat = assignment.path[0]
    gained_m = distance_m(start, assignment.place) - distance_m(fix.place, assignment.place)
    return fix.fixed_at >= assignment.dispatched_at and gained_m >= fence.set_off_m


def overdue(assignment: Assignment, now: datetime, limits: StatusLimits) -> Overdue | None:
    """The milestone this assignment waits for too long at `now`, if any."""
    if assignment.status is AssignmentStatus.DISPATCHED:
        due_at = assignment.dispatched_at + timedelta(seconds=limits.turn_out_s)
        return Overdue.NOT_EN_ROUTE if now > due_at else None
    if assignment.status is AssignmentStatus.EN_ROUTE and assignment.en_route_at is not None:
        expected_s = (assignment.travel_time_s or 0.0) * limits.travel_factor
        due_at = assignment.en_route_at + timedelta(seconds=max(expected_s, limits.travel_at_least_s))
        return Overdue.NOT_ON_SCENE if now > due_at else None
    if assignment.status is AssignmentStatus.ON_SCENE and assignment.on_scene_at is not None:
        due_at = assignment.on_scene_at + timedelta(seconds=limits.on_scene_s)
        return Overdue.STILL_ON_SCENE if now > due_at else None
    return None


def lasts_too_long(unit: Unit, now: datetime, limits: StatusLimits) -> bool:
    """Whether a unit without an assignment has been in its status for longer than that may last."""
    at_most_s = limits.at_most_s.get(unit.status)
    if unit.assignment_id is not None or at_most_s is None:
        return False
    return now > unit.status_at + timedelta(seconds=at_most_s)
