"""Coordinates as people paste them."""

from __future__ import annotations

import pytest

from core.errors import InvalidInputError
from core.geo import LonLat
from dashboard.view_models.places import frame_named, looks_like_a_place, pasted_place, written


@pytest.mark.parametrize(
    "text",
    [
        "102.73852,25.01845",
        "25.01845 102.73852",
        "102.73852°E，25.01845°N",
        "(102.73852; 25.01845)",
        " 25.01845, 102.73852 ",
    ],
)
def test_two_numbers_are_a_place_in_either_order(text: str) -> None:
    assert pasted_place(text) == LonLat(102.73852, 25.01845)


@pytest.mark.parametrize(
    "text",
    [
        "25°1'6.6\"N 102°44'18.7\"E",
        "102°44′18.7″E，25°1′6.6″N",
        "北纬25度1分6.6秒，东经102度44分18.7秒",
        "N25°01.11' E102°44.311'",
        "25 1 6.6 N, 102 44 18.7 E",
        "25:01:06.6 102:44:18.7",
    ],
)
def test_degrees_minutes_and_seconds_are_read_in_either_order(text: str) -> None:
    place = pasted_place(text)
    assert place.lon == pytest.approx(102.73853, abs=2e-5)
    assert place.lat == pytest.approx(25.01850, abs=2e-5)


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ("GCJ-02: 25.01845, 102.73852", "GCJ-02"),
        ("高德 102.73852,25.01845", "GCJ-02"),
        ("https://uri.amap.com/marker?position=102.73852,25.01845&v=2&z=17", "GCJ-02"),
        ("百度 25.01845 102.73852", "BD-09"),
        ("BD09 102.73852 25.01845", "BD-09"),
        ("北斗 102.73852 25.01845", "WGS-84"),
        ("102.73852 25.01845", None),
    ],
)
def test_the_frame_is_read_from_what_was_pasted_with_the_numbers(text: str, frame: str | None) -> None:
    assert frame_named(text) == frame
    assert pasted_place(text) == LonLat(102.73852, 25.01845)


def test_a_name_is_no_place_and_a_place_is_read_out_latitude_first() -> None:
    assert not looks_like_a_place("北京路")
    assert not looks_like_a_place("53010210001")
    assert written(LonLat(102.73852, 25.01845)) == "25.01845° N, 102.73852° E"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "国贸路",
        "102.7",
        "1 2 3",
        "25.0, 25.1",
        "-25, 102",
        "25°1'6\"S 102°44'18\"E",
        "25 W 102 N",
    ],
)
def test_anything_else_is_refused_with_what_was_found(text: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        pasted_place(text)
    assert text.strip() in refused.value.message
