"""The management grids in use: the synthetic ones of the catalogue, or a city's own once imported."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from core.errors import InvalidInputError, NotFoundError
from core.geo import LonLat
from dispatch.coverage import Grid
from roads.areas import city_bounds
from roads.layout import CATALOGUE

GRIDS: Path = CATALOGUE / "areas" / "grids.csv"
GRIDS_FILE = "grids.geojson"

CODE = re.compile(r"\d{14,16}")
MOST_GRIDS = 20_000
MOST_OVERLAP = 0.02
"""Share of the area that may lie in two grids: outlines drawn by hand overlap a little at their edges."""

MOST_FAULTS_TOLD = 10


@dataclass(frozen=True, slots=True)
class Partition:
    """All grids, ordered by code; `synthetic` says that nobody surveyed them."""

    grids: tuple[Grid, ...]
    synthetic: bool


def imported_path(data_dir: Path) -> Path:
    """Where a city's own partition is kept; nothing is there before `app.py grids import`."""
    return data_dir / GRIDS_FILE


def grids_in_use(data_dir: Path) -> Partition:
    """The imported partition, else the catalogue's."""
    imported = imported_path(data_dir)
    return read_partition(imported) if imported.exists() else load_synthetic()


def load_synthetic(path: Path = GRIDS) -> Partition:
    """The catalogue's partition (roads/grids_build.py)."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    total = sum(float(row["weight"]) for row in rows)
    return Partition(
        tuple(
            Grid(row["code"], LonLat(float(row["lon"]), float(row["lat"])), float(row["weight"]) / total)
            for row in rows
        ),
        synthetic=True,
    )


def write_grids(file: TextIO, grids: Sequence[Grid]) -> None:
    """Writes what load_synthetic reads."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["code", "lon", "lat", "weight"])
    for grid in grids:
        writer.writerow([grid.code, f"{grid.place.lon:.5f}", f"{grid.place.lat:.5f}", f"{grid.weight:.7f}"])


def read_partition(path: Path) -> Partition:
    """A city's own partition from a GeoJSON file.

    Each feature is a polygon with a `code` of 14 to 16 digits (6 district, 3 street, 3 community, sequence) and,
    if the city knows it, a `weight` of expected demand above 0; without weights all grids count alike.
    Raises NotFoundError, InvalidInputError with each fault, what was found and what was expected.
    """
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotFoundError(f"{path} does not exist; expected a GeoJSON file of grids") from error
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InvalidInputError(f"{path.name}: found no JSON ({error}), expected GeoJSON") from error
    features = stored.get("features") if isinstance(stored, dict) else None
    if not isinstance(features, list) or not 0 < len(features) <= MOST_GRIDS:
        what = len(features) if isinstance(features, list) else type(stored).__name__
        raise InvalidInputError(
            f"{path.name}: found {what}, expected a FeatureCollection of 1 to {MOST_GRIDS:,} features"
        )
    faults: list[str] = []
    read = [found for i, feature in enumerate(features) if (found := _read(i, feature, faults)) is not None]
    if not faults:
        faults += _faults_together([code for code, _, _, _ in read], [outline for _, _, outline, _ in read])
    if not faults and 0 < sum(weight is not None for *_, weight in read) < len(read):
        faults.append("weight: found on some grids only, expected it on all or on none")
    if faults:
        more = [f"… and {len(faults) - MOST_FAULTS_TOLD} more"] if len(faults) > MOST_FAULTS_TOLD else []
        raise InvalidInputError(
            "\n".join([f"{path.name} cannot be used:", *faults[:MOST_FAULTS_TOLD], *more])
        )
    total = sum(weight or 1.0 for *_, weight in read)
    grids = sorted(
        (Grid(code, place, (weight or 1.0) / total) for code, place, _, weight in read), key=lambda g: g.code
    )
    return Partition(tuple(grids), synthetic=False)


def import_grids(path: Path, data_dir: Path) -> Partition:
    """Puts a city's own partition in place of the one in use; one that is refused changes nothing."""
    partition = read_partition(path)
    kept = imported_path(data_dir)
    kept.parent.mkdir(parents=True, exist_ok=True)
    partial = kept.with_name(kept.name + ".part")
    shutil.copyfile(path, partial)
    partial.replace(kept)
    return partition


def grids_info(data_dir: Path) -> dict[str, Any]:
    """What the partition in use holds: file, synthetic, how many grids, districts and streets."""
    imported = imported_path(data_dir)
    partition = grids_in_use(data_dir)
    by_district = Counter(grid.district for grid in partition.grids)
    return {
        "file": imported if imported.exists() else GRIDS,
        "synthetic": partition.synthetic,
        "grids": len(partition.grids),
        "streets": len({grid.street for grid in partition.grids}),
        "by district": dict(sorted(by_district.items())),
    }


_Read = tuple[str, LonLat, BaseGeometry, float | None]


def _read(number: int, feature: Any, faults: list[str]) -> _Read | None:
    known = len(faults)
    properties = feature.get("properties") if isinstance(feature, Mapping) else None
    properties = properties if isinstance(properties, Mapping) else {}
    code = properties.get("code")
    at = f"features[{number}]"
    if not isinstance(code, str) or not CODE.fullmatch(code):
        faults.append(
            f"{at}.code: found {code!r}, expected 14 to 16 digits: district, street, community, sequence"
        )
    weight = properties.get("weight")
    if weight is not None and (
        isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight < float("inf")
    ):
        faults.append(f"{at}.weight: found {weight!r}, expected a number above 0")
    try:
        outline = shape(feature["geometry"])
    except (
        shapely.errors.ShapelyError,
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        IndexError,
    ) as error:
        faults.append(f"{at}.geometry: found none that can be read ({error}), expected a polygon")
        return None
    bounds = city_bounds()
    if outline.geom_type not in ("Polygon", "MultiPolygon") or outline.is_empty or not outline.is_valid:
        faults.append(f"{at}.geometry: found {outline.geom_type}, expected a valid polygon")
    elif not shapely.box(*bounds).intersects(outline):
        faults.append(f"{at}.geometry: found it at {outline.bounds}, expected WGS-84 inside {tuple(bounds)}")
    if len(faults) > known:
        return None
    middle = outline.representative_point()
    assert isinstance(code, str)
    return (
        code,
        LonLat(middle.x, middle.y),
        outline,
        None if weight is None else float(weight),
    )


def _faults_together(codes: Sequence[str], outlines: Sequence[BaseGeometry]) -> list[str]:
    faults = [
        f"code: found {code} {n} times, expected it once" for code, n in Counter(codes).items() if n > 1
    ]
    area = float(shapely.area(outlines).sum())
    overlap = 1 - float(shapely.area(shapely.union_all(outlines))) / area if area else 0.0
    if overlap > MOST_OVERLAP:
        faults.append(
            f"grids: found {overlap:.0%} of their area in two of them, expected at most {MOST_OVERLAP:.0%}"
        )
    return faults
