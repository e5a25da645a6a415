"""Patrols move along roads, answer dispatches on the scenario's clock and survive a restart."""

from __future__ import annotations

import asyncio
import random
import time
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np

from core.geo import BoundingBox, LonLat, distance_m, path_length_m
from dispatch.travel import RouteFound
from drills.city_time import SETTLES_S
from drills.motion import Beats, Polyline
from drills.patrol import ALL_AT_ONCE, PatrolShift
from drills.responding import ON_SCENE_S, PACE, TURN_OUT_S, plan_response
from drills.shift import BUILT_UP, KINDS, PatrolUnit, make_shift
from tests.unit.drills.city import City

NAMES = {"530111": "官渡"}
START = datetime.fromisoformat("2026-08-18T09:05:00+08:00")


class Grid:
    """Streets every 0.001 degrees; fulfils the Roads and Districts that the shift asks for."""

    def random_place(self, rng: random.Random, within: BoundingBox | None = None) -> LonLat:
        box = within or BoundingBox(102.5, 24.8, 102.9, 25.2)
        return LonLat(round(rng.uniform(box.west, box.east), 3), round(rng.uniform(box.south, box.north), 3))

    def wander(self, rng: random.Random, start: LonLat, length_m: float) -> list[LonLat]:
        path = [start]
        while path_length_m(path) < length_m:
            east, north = rng.choice([(0.001, 0.0), (0.0, 0.001), (-0.001, 0.0)])
            path.append(LonLat(path[-1].lon + east, path[-1].lat + north))
        return path

    def route(self, start: LonLat, end: LonLat) -> RouteFound | None:
        path = (start, LonLat(end.lon, start.lat), end)
        return RouteFound("", path_length_m(path) / 10, path_length_m(path), path, 0.0, False, ())

    def jurisdiction_of(self, place: LonLat) -> str | None:
        return "530111" if place.lon > 102.7 else "530103" if place.lon > 102.52 else None


def shift_of(count: int, seed: int = 1) -> list[PatrolUnit]:
    return make_shift(count, seed, Grid(), Grid(), NAMES)


def assignment_of(unit_id: str, path: list[LonLat], at: datetime) -> dict[str, Any]:
    return {
        "assignment_id": "A1",
        "unit_id": unit_id,
        "status": "dispatched",
        "accepted_at": None,
        "dispatched_at": at.isoformat(),
        "place": list(path[-1]),
        "path": [list(p) for p in path],
        "travel_time_s": 120.0,
        "en_route_at": None,
        "on_scene_at": None,
    }


def run_s(patrol: PatrolShift, city: City, seconds: float) -> None:
    for _ in range(int(seconds)):
        city.pass_wall(1.0)
        asyncio.run(patrol.step())


def patrol_in(city: City, count: int = 20, seed: int = 1) -> PatrolShift:
    patrol = PatrolShift(city.api(), shift_of(count, seed), Grid(), seed, START)
    run_s(patrol, city, 1 + SETTLES_S)
    return patrol


CAR = next(row for row, unit in enumerate(shift_of(20)) if unit.kind.kind == "car")


def test_the_same_seed_gives_the_same_shift_and_ids_stay_with_another() -> None:
    first, again, other = shift_of(200), shift_of(200), shift_of(200, seed=2)
    assert first == again != other
    assert [u.unit_id for u in first] == [u.unit_id for u in other]


def test_a_shift_has_the_three_nets_in_their_shares_and_every_unit_in_the_city() -> None:
    shift = shift_of(2000)
    assert abs(sum(kind.share for kind in KINDS) - 1) < 1e-9
    for kind in KINDS:
        share = sum(unit.kind is kind for unit in shift) / len(shift)
        assert abs(share - kind.share) < 0.03
    assert {unit.jurisdiction for unit in shift} == {"530111", "530103"}
    assert len({unit.callsign for unit in shift}) == len(shift)
    assert any(unit.callsign.startswith("官渡-巡-0") for unit in shift)
    assert sum(BUILT_UP.contains(unit.home) for unit in shift) / len(shift) > 0.8
    assert all(unit.registration()["synthetic"] is True for unit in shift)


def test_units_go_up_and_down_their_beats_at_their_speed() -> None:
    path = [LonLat(102.7, 25.0), LonLat(102.71, 25.0), LonLat(102.71, 25.01)]
    beats = Beats([path, path[:1]], np.array([10.0, 10.0]), np.array([0.0, 0.0]))
    length_m = Polyline(path).length_m
    assert abs(length_m - path_length_m(path)) < 1
    seen = [beats.at(float(s)) for s in range(0, 600, 10)]
    for a, b in pairwise(seen):
        moved_m = distance_m(LonLat(a.lon[0], a.lat[0]), LonLat(b.lon[0], b.lat[0]))
        assert moved_m < 101
    at_end, back = beats.at(length_m / 10), beats.at(2 * length_m / 10)
    assert distance_m(LonLat(at_end.lon[0], at_end.lat[0]), path[-1]) < 1
    assert distance_m(LonLat(back.lon[0], back.lat[0]), path[0]) < 1
    assert abs(beats.at(10.0).heading_deg[0] - 90) < 1
    assert abs(beats.at(length_m / 10 + 5).heading_deg[0] - 180) < 1
    assert (seen[7].lon[1], seen[7].lat[1]) == path[0]


def test_a_response_depends_on_nothing_but_the_assignment_and_the_seed() -> None:
    path = [LonLat(102.7, 25.0), LonLat(102.71, 25.0)]
    assignment = assignment_of("sim-0001", path, START)
    plan = plan_response(assignment, "car", path[0], seed=1)
    assert plan == plan_response(assignment, "car", path[0], seed=1)
    assert plan != plan_response(assignment, "car", path[0], seed=2)
    assert TURN_OUT_S[0] <= (plan.en_route_at - START).total_seconds() <= TURN_OUT_S[1]
    travel_s = (plan.on_scene_at - plan.en_route_at).total_seconds()
    assert 120 * PACE[0] <= travel_s <= 120 * PACE[1]
    stay_s = (plan.available_at - plan.on_scene_at).total_seconds()
    assert ON_SCENE_S[0] <= stay_s <= ON_SCENE_S[1]


def test_somebody_on_foot_is_no_car() -> None:
    path = [LonLat(102.7, 25.0), LonLat(102.72, 25.0)]
    plan = plan_response(assignment_of("sim-0001", path, START), "foot", path[0], seed=1)
    assert path_length_m(path) / (plan.on_scene_at - plan.en_route_at).total_seconds() <= 10 / 3.6 / PACE[0]


def test_a_dispatched_unit_sets_off_arrives_stays_clears_and_goes_home() -> None:
    city = City(START, speed=5)
    patrol = patrol_in(city)
    here = patrol.place_of(CAR, city.at)
    target = LonLat(here.lon + 0.01, here.lat)
    city.assignments["A1"] = assignment_of(shift_of(20)[CAR].unit_id, [here, target], city.at)
    dispatched_at = city.at
    run_s(patrol, city, 60)
    assert distance_m(patrol.place_of(CAR, city.at), target) < 5
    run_s(patrol, city, 300)
    assert [s["status"] for s in city.statuses] == ["en_route", "on_scene", "available"]
    instants = [datetime.fromisoformat(s["observed_at"]) for s in city.statuses]
    assert instants == sorted(instants) and instants[0] > dispatched_at
    assert (instants[1] - instants[0]).total_seconds() <= 120 * PACE[1]
    run_s(patrol, city, 400)
    assert patrol.responding == 0 and not patrol._away


def test_a_unit_whose_phone_accepted_its_order_drives_and_leaves_the_buttons_to_the_phone() -> None:
    city = City(START, speed=5)
    patrol = patrol_in(city)
    here = patrol.place_of(CAR, city.at)
    target = LonLat(here.lon + 0.01, here.lat)
    order = assignment_of(shift_of(20)[CAR].unit_id, [here, target], city.at)
    city.assignments["A1"] = {**order, "accepted_at": city.at.isoformat()}
    run_s(patrol, city, 60)
    assert distance_m(patrol.place_of(CAR, city.at), target) < 5
    assert city.statuses == []


def test_at_600_times_the_milestones_keep_their_minutes() -> None:
    slow, fast = City(START, speed=5), City(START, speed=600)
    said = []
    for city in (slow, fast):
        patrol = patrol_in(city, count=5)
        city.assignments["A1"] = assignment_of("sim-0001", [LonLat(102.7, 25.0), LonLat(102.71, 25.0)], START)
        run_s(patrol, city, 10 if city is fast else 300)
        said.append([(s["status"], s["observed_at"]) for s in city.statuses])
    assert said[0] == said[1] and len(said[0]) == 3


def test_after_a_restart_of_the_drill_program_an_open_assignment_goes_on() -> None:
    city = City(START, speed=5)
    patrol = patrol_in(city)
    here = patrol.place_of(CAR, city.at)
    path = [here, LonLat(here.lon + 0.01, here.lat)]
    city.assignments["A1"] = assignment_of(shift_of(20)[CAR].unit_id, path, city.at)
    run_s(patrol, city, 15)
    before = patrol.place_of(CAR, city.at)
    again = PatrolShift(city.api(), shift_of(20), Grid(), 1, START)
    city.speed = 0
    run_s(again, city, 1 + SETTLES_S)
    assert again.responding == 1
    assert distance_m(again.place_of(CAR, city.at), before) < 20
    city.speed = 5
    run_s(again, city, 400)
    assert [s["status"] for s in city.statuses] == ["en_route", "on_scene", "available"]


def test_a_unit_that_is_stood_down_returns_to_its_beat() -> None:
    city = City(START, speed=5)
    patrol = patrol_in(city)
    city.assignments["A1"] = assignment_of(
        shift_of(20)[CAR].unit_id, [LonLat(102.7, 25.0), LonLat(102.71, 25.0)], city.at
    )
    run_s(patrol, city, 15)
    assert patrol.responding == 1
    city.assignments.clear()
    run_s(patrol, city, 2)
    assert patrol.responding == 0


def order_of(unit_id: str, place: LonLat, at: datetime) -> dict[str, Any]:
    return {"order_id": "O1", "unit_id": unit_id, "place": list(place), "ordered_at": at.isoformat()}


def test_a_unit_told_to_move_up_drives_there_waits_and_goes_home_when_the_order_ends() -> None:
    city = City(START, speed=5)
    patrol = patrol_in(city)
    here = patrol.place_of(CAR, city.at)
    target = LonLat(here.lon + 0.01, here.lat)
    city.move_ups = [order_of(shift_of(20)[CAR].unit_id, target, city.at)]
    run_s(patrol, city, 20)
    assert 50 < distance_m(patrol.place_of(CAR, city.at), target) < distance_m(here, target)
    run_s(patrol, city, 100)
    assert distance_m(patrol.place_of(CAR, city.at), target) < 1
    run_s(patrol, city, 100)
    assert distance_m(patrol.place_of(CAR, city.at), target) < 1
    assert (patrol.responding, city.statuses) == (0, [])
    city.move_ups = []
    run_s(patrol, city, 400)
    assert not patrol._away


def test_a_unit_on_its_way_to_wait_is_sent_from_where_it_is() -> None:
    city = City(START, speed=5)
    patrol = patrol_in(city)
    here = patrol.place_of(CAR, city.at)
    unit_id = shift_of(20)[CAR].unit_id
    city.move_ups = [order_of(unit_id, LonLat(here.lon + 0.01, here.lat), city.at)]
    run_s(patrol, city, 20)
    before = patrol.place_of(CAR, city.at)
    city.move_ups = []
    city.assignments["A1"] = assignment_of(unit_id, [before, LonLat(102.7, 25.0)], city.at)
    run_s(patrol, city, 1)
    assert patrol.responding == 1
    assert distance_m(patrol.place_of(CAR, city.at), before) < 60


def test_after_a_restart_of_the_drill_program_a_unit_goes_on_to_where_it_was_told_to_wait() -> None:
    city = City(START, speed=5)
    patrol = patrol_in(city)
    here = patrol.place_of(CAR, city.at)
    city.move_ups = [order_of(shift_of(20)[CAR].unit_id, LonLat(here.lon + 0.02, here.lat), city.at)]
    run_s(patrol, city, 20)
    before = patrol.place_of(CAR, city.at)
    again = PatrolShift(city.api(), shift_of(20), Grid(), 1, START)
    city.speed = 0
    run_s(again, city, 1 + SETTLES_S)
    assert distance_m(again.place_of(CAR, city.at), before) < 20


def test_a_small_shift_reports_every_second_a_large_one_a_fifth() -> None:
    small, large = City(START), City(START)
    patrol_in(small, count=50)
    assert set(small.position_posts) == {50}
    patrol = PatrolShift(large.api(), shift_of(ALL_AT_ONCE + 50), Grid(), 1, START)
    run_s(patrol, large, SETTLES_S + 6)
    assert set(large.position_posts) == {(ALL_AT_ONCE + 50) // 5}
    assert len(large.positions) == ALL_AT_ONCE + 50


def test_a_pause_stops_everybody_where_they_are() -> None:
    city = City(START)
    patrol = patrol_in(city, count=10)
    city.speed = 0
    run_s(patrol, city, 3)
    before = dict(city.positions)
    run_s(patrol, city, 3)
    assert before == city.positions


def test_a_second_of_the_full_force_is_cheap() -> None:
    city = City(START)
    patrol = PatrolShift(city.api(), shift_of(5200), Grid(), 1, START)
    patrol.positions(range(0, 5200, 5), START)
    began = time.process_time()
    for second in range(5):
        patrol.positions(range(second, 5200, 5), START + timedelta(seconds=second))
    assert (time.process_time() - began) / 5 < 0.1
