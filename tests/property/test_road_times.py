"""The network's arrival times against a textbook Dijkstra over directed edges, to the millisecond."""

from __future__ import annotations

import heapq
import math
import random
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InvalidInputError
from core.geo import LonLat
from dispatch.travel import Closure
from roads.classes import RoadClass
from roads.closing import SLOW_FACTOR
from roads.network import (
    AT_ROAD_M,
    MOST_APPROACHES,
    OFF_ROAD_DETOUR,
    OFF_ROAD_DRIVE_KMH,
    OTHER_APPROACHES_M,
    WALK_KMH,
    RoadNetwork,
)
from roads.search import END_M
from roads.segments import RoadLine, TurnRule, assemble
from roads.snapping import OnRoad
from roads.speeds import HOURS, HourSpeeds, digest

SPACING_DEG = 0.008
MILLISECOND = 0.001


@dataclass
class Town:
    """A jittered grid of straight streets, each one segment whose name is the number of its line."""

    network: RoadNetwork
    lines: list[RoadLine]
    rules: list[TurnRule]


def random_town(rng: random.Random, side: int) -> Town:
    """Some streets missing, some one-way, some private, some turns forbidden or the only ones allowed."""
    lon = np.array([102.7 + SPACING_DEG * (i % side + rng.uniform(-0.2, 0.2)) for i in range(side * side)])
    lat = np.array([25.0 + SPACING_DEG * (i // side + rng.uniform(-0.2, 0.2)) for i in range(side * side)])
    lines: list[RoadLine] = []
    for y in range(side):
        for x in range(side):
            for nx, ny in ((x + 1, y), (x, y + 1)):
                if nx < side and ny < side and rng.random() < 0.9:
                    way = rng.random()
                    lines.append(
                        RoadLine(
                            nodes=[y * side + x, ny * side + nx],
                            road_class=rng.choice([RoadClass.PRIMARY, RoadClass.RESIDENTIAL]),
                            name=str(len(lines)),
                            forward=way > 0.12,
                            backward=not 0.12 <= way < 0.24,
                            emergency_only=rng.random() < 0.1,
                        )
                    )
    rules = []
    for start, line in enumerate(lines):
        for via in line.nodes:
            meeting = [i for i, other in enumerate(lines) if via in other.nodes]
            if rng.random() < 0.3:
                rules.append(TurnRule(start, via, rng.choice(meeting), only=rng.random() < 0.25))
    return Town(RoadNetwork("town", assemble(lon, lat, lines, rules), synthetic=True), lines, rules)


class Textbook:
    """Dijkstra from the source over directed edges; written for being read, not for speed."""

    def __init__(
        self, town: Town, factor: dict[int, float], learned: list[float], *, emergency: bool
    ) -> None:
        roads = self.roads = town.network.segments
        self.line = [int(roads.name_of(i)) for i in range(roads.count)]
        self.time_s = [float(t) * learned[i] * factor.get(i, 1.0) for i, t in enumerate(roads.time_s)]
        for i, line in enumerate(self.line):
            if town.lines[line].emergency_only and not emergency:
                self.time_s[i] = math.inf
        self.is_open = np.isfinite(self.time_s)
        self.index = town.network.index
        self.edges = [
            (i, ahead)
            for i in range(roads.count)
            for ahead in (True, False)
            if (roads.forward[i] if ahead else roads.backward[i])
        ]
        self.node = self._nodes(town)
        self.forbidden = set() if emergency else self._forbidden(town)

    def _nodes(self, town: Town) -> dict[int, int]:
        """The line's node number of each of the network's nodes."""
        found = {}
        for i, line in enumerate(self.line):
            found[int(self.roads.tail[i])], found[int(self.roads.head[i])] = town.lines[line].nodes
        return found

    def _forbidden(self, town: Town) -> set[tuple[int, int, int]]:
        """(line arrived on, node, line left on)."""
        found = set()
        for rule in town.rules:
            a, b = town.lines[rule.from_line], town.lines[rule.to_line]
            arrives = a.forward if a.nodes[1] == rule.via_node else a.backward
            leaves = b.forward if b.nodes[0] == rule.via_node else b.backward
            if not arrives or not leaves:
                continue
            for i, other in enumerate(town.lines):
                if rule.via_node in other.nodes and (i == rule.to_line) != rule.only:
                    found.add((rule.from_line, rule.via_node, i))
        return found

    def may_turn(self, segment: int, node: int, onto: int) -> bool:
        return (self.line[segment], self.node[node], self.line[onto]) not in self.forbidden

    def ends(self, edge: tuple[int, bool]) -> tuple[int, int]:
        tail, head = int(self.roads.tail[edge[0]]), int(self.roads.head[edge[0]])
        return (tail, head) if edge[1] else (head, tail)

    def drive_s(self, start: OnRoad, end: OnRoad) -> float:
        roads = self.roads
        best = math.inf
        if start.segment == end.segment:
            gap = end.share - start.share
            allowed = roads.forward[start.segment] if gap >= 0 else roads.backward[start.segment]
            if allowed or abs(gap) * float(roads.length_m[start.segment]) <= END_M:
                best = abs(gap) * self.time_s[start.segment]
        # A state is a junction and the segment it was reached on (None: it began there).
        queue: list[tuple[float, int, int]] = []
        for ahead, share in ((True, 1 - start.share), (False, start.share)):
            _, node = self.ends((start.segment, ahead))
            seconds = share * self.time_s[start.segment]
            if share * float(roads.length_m[start.segment]) <= END_M:
                heapq.heappush(queue, (seconds, node, -1))
            elif (start.segment, ahead) in self.edges:
                heapq.heappush(queue, (seconds, node, start.segment))
        done = set()
        while queue:
            seconds, node, on = heapq.heappop(queue)
            if (node, on) in done:
                continue
            done.add((node, on))
            for ahead, share in ((True, end.share), (False, 1 - end.share)):
                begin, _ = self.ends((end.segment, ahead))
                at_junction = share * float(roads.length_m[end.segment]) <= END_M
                turns_in = (end.segment, ahead) in self.edges and (
                    on < 0 or self.may_turn(on, node, end.segment)
                )
                if begin == node and (at_junction or turns_in):
                    best = min(best, seconds + share * self.time_s[end.segment])
            for edge in self.edges:
                begin, finish = self.ends(edge)
                if begin == node and self.is_open[edge[0]] and (on < 0 or self.may_turn(on, node, edge[0])):
                    heapq.heappush(queue, (seconds + self.time_s[edge[0]], finish, edge[0]))
        return best

    def etas(self, target: LonLat, sources: dict[str, LonLat]) -> dict[str, float]:
        level = np.zeros(self.roads.count)
        places = np.array(list(sources.values()))
        snapped = self.index.nearest(places[:, 0], places[:, 1], self.is_open, level)
        starts = [OnRoad(*row) for row in zip(*(a.tolist() for a in snapped), strict=True)]
        approaches = self.index.ranked(target, self.is_open, level, OTHER_APPROACHES_M)
        for approach in approaches[:MOST_APPROACHES]:
            found = {
                unit_id: self.drive_s(start, approach)
                + off_road_s(start.offset_m, OFF_ROAD_DRIVE_KMH)
                + off_road_s(approach.offset_m, WALK_KMH)
                for unit_id, start in zip(sources, starts, strict=True)
            }
            found = {unit_id: seconds for unit_id, seconds in found.items() if math.isfinite(seconds)}
            if found:
                return found
        return {}


def off_road_s(offset_m: float, kmh: float) -> float:
    return 0.0 if offset_m <= AT_ROAD_M else offset_m * OFF_ROAD_DETOUR / (kmh / 3.6)


def on_segment(network: RoadNetwork, segment: int, share: float, aside_deg: float = 0.0) -> LonLat:
    roads = network.segments
    a, b = int(roads.tail[segment]), int(roads.head[segment])
    return LonLat(
        float(roads.node_lon[a] + share * (roads.node_lon[b] - roads.node_lon[a])) + aside_deg,
        float(roads.node_lat[a] + share * (roads.node_lat[b] - roads.node_lat[a])),
    )


@pytest.mark.slow
@settings(max_examples=1000, deadline=None)
@given(seed=st.integers(0, 2**32), side=st.integers(2, 5), closed=st.integers(0, 6), emergency=st.booleans())
def test_every_arrival_equals_the_textbook_to_the_millisecond(
    seed: int, side: int, closed: int, emergency: bool
) -> None:
    rng = random.Random(seed)
    try:
        town = random_town(rng, side)
    except InvalidInputError:
        return
    network, total = town.network, town.network.segments.count
    states = {
        i: rng.choice(["closed", "closed", "slow"]) for i in rng.sample(range(total), min(closed, total - 1))
    }
    network.close_roads(
        [Closure(str(i), str(i), on_segment(network, i, 0.5), "road", s, 5.0) for i, s in states.items()]
    )
    factor = {i: math.inf if s == "closed" else SLOW_FACTOR for i, s in states.items()}
    learned = [rng.choice([0.5, 1.0, 3.0]) for _ in range(total)] if rng.random() < 0.5 else [1.0] * total
    rows = np.arange(total)
    by_class = np.ones((HOURS, len(RoadClass)))
    speeds = HourSpeeds(digest(network.segments), by_class, rows, np.full(total, 8), np.array(learned), total)
    network.use_speeds(speeds, lambda: 8)
    textbook = Textbook(town, factor, learned, emergency=emergency)
    spots = [
        on_segment(
            network,
            rng.randrange(total),
            rng.choice([0.0, 1.0, rng.random(), rng.random()]),
            rng.choice([0.0, 0.0, 0.001]),
        )
        for _ in range(7)
    ]
    target, sources = spots[0], {f"unit {i}": place for i, place in enumerate(spots[1:])}
    expected = textbook.etas(target, sources)

    found = network.all_etas(target, sources, emergency=emergency)
    assert found.keys() == expected.keys()
    assert all(abs(found[unit_id] - expected[unit_id]) < MILLISECOND for unit_id in expected)

    nearest = network.nearest(target, sources, 3, max_s=1e9, emergency=emergency)
    soonest = sorted(expected.values())[:3]
    assert len(nearest) == len(soonest)
    assert all(abs(r.travel_time_s - s) < MILLISECOND for r, s in zip(nearest, soonest, strict=True))
