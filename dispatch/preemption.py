"""Taking a unit off a less urgent incident: proposed with its price, never done by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.errors import ConflictError
from core.geo import LonLat
from dispatch.model import Assignment, AssignmentStatus, Incident, Priority

CLEARLY_S = 60.0
"""So much sooner it has to be than the best available unit (proposal)."""

ON_THE_WAY = (AssignmentStatus.DISPATCHED, AssignmentStatus.EN_ROUTE)


@dataclass(frozen=True, slots=True)
class Preemption:
    """A unit on its way elsewhere that would be clearly sooner here, and what that costs there.

    `gain_s` is how much sooner than the best available unit, None where there is none; `loses_s` how much later
    the other incident is reached by the next unit, None where nobody would be left for it.
    """

    assignment_id: str
    unit_id: str
    callsign: str
    jurisdiction: str
    travel_time_s: float
    distance_m: float
    path: tuple[LonLat, ...]
    straight_line: bool
    gain_s: float | None
    from_incident_id: str
    from_number: str
    from_priority: Priority
    loses_s: float | None


def may_take(incident: Incident, other: Incident, assignment: Assignment) -> bool:
    """Whether this incident may take a unit on its way to the other one: a major one, from a less urgent one."""
    return (
        incident.priority is Priority.MAJOR
        and other.priority > incident.priority
        and assignment.status in ON_THE_WAY
    )


def refuse_taking(incident: Incident, other: Incident, assignment: Assignment) -> None:
    """Raises ConflictError when the unit may not be taken off the other incident for this one."""
    if not may_take(incident, other, assignment):
        raise ConflictError(
            f"不能抽调 {assignment.callsign}：{other.number} 为 {int(other.priority)} 级、该单位"
            f"{assignment.status.value}，{incident.number} 为 {int(incident.priority)} 级 / "
            f"found {assignment.callsign} {assignment.status.value} on {other.number} (priority "
            f"{int(other.priority)}), expected a unit on its way to a less urgent incident than "
            f"{incident.number} (priority {int(incident.priority)}), which has to be a major one",
            assignment_id=assignment.assignment_id,
        )


def is_worth_it(travel_time_s: float, best_s: float | None) -> bool:
    """Whether a unit so far away is clearly sooner than the best available one."""
    return best_s is None or travel_time_s + CLEARLY_S <= best_s


def loses(left_at: datetime, expected_at: datetime | None, next_s: float | None) -> float | None:
    """Seconds that the other incident waits longer, 0 at least: the next unit's way against the arrival it had
    been promised. None where nobody is left or no arrival was known."""
    if next_s is None or expected_at is None:
        return None
    return max(0.0, next_s - (expected_at - left_at).total_seconds())
