"""What a unit reaches: the search for all together and the table for each alone say the same, closures respected."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.geo import LonLat
from dispatch.coverage import CoverageBoard, Grid
from dispatch.travel import Closure
from roads.classes import RoadClass
from roads.network import RoadNetwork
from roads.reach import RoadReach, StraightLineReach
from roads.segments import RoadLine, assemble

CENTRE = LonLat(102.70, 25.00)
SIDE = 16
STEP = 0.004


def streets() -> RoadNetwork:
    """Sixteen by sixteen streets about 400 m apart, every fourth one-way."""
    lon = np.array([CENTRE.lon + STEP * (x - SIDE / 2) for _ in range(SIDE) for x in range(SIDE)])
    lat = np.array([CENTRE.lat + STEP * (y - SIDE / 2) for y in range(SIDE) for _ in range(SIDE)])
    rows = [
        RoadLine([y * SIDE + x for x in range(SIDE)], RoadClass.RESIDENTIAL, backward=y % 4 != 2)
        for y in range(SIDE)
    ]
    columns = [RoadLine([y * SIDE + x for y in range(SIDE)], RoadClass.TERTIARY) for x in range(SIDE)]
    return RoadNetwork("streets", assemble(lon, lat, rows + columns), synthetic=True)


def squares() -> list[Grid]:
    at = [(x, y) for x in range(10) for y in range(10)]
    return [
        Grid(f"530102901001{i:02d}", LonLat(CENTRE.lon + 0.006 * (x - 5), CENTRE.lat + 0.006 * (y - 5)), 0.01)
        for i, (x, y) in enumerate(at)
    ]


NETWORK = streets()
GRIDS = squares()


def somewhere(rng: random.Random) -> LonLat:
    return LonLat(CENTRE.lon + rng.uniform(-0.034, 0.032), CENTRE.lat + rng.uniform(-0.034, 0.032))


def some_closures(rng: random.Random, count: int) -> list[Closure]:
    states = ("closed", "slow")
    return [
        Closure(f"c{i}", f"c{i}", somewhere(rng), "road", states[rng.random() < 0.4], 150.0)
        for i in range(count)
    ]


def board_of(places: Sequence[LonLat], reach: RoadReach) -> CoverageBoard:
    board = CoverageBoard(GRIDS)
    for i, reached in enumerate(reach.reach(places)):
        board.put(str(i), reached)
    return board


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), units=st.integers(0, 30), closed=st.integers(0, 8))
def test_after_any_moves_and_closures_the_board_equals_the_full_search(
    seed: int, units: int, closed: int
) -> None:
    """The incremental update against the full recomputation, with units that come, go and move."""
    rng = random.Random(seed)
    reach = RoadReach(NETWORK, GRIDS, horizon_s=300.0)
    reach.prepare()
    reach.close_roads(some_closures(rng, closed))
    places = {str(i): somewhere(rng) for i in range(units)}
    board = board_of(list(places.values()), reach)
    for _ in range(10):
        unit = str(rng.randrange(units + 5))
        if unit in places and rng.random() < 0.4:
            del places[unit]
            board.remove(unit)
        else:
            places[unit] = somewhere(rng)
            board.put(unit, reach.reach([places[unit]])[0])
    assert board.times_s() == pytest.approx(reach.soonest_s(list(places.values())), abs=1e-6)
    reach.close_roads([])


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_a_table_brought_up_to_date_equals_one_made_afresh(seed: int) -> None:
    rng = random.Random(seed)
    places = [somewhere(rng) for _ in range(20)]
    reach = RoadReach(NETWORK, GRIDS)
    for count in (rng.randrange(6), rng.randrange(6), 0, rng.randrange(6)):
        reach.close_roads(some_closures(rng, count))
        kept = reach.reach(places)
        assert kept == RoadReach(NETWORK, GRIDS).reach(places)
    reach.close_roads([])


def test_it_says_what_the_road_network_says_of_a_single_way() -> None:
    rng = random.Random(3)
    reach = RoadReach(NETWORK, GRIDS)
    unit = somewhere(rng)
    junctions = {
        row: LonLat(float(NETWORK.segments.node_lon[node]), float(NETWORK.segments.node_lat[node]))
        for row, node in enumerate(reach.demand_nodes.tolist())
    }
    found = reach.reach([unit])[0]
    assert len(found) > 20
    for row, time_s in found:
        route = NETWORK.route(unit, junctions[row])
        assert route is not None
        assert time_s == pytest.approx(route.travel_time_s, abs=1e-3)


def test_among_keeps_the_soonest_and_changes_no_time() -> None:
    rng = random.Random(4)
    places = [somewhere(rng) for _ in range(40)]
    reach = RoadReach(NETWORK, GRIDS)
    whole, thinned = reach.reach(places), reach.reach(places, among=2)
    board = CoverageBoard(GRIDS)
    for i, reached in enumerate(whole):
        board.put(str(i), reached)
    kept = CoverageBoard(GRIDS)
    for i, reached in enumerate(thinned):
        kept.put(str(i), reached)
    assert sum(map(len, thinned)) < sum(map(len, whole)) / 3
    assert [kept.soonest(row) for row in range(100)] == [board.soonest(row) for row in range(100)]


def test_a_grid_cut_off_by_water_is_reached_by_nobody_until_the_water_falls() -> None:
    reach = RoadReach(NETWORK, GRIDS)
    place = somewhere(random.Random(5))
    before = reach.soonest_s([place])
    reach.close_roads([Closure("all", "all", CENTRE, "road", "closed", 900.0)])
    during = reach.soonest_s([place])
    assert sum(a < b for a, b in zip(before, during, strict=True)) > 0
    reach.close_roads([])
    assert reach.soonest_s([place]) == before


def test_without_roads_the_same_questions_are_answered_by_guess() -> None:
    rng = random.Random(6)
    places = [somewhere(rng) for _ in range(12)]
    reach = StraightLineReach(GRIDS)
    reach.prepare()
    reach.close_roads([Closure("c", "c", CENTRE, "road", "closed", 900.0)])
    board = CoverageBoard(GRIDS)
    for i, reached in enumerate(reach.reach(places, among=1)):
        board.put(str(i), reached)
    assert board.times_s() == pytest.approx(reach.soonest_s(places))
    assert reach.reach([]) == []


def test_nobody_on_duty_reaches_nothing() -> None:
    reach = RoadReach(NETWORK, GRIDS)
    assert reach.soonest_s([]) == [float("inf")] * 100
    assert reach.reach([]) == []
