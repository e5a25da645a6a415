"""Prints how long "the 3 nearest units, with routes" takes, next to straight line.

Run: python -m benchmarks.roads_nearest [--network FILE.npz]
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path

import numpy as np

from core.geo import LonLat
from dispatch.travel import Closure
from roads.embedded import build_embedded
from roads.network import RoadNetwork
from roads.straight_line import StraightLineTravelTimes

QUESTIONS = 300
CLOSURES = 22


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--network", type=Path, help="a stored network; default: build the embedded one")
    path = parser.parse_args().network
    roads = RoadNetwork.load(path) if path else build_embedded()
    straight = StraightLineTravelTimes()
    print(f"{roads.name}: {roads.node_count} nodes, {roads.edge_count} edges, {roads.length_km:.0f} km")
    print(f"3 nearest with routes, {QUESTIONS} questions, {CLOSURES} closures where said; one thread")
    print(
        f"{'units':>6} {'closures':>9} {'by road p50 / p99':>20} {'straight p50 / p99':>20} {'other unit':>11}"
    )
    for count in (1_300, 5_200):
        rng = random.Random(count)
        units = {f"unit-{i}": roads.random_place(rng) for i in range(count)}
        targets = [roads.random_place(rng) for _ in range(QUESTIONS)]
        for closed in (0, CLOSURES):
            closures = [
                Closure(f"c{i}", f"c{i}", roads.random_place(rng), "road", "closed", 60.0)
                for i in range(closed)
            ]
            began = time.perf_counter()
            roads.close_roads(closures)
            closing_ms = (time.perf_counter() - began) * 1000
            by_road, first_by_road = _ask(roads, targets, units)
            by_line, first_by_line = _ask(straight, targets, units)
            differ = np.mean([a != b for a, b in zip(first_by_road, first_by_line, strict=True)])
            print(
                f"{count:>6} {closed:>9} {by_road:>20} {by_line:>20} {differ:>10.0%}   closing {closing_ms:.1f} ms"
            )


def _ask(
    travel_times: RoadNetwork | StraightLineTravelTimes, targets: list[LonLat], units: dict[str, LonLat]
) -> tuple[str, list[str]]:
    travel_times.nearest(targets[0], units, 3)
    took_ms, first = [], []
    for target in targets:
        began = time.perf_counter()
        found = travel_times.nearest(target, units, 3)
        took_ms.append((time.perf_counter() - began) * 1000)
        first.append(found[0].unit_id if found else "")
    return f"{np.percentile(took_ms, 50):.2f} / {np.percentile(took_ms, 99):.2f} ms", first


if __name__ == "__main__":
    main()
