"""Places: distances and bearings against figures that can be checked by hand."""

from __future__ import annotations

import math

import pytest

from core.geo import EARTH_RADIUS_M, BoundingBox, LonLat, bearing_deg, distance_m, path_length_m

DEGREE_M = math.pi * EARTH_RADIUS_M / 180
KUNMING = LonLat(102.7146, 25.0492)


@pytest.mark.parametrize(
    ("a", "b", "metres"),
    [
        (LonLat(102.0, 25.0), LonLat(102.0, 26.0), DEGREE_M),
        (LonLat(0.0, 0.0), LonLat(1.0, 0.0), DEGREE_M),
        (LonLat(0.0, 60.0), LonLat(0.001, 60.0), DEGREE_M * 0.001 * 0.5),
        (LonLat(179.5, 0.0), LonLat(-179.5, 0.0), DEGREE_M),
        (LonLat(0.0, 0.0), LonLat(180.0, 0.0), math.pi * EARTH_RADIUS_M),
        (KUNMING, KUNMING, 0.0),
    ],
)
def test_a_distance_is_that_of_the_great_circle(a: LonLat, b: LonLat, metres: float) -> None:
    assert distance_m(a, b) == pytest.approx(metres, rel=1e-6)
    assert distance_m(b, a) == distance_m(a, b)


@pytest.mark.parametrize(
    ("towards", "degrees"),
    [((0.0, 1.0), 0.0), ((1.0, 0.0), 90.0), ((0.0, -1.0), 180.0), ((-1.0, 0.0), 270.0)],
)
def test_a_bearing_runs_clockwise_from_north(towards: tuple[float, float], degrees: float) -> None:
    assert bearing_deg(LonLat(0.0, 0.0), LonLat(*towards)) == pytest.approx(degrees)


def test_a_path_is_as_long_as_its_legs_and_a_single_point_has_no_length() -> None:
    there = LonLat(102.72, 25.05)
    assert path_length_m([KUNMING, there, KUNMING]) == pytest.approx(2 * distance_m(KUNMING, there))
    assert path_length_m([KUNMING]) == path_length_m([]) == 0.0


@pytest.mark.parametrize(
    ("place", "inside"),
    [
        (LonLat(102.0, 24.0), True),
        (LonLat(103.0, 25.0), True),
        (LonLat(103.0001, 24.5), False),
        (LonLat(24.5, 102.5), False),  # latitude first
        (LonLat(float("nan"), 24.5), False),
        (LonLat(102.5, float("inf")), False),
    ],
)
def test_a_box_holds_its_edges_and_nothing_that_is_no_place(place: LonLat, inside: bool) -> None:
    assert BoundingBox(102.0, 24.0, 103.0, 25.0).contains(place) is inside
