"""Conversion at the door: what was shifted comes back to where it was, everywhere in China."""

from __future__ import annotations

import pytest
from fast_geocn import coord
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInputError
from core.geo import LonLat, distance_m
from intake.coordinates import Crs, bd09_to_gcj02, gcj02_to_bd09, to_wgs84

LONGITUDES = st.floats(73.6, 134.7)
LATITUDES = st.floats(18.2, 53.5)
KUNMING = LonLat(102.7146, 25.0492)


@given(LONGITUDES, LATITUDES)
def test_gcj02_comes_back_to_the_place_it_was_made_of(lon: float, lat: float) -> None:
    place = LonLat(lon, lat)
    assert distance_m(to_wgs84(*coord.wgs84_to_gcj02(lon, lat), Crs.GCJ02), place) < 0.1


@given(LONGITUDES, LATITUDES)
def test_bd09_comes_back_to_the_place_it_was_made_of(lon: float, lat: float) -> None:
    place = LonLat(lon, lat)
    assert distance_m(to_wgs84(*gcj02_to_bd09(*coord.wgs84_to_gcj02(lon, lat)), Crs.BD09), place) < 0.1


@given(LONGITUDES, LATITUDES)
def test_wgs84_stays_exactly_where_it_is(lon: float, lat: float) -> None:
    assert to_wgs84(lon, lat, Crs.WGS84) == LonLat(lon, lat)


@given(st.floats(-180, 180), st.floats(-90, 90), st.sampled_from(list(Crs)))
def test_every_place_on_earth_can_be_converted(lon: float, lat: float, crs: Crs) -> None:
    assert distance_m(to_wgs84(lon, lat, crs), LonLat(lon, lat)) < 3_000 or crs is Crs.BD09


def test_an_unconverted_place_in_kunming_would_be_on_another_street() -> None:
    shift_m = distance_m(LonLat(*coord.wgs84_to_gcj02(*KUNMING)), KUNMING)
    assert 300 < shift_m < 420  # "about 360 m": the project's reference facts


def test_the_forward_shifts_agree_with_the_published_values_of_coordtransform() -> None:
    # wandergis/coordtransform, README and tests, for 116.404, 39.915. A round trip alone proves nothing:
    # a wrong formula and its own inverse agree with each other.
    assert coord.wgs84_to_gcj02(116.404, 39.915) == pytest.approx(
        (116.41024449916938, 39.91640428150164), abs=1e-9
    )
    assert gcj02_to_bd09(116.404, 39.915) == pytest.approx((116.41036949371029, 39.92133699351021), abs=1e-9)


def test_the_published_inverse_of_bd09_is_within_a_metre_of_ours() -> None:
    published = LonLat(116.39762729119315, 39.90865673957631)
    assert distance_m(LonLat(*bd09_to_gcj02(116.404, 39.915)), published) < 1.0


def test_an_unknown_system_is_refused_and_named() -> None:
    with pytest.raises(InvalidInputError, match="found 'WGS84', expected one of WGS-84, GCJ-02, BD-09"):
        to_wgs84(102.7, 25.0, "WGS84")
