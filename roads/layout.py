"""Reads the hand-laid main roads, interchanges, underpasses and built-up areas of the embedded city."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from core.errors import InvalidInputError
from core.geo import LonLat
from roads.classes import RoadClass

CATALOGUE = Path(__file__).resolve().parent.parent / "catalogue"


@dataclass(frozen=True, slots=True)
class MainRoad:
    """A named road along control points. `level` as in RoadLine; `closed` joins its end to its start."""

    name: str
    name_en: str
    road_class: RoadClass
    points: tuple[LonLat, ...]
    level: int
    closed: bool

    @property
    def separated(self) -> bool:
        """Whether it meets others only at interchanges."""
        return self.level != 0 or self.road_class is RoadClass.MOTORWAY


@dataclass(frozen=True, slots=True)
class Underpass:
    """A stretch of `length_m` metres of a road around a place where it dips."""

    road: str
    place: LonLat
    length_m: float


@dataclass(frozen=True, slots=True)
class UrbanArea:
    """A built-up area whose streets lie about `spacing_m` metres apart."""

    name: str
    spacing_m: float
    outline: tuple[LonLat, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything that is laid out by hand."""

    roads: tuple[MainRoad, ...]
    interchanges: tuple[tuple[str, LonLat], ...]
    underpasses: tuple[Underpass, ...]
    urban: tuple[UrbanArea, ...]


@dataclass(frozen=True, slots=True)
class Water:
    """A lake (closed outline) or a river (line)."""

    name: str
    name_en: str
    is_lake: bool
    points: tuple[LonLat, ...]


def load_layout(path: Path = CATALOGUE / "roads" / "kunming-main-roads.yaml") -> Layout:
    """The layout in a catalogue file. Raises InvalidInputError when an entry lacks what it needs."""
    stored = _read(path)
    try:
        return Layout(
            roads=tuple(
                MainRoad(
                    name=road["name"],
                    name_en=road["name_en"],
                    road_class=RoadClass[road["class"].upper()],
                    points=places(road["points"]),
                    level=int(road.get("level", 0)),
                    closed=bool(road.get("closed", False)),
                )
                for road in stored["roads"]
            ),
            interchanges=tuple((i["name"], LonLat(*i["place"])) for i in stored["interchanges"]),
            underpasses=tuple(
                Underpass(u["road"], LonLat(*u["place"]), float(u["length_m"])) for u in stored["underpasses"]
            ),
            urban=tuple(
                UrbanArea(a["name"], float(a["spacing_m"]), places(a["outline"])) for a in stored["urban"]
            ),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInputError(f"{path.name} is not a road layout: {error!r}") from error


def load_waters(path: Path = CATALOGUE / "areas" / "waters.yaml") -> tuple[Water, ...]:
    """Lakes and rivers of a catalogue file. Raises InvalidInputError when an entry lacks what it needs."""
    stored = _read(path)
    try:
        lakes = [Water(w["name"], w["name_en"], True, places(w["outline"])) for w in stored["lakes"]]
        rivers = [Water(w["name"], w["name_en"], False, places(w["points"])) for w in stored["rivers"]]
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInputError(f"{path.name} is not a list of waters: {error!r}") from error
    return (*lakes, *rivers)


def places(pairs: list[list[float]]) -> tuple[LonLat, ...]:
    """[longitude, latitude] pairs as places."""
    return tuple(LonLat(float(lon), float(lat)) for lon, lat in pairs)


def _read(path: Path) -> dict[str, Any]:
    with path.open(encoding="utf-8") as file:
        stored = yaml.safe_load(file)
    if not isinstance(stored, dict):
        raise InvalidInputError(f"{path.name} holds {type(stored).__name__}, expected a mapping")
    return stored
