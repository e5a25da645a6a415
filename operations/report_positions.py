"""Takes unit positions in; only the newest of each unit is kept, on the position board."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import isfinite

from core.actor import Actor, Permission, Role
from core.geo import BoundingBox
from dispatch.fixes import FASTEST_KMH
from operations.instants import FUTURE_TOLERANCE
from operations.own_unit import require_for_unit
from operations.ports import Fix, Placed, Ports
from operations.stored import QuarantinedItem
from operations.transaction import require

_FAR = f"found a jump, expected at most {FASTEST_KMH:g} km/h from the fix before; it is believed when others agree"


@dataclass(frozen=True, slots=True)
class ReportPositions:
    fixes: tuple[Fix, ...]


@dataclass(frozen=True, slots=True)
class PositionsResult:
    """`stale` fixes were older than what the board already has; harmless."""

    accepted: int
    stale: int
    quarantined: tuple[QuarantinedItem, ...]


def report_positions(
    ports: Ports, actor: Actor, command: ReportPositions, known_units: frozenset[str], bounds: BoundingBox
) -> PositionsResult:
    """Puts sound fixes on the board; unknown units, places outside the city's bounds, future instants and
    jumps that no vehicle makes are quarantined. Positions are no journal rows: they are replaced every second and
    come back by themselves. A field unit speaks for its own unit only: PermissionDeniedError.

    `known_units` are the registered unit ids, `bounds` encloses the city (a district test for every
    fix would cost more than it finds). Raises UnavailableError when the board is away.
    """
    require(actor, Permission.REPORT_POSITIONS)
    if actor.role is Role.FIELD_UNIT:
        for unit_id in {fix.unit_id for fix in command.fixes}:
            require_for_unit(actor, Permission.REPORT_POSITIONS, unit_id, actor.jurisdiction)
    now = ports.clock.now()
    latest = now + FUTURE_TOLERANCE
    sound: list[Fix] = []
    odd: list[QuarantinedItem] = []
    for fix in command.fixes:
        reason = _what_is_wrong(fix, known_units, bounds, latest)
        if reason is None:
            sound.append(fix)
        else:
            odd.append(_quarantined(fix, *reason))
    placed = ports.positions.put(sound, latest) if sound else Placed(0, 0)
    odd += [_quarantined(fix, "outlier", _FAR) for fix in placed.doubted]
    # A unit's own phone sends what it kept without a connection: the board takes the newest, the track the way there.
    own = actor.role is Role.FIELD_UNIT and len(sound) > 1
    kept = [fix for fix in sound if fix not in placed.doubted] if own else []
    if odd or kept:
        with ports.store.transaction() as tx:
            if odd:
                tx.quarantine(odd, actor.actor_id, now)
            if kept:
                tx.store_track(kept)
    return PositionsResult(placed.accepted, placed.stale, tuple(odd))


def _what_is_wrong(
    fix: Fix, known_units: frozenset[str], bounds: BoundingBox, latest: datetime
) -> tuple[str, str] | None:
    if fix.unit_id not in known_units:
        return "unknown-unit", f"found unit {fix.unit_id!r}, expected a registered one"
    if not bounds.contains(fix.place):
        return (
            "outside-city",
            f"found {fix.place.lon:.5f},{fix.place.lat:.5f}, expected a place inside {tuple(bounds)}",
        )
    if fix.fixed_at > latest:
        return "future", f"found {fix.fixed_at.isoformat()}, expected no later than {latest.isoformat()}"
    if not (isfinite(fix.heading_deg) and isfinite(fix.speed_kmh)):
        return "implausible", f"found {fix.heading_deg}° and {fix.speed_kmh} km/h, expected finite numbers"
    return None


def _quarantined(fix: Fix, reason: str, detail: str) -> QuarantinedItem:
    item = {
        "unit_id": fix.unit_id,
        "lon": fix.place.lon,
        "lat": fix.place.lat,
        "fixed_at": fix.fixed_at.isoformat(),
    }
    return QuarantinedItem("position", reason, detail, item)
