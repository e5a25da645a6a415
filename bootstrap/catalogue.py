"""Reads and validates what a city edits; a wrong file is refused with file, place, found and expected."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from alerts.model import GradingTable, MonitoredPoint, PointKind
from core.errors import CommandCentreError
from core.geo import LonLat
from dispatch.model import Priority
from dispatch.recommendation import RunCard
from dispatch.watching import Geofence, StatusLimits
from operations.catalogue import Catalogue, Category, Net, UnitKind, UnitRules

CATALOGUE_DIR = Path(__file__).resolve().parent.parent / "catalogue"


class CatalogueError(CommandCentreError):
    """A catalogue file cannot be used; nothing of it is."""

    code = "catalogue"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _RunCard(_Strict):
    unit_count: int = Field(ge=1, le=20)
    capabilities: list[str]


class _Category(_Strict):
    code: str
    name_zh: str
    name_en: str
    priority: Priority
    priority_by_kind: dict[PointKind, Priority] = {}
    run_card: _RunCard


class _Categories(_Strict):
    version: str
    source: str
    categories: list[_Category] = Field(min_length=1)


class _Nets(_Strict):
    nets: list[Net] = Field(min_length=1)
    closure_radius_m: dict[PointKind, float]


class _Geofence(_Strict):
    radius_m: float = Field(gt=0, le=2_000)
    leave_at_m: float = Field(gt=0, le=5_000)
    set_off_m: float = Field(gt=0, le=5_000)


class _Limits(_Strict):
    turn_out_s: float = Field(gt=0)
    travel_factor: float = Field(ge=1)
    travel_at_least_s: float = Field(ge=0)


class _Units(_Strict):
    source: str
    kinds: list[UnitKind] = Field(min_length=1)
    geofence: _Geofence
    limits: _Limits


class _Point(_Strict):
    id: str
    name_zh: str
    name_en: str
    kind: PointKind
    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)
    jurisdiction: str = Field(pattern=r"^\d{4,12}$")


class _Points(BaseModel):
    points: list[_Point]


def load_catalogue(folder: Path = CATALOGUE_DIR) -> Catalogue:
    """The whole catalogue. Raises CatalogueError."""
    table = _read(folder / "grading" / "waterlogging-depth.yaml", GradingTable)
    _check_rising(table, folder / "grading" / "waterlogging-depth.yaml")
    categories = _read(folder / "categories.yaml", _Categories)
    nets = _read(folder / "nets.yaml", _Nets)
    points = _read(folder / "points.yaml", _Points)
    return Catalogue(
        version=categories.version,
        points={
            p.id: MonitoredPoint(p.id, p.name_zh, p.name_en, p.kind, LonLat(p.lon, p.lat), p.jurisdiction)
            for p in points.points
        },
        waterlogging=table,
        categories={c.code: _category(c, categories.source) for c in categories.categories},
        nets={net.code: net for net in nets.nets},
        closure_radius_m={str(kind): metres for kind, metres in nets.closure_radius_m.items()},
        units=_unit_rules(folder / "units.yaml"),
    )


def _category(found: _Category, source: str) -> Category:
    by_kind: Mapping[str, Priority] = {str(kind): p for kind, p in found.priority_by_kind.items()}
    card = RunCard(found.code, found.run_card.unit_count, frozenset(found.run_card.capabilities))
    return Category(found.code, found.name_zh, found.name_en, found.priority, by_kind, card, source)


def _unit_rules(path: Path) -> UnitRules:
    found: _Units = _read(path, _Units)
    fence = found.geofence
    if fence.leave_at_m <= fence.radius_m:
        raise CatalogueError(
            f"{path.name}: geofence.leave_at_m: found {fence.leave_at_m:g}, expected more than radius_m "
            f"({fence.radius_m:g})"
        )
    return UnitRules(
        {kind.code: kind for kind in found.kinds},
        Geofence(**fence.model_dump()),
        StatusLimits(**found.limits.model_dump()),
        found.source,
    )


def _check_rising(table: GradingTable, path: Path) -> None:
    thresholds = [grade.at_least_cm for grade in table.grades]
    if not thresholds or thresholds != sorted(set(thresholds)):
        raise CatalogueError(f"{path.name}: grades: found thresholds {thresholds}, expected them to rise")


def _read(path: Path, kind: type[Any]) -> Any:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CatalogueError(f"{path}: found no file, expected one") from error
    except yaml.YAMLError as error:
        raise CatalogueError(f"{path.name}: found no valid YAML: {error}") from error
    try:
        return TypeAdapter(kind).validate_python(found)
    except ValidationError as error:
        wrong = [
            f"  {'.'.join(str(part) for part in e['loc'])}: found {str(e['input'])[:80]!r}, expected: {e['msg']}"
            for e in error.errors()
        ]
        raise CatalogueError("\n".join([f"{path.name} cannot be used:", *wrong])) from error
