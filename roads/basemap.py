"""Writes the base map for the browsers: districts, water, main roads and streets as small GeoJSON files."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from roads.areas import load_districts
from roads.classes import RoadClass
from roads.layout import Water, load_layout, load_waters
from roads.metric import Ints
from roads.network import RoadNetwork
from roads.plane import from_plane, smooth, to_plane
from roads.segments import Segments

DECIMALS = 5
MAIN_CLASSES = (RoadClass.MOTORWAY, RoadClass.TRUNK, RoadClass.PRIMARY, RoadClass.SECONDARY)
MAIN_TOLERANCE_DEG = 0.00005
STREET_TOLERANCE_DEG = 0.0001
SHORE_STEP_M = 120.0


def write_basemap(network: RoadNetwork, out_dir: Path) -> None:
    """Write districts, water, main_roads and local_streets (.geojson, WGS-84, 5 decimals) into a directory.

    Districts and water come from the catalogue, roads from the network. Properties: districts code, name,
    name_en; water name, name_en, kind (lake, river); main_roads name, name_en where the catalogue has one (also
    for a road of the same name in an imported map), class, elevated; local_streets one feature for each class.
    """
    write_areas(out_dir)
    _write(out_dir / "main_roads.geojson", _main_roads(network.segments))
    _write(out_dir / "local_streets.geojson", _local_streets(network.segments))


def write_areas(out_dir: Path) -> None:
    """Write districts and water, which need no network: without one the map still shows where things are."""
    out_dir.mkdir(parents=True, exist_ok=True)
    _write(
        out_dir / "districts.geojson",
        (({"code": d.code, "name": d.name_zh, "name_en": d.name_en}, d.polygon) for d in load_districts()),
    )
    _write(
        out_dir / "water.geojson",
        (
            (
                {"name": w.name, "name_en": w.name_en, "kind": "lake" if w.is_lake else "river"},
                _shore(w),
            )
            for w in load_waters()
        ),
    )


def _main_roads(roads: Segments) -> Iterable[tuple[dict[str, Any], BaseGeometry]]:
    main = np.flatnonzero(np.isin(roads.road_class, [int(c) for c in MAIN_CLASSES]))
    elevated = roads.level[main] > 0
    english = {road.name: road.name_en for road in load_layout().roads}
    kinds = np.c_[roads.road_class[main], roads.name[main], elevated]
    for kind in np.unique(kinds, axis=0):
        road_class, name, raised = kind.tolist()
        lines = _lines(roads, main[(kinds == kind).all(axis=1)])
        properties: dict[str, Any] = {
            "name": roads.names[name],
            "class": RoadClass(road_class).name.lower(),
        }
        if roads.names[name] in english:
            properties["name_en"] = english[roads.names[name]]
        if raised:
            properties["elevated"] = True
        yield (
            properties,
            _merged(lines, MAIN_TOLERANCE_DEG),
        )


def _local_streets(roads: Segments) -> Iterable[tuple[dict[str, Any], BaseGeometry]]:
    minor = ~np.isin(roads.road_class, [int(c) for c in MAIN_CLASSES])
    for road_class in np.unique(roads.road_class[minor]):
        lines = _lines(roads, np.flatnonzero(roads.road_class == road_class))
        yield {"class": RoadClass(int(road_class)).name.lower()}, _merged(lines, STREET_TOLERANCE_DEG)


def _merged(lines: list[BaseGeometry], tolerance_deg: float) -> BaseGeometry:
    """The lines joined where two meet, without vertices that do not show."""
    joined = shapely.line_merge(shapely.multilinestrings(lines))
    # Lines need no protection from crossing themselves, and checking for it takes 200 times as long.
    return shapely.simplify(joined, tolerance_deg, preserve_topology=False)


def _shore(water: Water) -> BaseGeometry:
    curve = from_plane(smooth(to_plane(water.points), SHORE_STEP_M, closed=water.is_lake))
    return shapely.polygons(curve) if water.is_lake else shapely.linestrings(curve)


def _lines(roads: Segments, chosen: Ints) -> list[BaseGeometry]:
    shape = np.c_[roads.shape_lon, roads.shape_lat]
    return [
        shapely.linestrings(shape[roads.shape_start[i] : roads.shape_start[i + 1]]) for i in chosen.tolist()
    ]


def _write(path: Path, features: Iterable[tuple[dict[str, Any], BaseGeometry]]) -> None:
    collection = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": properties, "geometry": _rounded(mapping(geometry))}
            for properties, geometry in features
        ],
    }
    partial = path.with_name(path.name + ".part")
    partial.write_text(json.dumps(collection, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    partial.replace(path)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, DECIMALS)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    return value
