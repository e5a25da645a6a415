"""What every implementation of travel times promises, with or without roads."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest

from core.geo import LonLat, distance_m
from dispatch.travel import Closure
from operations.ports import TravelTimes
from roads.classes import RoadClass
from roads.network import RoadNetwork
from roads.segments import RoadLine, assemble
from roads.straight_line import StraightLineTravelTimes

CENTRE = LonLat(102.70, 25.00)


def grid_network() -> RoadNetwork:
    """Twenty by twenty streets, 200 m apart."""
    side = 20
    lon = np.array([CENTRE.lon + 0.002 * (x - side / 2) for _ in range(side) for x in range(side)])
    lat = np.array([CENTRE.lat + 0.0018 * (y - side / 2) for y in range(side) for _ in range(side)])
    rows = [RoadLine([y * side + x for x in range(side)], RoadClass.RESIDENTIAL) for y in range(side)]
    columns = [RoadLine([y * side + x for y in range(side)], RoadClass.RESIDENTIAL) for x in range(side)]
    return RoadNetwork("grid", assemble(lon, lat, rows + columns), synthetic=True)


@pytest.fixture(params=[grid_network, StraightLineTravelTimes], ids=["roads", "straight line"])
def travel_times(request: pytest.FixtureRequest) -> TravelTimes:
    make: Callable[[], TravelTimes] = request.param
    return make()


@pytest.fixture
def units() -> dict[str, LonLat]:
    rng = random.Random(7)
    return {
        f"unit-{i}": LonLat(CENTRE.lon + rng.uniform(-0.018, 0.017), CENTRE.lat + rng.uniform(-0.017, 0.015))
        for i in range(40)
    }


def test_it_has_a_name_and_says_whether_it_is_synthetic(travel_times: TravelTimes) -> None:
    assert travel_times.name
    assert isinstance(travel_times.synthetic, bool)


def test_the_soonest_come_first_and_no_more_than_asked(
    travel_times: TravelTimes, units: dict[str, LonLat]
) -> None:
    found = travel_times.nearest(CENTRE, units, 3)
    assert len(found) == 3
    assert len({route.unit_id for route in found}) == 3
    assert [r.travel_time_s for r in found] == sorted(r.travel_time_s for r in found)


def test_asking_for_more_than_there_are_returns_all(
    travel_times: TravelTimes, units: dict[str, LonLat]
) -> None:
    assert {route.unit_id for route in travel_times.nearest(CENTRE, units, 100)} == set(units)


def test_fewer_asked_for_are_the_beginning_of_more(
    travel_times: TravelTimes, units: dict[str, LonLat]
) -> None:
    assert travel_times.nearest(CENTRE, units, 2) == travel_times.nearest(CENTRE, units, 9)[:2]


def test_nobody_to_send_is_an_empty_answer(travel_times: TravelTimes, units: dict[str, LonLat]) -> None:
    assert travel_times.nearest(CENTRE, {}, 3) == []
    assert travel_times.nearest(CENTRE, units, 0) == []


def test_nobody_within_the_time_is_an_empty_answer(travel_times: TravelTimes) -> None:
    far = {"far": LonLat(CENTRE.lon + 0.016, CENTRE.lat)}
    assert travel_times.nearest(CENTRE, far, 1, max_s=20.0) == []
    assert len(travel_times.nearest(CENTRE, far, 1)) == 1


def test_a_route_starts_at_the_unit_and_ends_at_the_target_or_where_the_walk_begins(
    travel_times: TravelTimes, units: dict[str, LonLat]
) -> None:
    for route in travel_times.nearest(CENTRE, units, 40):
        assert distance_m(route.path[0], units[route.unit_id]) < 35
        assert distance_m(route.path[-1], CENTRE) <= route.walk_m + 35
        assert route.distance_m >= distance_m(route.path[0], route.path[-1]) * 0.99


def test_it_is_never_quicker_than_flying_at_the_top_speed(
    travel_times: TravelTimes, units: dict[str, LonLat]
) -> None:
    for route in travel_times.nearest(CENTRE, units, 40):
        assert route.travel_time_s >= (distance_m(units[route.unit_id], CENTRE) - 60) / (80 / 3.6)


def test_a_unit_at_the_place_needs_next_to_no_time(travel_times: TravelTimes) -> None:
    (route,) = travel_times.nearest(CENTRE, {"here": CENTRE}, 1)
    assert route.travel_time_s < 1


def test_closures_are_replaced_as_a_whole_and_can_be_lifted(
    travel_times: TravelTimes, units: dict[str, LonLat]
) -> None:
    before = travel_times.nearest(CENTRE, units, 5)
    travel_times.close_roads([Closure("c1", "积水点", CENTRE, "road", "closed", 120.0)])
    during = travel_times.nearest(CENTRE, units, 5)
    assert len(during) == 5
    assert during[0].travel_time_s >= before[0].travel_time_s - 1e-6
    travel_times.close_roads([])
    assert travel_times.nearest(CENTRE, units, 5) == before


def test_nobody_comes_sooner_than_the_straight_line_allows(
    travel_times: TravelTimes, units: dict[str, LonLat]
) -> None:
    for target in (CENTRE, LonLat(CENTRE.lon + 0.03, CENTRE.lat)):
        for route in travel_times.nearest(target, units, len(units)):
            straight_m = distance_m(units[route.unit_id], target)
            assert straight_m <= travel_times.within_m(route.travel_time_s) + 1e-6
