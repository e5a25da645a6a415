"""Places that have a name: what a caller says instead of coordinates, and who knows where that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from core.geo import LonLat

PlaceKind = Literal["point", "crossing", "road", "water", "geofence", "district", "grid"]


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """A place somebody may name, WGS-84. `accuracy_m` is how far from it what is meant may lie: half of a long road;
    `area_*` the district it lies in."""

    kind: PlaceKind
    name_zh: str
    name_en: str
    place: LonLat
    accuracy_m: float
    area_zh: str = ""
    area_en: str = ""
    code: str = ""


class Gazetteer(Protocol):
    """Finds places by what somebody types."""

    def find(self, text: str, limit: int) -> Sequence[NamedPlace]:
        """The best first, by name in either language, pinyin, its initials or grid code; empty for nothing typed."""
        ...
