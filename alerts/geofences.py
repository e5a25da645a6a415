"""Named areas that a rule watches for units that enter them."""

from __future__ import annotations

from dataclasses import dataclass

from core.geo import LonLat, distance_m


@dataclass(frozen=True, slots=True)
class Geofence:
    """An area, a circle around `centre` or a polygon, in WGS-84. `unit_kinds` are the kinds of units it is about,
    all when empty. `point_id` is the monitored point whose passability decides whether it may be entered."""

    geofence_id: str
    name_zh: str
    name_en: str
    jurisdiction: str
    centre: LonLat
    radius_m: float = 0.0
    outline: tuple[LonLat, ...] = ()
    unit_kinds: frozenset[str] = frozenset()
    point_id: str | None = None

    def concerns(self, unit_kind: str) -> bool:
        return not self.unit_kinds or unit_kind in self.unit_kinds

    def contains(self, place: LonLat) -> bool:
        if not self.outline:
            return distance_m(self.centre, place) <= self.radius_m
        inside = False
        for a, b in zip(self.outline, (*self.outline[1:], self.outline[0]), strict=True):
            # A ray to the east crosses the edge a-b: once more on the other side.
            crosses = (a.lat > place.lat) != (b.lat > place.lat)
            if crosses and place.lon < a.lon + (place.lat - a.lat) / (b.lat - a.lat) * (b.lon - a.lon):
                inside = not inside
        return inside
