"""The road network on a town small enough to work out by hand."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import InvalidInputError
from core.geo import BoundingBox, LonLat, distance_m, path_length_m
from dispatch.travel import Closure
from roads.classes import RoadClass
from roads.network import OFF_ROAD_DETOUR, RoadNetwork
from roads.segments import RoadLine, assemble
from roads.snapping import SnapMemory

# Three streets north-south, three east-west, 0.01° apart; an elevated road over the middle one.
LON = np.array([102.70, 102.71, 102.72] * 3 + [102.70, 102.72])
LAT = np.array([25.00] * 3 + [25.01] * 3 + [25.02] * 3 + [25.01] * 2)


def town() -> RoadNetwork:
    street = RoadClass.RESIDENTIAL
    lines = [
        RoadLine([0, 1, 2], street, "南街"),
        RoadLine([3, 4, 5], RoadClass.PRIMARY, "中路"),
        RoadLine([6, 7, 8], street, "北街"),
        RoadLine([0, 3, 6], street, "西街"),
        RoadLine([1, 4, 7], street, "中街", backward=False),
        RoadLine([2, 5, 8], street, "东街"),
        RoadLine([3, 9], RoadClass.LINK, "匝道"),
        RoadLine([9, 10], RoadClass.TRUNK, "高架", level=1),
        RoadLine([10, 5], RoadClass.LINK, "匝道"),
    ]
    lon, lat = LON.copy(), LAT.copy()
    lat[9:] += 0.0001
    return RoadNetwork("town", assemble(lon, lat, lines), synthetic=True)


def closure(name: str, lon: float, lat: float, kind: str = "road", state: str = "closed") -> Closure:
    return Closure(name, name, LonLat(lon, lat), kind, state, 60.0)  # type: ignore[arg-type]


def test_it_survives_the_disk(tmp_path: Path) -> None:
    before = town()
    before.save(tmp_path / "roads.npz")
    after = RoadNetwork.load(tmp_path / "roads.npz")
    assert (after.name, after.synthetic, after.node_count) == ("town", True, before.node_count)
    assert after.edge_count == before.edge_count
    assert after.length_km == pytest.approx(before.length_km)
    start, end = LonLat(102.701, 25.0), LonLat(102.72, 25.019)
    assert after.route(start, end) == before.route(start, end)


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "roads.npz").write_bytes(b"not a network")
    with pytest.raises(InvalidInputError, match="is not a road network"):
        RoadNetwork.load(tmp_path / "roads.npz")


def test_a_damaged_file_is_refused_whatever_the_damage(tmp_path: Path) -> None:
    """Whoever loads it goes on by straight lines when it is refused, and dies of anything else."""
    path = tmp_path / "roads.npz"
    town().save(path)
    whole = path.read_bytes()
    middle = len(whole) // 2
    flipped = bytes(byte ^ 0xFF for byte in whole[middle : middle + 40])
    damaged = [whole[:length] for length in (0, 4, 100, middle, len(whole) - 30)]
    for bytes_left in [*damaged, whole[:middle] + flipped + whole[middle + 40 :]]:
        path.write_bytes(bytes_left)
        with pytest.raises(InvalidInputError, match="is not a road network"):
            RoadNetwork.load(path)


def test_the_way_along_one_street_counts_only_the_part_driven() -> None:
    found = town().route(LonLat(102.702, 25.0), LonLat(102.708, 25.0))
    assert found is not None
    assert found.distance_m == pytest.approx(
        distance_m(LonLat(102.702, 25.0), LonLat(102.708, 25.0)), rel=1e-3
    )
    assert found.travel_time_s == pytest.approx(found.distance_m / (22 / 3.6), rel=1e-6)


def test_a_one_way_street_is_not_driven_against() -> None:
    network = town()
    with_it = network.route(LonLat(102.71, 25.002), LonLat(102.71, 25.008))
    against = network.route(LonLat(102.71, 25.008), LonLat(102.71, 25.002))
    assert with_it is not None and against is not None
    assert against.distance_m > 4 * with_it.distance_m


def test_the_path_is_as_long_as_the_distance_told() -> None:
    found = town().route(LonLat(102.703, 25.0), LonLat(102.717, 25.02))
    assert found is not None
    assert path_length_m(found.path) == pytest.approx(found.distance_m, rel=2e-3)


def test_a_closed_road_is_driven_around_and_named() -> None:
    network = town()
    network.close_roads([closure("南街积水", 102.705, 25.0)])
    found = network.route(LonLat(102.7, 25.001), LonLat(102.712, 25.0))
    assert found is not None
    assert found.avoided == ("南街积水",)
    assert all(not (102.7005 < p.lon < 102.7095 and p.lat < 25.0005) for p in found.path)


def test_a_slow_road_is_still_driven_when_it_is_the_only_sensible_way() -> None:
    network = town()
    start, end = LonLat(102.7095, 25.0), LonLat(102.7005, 25.0)
    usual = network.route(start, end)
    network.close_roads([closure("南街积水", 102.705, 25.0, state="slow")])
    slow = network.route(start, end)
    assert usual is not None and slow is not None
    assert slow.travel_time_s == pytest.approx(3 * usual.travel_time_s, rel=1e-3)
    assert slow.avoided == ()


def test_a_target_in_the_water_is_reached_on_foot_from_the_waters_edge() -> None:
    network = town()
    water = LonLat(102.707, 25.0)
    network.close_roads([closure("南街积水", *water)])
    found = network.route(LonLat(102.7195, 25.0), water)
    assert found is not None
    assert found.walk_m == pytest.approx(distance_m(water, LonLat(102.71, 25.0)) * OFF_ROAD_DETOUR, rel=0.01)
    assert distance_m(found.path[-1], LonLat(102.71, 25.0)) < 1
    assert found.avoided == ("南街积水",)


def test_a_street_cut_off_on_both_sides_is_approached_from_the_next_one() -> None:
    network = town()
    lon, lat = LON[:9].copy(), LAT[:9].copy()
    lat[6:] = 25.013  # the northern street lies near the middle one
    lines = [
        RoadLine([0, 1, 2], RoadClass.RESIDENTIAL, "南街"),
        RoadLine([3, 4, 5], RoadClass.PRIMARY, "中路"),
    ]
    lines += [
        RoadLine([6, 7, 8], RoadClass.RESIDENTIAL, "北街"),
        RoadLine([0, 3, 6], RoadClass.RESIDENTIAL, "西街"),
    ]
    lines += [RoadLine([2, 5, 8], RoadClass.RESIDENTIAL, "东街")]
    network = RoadNetwork("town", assemble(lon, lat, lines), synthetic=True)
    network.close_roads([closure("西", 102.70, 25.0115), closure("北东", 102.7150, 25.013)])
    found = network.route(LonLat(102.705, 25.0), LonLat(102.705, 25.0129))
    assert found is not None
    assert distance_m(found.path[-1], LonLat(102.705, 25.01)) < 5
    assert found.walk_m > 300


def test_a_flood_under_the_elevated_road_leaves_it_open() -> None:
    network = town()
    network.close_roads([closure("中路下层", 102.715, 25.01, kind="underpass")])
    found = network.route(LonLat(102.7, 25.0099), LonLat(102.72, 25.0099))
    assert found is not None
    assert found.distance_m < 2300
    assert network.closures_without_road == ()


def test_a_segment_pointed_at_is_closed_alone_and_even_if_it_is_elevated() -> None:
    network = town()
    pointed_at = Closure("c", "此处", LonLat(102.705, 25.0001), "segment", "closed", 60.0)
    network.close_roads([pointed_at])
    south = network.route(LonLat(102.702, 25.0), LonLat(102.708, 25.0))
    assert south is not None and south.distance_m > 1000
    beyond = network.route(LonLat(102.712, 25.0), LonLat(102.718, 25.0))
    assert beyond is not None and beyond.distance_m < 700
    network.close_roads([Closure("c", "高架", LonLat(102.705, 25.0102), "segment", "closed", 60.0)])
    along = network.route(LonLat(102.7, 25.0099), LonLat(102.72, 25.0099))
    assert along is not None and along.travel_time_s > 1990 / (45 / 3.6), "not by the elevated road"


@pytest.mark.parametrize("state", ["closed", "slow"])
def test_an_area_closes_or_slows_all_roads_through_it_but_not_those_above(state: str) -> None:
    network = town()
    start, end = LonLat(102.7, 25.0099), LonLat(102.72, 25.0099)
    usual = network.route(start, end)
    ring = tuple(LonLat(*corner) for corner in ((102.704, 24.99), (102.706, 24.99), (102.706, 25.03)))
    network.close_roads([Closure("c", "涝区", LonLat(102.705, 25.0), "area", state, 0.0, ring)])  # type: ignore[arg-type]
    by_elevated = network.route(start, end)
    assert usual is not None and by_elevated is not None
    assert by_elevated.travel_time_s <= usual.travel_time_s * 1.01, "the elevated road stays as it was"
    through = network.route(LonLat(102.702, 25.0), LonLat(102.708, 25.0))
    assert through is not None
    if state == "slow":
        assert through.travel_time_s == pytest.approx(3 * through.distance_m / (22 / 3.6), rel=1e-3)
    else:
        assert through.distance_m > 2000
    network.close_roads([])
    assert network.route(start, end) == usual


def test_what_is_remembered_of_places_is_what_would_be_found_anew() -> None:
    network = town()
    rng = random.Random(5)
    spots = [LonLat(102.70 + rng.random() * 0.02, 25.0 + rng.random() * 0.02) for _ in range(40)]
    target = LonLat(102.711, 25.001)
    for round_ in range(30):
        if round_ % 7 == 6:
            network.close_roads([closure("积水", *rng.choice(spots))])
        units = {f"u{i}": rng.choice(spots) for i in range(rng.choice([3, 60]))}
        fresh = town()
        fresh.close_roads(network.closures)
        assert network.all_etas(target, units) == fresh.all_etas(target, units)
        assert network.nearest(target, units, 3) == fresh.nearest(target, units, 3)


def test_a_full_memory_of_places_begins_anew() -> None:
    memory = SnapMemory(most=8)
    asked: list[int] = []

    def snap(lon: Any, lat: Any) -> Any:
        asked.append(len(lon))
        return (lon * 10).astype(np.int64), lon, lat

    for size in (5, 5, 8, 9, 3):
        places = [LonLat(float(i), 1.0) for i in range(size)]
        segment, share, offset = memory.find(places, snap)
        assert segment.tolist() == [i * 10 for i in range(size)]
        assert (share.tolist(), offset.tolist()) == (list(range(size)), [1.0] * size)
    assert asked == [5, 3, 9], "nine do not fit, so they are not remembered"


def test_a_closure_far_from_any_road_is_told() -> None:
    network = town()
    network.close_roads([closure("湖里", 102.60, 24.90)])
    assert network.closures_without_road == ("湖里",)


def test_far_from_any_road_the_answer_calls_itself_an_estimate() -> None:
    found = town().route(LonLat(102.70, 25.0), LonLat(102.74, 25.01))
    assert found is not None
    assert found.straight_line
    assert found.walk_m > 2000


def test_a_random_place_lies_on_a_road_inside_the_area() -> None:
    network = town()
    box = BoundingBox(102.695, 24.995, 102.706, 25.03)
    places = [network.random_place(random.Random(i), box) for i in range(20)]
    assert all(box.contains(place) or place.lon <= 102.71 for place in places)
    assert places == [network.random_place(random.Random(i), box) for i in range(20)]
    with pytest.raises(InvalidInputError, match="no open street"):
        network.random_place(random.Random(1), BoundingBox(100, 20, 101, 21))


def test_a_patrol_keeps_to_open_roads_and_its_length_and_can_be_repeated() -> None:
    network = town()
    network.close_roads([closure("南街积水", 102.705, 25.0)])
    path = network.wander(random.Random(3), LonLat(102.70, 25.001), 5000)
    assert path_length_m(path) == pytest.approx(5000, rel=0.01)
    assert path == network.wander(random.Random(3), LonLat(102.70, 25.001), 5000)
    assert all(not (102.7005 < p.lon < 102.7095 and p.lat < 25.0005) for p in path)
    turns = sum(a == c for a, c in zip(path, path[2:], strict=False))
    assert turns == 0
