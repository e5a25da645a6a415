"""Coordinates as people paste them."""

from __future__ import annotations

import pytest

from core.errors import InvalidInputError
from core.geo import LonLat
from dashboard.view_models.places import pasted_place


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


@pytest.mark.parametrize("text", ["", "国贸路", "102.7", "1 2 3", "25.0, 25.1", "-25, 102"])
def test_anything_else_is_refused_with_what_was_found(text: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        pasted_place(text)
    assert text.strip() in refused.value.message
