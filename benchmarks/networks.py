"""The road network that benchmarks of roads run on: a stored one, the real bus roads of Kunming, or the embedded."""

from __future__ import annotations

import os
from pathlib import Path

from roads.embedded import build_embedded
from roads.network import RoadNetwork
from roads.osm_import import import_osm

SHARED = Path(os.environ.get("COMMAND_CENTRE_SHARED", Path(__file__).resolve().parents[2] / "shared"))
BUS_ROADS = SHARED / "data" / "kunming-roads" / "kunming-bus-roads.osm.pbf"


def city_network(stored: Path | None = None) -> RoadNetwork:
    """The network in the file; without one the real bus roads, third-party data that is not part of the project
    (COMMAND_CENTRE_SHARED, or ../shared beside it); without those the embedded one. Says which."""
    if stored is not None:
        roads = RoadNetwork.load(stored)
    else:
        roads = import_osm(BUS_ROADS) if BUS_ROADS.is_file() else build_embedded()
    made = "synthetic" if roads.synthetic else "real"
    print(
        f"{roads.name} ({made}): {roads.node_count} nodes, {roads.edge_count} edges, {roads.length_km:.0f} km"
    )
    return roads
