"""Units: what they move with, when one counts as there, how long a status may last."""

from __future__ import annotations

from pydantic import Field

from bootstrap.catalogue.documents import Document, Strict, parse
from dispatch.model import UnitStatus
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
    on_scene_s: float = Field(gt=0)
    returning_s: float = Field(gt=0)
    on_break_s: float = Field(gt=0)
    out_of_service_s: float = Field(gt=0)


class _Units(Strict):
    source: str
    kinds: list[_Kind] = Field(min_length=1)
    geofence: _Geofence
    limits: _Limits


def _limits(found: _Limits) -> StatusLimits:
    without_assignment = {
        UnitStatus.RETURNING: found.returning_s,
        UnitStatus.ON_BREAK: found.on_break_s,
        UnitStatus.OUT_OF_SERVICE: found.out_of_service_s,
    }
    return StatusLimits(
        found.turn_out_s, found.travel_factor, found.travel_at_least_s, found.on_scene_s, without_assignment
    )


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
        _limits(found.limits),
        found.source,
    )
