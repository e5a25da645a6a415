"""Travel times without a road network: the great circle, a detour factor and one speed."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence

from core.geo import LonLat, distance_m
from dispatch.travel import Closure, RouteFound

DETOUR_FACTOR = 1.4
"""Road distance over straight-line distance. Boscoe, Henry & Zdeb (2012, The Professional Geographer 64(2),
188-196) found a mean of 1.417 for 66,000 places and hospitals in the United States; Kunming was not measured."""

SPEED_KMH = 30.0
"""Mean speed in the city: an assumption of this project."""


class StraightLineTravelTimes:
    """The same questions as RoadNetwork answers, guessed. Every answer says straight_line=True.

    Knows nothing of roads, so closures change nothing and `avoided` is always empty.
    """

    name = "straight-line"
    synthetic = False
    """No roads at all are no made-up roads."""

    def close_roads(self, closures: Sequence[Closure]) -> None:
        """Accepts closures and ignores them: there is no road to close."""

    def nearest(
        self,
        target: LonLat,
        sources: Mapping[str, LonLat],
        count: int,
        max_s: float = 7200.0,
        *,
        emergency: bool = True,
    ) -> list[RouteFound]:
        """The `count` sources nearest in a straight line, nearest first, whoever drives."""
        all_m = ((distance_m(place, target), unit_id) for unit_id, place in sources.items())
        found = (
            RouteFound(
                unit_id=unit_id,
                travel_time_s=metre * DETOUR_FACTOR / (SPEED_KMH / 3.6),
                distance_m=metre * DETOUR_FACTOR,
                path=(sources[unit_id], target),
                walk_m=0.0,
                straight_line=True,
                avoided=(),
            )
            for metre, unit_id in heapq.nsmallest(count, all_m)
        )
        return [route for route in found if route.travel_time_s <= max_s]

    def within_m(self, seconds: float) -> float:
        """How far off in a straight line somebody stands who needs so long."""
        return seconds * (SPEED_KMH / 3.6) / DETOUR_FACTOR

    def route(self, start: LonLat, end: LonLat) -> RouteFound | None:
        """The way between two places, guessed; `unit_id` of the answer is empty."""
        found = self.nearest(end, {"": start}, 1)
        return found[0] if found else None
