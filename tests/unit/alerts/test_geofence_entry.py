"""Who is inside."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from alerts.geofence_entry import box_of, units_inside
from alerts.geofences import Geofence
from core.geo import LonLat

CIRCLE = Geofence("C", "圆", "circle", "530111", LonLat(102.75, 25.02), radius_m=80)
RING = Geofence(
    "R",
    "角",
    "corner",
    "530111",
    LonLat(102.751, 25.0465),
    outline=(LonLat(102.750, 25.046), LonLat(102.753, 25.046), LonLat(102.750, 25.049)),
    unit_kinds=frozenset({"car"}),
)
KINDS = {"u1": "car", "u2": "foot"}


def test_units_are_inside_a_circle_and_outside_of_it() -> None:
    places = {"u1": LonLat(102.7505, 25.02), "u2": LonLat(102.751, 25.02)}  # 50 m, 100 m
    assert units_inside([CIRCLE], places, KINDS) == {("u1", "C")}


def test_a_ring_holds_what_is_within_its_outline_and_only_the_kinds_it_is_about() -> None:
    within, in_the_box_only = LonLat(102.751, 25.047), LonLat(102.7525, 25.0485)
    assert units_inside([RING], {"u1": within, "u2": within}, KINDS) == {("u1", "R")}
    assert units_inside([RING], {"u1": in_the_box_only}, KINDS) == set()


@given(st.floats(102.74, 102.76), st.floats(25.01, 25.06))
def test_the_box_leaves_out_nothing_that_is_inside(lon: float, lat: float) -> None:
    for fence in (CIRCLE, RING):
        assert box_of(fence).contains(LonLat(lon, lat)) or not fence.contains(LonLat(lon, lat))
