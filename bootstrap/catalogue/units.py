"""Units: what they move with, when one counts as there, how long a status may last."""

from __future__ import annotations

from pydantic import Field

from bootstrap.catalogue.documents import Document, Strict, parse
from dispatch.watching import IncidentGeofence, StatusLimits
from operations.catalogue import UnitKind, UnitRules


class _Kind(Strict):
    code: str
    name_zh: str
    name_en: str


class _Geofence(Strict):
    radius_m: float = Field(gt=0, le=2_000)
    leave_at_m: float = Field(gt=0, le=5_000)
    set_off_m: float = Field(gt=0, le=5_000)


class _Limits(Strict):
    turn_out_s: float = Field(gt=0)
    travel_factor: float = Field(ge=1)
    travel_at_least_s: float = Field(ge=0)


class _Units(Strict):
    source: str
    kinds: list[_Kind] = Field(min_length=1)
    geofence: _Geofence
    limits: _Limits


def read_unit_rules(document: Document) -> UnitRules:
    """The rules about units. Raises CatalogueError: also for a unit that would leave before it arrives."""
    found = parse(document, _Units)
    fence = found.geofence
    if fence.leave_at_m <= fence.radius_m:
        expected = f"more than radius_m ({fence.radius_m:g})"
        raise document.refuse(("geofence", "leave_at_m"), f"{fence.leave_at_m:g}", expected)
    return UnitRules(
        {kind.code: UnitKind(kind.code, kind.name_zh, kind.name_en) for kind in found.kinds},
        IncidentGeofence(fence.radius_m, fence.leave_at_m, fence.set_off_m),
        StatusLimits(found.limits.turn_out_s, found.limits.travel_factor, found.limits.travel_at_least_s),
        found.source,
    )
