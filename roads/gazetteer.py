"""Finds roads, crossings, points, waters, districts and grids by what an officer types during a call."""

from __future__ import annotations

import json
import logging
import re
import threading
import unicodedata
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from pathlib import Path

import numpy as np
import shapely
from pypinyin import Style, lazy_pinyin

from core.geo import LonLat, distance_m
from dispatch.coverage import Grid
from operations.catalogue import Catalogue, CatalogueSource
from operations.places import NamedPlace, PlaceKind
from roads.areas import District, district_of, load_districts
from roads.layout import load_layout, load_waters
from roads.metric import Floats, Ints

log = logging.getLogger(__name__)

CROSSING_M = 50.0
POINT_M = 30.0
ROAD_M = 100.0
GRID_M = 300.0
DISTRICT_M = 10_000.0
"""How far from the place what is meant may lie (assumptions; of a road it is half its length within the district)."""

SLIVER = 0.03
"""A district in which less than this share of a road lies is not offered: the road runs along its edge."""

_KIND_ORDER: tuple[PlaceKind, ...] = ("point", "road", "geofence", "water", "district", "crossing", "grid")
_APART = re.compile(r"[\s与、×&+/,，;；]+|\band\b")
_CROSSING_WORDS = re.compile(r"(?:的?(?:交叉口|交叉路口|路口|交口|交汇处))$")
_FAR_FROM_MEANT = 1_000_000


@dataclass(frozen=True, slots=True)
class _Entry:
    """A place with the spellings it is found by: of each name the characters, pinyin and its initials."""

    found: NamedPlace
    spellings: tuple[tuple[str, str, str, str], ...]
    """Chinese, English, pinyin, initials of each name the place has; a crossing has two."""
    all_of_them: str
    weight: float
    """The larger the earlier, among equals."""


class RoadGazetteer:
    """Fulfils operations.places.Gazetteer. Reads the road names of the network in use at the first question; safe for
    several threads."""

    def __init__(self, network: Path, catalogues: CatalogueSource, grids: Sequence[Grid]) -> None:
        self._network, self._catalogues, self._grids = network, catalogues, grids
        self._lock = threading.Lock()
        self._lasting: tuple[_Entry, ...] | None = None
        self._edited: tuple[str, tuple[_Entry, ...]] = ("", ())

    def find(self, text: str, limit: int) -> Sequence[NamedPlace]:
        entries = self._entries()
        typed = _CROSSING_WORDS.sub("", unicodedata.normalize("NFKC", text).casefold().strip())
        words = [word for word in _APART.split(typed) if word]
        if not words:
            return []
        # A name may hold a space itself: what was typed counts whole, too.
        matching = [
            (score, _KIND_ORDER.index(e.found.kind), -e.weight, e.found.name_zh, e.found.area_zh, e.found)
            for e in entries
            if all(word in e.all_of_them for word in words)
            and (score := min(_score(e, words), _score(e, [typed]))) < _FAR_FROM_MEANT
        ]
        return [found for *_, found in sorted(matching, key=lambda row: row[:-1])[:limit]]

    def _entries(self) -> Iterable[_Entry]:
        with self._lock:
            catalogue = self._catalogues.current()
            if self._edited[0] != (key := catalogue.digest or "standing"):
                self._edited = (key, tuple(_of_catalogue(catalogue)))
            if self._lasting is None:
                self._lasting = tuple([*_areas(), *_grids(self._grids), *_roads(self._network)])
            return (*self._edited[1], *self._lasting)


def _score(entry: _Entry, words: Sequence[str]) -> int:
    """How far what was typed is from the names: 0 is one of them, each word counted at its best name."""
    total = sum(min(_distance(word, spelling) for spelling in entry.spellings) for word in words)
    # A crossing is meant by two roads, not by one.
    return total + (3 if entry.found.kind == "crossing" and len(words) == 1 else 0)


def _distance(word: str, spelling: tuple[str, str, str, str]) -> int:
    chinese, english, pinyin, initials = spelling
    if word in (chinese, english):
        return 0
    if chinese.startswith(word) or english.startswith(word) or word in (pinyin, initials):
        return 1
    if initials.startswith(word) or pinyin.startswith(word) or f" {word}" in english:
        return 2
    if word in chinese:
        return 3
    # Two letters are the initials of half the city, somewhere inside.
    if len(word) >= 3 and (word in initials or word in pinyin or word in english):
        return 4
    return _FAR_FROM_MEANT


def _entry(found: NamedPlace, names: Sequence[tuple[str, str]], weight: float = 0.0) -> _Entry:
    spellings = tuple(
        (zh.casefold(), en.casefold(), *_pinyin(zh)) for zh, en in ((n, e) for n, e in names if n or e)
    )
    return _Entry(found, spellings, "\n".join("\n".join(spelling) for spelling in spellings), weight)


@lru_cache(maxsize=50_000)
def _pinyin(name: str) -> tuple[str, str]:
    """Pinyin without tones, and the first letter of each syllable; what is no Chinese stays as it is."""
    return (
        "".join(lazy_pinyin(name)).replace(" ", "").casefold(),
        "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).replace(" ", "").casefold(),
    )


def _of_catalogue(catalogue: Catalogue) -> Iterator[_Entry]:
    for point in catalogue.points.values():
        yield _place("point", point.name_zh, point.name_en, point.place, POINT_M, point.point_id)
    for fence in catalogue.geofences.values():
        yield _place("geofence", fence.name_zh, fence.name_en, fence.centre, fence.radius_m or CROSSING_M)


def _areas() -> Iterator[_Entry]:
    for district in load_districts():
        middle = district.polygon.representative_point()
        yield _place(
            "district",
            district.name_zh,
            district.name_en,
            LonLat(middle.x, middle.y),
            DISTRICT_M,
            district.code,
        )
    for water in load_waters():
        points = water.points
        middle_place = points[len(points) // 2]
        reach = max(distance_m(middle_place, point) for point in points)
        yield _place("water", water.name, water.name_en, middle_place, reach)


def _grids(grids: Sequence[Grid]) -> Iterator[_Entry]:
    names = {district.code: district for district in load_districts()}
    for grid in grids:
        area = names.get(grid.code[:6])
        found = NamedPlace(
            "grid",
            f"{area.name_zh if area else ''}网格 {grid.code}",
            f"{area.name_en if area else ''} grid {grid.code}".strip(),
            grid.place,
            GRID_M,
            code=grid.code,
        )
        yield _entry(found, [(found.name_zh, found.name_en), (grid.code, grid.code)])


def _place(
    kind: PlaceKind, name_zh: str, name_en: str, place: LonLat, accuracy_m: float, code: str = ""
) -> _Entry:
    area = _district(place) if kind != "district" else None
    found = NamedPlace(
        kind,
        name_zh,
        name_en,
        place,
        accuracy_m,
        area.name_zh if area else "",
        area.name_en if area else "",
        code,
    )
    return _entry(found, [(name_zh, name_en)])


def _district(place: LonLat) -> District | None:
    code = district_of(place)
    return next((d for d in load_districts() if d.code == code), None)


# ---------------------------------------------------------------- roads


def _roads(path: Path) -> list[_Entry]:
    """Each named road once for each district it runs through, and where two of them meet."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            names: list[str] = json.loads(stored["about"].tobytes())["names"]
            name, tail, head = stored["name"], stored["tail"], stored["head"]
            lon, lat = stored["node_lon"], stored["node_lat"]
            length_m = stored["length_m"]
    except (OSError, ValueError, KeyError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        # Chosen degradation: points, districts and grids are found still, roads by a click on the map.
        log.error("no road names from %s: %s", path, error)
        return []
    english = {road.name: road.name_en for road in load_layout().roads}
    named = np.flatnonzero([bool(names[i]) for i in name.tolist()])
    middle = np.c_[lon[tail[named]] + lon[head[named]], lat[tail[named]] + lat[head[named]]] / 2
    found: list[_Entry] = []
    districts = load_districts()
    tree = shapely.STRtree([district.polygon for district in districts])
    which, where = tree.query(shapely.points(middle), predicate="intersects")
    parts: dict[tuple[int, int], list[int]] = defaultdict(list)
    for row, area in zip(which.tolist(), where.tolist(), strict=True):
        parts[int(name[named[row]]), area].append(row)
    metres = {key: float(length_m[named[rows]].sum()) for key, rows in parts.items()}
    whole: dict[int, float] = defaultdict(float)
    for (road, _), length in metres.items():
        whole[road] += length
    for (road, area), rows in parts.items():
        if metres[road, area] < SLIVER * whole[road]:
            continue
        places = middle[rows]
        centre = places[np.argmin(((places - places.mean(axis=0)) ** 2).sum(axis=1))]
        place = LonLat(float(centre[0]), float(centre[1]))
        far = max(distance_m(place, LonLat(float(x), float(y))) for x, y in places)
        district = districts[area]
        found.append(
            _entry(
                NamedPlace(
                    "road",
                    names[road],
                    english.get(names[road], names[road]),
                    place,
                    max(round(far), ROAD_M),
                    district.name_zh,
                    district.name_en,
                ),
                [(names[road], english.get(names[road], ""))],
                metres[road, area],
            )
        )
    return [*found, *_crossings(names, english, name[named], tail[named], head[named], lon, lat)]


def _crossings(
    names: Sequence[str],
    english: dict[str, str],
    name: Ints,
    tail: Ints,
    head: Ints,
    lon: Floats,
    lat: Floats,
) -> Iterator[_Entry]:
    at_node: dict[int, set[int]] = defaultdict(set)
    for ends in (tail.tolist(), head.tolist()):
        for node, road in zip(ends, name.tolist(), strict=True):
            at_node[node].add(road)
    meet: dict[tuple[int, int], list[int]] = defaultdict(list)
    for node, roads in at_node.items():
        for pair in combinations(sorted(roads), 2):
            meet[pair].append(node)
    for (first, second), nodes in meet.items():
        # Wide roads meet in several nodes: the one nearest to their middle stands for the crossing.
        places = np.c_[lon[nodes], lat[nodes]]
        centre = places[np.argmin(((places - places.mean(axis=0)) ** 2).sum(axis=1))]
        place = LonLat(float(centre[0]), float(centre[1]))
        area = _district(place)
        pair_zh = (names[first], names[second])
        pair_en = tuple(english.get(road, road) for road in pair_zh)
        yield _entry(
            NamedPlace(
                "crossing",
                " × ".join(pair_zh),
                " × ".join(pair_en),
                place,
                CROSSING_M,
                area.name_zh if area else "",
                area.name_en if area else "",
            ),
            [(road, english.get(road, "")) for road in pair_zh],
        )
