"""What the patrol shift needs of a road network and of the city's districts; bootstrap hands both in."""

from __future__ import annotations

import random
from typing import Protocol

from core.geo import BoundingBox, LonLat
from dispatch.travel import RouteFound


class Roads(Protocol):
    """Streets to patrol on."""

    def random_place(self, rng: random.Random, within: BoundingBox | None = None) -> LonLat: ...
    def wander(self, rng: random.Random, start: LonLat, length_m: float) -> list[LonLat]: ...
    def route(self, start: LonLat, end: LonLat) -> RouteFound | None: ...


class Districts(Protocol):
    """Six-digit district codes; None outside the city."""

    def jurisdiction_of(self, place: LonLat) -> str | None: ...
