"""Lengths and flat coordinates for arrays of places."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from core.geo import EARTH_RADIUS_M

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def lengths_m(lon_a: Any, lat_a: Any, lon_b: Any, lat_b: Any) -> Floats:
    """Great-circle distances in metres between pairs of places (degrees; arrays or scalars broadcast)."""
    lat_a, lat_b = np.radians(lat_a), np.radians(lat_b)
    half_lat = np.sin((lat_b - lat_a) / 2)
    half_lon = np.sin(np.radians(np.subtract(lon_b, lon_a)) / 2)
    h = half_lat**2 + np.cos(lat_a) * np.cos(lat_b) * half_lon**2
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(1.0, h))), dtype=np.float64)


def mercator(lon: Any, lat: Any) -> tuple[Floats, Floats]:
    """Spherical Mercator x, y in metres at the equator; a true metre is 1/cos(lat) of them.

    Conformal, so the nearest point of a nearby line is the same as on the ground.
    """
    x = EARTH_RADIUS_M * np.radians(lon)
    y = EARTH_RADIUS_M * np.arctanh(np.sin(np.radians(lat)))
    return np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
