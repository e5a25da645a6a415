"""Outlines of the grids for the map: a city's own as imported, those of the synthetic ones from their middles."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import shapely
from scipy.spatial import Voronoi
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from core.geo import LonLat
from dispatch.coverage import Grid
from roads.areas import load_districts
from roads.grids import imported_path, load_synthetic
from roads.layout import load_waters
from roads.metric import Floats
from roads.plane import from_plane, to_plane

OUTLINES_FILE = "grids.geojson"
PRECISION_DEG = 1e-5


def write_outlines(data_dir: Path, folder: Path) -> Path:
    """Writes the outlines of the grids in use, in their order, as `grids.geojson` into a folder."""
    imported = imported_path(data_dir)
    path = folder / OUTLINES_FILE
    partial = path.with_name(path.name + ".part")
    if imported.exists():
        outlines = _by_code(json.loads(imported.read_text(encoding="utf-8"))["features"])
    else:
        outlines = synthetic_outlines()
    features = [
        {"type": "Feature", "properties": {"code": code}, "geometry": mapping(outline)}
        for code, outline in outlines.items()
    ]
    whole = {"type": "FeatureCollection", "features": features}
    partial.write_text(json.dumps(whole, separators=(",", ":")), encoding="utf-8")
    partial.replace(path)
    return path


def synthetic_outlines() -> dict[str, BaseGeometry]:
    """Of each synthetic grid, by code: what of its district's land is nearest to its middle."""
    outlines: dict[str, BaseGeometry] = {}
    grids = load_synthetic().grids
    for district in sorted({grid.district for grid in grids}):
        outlines.update(_cells([g for g in grids if g.district == district], district_land(district)))
    return outlines


def district_land(code: str) -> BaseGeometry:
    """A district without its lakes, in metres on the plane."""
    district = next(d for d in load_districts() if d.code == code)
    lakes = [shapely.polygons(to_plane(w.points)) for w in load_waters() if w.is_lake]
    outline = shapely.transform(district.polygon, lambda xy: to_plane([LonLat(*p) for p in xy]))
    return shapely.make_valid(shapely.difference(outline, shapely.union_all(lakes)))


def _cells(grids: list[Grid], land: BaseGeometry) -> dict[str, BaseGeometry]:
    west, south, east, north = shapely.bounds(land)
    # Four middles far outside close the outermost cells.
    far = 10 * max(east - west, north - south)
    centre: Floats = np.array([(west + east) / 2, (south + north) / 2])
    frame = centre + far * np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]])
    voronoi = Voronoi(np.vstack([to_plane([grid.place for grid in grids]), frame]))
    cells = {}
    for number, grid in enumerate(grids):
        corners = voronoi.vertices[voronoi.regions[voronoi.point_region[number]]]
        cell = shapely.intersection(shapely.polygons(corners), land)
        cells[grid.code] = shapely.set_precision(shapely.transform(cell, from_plane), PRECISION_DEG)
    return cells


def _by_code(features: list[dict[str, object]]) -> dict[str, BaseGeometry]:
    found = {
        str(feature["properties"]["code"]): shapely.geometry.shape(feature["geometry"])  # type: ignore[index]
        for feature in features
    }
    return dict(sorted(found.items()))
