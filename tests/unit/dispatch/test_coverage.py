"""Shares of grids and demand, one unit's change, what sending it uncovers, and what an area usually has."""

from __future__ import annotations

from math import exp, inf

import pytest

from core.geo import LonLat
from dispatch.coverage import (
    FALLEN_COUNTS,
    MEAN_ON_SCENE_S,
    AreaCoverage,
    CoverageBoard,
    Grid,
    coverage_figures,
    follow_areas,
    uncovered_without,
)

PLACE = LonLat(102.7, 25.0)


def grids(*weights: float, street: str = "901") -> list[Grid]:
    return [Grid(f"530102{street}001{i + 1:02d}", PLACE, weight) for i, weight in enumerate(weights)]


def test_a_grid_counts_as_reached_at_the_target_itself_and_not_a_moment_later() -> None:
    figures = coverage_figures([180.0, 228.0, 228.1, inf], grids(0.4, 0.3, 0.2, 0.1))
    assert (figures.grids_within_target, figures.grids_within_major) == (2, 1)
    assert figures.share_within_target == 0.5
    assert figures.demand_within_target == pytest.approx(0.7)
    assert figures.demand_within_major == pytest.approx(0.4)


def test_a_city_without_grids_covers_nothing() -> None:
    assert coverage_figures([], []).share_within_target == 0.0


def test_the_next_unit_stands_ready_when_the_soonest_leaves() -> None:
    board = CoverageBoard(grids(0.5, 0.5))
    board.put("near", [(0, 60.0), (1, 100.0)])
    board.put("far", [(0, 200.0)])
    board.remove("near")
    assert board.times_s() == [200.0, inf]


def test_a_unit_that_moves_is_forgotten_where_it_was() -> None:
    board = CoverageBoard(grids(0.5, 0.5))
    board.put("u", [(0, 60.0)])
    board.put("u", [(1, 60.0)])
    assert board.times_s() == [inf, 60.0]
    assert board.reach_of("u") == [(1, 60.0)]


def test_removing_a_unit_that_is_not_there_changes_nothing() -> None:
    board = CoverageBoard(grids(1.0))
    board.put("u", [(0, 60.0)])
    board.remove("nobody")
    assert board.times_s() == [60.0]
    assert "u" in board
    assert "nobody" not in board


def test_each_net_is_counted_alone_and_all_together() -> None:
    board = CoverageBoard(grids(0.5, 0.5), nets=("city", "base"))
    board.put("c", [(0, 100.0)], net="city")
    board.put("b", [(0, 50.0), (1, 90.0)], net="base")
    assert board.times_s("city") == [100.0, inf]
    assert board.times_s() == [50.0, 90.0]
    assert board.soonest(0) == [(50.0, "b"), (100.0, "c")]


def test_sending_the_only_unit_in_time_uncovers_the_grid_and_sending_one_of_two_does_not() -> None:
    two = [[(100.0, "u"), (229.0, "v")], [(100.0, "u"), (228.0, "v")], [(100.0, "v")], [(300.0, "u")], []]
    found = uncovered_without("u", two, grids(0.1, 0.2, 0.3, 0.3, 0.1), travel_time_s=120.0)
    assert (found.grids, found.demand, found.away_s) == (1, 0.1, 120.0 + MEAN_ON_SCENE_S)


def test_what_is_usual_is_the_mean_of_what_was_seen_and_not_known_at_first() -> None:
    city = grids(0.5, 0.5)
    street = city[0].street
    half, none = [60.0, inf], [inf, inf]
    memory = follow_areas({}, half, city, at_s=0.0)
    assert memory[street] == AreaCoverage(1.0, 0.5, 0.5, 0.0)
    assert memory[street].usual_known == 0.0
    memory = follow_areas(memory, half, city, at_s=300.0)
    memory = follow_areas(memory, none, city, at_s=600.0)
    assert memory[street].covered == 0.0
    assert memory[street].usual_known == pytest.approx(0.5 - 0.25 * FALLEN_COUNTS), "a fall counts less"
    memory = follow_areas(memory, [60.0, 60.0], city, at_s=1200.0)
    assert memory[street].usual == pytest.approx((0.5 - 0.25 * FALLEN_COUNTS + 1.0) / 2), "a rise in full"
    assert memory[street[:6]].usual == memory[street].usual, "the district is its one street"


def test_what_was_usual_hours_ago_is_forgotten_slowly() -> None:
    city = grids(1.0)
    street = city[0].street
    memory: dict[str, AreaCoverage] = {}
    for minute in range(241):
        memory = follow_areas(memory, [60.0], city, at_s=60.0 * minute)
    for minute in range(241, 361):
        memory = follow_areas(memory, [inf], city, at_s=60.0 * minute)
    assert memory[street].usual == pytest.approx(exp(-FALLEN_COUNTS), abs=0.01)


def test_a_drill_begun_again_starts_the_memory_anew() -> None:
    city = grids(1.0)
    memory = {city[0].street: AreaCoverage(1.0, 1.0, 1.0, 5_000.0, 5_000.0)}
    assert follow_areas(memory, [inf], city, at_s=100.0)[city[0].street] == AreaCoverage(1.0, 0.0, 0.0, 100.0)
