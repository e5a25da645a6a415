"""Geofences: who is inside, and whom it concerns."""

from __future__ import annotations

import pytest

from alerts.geofences import Geofence
from core.geo import LonLat

CENTRE = LonLat(102.75, 25.02)
CIRCLE = Geofence("C", "圆", "circle", "530111", CENTRE, radius_m=100.0)
L_SHAPED = Geofence(
    "L",
    "角",
    "corner",
    "530111",
    CENTRE,
    outline=(
        LonLat(102.0, 25.0),
        LonLat(102.2, 25.0),
        LonLat(102.2, 25.1),
        LonLat(102.1, 25.1),
        LonLat(102.1, 25.2),
        LonLat(102.0, 25.2),
    ),
)


def test_a_circle_ends_at_its_radius() -> None:
    assert CIRCLE.contains(LonLat(102.7509, 25.02))  # 91 m east
    assert not CIRCLE.contains(LonLat(102.7511, 25.02))  # 111 m east


@pytest.mark.parametrize(
    ("place", "inside"),
    [
        (LonLat(102.05, 25.15), True),
        (LonLat(102.15, 25.05), True),
        (LonLat(102.15, 25.15), False),
        (LonLat(101.95, 25.05), False),
        (LonLat(102.05, 25.25), False),
    ],
    ids=["upper arm", "lower arm", "the missing corner", "west of it", "north of it"],
)
def test_a_polygon_may_have_a_corner_missing(place: LonLat, inside: bool) -> None:
    assert L_SHAPED.contains(place) is inside


def test_a_geofence_without_kinds_concerns_every_unit() -> None:
    assert CIRCLE.concerns("foot")
    cars = Geofence("K", "车", "cars", "530111", CENTRE, 50.0, unit_kinds=frozenset({"car"}))
    assert cars.concerns("car") and not cars.concerns("foot")
