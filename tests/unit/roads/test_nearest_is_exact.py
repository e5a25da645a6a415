"""The network's answers against plain Dijkstra on small random towns, closures, one-ways, part edges included."""

from __future__ import annotations

import heapq
import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InvalidInputError
from core.geo import LonLat, distance_m
from dispatch.travel import Closure
from roads.classes import RoadClass
from roads.closing import SLOW_FACTOR
from roads.network import (
    AT_ROAD_M,
    OFF_ROAD_DETOUR,
    OFF_ROAD_DRIVE_KMH,
    OTHER_APPROACHES_M,
    WALK_KMH,
    RoadNetwork,
)
from roads.search import END_M
from roads.segments import RoadLine, assemble

SPACING_DEG = 0.008


def random_town(rng: random.Random, side: int) -> RoadNetwork:
    """A jittered grid of straight streets, some missing, some one-way."""
    lon = np.array(
        [102.7 + SPACING_DEG * (x + rng.uniform(-0.2, 0.2)) for _ in range(side) for x in range(side)]
    )
    lat = np.array(
        [25.0 + SPACING_DEG * (y + rng.uniform(-0.2, 0.2)) for y in range(side) for _ in range(side)]
    )
    lines = []
    for y in range(side):
        for x in range(side):
            for nx, ny in ((x + 1, y), (x, y + 1)):
                if nx < side and ny < side and rng.random() < 0.85:
                    way = rng.random()
                    lines.append(
                        RoadLine(
                            nodes=[y * side + x, ny * side + nx],
                            road_class=rng.choice([RoadClass.PRIMARY, RoadClass.RESIDENTIAL]),
                            forward=way > 0.15,
                            backward=not 0.15 <= way < 0.3,
                        )
                    )
    return RoadNetwork("random town", assemble(lon, lat, lines), synthetic=True)


def on_segment(network: RoadNetwork, segment: int, share: float) -> LonLat:
    roads = network.segments
    a, b = int(roads.tail[segment]), int(roads.head[segment])
    return LonLat(
        float(roads.node_lon[a] + share * (roads.node_lon[b] - roads.node_lon[a])),
        float(roads.node_lat[a] + share * (roads.node_lat[b] - roads.node_lat[a])),
    )


class Reference:
    """The same question answered the slow and obvious way."""

    def __init__(self, network: RoadNetwork, factor: dict[int, float]) -> None:
        self.roads = network.segments
        self.time_s = [float(t) * factor.get(i, 1.0) for i, t in enumerate(self.roads.time_s)]
        self.open = [i for i, t in enumerate(self.time_s) if math.isfinite(t)]

    def snaps(self, place: LonLat) -> list[tuple[float, int, float]]:
        """(distance, segment, share) for every open segment, nearest first."""
        squeeze = math.cos(math.radians(place.lat))
        found = []
        for i in self.open:
            a, b = int(self.roads.tail[i]), int(self.roads.head[i])
            ax, ay = (self.roads.node_lon[a] - place.lon) * squeeze, self.roads.node_lat[a] - place.lat
            bx, by = (self.roads.node_lon[b] - place.lon) * squeeze, self.roads.node_lat[b] - place.lat
            dx, dy = bx - ax, by - ay
            t = min(1.0, max(0.0, -(ax * dx + ay * dy) / (dx * dx + dy * dy)))
            found.append((math.hypot(ax + t * dx, ay + t * dy) * 111_195.08, i, t))
        return sorted(found)

    def exits(self, segment: int, share: float) -> list[tuple[int, float]]:
        """Junctions a unit on the segment can drive to, with seconds."""
        length, time = float(self.roads.length_m[segment]), self.time_s[segment]
        found = []
        if self.roads.forward[segment] or (1 - share) * length <= END_M:
            found.append((int(self.roads.head[segment]), (1 - share) * time))
        if self.roads.backward[segment] or share * length <= END_M:
            found.append((int(self.roads.tail[segment]), share * time))
        return found

    def entries(self, segment: int, share: float) -> dict[int, float]:
        length, time = float(self.roads.length_m[segment]), self.time_s[segment]
        found = {}
        if self.roads.forward[segment] or share * length <= END_M:
            found[int(self.roads.tail[segment])] = share * time
        if self.roads.backward[segment] or (1 - share) * length <= END_M:
            found[int(self.roads.head[segment])] = (1 - share) * time
        return found

    def drive_s(self, start: tuple[int, float], end: tuple[int, float]) -> float:
        best = math.inf
        if start[0] == end[0]:
            gap = end[1] - start[1]
            allowed = self.roads.forward[start[0]] if gap >= 0 else self.roads.backward[start[0]]
            if allowed or abs(gap) * float(self.roads.length_m[start[0]]) <= END_M:
                best = abs(gap) * self.time_s[start[0]]
        last = self.entries(*end)
        queue = [(cost, node) for node, cost in self.exits(*start)]
        heapq.heapify(queue)
        done: set[int] = set()
        while queue:
            cost, node = heapq.heappop(queue)
            if node in done:
                continue
            done.add(node)
            best = min(best, cost + last.get(node, math.inf))
            for i in self.open:
                if self.roads.forward[i] and self.roads.tail[i] == node:
                    heapq.heappush(queue, (cost + self.time_s[i], int(self.roads.head[i])))
                if self.roads.backward[i] and self.roads.head[i] == node:
                    heapq.heappush(queue, (cost + self.time_s[i], int(self.roads.tail[i])))
        return best

    def nearest_s(self, target: LonLat, sources: dict[str, LonLat], count: int) -> list[float]:
        approaches = self.snaps(target)
        for offset, segment, share in approaches:
            if offset > approaches[0][0] + OTHER_APPROACHES_M:
                break
            walk_s = 0.0 if offset <= AT_ROAD_M else offset * OFF_ROAD_DETOUR / (WALK_KMH / 3.6)
            times = []
            for place in sources.values():
                away, at, along = self.snaps(place)[0]
                access = 0.0 if away <= AT_ROAD_M else away * OFF_ROAD_DETOUR / (OFF_ROAD_DRIVE_KMH / 3.6)
                times.append(self.drive_s((at, along), (segment, share)) + access + walk_s)
            found = sorted(time for time in times if math.isfinite(time))
            if found:
                return found[:count]
        return []


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), side=st.integers(2, 5), count=st.integers(1, 4), closed=st.integers(0, 6))
def test_nearest_equals_plain_dijkstra(seed: int, side: int, count: int, closed: int) -> None:
    rng = random.Random(seed)
    try:
        network = random_town(rng, side)
    except InvalidInputError:
        return
    total = network.segments.count
    touched = rng.sample(range(total), min(closed, total - 1))
    states = {i: rng.choice(["closed", "closed", "slow"]) for i in touched}
    network.close_roads(
        [Closure(str(i), str(i), on_segment(network, i, 0.5), "road", s, 5.0) for i, s in states.items()]
    )
    factor = {i: math.inf if s == "closed" else SLOW_FACTOR for i, s in states.items()}
    reference = Reference(network, factor)
    spots = [
        on_segment(network, rng.randrange(total), rng.choice([0.0, 1.0, rng.random()])) for _ in range(7)
    ]
    target, sources = spots[0], {f"unit {i}": place for i, place in enumerate(spots[1:])}

    found = network.nearest(target, sources, count)

    assert [route.travel_time_s for route in found] == pytest.approx(
        reference.nearest_s(target, sources, count), rel=2e-4, abs=0.05
    )
    for route in found:
        middles = [
            LonLat((a.lon + b.lon) / 2, (a.lat + b.lat) / 2)
            for a, b in zip(route.path, route.path[1:], strict=False)
        ]
        if sources[route.unit_id] == route.path[0]:
            middles = middles[1:]  # may be the way from where the unit stands to the road
        for i, state in states.items():
            if state == "closed":
                centre = on_segment(network, i, 0.5)
                assert all(distance_m(centre, place) > 1 for place in middles)
