"""Prints how well travel times are foretold with speeds learned from tracks, next to free flow.

Run: python -m benchmarks.roads_speeds [--network FILE.npz] [--trips N]

The tracks are synthetic: seeded congestion by hour, by class and by segment, with chance on each trip, waits at
lights, units that park, and the error of GPS. Trips held out are foretold and compared with how long they took. It
shows that the estimate finds what is in the tracks, not how congested Kunming is.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from benchmarks.networks import city_network
from core.geo import LonLat
from operations.open_incident import CITY_TIME
from roads.classes import RoadClass
from roads.metric import Floats, Ints
from roads.segments import Segments
from roads.speeds import HOURS, HourSpeeds, TrackFix, learn_speeds

TRIPS = 4_000
HELD_OUT = 800
FIX_EVERY_S = 10.0
GPS_ERROR_M = 6.0
PARK_CHANCE = 0.3
MIDNIGHT = datetime(2026, 8, 17, tzinfo=CITY_TIME)
RUSH = {7: 1.5, 8: 1.9, 9: 1.5, 12: 1.2, 17: 1.7, 18: 2.0, 19: 1.5}
"""Made up: how many times the free-flow time main roads take, by hour; streets take the square root of it."""


@dataclass(frozen=True)
class Trip:
    """Segments in driving order, whether each is driven ahead, and the seconds each took."""

    hour: int
    segments: Ints
    ahead: list[bool]
    took_s: Floats


class Traffic:
    """The made-up truth: a factor for every segment and hour, and chance around it."""

    def __init__(self, segments: Segments, seed: int) -> None:
        self.segments = segments
        rng = np.random.default_rng(seed)
        main = segments.road_class <= RoadClass.SECONDARY
        rush = np.array([RUSH.get(hour, 1.0) for hour in range(HOURS)])
        by_hour = np.where(main[None, :], rush[:, None], np.sqrt(rush)[:, None])
        # Some stretches are always slower or faster than their class, some only in the rush hours.
        always = np.exp(rng.normal(0.1, 0.25, segments.count))
        often = np.exp(rng.normal(0.0, 0.2, segments.count))
        self.factor = by_hour * always * np.where(by_hour > 1.0, often, 1.0)
        n = len(segments.node_lon)
        ahead, back = np.flatnonzero(segments.forward), np.flatnonzero(segments.backward)
        tail = np.r_[segments.tail[ahead], segments.head[back]]
        head = np.r_[segments.head[ahead], segments.tail[back]]
        self._graph = csr_matrix((segments.time_s[np.r_[ahead, back]], (tail, head)), shape=(n, n))
        self._segment = dict(
            zip(zip(tail.tolist(), head.tolist(), strict=True), np.r_[ahead, back].tolist(), strict=True)
        )

    def trips(self, count: int, seed: int) -> Iterator[Trip]:
        """Twenty from each of many places, 1 to 20 minutes of free flow each, by the way that is fastest then."""
        rng = np.random.default_rng(seed)
        hours = np.array(
            [1, 1, 1, 1, 1, 2, 3, 5, 6, 5, 4, 4, 4, 4, 4, 4, 5, 6, 6, 5, 3, 2, 2, 1], dtype=float
        )
        made = 0
        while made < count:
            start = int(rng.integers(len(self.segments.node_lon)))
            distance, before = dijkstra(self._graph, indices=start, limit=1200, return_predecessors=True)
            ends = np.flatnonzero(np.isfinite(distance) & (distance > 60))
            for end in rng.choice(ends, size=min(20, len(ends), count - made), replace=False).tolist():
                nodes = [end]
                while nodes[-1] != start:
                    nodes.append(int(before[nodes[-1]]))
                nodes.reverse()
                driven = np.array([self._segment[pair] for pair in pairwise(nodes)])
                hour = int(rng.choice(HOURS, p=hours / hours.sum()))
                chance = np.exp(rng.normal(0.0, 0.1) + rng.normal(0.0, 0.25, len(driven)))
                took_s = self.segments.time_s[driven] * self.factor[hour, driven] * chance
                ahead = [
                    bool(self.segments.tail[s] == a) for s, a in zip(driven.tolist(), nodes, strict=False)
                ]
                made += 1
                yield Trip(hour, driven, ahead, took_s)

    def fixes(self, trips: list[Trip], seed: int) -> Iterator[TrackFix]:
        """What the unit's receiver says every FIX_EVERY_S; some park for minutes on the way."""
        rng = np.random.default_rng(seed)
        roads = self.segments
        for number, trip in enumerate(trips):
            lon, lat, at = [], [], []
            clock_s = 0.0
            parks_after = int(rng.integers(len(trip.segments))) if rng.random() < PARK_CHANCE else -1
            for i, (segment, ahead, took_s) in enumerate(
                zip(trip.segments.tolist(), trip.ahead, trip.took_s.tolist(), strict=True)
            ):
                span = slice(int(roads.shape_start[segment]), int(roads.shape_start[segment + 1]))
                x, y = roads.shape_lon[span], roads.shape_lat[span]
                if not ahead:
                    x, y = x[::-1], y[::-1]
                run = np.r_[0.0, np.cumsum(np.hypot(np.diff(x), np.diff(y)))]
                lon += x.tolist()
                lat += y.tolist()
                at += (clock_s + took_s * run / max(run[-1], 1e-12)).tolist()
                clock_s += took_s + (float(rng.uniform(180, 600)) if i == parks_after else 0.0)
            when = np.arange(0.0, clock_s, FIX_EVERY_S)
            error = rng.normal(0.0, GPS_ERROR_M / 111_195, (2, len(when)))
            began = MIDNIGHT + timedelta(hours=trip.hour)
            for second, east, north in zip(
                when.tolist(),
                (np.interp(when, at, lon) + error[0]).tolist(),
                (np.interp(when, at, lat) + error[1]).tolist(),
                strict=True,
            ):
                yield TrackFix(f"trip {number}", began + timedelta(seconds=second), LonLat(east, north))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--network", type=Path, help="a stored network; default: see benchmarks/networks.py")
    parser.add_argument("--trips", type=int, default=TRIPS, help="trips to learn from")
    options = parser.parse_args()
    roads = city_network(options.network)
    traffic = Traffic(roads.segments, seed=1)
    print(f"{options.trips} synthetic trips to learn from, {HELD_OUT} held out; error of the trip's time")
    learned = learn_speeds(
        roads.segments, roads.index, traffic.fixes(list(traffic.trips(options.trips, seed=2)), seed=3)
    )
    print(f"{learned.observations} observations, {len(learned.factor)} segments and hours of their own")
    held_out = list(traffic.trips(HELD_OUT, seed=4))
    took_s = np.array([trip.took_s.sum() for trip in held_out])
    print(f"{'foretold by':<28} {'MAE':>8} {'median':>8} {'P90':>8} {'bias':>8}   {'MAE in rush hours':>18}")
    rush = np.array([trip.hour in RUSH for trip in held_out])
    class_only = HourSpeeds(
        learned.network,
        learned.by_class,
        *(np.zeros(0, dtype=np.int64),) * 2,
        np.zeros(0),
        learned.observations,
    )
    for name, speeds in (
        ("free flow", None),
        ("learned, class and hour", class_only),
        ("learned, segment and hour", learned),
    ):
        by_hour = [roads.segments.time_s * (speeds.at(h, roads.segments) if speeds else 1) for h in range(24)]
        error = np.array([by_hour[t.hour][t.segments].sum() for t in held_out]) - took_s
        size = np.abs(error)
        print(
            f"{name:<28} {size.mean():6.1f} s {np.median(size):6.1f} s {np.percentile(size, 90):6.1f} s "
            f"{error.mean():+6.1f} s   {size[rush].mean():16.1f} s"
        )
    true_s = np.array([(roads.segments.time_s * traffic.factor[t.hour])[t.segments].sum() for t in held_out])
    print(
        f"{'the truth without chance':<28} {np.abs(true_s - took_s).mean():6.1f} s  (what cannot be foretold)"
    )


if __name__ == "__main__":
    main()
