"""Why units that are nearer than those recommended are not among them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.geo import LonLat, distance_m
from dispatch.correlation import box_around
from dispatch.model import Unit, UnitStatus
from dispatch.run_cards import Need, able
from dispatch.travel import RouteFound

ON_FOOT = "foot"
"""The kind of a patrol without a vehicle."""

TOLD = 5
"""How many are explained: the nearest ones."""


class Why(StrEnum):
    LEFT_FOR = "left_for"
    REFUSED = "refused"
    BUSY = "busy"
    LACKS = "lacks"
    ON_FOOT = "on_foot"
    LATER = "later"
    OTHER_NET = "other_net"
    NO_WAY = "no_way"


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A unit that is not recommended, and why: the facts, so that each language says it in its own words."""

    unit_id: str
    callsign: str
    why: Why
    straight_line_m: float
    status: str
    number: str | None = None
    """Of the incident it is busy with or left for."""
    more_urgent: bool = False
    """That incident has the higher priority; otherwise everybody waits less so."""
    lacks: tuple[str, ...] = ()
    """The capabilities it would need."""
    travel_time_s: float | None = None
    avoided: tuple[str, ...] = ()
    """Closed roads that make it late."""


@dataclass(frozen=True, slots=True)
class LeftFor:
    """The incident that a unit is left for."""

    number: str
    more_urgent: bool


def nearer_units(target: LonLat, chosen: Collection[str], places: Mapping[str, LonLat]) -> list[str]:
    """The units nearer in a straight line than the farthest chosen one, nearest first, at most TOLD; where nobody
    was chosen, the nearest of all."""
    farthest = max((distance_m(places[unit_id], target) for unit_id in chosen), default=None)
    box = None if farthest is None else box_around(target, farthest + 1.0)
    crow = {
        unit_id: distance_m(place, target)
        for unit_id, place in places.items()
        if (box is None or box.contains(place)) and unit_id not in chosen
    }
    nearer = [u for u, m in crow.items() if farthest is None or m < farthest]
    return sorted(nearer, key=lambda u: (crow[u], u))[:TOLD]


def explain(
    target: LonLat,
    unit: Unit,
    place: LonLat,
    needs: Sequence[Need],
    latest_s: float,
    *,
    route: RouteFound | None,
    left_for: LeftFor | None,
    busy_with: str | None,
    refused: bool = False,
) -> PassedOver:
    """The first reason that holds. `latest_s` is the travel time of the last one recommended; `route` the way of
    this unit, where one was sought and found; `busy_with` the number of the incident it is on; `refused` says that its
    owner was asked for it and said no."""
    crow_m = distance_m(place, target)

    def because(why: Why, **facts: object) -> PassedOver:
        return PassedOver(unit.unit_id, unit.callsign, why, crow_m, unit.status.value, **facts)  # type: ignore[arg-type]

    if unit.status is not UnitStatus.AVAILABLE:
        return because(Why.BUSY, number=busy_with)
    if not able(unit, needs):
        missing = min((need.capabilities - unit.capabilities for need in needs), key=len, default=frozenset())
        return because(Why.LACKS, lacks=tuple(sorted(missing)))
    if unit.kind == ON_FOOT:
        return because(Why.ON_FOOT)
    if refused:
        return because(Why.REFUSED)
    if left_for is not None:
        return because(Why.LEFT_FOR, number=left_for.number, more_urgent=left_for.more_urgent)
    if route is None:
        return because(Why.NO_WAY)
    why = Why.LATER if route.travel_time_s >= latest_s else Why.OTHER_NET
    return because(why, travel_time_s=route.travel_time_s, avoided=route.avoided)
