"""What coordinates are taken for: each frame, the likeliest first, with where that would be."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from core.geo import LonLat
from dashboard.callbacks.looking_up import coordinates
from intake.coordinates import to_wgs84
from operations.ports import Ports

IN_THE_CITY = cast(
    Ports,
    SimpleNamespace(
        areas=SimpleNamespace(
            names=lambda: {"530111": ("官渡区", "Guandu")},
            jurisdiction_of=lambda place: "530111" if place.lon < 103 else None,
        )
    ),
)


@pytest.mark.parametrize(
    ("text", "chosen", "meant"),
    [
        ("25.0231, 102.7423", "WGS-84", "WGS-84"),
        ("25.0231, 102.7423", "BD-09", "BD-09"),
        ("高德 25.0231, 102.7423", "BD-09", "GCJ-02"),
        ("25.0231, 102.7423", "nonsense", "WGS-84"),
    ],
)
def test_the_frame_that_is_named_goes_before_the_chosen_one(text: str, chosen: str, meant: str) -> None:
    answer = coordinates(IN_THE_CITY, to_wgs84, text, chosen)
    assert answer["frame"] == meant
    assert answer["places"][0]["frame"] == meant
    assert {place["frame"] for place in answer["places"]} == {"WGS-84", "GCJ-02", "BD-09"}
    assert all(place["area"] == "官渡区" for place in answer["places"])


def test_the_place_is_said_as_pasted_and_stands_in_wgs84() -> None:
    first = coordinates(IN_THE_CITY, to_wgs84, "25.020150, 102.743783", "GCJ-02")["places"][0]
    assert first["name"] == "25.02015° N, 102.74378° E（GCJ-02）"
    assert LonLat(first["lon"], first["lat"]).lon == pytest.approx(102.7423, abs=2e-5)


def test_a_place_outside_the_city_has_no_area() -> None:
    assert coordinates(IN_THE_CITY, to_wgs84, "39.9, 116.4", None)["places"][0]["area"] == ""
