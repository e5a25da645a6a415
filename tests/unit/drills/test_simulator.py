"""A simulated day: the same chances for every policy, nobody in two places, and results that make sense."""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from pathlib import Path

import numpy as np
import pytest

from core.geo import LonLat
from dispatch.coverage import Grid
from drills.simulator.city import SimulatedCity, Travel, Way
from drills.simulator.day import RELIEF_EVERY_S, Policy, simulate, well_placed
from drills.simulator.demand import OWN_RHYTHM, SimulatedCall, draw_calls, rhythm_of
from roads.classes import RoadClass
from roads.network import RoadNetwork
from roads.segments import RoadLine, assemble
from roads.travel_matrix import travel_matrix

SIDE = 12
STEP = 0.004


def city() -> SimulatedCity:
    """Twelve by twelve junctions about 400 m apart; every junction is a grid, a site and a possible post."""
    lon = np.array([102.70 + STEP * x for _ in range(SIDE) for x in range(SIDE)])
    lat = np.array([25.00 + STEP * y for y in range(SIDE) for _ in range(SIDE)])
    lines = [RoadLine([y * SIDE + x for x in range(SIDE)], RoadClass.RESIDENTIAL) for y in range(SIDE)]
    lines += [RoadLine([y * SIDE + x for y in range(SIDE)], RoadClass.RESIDENTIAL) for x in range(SIDE)]
    roads = RoadNetwork("streets", assemble(lon, lat, lines), synthetic=True)
    nodes = np.arange(SIDE * SIDE)
    travel = Travel(*travel_matrix(roads, nodes))
    places = zip(roads.segments.node_lon.tolist(), roads.segments.node_lat.tolist(), strict=True)
    grids = [Grid(f"5301029010010{i:02d}", LonLat(*p), 1 / len(nodes)) for i, p in enumerate(places)]
    return SimulatedCity(
        "streets", True, grids, roads.segments.node_lon, roads.segments.node_lat, nodes, nodes,
        [np.array([n]) for n in nodes], nodes[:10], nodes, travel, travel,
    )  # fmt: skip


CITY = city()


def call(at_s: float, site: int, major: bool = False) -> SimulatedCall:
    return SimulatedCall(at_s, site, major, 1 + major, (10.0, 10.0), (600.0, 600.0), 1.0)


def test_the_nearest_free_unit_goes_and_the_next_call_gets_the_next_one() -> None:
    calls = [call(0.0, 5), call(60.0, 5)]
    result = simulate(CITY, Policy.BY_ROAD, np.array([0, 143]), calls, storm=False)
    seconds = CITY.dry.seconds[5]
    assert result.travel_s == pytest.approx([seconds[0], seconds[143]], abs=0.01)
    assert result.response_s == pytest.approx([seconds[0] + 10, seconds[143] + 10], abs=0.01)


def test_a_call_waits_while_nobody_is_free_and_major_calls_go_first() -> None:
    calls = [call(0.0, 0), call(10.0, 0), call(20.0, 0, major=True)]
    result = simulate(CITY, Policy.BY_ROAD, np.array([0]), calls, storm=False)
    assert result.major == [False, True, False]
    assert result.response_s == pytest.approx([10.0, 600.0, 1_220.0], abs=0.01)


def test_a_unit_on_its_way_home_is_sent_from_where_it_is() -> None:
    calls = [call(0.0, 143), call(9_000.0, 0)]
    slow_home = simulate(CITY, Policy.BY_ROAD, np.array([0]), calls, storm=False)
    assert slow_home.travel_s[1] == pytest.approx(0.0, abs=0.01)
    soon = [call(0.0, 143), call(float(CITY.dry.seconds[143, 0]) + 615.0, 143)]
    assert simulate(CITY, Policy.BY_ROAD, np.array([0]), soon, storm=False).travel_s[1] < 60


@pytest.mark.parametrize("policy", list(Policy))
@pytest.mark.parametrize("storm", [False, True])
def test_every_counted_call_is_answered_once_under_every_policy(policy: Policy, storm: bool) -> None:
    calls = [c for c in draw_calls(CITY, OWN_RHYTHM, seed=3, storm=storm) if -600 <= c.at_s < 3_600][::3]
    result = simulate(CITY, policy, np.arange(0, 144, 2), calls, storm=storm)
    assert len(result.travel_s) == sum(c.at_s >= 0 for c in calls)
    assert all(t >= 0 for t in result.travel_s)
    assert sum(result.major) == sum(c.major for c in calls if c.at_s >= 0)


def test_moving_up_from_one_corner_shortens_the_drives() -> None:
    calls = [c for c in draw_calls(CITY, OWN_RHYTHM, seed=5, storm=False) if -7_200 <= c.at_s < 10_800][::10]
    corner = np.array([0, 1, 12, 13] * 15)
    ours = simulate(CITY, Policy.OURS, corner, calls, storm=False)
    by_road = simulate(CITY, Policy.BY_ROAD, corner, calls, storm=False)
    assert np.mean(ours.travel_s) < 0.8 * np.mean(by_road.travel_s)
    assert ours.moves > 0
    assert by_road.moves == 0


def test_one_who_becomes_free_nearby_relieves_the_one_on_its_way_and_its_turn_out_is_travel() -> None:
    turn_out = (10.0, 10.0, 40.0)
    near = SimulatedCall(0.0, 0, False, 1, turn_out, (100.0,), 1.0)
    far = SimulatedCall(20.0, 0, False, 1, turn_out, (600.0,), 1.0)
    calls = [near, far, call(5_000.0, 5)]
    by_road = simulate(CITY, Policy.BY_ROAD, np.array([0, 143]), calls, storm=False)
    ours = simulate(CITY, Policy.OURS, np.array([0, 143]), calls, storm=False)
    assert (by_road.reliefs, ours.reliefs) == (0, 1)
    free_s = ours.response_s[0] + 100.0
    looked_s = RELIEF_EVERY_S * ceil(free_s / RELIEF_EVERY_S)
    assert ours.response_s[1] == pytest.approx(looked_s + 40.0 - 20.0, abs=0.01), "it stood there already"
    assert ours.response_s[1] < by_road.response_s[1] - 60
    assert ours.turn_out_s[1] == pytest.approx(10.0)
    assert ours.travel_s[1] == pytest.approx(ours.response_s[1] - 10.0, abs=0.01)


def test_who_is_relieved_before_it_set_off_begins_no_time_anew() -> None:
    """Its own turn-out would have ended at 50 s: a relief that sets off later is not a shorter drive for that."""
    near = SimulatedCall(0.0, 0, False, 1, (0.0, 0.0, 60.0), (15.0,), 1.0)
    far = SimulatedCall(10.0, 0, False, 1, (50.0, 50.0, 60.0), (600.0,), 1.0)
    ours = simulate(CITY, Policy.OURS, np.array([0, 143]), [near, far, call(5_000.0, 5)], storm=False)
    assert ours.reliefs == 1
    assert ours.turn_out_s[1] == pytest.approx(50.0)
    assert ours.travel_s[1] == pytest.approx(ours.response_s[1] - 50.0, abs=0.01)


def test_the_same_seed_is_the_same_day_and_a_storm_only_adds_calls() -> None:
    dry = draw_calls(CITY, OWN_RHYTHM, seed=1, storm=False)
    assert dry == draw_calls(CITY, OWN_RHYTHM, seed=1, storm=False)
    wet = draw_calls(CITY, OWN_RHYTHM, seed=1, storm=True)
    ordinary = set(dry)
    assert [c for c in wet if c in ordinary] == dry
    assert 850 < len(wet) - len(dry) < 1_150
    assert dry != draw_calls(CITY, OWN_RHYTHM, seed=2, storm=False)


def test_well_placed_posts_are_spread_out_and_for_time_at_least_as_near() -> None:
    def mean_s(posts: np.ndarray) -> float:
        return float(CITY.dry.seconds[:, posts].min(axis=1).mean())

    for_time = well_placed(CITY, 9, 0.2, for_time=True)
    for_cover = well_placed(CITY, 9, 0.2, for_time=False)
    assert len(set(for_time.tolist())) == 9
    assert mean_s(for_time) <= mean_s(for_cover) * 1.05
    assert mean_s(for_time) < mean_s(np.arange(9))


def test_a_way_passes_its_junctions_in_time_and_ends_at_the_destination() -> None:
    way = Way(CITY.dry, start=0, destination=143, began_s=100.0, pace=2.0)
    assert (way.nodes[0], way.nodes[-1]) == (0, 143)
    assert way.ends_s == pytest.approx(100.0 + 2 * float(CITY.dry.seconds[143, 0]), abs=0.01)
    assert way.node_at(0.0) == 0
    assert way.node_at(way.ends_s + 1) == 143
    assert way.node_at((100.0 + way.ends_s) / 2) not in (0, 143)


def test_a_closed_city_leaves_calls_to_nobody_nearer_than_the_longest_search() -> None:
    cut = replace(CITY, flooded=Travel(np.full_like(CITY.dry.seconds, np.inf), CITY.dry.towards))
    calls = [call(8 * 3_600.0, 5)]
    result = simulate(cut, Policy.BY_ROAD, np.array([0]), calls, storm=True)
    assert result.travel_s[0] >= 7_200


def test_the_rhythm_of_real_calls_is_read_where_it_is_at_hand(shared_data: Path) -> None:
    path = shared_data / "sf-fire-calls" / "calls_first_half.csv"
    if not path.is_file():
        pytest.skip("no calls there")
    found = rhythm_of(path)
    assert found.hourly == pytest.approx(OWN_RHYTHM.hourly)
    assert found.turn_out_deciles_s == pytest.approx(OWN_RHYTHM.turn_out_deciles_s, abs=2)
    assert found.scene_deciles_s == pytest.approx(OWN_RHYTHM.scene_deciles_s, abs=10)
