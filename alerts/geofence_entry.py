"""Which units are in which geofences."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from alerts.geofences import Geofence
from core.geo import EARTH_RADIUS_M, BoundingBox, LonLat


def box_of(fence: Geofence) -> BoundingBox:
    """The smallest upright box that holds the fence: what lies outside it is outside the fence."""
    if fence.outline:
        lons = [place.lon for place in fence.outline]
        lats = [place.lat for place in fence.outline]
        return BoundingBox(min(lons), min(lats), max(lons), max(lats))
    lat = math.degrees(fence.radius_m / EARTH_RADIUS_M)
    lon = lat / max(0.01, math.cos(math.radians(min(89.0, abs(fence.centre.lat) + lat))))
    centre = fence.centre
    return BoundingBox(centre.lon - lon, centre.lat - lat, centre.lon + lon, centre.lat + lat)


def units_inside(
    fences: Iterable[Geofence], places: Mapping[str, LonLat], kind_of: Mapping[str, str]
) -> set[tuple[str, str]]:
    """Pairs of unit id and geofence id: who is where, among the units a fence is about."""
    found: set[tuple[str, str]] = set()
    for fence in fences:
        box = box_of(fence)
        for unit_id, place in places.items():
            if box.contains(place) and fence.concerns(kind_of[unit_id]) and fence.contains(place):
                found.add((unit_id, fence.geofence_id))
    return found
