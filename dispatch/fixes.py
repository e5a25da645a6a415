"""Which fixes of a unit to believe: jumps no vehicle can make are doubted, and a frozen receiver is noticed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from core.geo import LonLat, distance_m
from dispatch.model import Assignment, AssignmentStatus

FASTEST_KMH = 250.0
"""What no unit on the road exceeds (proposal)."""

JUMP_ALLOWANCE_M = 150.0
"""Error of two fixes among high buildings that is no jump, in metres (assumption)."""

BELIEVED_AFTER = 3
"""So many doubted fixes in a row that agree with each other are right, and what was known was wrong (proposal)."""

FROZEN_AFTER_S = 120.0
"""A unit that is en route and sends the very same place for so long does not drive with a sound receiver (proposal).
A real receiver's last digit moves even where the vehicle stands."""


@dataclass(frozen=True, slots=True)
class Fix:
    """One position of one unit: `heading_deg` clockwise from north, `speed_kmh` over ground."""

    unit_id: str
    place: LonLat
    heading_deg: float
    speed_kmh: float
    fixed_at: datetime


class FixState(StrEnum):
    """How far the newest fix of a unit can be believed."""

    OK = "ok"
    STALE = "stale"
    FROZEN = "frozen"
    OUTLIER = "outlier"


@dataclass(frozen=True, slots=True)
class Sighting:
    """What is believed of a unit's place: its newest believed fix, since when it has been that very place, and
    the newest fix that was doubted, with how many in a row were."""

    fix: Fix
    same_since: datetime
    doubted: Fix | None = None
    doubts: int = 0


def sight(seen: Sighting | None, fix: Fix) -> Sighting:
    """What is believed after `fix`, which is not older than what was known."""
    if seen is None:
        return Sighting(fix, fix.fixed_at)
    if _can_follow(seen.fix, fix):
        same = fix.place == seen.fix.place
        return Sighting(fix, seen.same_since if same else fix.fixed_at)
    agrees = seen.doubted is not None and _can_follow(seen.doubted, fix)
    doubts = seen.doubts + 1 if agrees else 1
    if doubts >= BELIEVED_AFTER:
        return Sighting(fix, fix.fixed_at)
    return replace(seen, doubted=fix, doubts=doubts)


def is_frozen(sighting: Sighting, assignment: Assignment, now: datetime) -> bool:
    """Whether a unit that says it drives has sent the very same place for too long."""
    if assignment.status is not AssignmentStatus.EN_ROUTE or assignment.en_route_at is None:
        return False
    if sighting.doubted is not None or now < sighting.fix.fixed_at:
        return False
    since = max(sighting.same_since, assignment.en_route_at)
    return (sighting.fix.fixed_at - since).total_seconds() > FROZEN_AFTER_S


def _can_follow(before: Fix, after: Fix) -> bool:
    elapsed_s = max(0.0, (after.fixed_at - before.fixed_at).total_seconds())
    return distance_m(before.place, after.place) <= JUMP_ALLOWANCE_M + elapsed_s * FASTEST_KMH / 3.6
