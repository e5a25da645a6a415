"""What `app.py roads …` does: build the embedded network, import a map, say what a network holds."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import InvalidInputError, NotFoundError
from core.geo import BoundingBox
from roads import embedded
from roads.basemap import write_basemap
from roads.classes import RoadClass
from roads.embedded import Report, silent
from roads.layout import CATALOGUE
from roads.network import RoadNetwork
from roads.osm_import import import_osm
from roads.speeds import LONGEST_GAP_S, TrackFix, learn_from_parts, read_tracks

NETWORK_FILE = "roads.npz"
BASEMAP_DIR = "basemap"
IMPORTED = "imported"


def network_path(data_dir: Path) -> Path:
    """Where the network in use is kept."""
    return data_dir / NETWORK_FILE


def speeds_path(network: Path) -> Path:
    """Where the speeds learned on a network are kept: beside it."""
    return network.with_suffix(".speeds.npz")


def basemap_dir(data_dir: Path) -> Path:
    """Where the base map drawn from it is kept."""
    return data_dir / BASEMAP_DIR


def is_current(data_dir: Path) -> bool:
    """Whether the stored network is an import, or was built from the layout and code of this version."""
    stamp = _stamp(data_dir)
    made_from = stamp.read_text() if stamp.exists() and network_path(data_dir).exists() else None
    return made_from in (IMPORTED, _sources_digest())


def build_embedded(data_dir: Path, report: Report = silent) -> Path:
    """Build the synthetic city and its base map into the data directory; returns the network's path."""
    path = _keep(embedded.build_embedded(report), data_dir, report)
    _stamp(data_dir).write_text(_sources_digest())
    return path


def import_file(path: Path, bbox: BoundingBox | None, data_dir: Path, report: Report = silent) -> Path:
    """Import an OpenStreetMap extract and draw its base map; returns the network's path.

    Raises NotFoundError without the file, InvalidInputError when it holds no usable roads.
    """
    if not path.is_file():
        raise NotFoundError(f"{path} does not exist; expected an .osm.pbf file")
    report(f"reading {path.name}", 0.0)
    kept = _keep(import_osm(path, bbox, report), data_dir, report)
    _stamp(data_dir).write_text(IMPORTED)
    return kept


def learn(tracks: Path, path: Path, report: Report = silent) -> Path:
    """Learn speeds by the hour from a CSV file of the units' own fixes (roads.speeds.read_tracks), beside the
    network at `path`; returns where they are kept. Replaces what was learned before.

    Raises NotFoundError without either file, InvalidInputError for tracks that cannot be read or say nothing.
    """
    for file in (tracks, path):
        if not file.is_file():
            raise NotFoundError(f"{file} does not exist; expected a file")
    return learn_from([read_tracks(tracks)], tracks.name, path, report)


def learn_from(parts: Iterable[Iterable[TrackFix]], whose: str, path: Path, report: Report = silent) -> Path:
    """The same from fixes in parts, each with all fixes of its units; `whose` says where they are from.

    Raises NotFoundError without the network, InvalidInputError for tracks that say nothing.
    """
    if not path.is_file():
        raise NotFoundError(f"{path} does not exist; expected a file")
    network = RoadNetwork.load(path)
    report(f"reading {whose}", 0.0)
    speeds = learn_from_parts(network.segments, network.index, parts)
    if not speeds.observations:
        raise InvalidInputError(
            f"{whose}: found no unit that moves along a road of this network, expected fixes at most "
            f"{LONGEST_GAP_S:g} s apart"
        )
    kept = speeds_path(path)
    speeds.save(kept)
    report(f"{speeds.observations} observations, {len(speeds.factor)} segments and hours of their own", 1.0)
    return kept


def info(path: Path) -> dict[str, Any]:
    """What a stored network holds: name, synthetic, counts, kilometres in all and by class, bounding box."""
    network = RoadNetwork.load(path)
    roads = network.segments
    by_class = Counter[str]()
    for road_class in np.unique(roads.road_class):
        metres = roads.length_m[roads.road_class == road_class].sum()
        by_class[RoadClass(int(road_class)).name.lower()] = round(float(metres) / 1000)
    return {
        "name": network.name,
        "synthetic": network.synthetic,
        "nodes": network.node_count,
        "edges": network.edge_count,
        "length_km": round(network.length_km),
        "length_km_by_class": dict(by_class),
        "bbox": BoundingBox(
            float(roads.node_lon.min()),
            float(roads.node_lat.min()),
            float(roads.node_lon.max()),
            float(roads.node_lat.max()),
        ),
    }


def _stamp(data_dir: Path) -> Path:
    return data_dir / "roads.made-from"


def _sources_digest() -> str:
    """Changes when anything the embedded network is made from changes."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    for file in sorted(
        [*here.glob("*.py"), *(CATALOGUE / "roads").iterdir(), *(CATALOGUE / "areas").iterdir()]
    ):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _keep(network: RoadNetwork, data_dir: Path, report: Report) -> Path:
    report(f"{network.node_count} junctions, {network.length_km:.0f} km of road; writing", 0.9)
    path = network_path(data_dir)
    write_basemap(network, basemap_dir(data_dir))
    network.save(path)
    report("road network and base map ready", 1.0)
    return path
