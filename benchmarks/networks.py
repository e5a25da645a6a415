"""The road networks that measurements run on: a stored one, the real bus roads of Kunming, or the embedded city."""

from __future__ import annotations

import os
from pathlib import Path

from roads.embedded import build_embedded
from roads.network import RoadNetwork
from roads.osm_import import import_osm


def shared_data() -> Path | None:
    """The folder of real data that is not part of the project (COMMAND_CENTRE_SHARED, or ../shared)."""
    shared = Path(os.environ.get("COMMAND_CENTRE_SHARED", Path(__file__).resolve().parents[2] / "shared"))
    return shared / "data" if (shared / "data").is_dir() else None


def kunming(stored: Path | None = None, *, embedded: bool = False) -> RoadNetwork:
    """A stored network if one is named; the real bus roads if they are there; else the embedded city."""
    if stored is not None:
        return RoadNetwork.load(stored)
    shared = shared_data()
    bus_roads = shared / "kunming-roads" / "kunming-bus-roads.osm.pbf" if shared else None
    if embedded or bus_roads is None or not bus_roads.is_file():
        return build_embedded()
    return import_osm(bus_roads)


def city_network(stored: Path | None = None) -> RoadNetwork:
    """The same, and says which."""
    roads = kunming(stored)
    made = "synthetic" if roads.synthetic else "real"
    print(
        f"{roads.name} ({made}): {roads.node_count} nodes, {roads.edge_count} edges, {roads.length_km:.0f} km"
    )
    return roads
