"""The city's districts and what is known below them: their outlines, and which of them a place lies in."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from core.actor import CITY
from core.geo import BoundingBox, LonLat, distance_m
from operations.cap import CapArea, CapCircle
from operations.ports import PartOfCity
from roads.layout import CATALOGUE

DISTRICTS: Path = CATALOGUE / "areas" / "districts.geojson"
STREETS: Path = CATALOGUE / "areas" / "streets.geojson"
"""Streets and communities whose outlines a city has; what is in none belongs to its district."""


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


@dataclass(frozen=True, slots=True)
class NodeBelow:
    """A street (9 digits) or community (12 digits) with its outline, WGS-84."""

    code: str
    name_zh: str
    name_en: str
    polygon: BaseGeometry


@cache
def load_streets() -> tuple[NodeBelow, ...]:
    """All streets and communities that have an outline, the lowest nodes first; none where a city has no such file."""
    if not STREETS.exists():
        return ()
    found = [
        NodeBelow(
            f["properties"]["code"], f["properties"]["name"], f["properties"]["name_en"], shape(f["geometry"])
        )
        for f in json.loads(STREETS.read_text(encoding="utf-8"))["features"]
    ]
    return tuple(sorted(found, key=lambda node: (-len(node.code), node.code)))


def node_of(place: LonLat) -> str | None:
    """Code of the lowest node of the command tree whose outline the place lies in; None outside the city."""
    district = district_of(place)
    if district is None:
        return None
    here = shapely.Point(*place)
    below = (n.code for n in load_streets() if n.code.startswith(district) and n.polygon.intersects(here))
    return next(below, district)


def city_bounds() -> BoundingBox:
    """The box around all districts: what lies outside it is certainly not in the city."""
    return BoundingBox(*(float(edge) for edge in shapely.total_bounds([d.polygon for d in load_districts()])))


class DistrictAreas:
    """Fulfils operations.ports.Areas: a jurisdiction is a district, or a street or community with an outline."""

    def names(self) -> Mapping[str, tuple[str, str]]:
        return {CITY: ("昆明市", "Kunming")} | {d.code: (d.name_zh, d.name_en) for d in load_districts()}

    def names_below(self) -> Mapping[str, tuple[str, str]]:
        return {node.code: (node.name_zh, node.name_en) for node in load_streets()}

    def jurisdiction_of(self, place: LonLat) -> str | None:
        return node_of(place)

    def jurisdictions_within(self, outline: Sequence[LonLat]) -> frozenset[str] | None:
        area = shapely.Polygon(outline)
        if not area.is_valid:
            return None
        found: set[str] = set()
        for number in _index().query(area, predicate="intersects"):
            district = load_districts()[int(number)]
            rest = area.intersection(district.polygon)
            for node in load_streets():
                if node.code.startswith(district.code) and node.polygon.intersects(rest):
                    found.add(node.code)
                    rest = rest.difference(node.polygon)
            if not rest.is_empty:
                found.add(district.code)
        return frozenset(found)

    def part_in_city(self, areas: Sequence[CapArea], codes: Collection[str]) -> PartOfCity | None:
        shapes = [shape for area in areas for shape in _shapes(area)]
        meant = tuple(code for written in codes if (code := _node(written)))
        touched = {
            district: next((shape for shape in shapes if _touches(shape, district)), None)
            for district in load_districts()
        }
        found = [
            district
            for district, shape in touched.items()
            if shape is not None
            or any(district.code.startswith(code) or code.startswith(district.code) for code in meant)
        ]
        if not found:
            return None
        codes_found = frozenset(district.code for district in found)
        shape = touched[found[0]]
        middle = None if shape is None else _middle(shape)
        if middle is None or district_of(middle) not in codes_found:
            middle = _place_in(found[0], shape)
        return PartOfCity(codes_found, middle)

    @property
    def short_names(self) -> dict[str, str]:
        """Names as they stand in callsigns, by code: 官渡 for 官渡区."""
        return {d.code: d.name_zh.removesuffix("区") for d in load_districts()}


_FLAT_WITHIN_KM = 300.0
"""Up to this radius a circle may be drawn on a flat map: two per mille off at the edge. Of a larger one it is asked
whether it reaches the middle of a district."""
_KM_PER_DEGREE = 111.195
"""Of latitude, on a sphere of the mean earth radius."""
_CORNERS = 64


def _shapes(area: CapArea) -> list[BaseGeometry | CapCircle]:
    """Polygons and small circles as geometry in degrees; circles too large for a flat map stay what they are."""
    found: list[BaseGeometry | CapCircle] = [shapely.Polygon(ring) for ring in area.polygons]
    return found + [_outline(circle) for circle in area.circles]


def _outline(circle: CapCircle) -> BaseGeometry | CapCircle:
    if circle.radius_km > _FLAT_WITHIN_KM or abs(circle.centre.lat) > 80:
        return circle
    if circle.radius_km == 0:
        return shapely.Point(*circle.centre)
    up = circle.radius_km / _KM_PER_DEGREE
    across = up / math.cos(math.radians(circle.centre.lat))
    angles = [2 * math.pi * n / _CORNERS for n in range(_CORNERS)]
    lon, lat = circle.centre
    return shapely.Polygon([(lon + across * math.cos(a), lat + up * math.sin(a)) for a in angles])


def _touches(shape: BaseGeometry | CapCircle, district: District) -> bool:
    if isinstance(shape, CapCircle):
        return distance_m(_inside(district.polygon), shape.centre) <= shape.radius_km * 1000
    shapely.prepare(district.polygon)
    return bool(district.polygon.intersects(shape))


def _middle(shape: BaseGeometry | CapCircle) -> LonLat:
    if isinstance(shape, CapCircle):
        return shape.centre
    return LonLat(round(shape.centroid.x, 6), round(shape.centroid.y, 6))


def _place_in(district: District, shape: BaseGeometry | CapCircle | None) -> LonLat:
    """A place in the part of the district that the shape covers, or in the district where that is all we know."""
    # A ring that crosses itself has no well-defined inside, and mending a hostile one may take minutes.
    if shape is None or isinstance(shape, CapCircle) or not shape.is_valid:
        return _inside(district.polygon)
    return _inside(district.polygon.intersection(shape))


def _inside(geometry: BaseGeometry) -> LonLat:
    point = geometry.representative_point()
    return LonLat(round(point.x, 6), round(point.y, 6))


def _node(written: str) -> str | None:
    """The node of a code of GB/T 2260 or 10114 without the zeros that fill it up: 530100000000 is 5301."""
    if not written.isascii() or not written.isdigit() or not 2 <= len(written) <= 12:
        return None
    code = written
    while len(code) > 2 and len(code) % 2 == 0 and code.endswith("00"):
        code = code[:-2]
    return code if code.startswith(CITY) or CITY.startswith(code) else None
