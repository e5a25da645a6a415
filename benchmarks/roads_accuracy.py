"""Prints how far the embedded main roads are from the real bus roads of Kunming.

Run: python -m benchmarks.roads_accuracy

The real roads are third-party data that is not part of the project; they are only measured against here.
Without them (COMMAND_CENTRE_SHARED, or ../shared beside the project) it says so and does nothing.
"""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path

import numpy as np
import shapely

from core.geo import BoundingBox
from roads.classes import RoadClass
from roads.embedded import build_embedded
from roads.layout import load_layout
from roads.network import RoadNetwork
from roads.osm_import import import_osm
from roads.plane import from_plane, smooth, to_plane

SAMPLE_M = 50.0
PAIRS = 200
CITY = BoundingBox(102.64, 24.83, 102.86, 25.12)
NEAR_BOTH_M = 150.0
SPOTS = 10_000


def main() -> int:
    shared = Path(os.environ.get("COMMAND_CENTRE_SHARED", Path(__file__).resolve().parents[2] / "shared"))
    path = shared / "data" / "kunming-roads" / "kunming-bus-roads.osm.pbf"
    if not path.is_file():
        print(f"skipped: {path} is not here; set COMMAND_CENTRE_SHARED to the folder of shared data")
        return 0
    real = import_osm(path)
    synthetic = build_embedded()
    _print_roads(real)
    _print_pairs(synthetic, real)
    return 0


def _print_roads(real: RoadNetwork) -> None:
    """Distance of every named road, sampled along it, to the nearest real road."""
    samples: dict[str, list[float]] = {}
    kinds: dict[str, str] = {}
    for road in load_layout().roads:
        places = from_plane(smooth(to_plane(road.points), SAMPLE_M, closed=road.closed))
        _, _, offset = real.on_open_roads(places[:, 0], places[:, 1])
        samples.setdefault(road.name, []).extend(offset.tolist())
        kinds.setdefault(road.name, road.road_class.name.lower())
    print("Embedded main roads, sampled every 50 m: distance to the nearest real bus road")
    print(f"{'median':>8} {'P90':>8} {'<30 m':>6} {'<100 m':>6} {'<300 m':>6}  road")
    for name, metres in sorted(samples.items(), key=lambda item: -float(np.median(item[1]))):
        print(f"{_row(metres)}  {name} ({kinds[name]})")
    streets = [m for name, metres in samples.items() if kinds[name] != "motorway" for m in metres]
    print(f"{_row(streets)}  all but motorways (few buses use those)")
    print(f"{_row([m for metres in samples.values() for m in metres])}  all")
    _print_against_chance(real)


def _print_against_chance(real: RoadNetwork) -> None:
    """Roads stand close in a city: what the distances are worth shows next to spots thrown at random."""
    urban = shapely.union_all([shapely.polygons(to_plane(area.outline)) for area in load_layout().urban])
    rng = np.random.default_rng(1)
    west, south, east, north = shapely.bounds(urban)
    thrown = np.c_[rng.uniform(west, east, SPOTS), rng.uniform(south, north, SPOTS)]
    big = [road for road in load_layout().roads if road.road_class in (RoadClass.TRUNK, RoadClass.PRIMARY)]
    laid = np.vstack([smooth(to_plane(road.points), SAMPLE_M, closed=road.closed) for road in big])
    busy = np.isin(real.segments.road_class, (RoadClass.PRIMARY, RoadClass.SECONDARY))
    print("\nInside the built-up areas: distance to the nearest real road")
    for what, usable in (("any bus road", np.ones_like(busy)), ("road of many bus routes", busy)):
        for whose, points in (("embedded trunk and primary roads", laid), ("spots thrown at random", thrown)):
            places = from_plane(points[shapely.contains_xy(urban, points[:, 0], points[:, 1])])
            _, _, offset = real.index.nearest(places[:, 0], places[:, 1], usable, np.zeros(len(usable)))
            print(f"{_row(offset.tolist())}  {whose} to {what}")


def _row(metres: list[float]) -> str:
    m = np.array(metres)
    shares = " ".join(f"{100 * float((m < limit).mean()):5.0f}%" for limit in (30, 100, 300))
    return f"{np.median(m):6.0f} m {np.percentile(m, 90):6.0f} m {shares}"


def _print_pairs(synthetic: RoadNetwork, real: RoadNetwork) -> None:
    """The same ways on both networks, between places that lie on a road of both."""
    rng = random.Random(1)
    seconds: list[tuple[float, float]] = []
    metres: list[tuple[float, float]] = []
    while len(seconds) < PAIRS:
        start, end = real.random_place(rng, CITY), real.random_place(rng, CITY)
        pair = np.array([start, end])
        if synthetic.on_open_roads(pair[:, 0], pair[:, 1])[2].max() > NEAR_BOTH_M:
            continue
        ours, theirs = synthetic.route(start, end), real.route(start, end)
        if ours and theirs:
            seconds.append((ours.travel_time_s, theirs.travel_time_s))
            metres.append((ours.distance_m, theirs.distance_m))
    print(f"\n{PAIRS} random ways inside {tuple(CITY)}, embedded against real bus roads")
    print("(the real file's speeds are guesses by class, ours are too: distance says more than time)")
    for what, pairs in (("distance", metres), ("travel time", seconds)):
        ours, theirs = np.array(pairs).T
        ratio = ours / theirs
        print(
            f"{what:>12}: correlation {np.corrcoef(ours, theirs)[0, 1]:.3f}, embedded/real median "
            f"{np.median(ratio):.2f}, P10 {np.percentile(ratio, 10):.2f}, P90 {np.percentile(ratio, 90):.2f}"
        )


if __name__ == "__main__":
    sys.exit(main())
