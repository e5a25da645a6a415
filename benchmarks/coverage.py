"""Prints how long the coverage of all grids takes: whole, and after one unit's change; and that both agree.

Run: python -m benchmarks.coverage [--network FILE.npz] [--embedded]
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path

import numpy as np

from benchmarks.networks import kunming
from core.geo import LonLat
from dispatch.coverage import CoverageBoard, coverage_figures
from dispatch.travel import Closure
from drills.shift import BUILT_UP, BUILT_UP_SHARE
from roads.grids import load_synthetic
from roads.network import RoadNetwork
from roads.reach import RoadReach

FULL_BAR_MS, CHANGE_BAR_MS = 100, 5
ROUNDS = 20
CHANGES = 1_000
CLOSURES = 22


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--network", type=Path, help="a stored network")
    parser.add_argument(
        "--embedded", action="store_true", help="the embedded city even beside the real roads"
    )
    given = parser.parse_args()
    roads = kunming(given.network, embedded=given.embedded)
    grids = load_synthetic().grids
    reach = RoadReach(roads, grids)
    began = time.perf_counter()
    reach.prepare()
    prepared_s = time.perf_counter() - began
    print(f"{roads.name}: {roads.node_count} nodes, {roads.edge_count} edges; {len(grids)} grids; one thread")
    print(f"table of node -> grids made in {prepared_s:.2f} s")
    for count in (260, 1_300, 5_200):
        _measure(roads, reach, count)
    closures = _closures(roads)
    began = time.perf_counter()
    reach.close_roads(closures)
    reach.prepare()
    print(f"{CLOSURES} roads closed: table brought up to date in {time.perf_counter() - began:.2f} s")
    _measure(roads, reach, 5_200)


def _measure(roads: RoadNetwork, reach: RoadReach, count: int) -> None:
    rng = random.Random(count)
    places = [_beat(roads, rng) for _ in range(count)]
    full_ms, change_ms = [], []
    for turn in range(ROUNDS):
        # Everybody has moved a little: no place is remembered.
        places = [LonLat(place.lon + turn * 1e-6, place.lat) for place in places]
        began = time.perf_counter()
        figures = coverage_figures(reach.soonest_s(places), reach.grids)
        full_ms.append((time.perf_counter() - began) * 1000)
    board = CoverageBoard(reach.grids)
    for unit, reached in enumerate(reach.reach(places)):
        board.put(str(unit), reached)
    for _ in range(CHANGES):
        unit = rng.randrange(count)
        place = _beat(roads, rng)
        began = time.perf_counter()
        board.put(str(unit), reach.reach([place])[0])
        change_ms.append((time.perf_counter() - began) * 1000)
        places[unit] = place
    whole = np.nan_to_num(np.array(reach.soonest_s(places)), posinf=1e9)
    kept = np.nan_to_num(np.array(board.times_s()), posinf=1e9)
    p50, p99 = np.percentile(change_ms, [50, 99])
    print(
        f"{count:>6} units: whole {np.median(full_ms):6.1f} ms, worst {max(full_ms):6.1f} (bar {FULL_BAR_MS}); "
        f"one unit moved p50 {p50:.2f}, p99 {p99:.2f} ms (bar {CHANGE_BAR_MS}); "
        f"after {CHANGES} moves they differ by {np.abs(whole - kept).max():.1e} s; "
        f"within 3:48 {figures.share_within_target:.1%} of grids, {figures.demand_within_target:.1%} of demand"
    )


def _beat(roads: RoadNetwork, rng: random.Random) -> LonLat:
    """A unit's place as in a drill's shift (drills/shift.py)."""
    return roads.random_place(rng, BUILT_UP if rng.random() < BUILT_UP_SHARE else None)


def _closures(roads: RoadNetwork) -> list[Closure]:
    rng = random.Random(CLOSURES)
    return [
        Closure(f"c{i}", f"c{i}", roads.random_place(rng, BUILT_UP), "road", "closed", 60.0)
        for i in range(CLOSURES)
    ]


if __name__ == "__main__":
    main()
