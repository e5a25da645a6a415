"""The city's districts: their outlines, and which of them a place lies in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from core.actor import CITY
from core.geo import BoundingBox, LonLat
from roads.layout import CATALOGUE

DISTRICTS: Path = CATALOGUE / "areas" / "districts.geojson"


@dataclass(frozen=True, slots=True)
class District:
    """One district, county or county-level city of Kunming. `code` has 6 digits, `polygon` is WGS-84."""

    code: str
    name_zh: str
    name_en: str
    polygon: BaseGeometry


@cache
def load_districts() -> tuple[District, ...]:
    """All fourteen, by code."""
    stored = json.loads(DISTRICTS.read_text(encoding="utf-8"))
    return tuple(
        District(
            code=feature["properties"]["code"],
            name_zh=feature["properties"]["name"],
            name_en=feature["properties"]["name_en"],
            polygon=shape(feature["geometry"]),
        )
        for feature in stored["features"]
    )


@cache
def _index() -> shapely.STRtree:
    return shapely.STRtree([district.polygon for district in load_districts()])


def district_of(place: LonLat) -> str | None:
    """Code of the district the place lies in; None outside the city (outlines are good to about 100 m)."""
    found = _index().query(shapely.points(*place), predicate="intersects")
    return load_districts()[int(found.min())].code if len(found) else None


def city_bounds() -> BoundingBox:
    """The box around all districts: what lies outside it is certainly not in the city."""
    return BoundingBox(*(float(edge) for edge in shapely.total_bounds([d.polygon for d in load_districts()])))


class DistrictAreas:
    """Fulfils operations.ports.Areas: a jurisdiction is a district."""

    def names(self) -> Mapping[str, tuple[str, str]]:
        return {CITY: ("昆明市", "Kunming")} | {d.code: (d.name_zh, d.name_en) for d in load_districts()}

    def jurisdiction_of(self, place: LonLat) -> str | None:
        return district_of(place)

    @property
    def short_names(self) -> dict[str, str]:
        """Names as they stand in callsigns, by code: 官渡 for 官渡区."""
        return {d.code: d.name_zh.removesuffix("区") for d in load_districts()}
