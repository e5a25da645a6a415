"""Coordinates as people paste them: two numbers in either order, with or without letters."""

from __future__ import annotations

import re

from core.errors import InvalidInputError
from core.geo import LonLat
from dashboard.language import t

FRAMES = ("WGS-84", "GCJ-02", "BD-09")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def pasted_place(text: str) -> LonLat:
    """The two numbers in the text; the one above 60 is the longitude (all of China lies so).

    Still in the frame it was pasted in. Raises InvalidInputError with what was found.
    """
    numbers = [float(found) for found in _NUMBER.findall(text)]
    if len(numbers) == 2:
        low, high = sorted(numbers)
        if 0 <= low <= 60 < high <= 180:
            return LonLat(high, low)
    raise InvalidInputError(
        t("坐标应为经度和纬度两个数，收到“{text}”", text=text.strip()[:60]), field="coordinates"
    )
