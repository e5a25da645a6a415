"""Places: monitored points, geofences, patrol nets and how far around a point a road counts as flooded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from alerts.geofences import Geofence
from alerts.model import MonitoredPoint, PointKind, Quantity
from bootstrap.catalogue.documents import Document, Strict, parse
from core.geo import LonLat
from operations.catalogue import Net

Lon = Annotated[float, Field(ge=-180, le=180)]
Lat = Annotated[float, Field(ge=-90, le=90)]
Jurisdiction = Annotated[str, Field(pattern=r"^\d{4,12}$")]


class _Point(Strict):
    id: str = Field(min_length=1)
    name_zh: str
    name_en: str
    kind: PointKind
    lon: Lon
    lat: Lat
    jurisdiction: Jurisdiction
    quantity: Quantity | None = None
    group_zh: str = ""
    group_en: str = ""
    synthetic: bool = False


class _Points(BaseModel):
    """Beside the points the file may say where it is from."""

    model_config = ConfigDict(extra="allow", frozen=True)
    points: list[_Point]


class _Net(Strict):
    code: str
    name_zh: str
    name_en: str


class _Nets(Strict):
    nets: list[_Net] = Field(min_length=1)
    closure_radius_m: dict[PointKind, Annotated[float, Field(gt=0)]]


class _Circle(Strict):
    lon: Lon
    lat: Lat
    radius_m: float = Field(gt=0, le=20_000)


class _Geofence(Strict):
    id: str = Field(min_length=1)
    name_zh: str
    name_en: str
    jurisdiction: Jurisdiction
    point: str | None = None
    unit_kinds: tuple[str, ...] = ()
    circle: _Circle | None = None
    polygon: Annotated[list[tuple[Lon, Lat]], Field(min_length=3)] | None = None


class _Geofences(Strict):
    source: str
    geofences: list[_Geofence]


def read_points(document: Document) -> dict[str, MonitoredPoint]:
    """Every monitored point by its id. Raises CatalogueError."""
    found: dict[str, MonitoredPoint] = {}
    for index, point in enumerate(parse(document, _Points).points):
        if point.id in found:
            raise document.refuse(("points", index, "id"), f"{point.id!r} again", "an id of its own")
        found[point.id] = MonitoredPoint(
            point_id=point.id,
            name_zh=point.name_zh,
            name_en=point.name_en,
            kind=point.kind,
            place=LonLat(point.lon, point.lat),
            jurisdiction=point.jurisdiction,
            quantity=point.quantity or ("rain_mm" if point.kind == "rain_gauge" else "depth_cm"),
            group_zh=point.group_zh,
            group_en=point.group_en,
        )
    return found


def read_nets(document: Document) -> tuple[dict[str, Net], dict[str, float]]:
    """Patrol nets by code, and the closure radius in metres by kind of point. Raises CatalogueError."""
    file = parse(document, _Nets)
    nets = {net.code: Net(net.code, net.name_zh, net.name_en) for net in file.nets}
    return nets, {str(kind): metres for kind, metres in file.closure_radius_m.items()}


def read_geofences(document: Document, points: Mapping[str, Any]) -> dict[str, Geofence]:
    """Every geofence by its id. Raises CatalogueError: also for a point that is not there."""
    found: dict[str, Geofence] = {}
    for index, fence in enumerate(parse(document, _Geofences).geofences):
        loc = ("geofences", index)
        if fence.id in found:
            raise document.refuse((*loc, "id"), f"{fence.id!r} again", "an id of its own")
        if (fence.circle is None) is (fence.polygon is None):
            both = "both a circle and a polygon" if fence.circle else "neither a circle nor a polygon"
            raise document.refuse(loc, both, "one of them")
        if fence.point is not None and fence.point not in points:
            raise document.refuse((*loc, "point"), f"{fence.point!r}", "the id of a monitored point")
        outline = tuple(LonLat(lon, lat) for lon, lat in fence.polygon or [])
        centre = LonLat(fence.circle.lon, fence.circle.lat) if fence.circle else _middle(outline)
        found[fence.id] = Geofence(
            geofence_id=fence.id,
            name_zh=fence.name_zh,
            name_en=fence.name_en,
            jurisdiction=fence.jurisdiction,
            centre=centre,
            radius_m=fence.circle.radius_m if fence.circle else 0.0,
            outline=outline,
            unit_kinds=frozenset(fence.unit_kinds),
            point_id=fence.point,
        )
    return found


def _middle(outline: tuple[LonLat, ...]) -> LonLat:
    count = len(outline)
    return LonLat(sum(p.lon for p in outline) / count, sum(p.lat for p in outline) / count)
