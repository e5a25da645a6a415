"""A flat map of the city in metres, to draw the embedded roads on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.interpolate import PchipInterpolator

from core.geo import EARTH_RADIUS_M, LonLat
from roads.metric import Floats

CENTRE = LonLat(102.75, 24.98)
M_PER_LAT = EARTH_RADIUS_M * np.pi / 180
M_PER_LON = M_PER_LAT * float(np.cos(np.radians(CENTRE.lat)))


def to_plane(places: Sequence[LonLat]) -> Floats:
    """Places as rows of metres east and north of the centre; within 0.5 % over the city."""
    degrees = np.array(places, dtype=np.float64) - np.array(CENTRE)
    return np.asarray(degrees * np.array([M_PER_LON, M_PER_LAT]), dtype=np.float64)


def from_plane(points: Floats) -> Floats:
    """Rows of metres as rows of longitude and latitude."""
    return np.asarray(points / np.array([M_PER_LON, M_PER_LAT]) + np.array(CENTRE), dtype=np.float64)


def smooth(points: Floats, step_m: float, *, closed: bool = False) -> Floats:
    """A curve through the points, a vertex about every `step_m` metres; the points themselves stay on it."""
    if closed:
        points = np.vstack([points, points[:1]])
    if len(points) < 3:
        return points
    run = np.r_[0.0, np.cumsum(np.hypot(*np.diff(points, axis=0).T))]
    pieces = np.maximum(1, np.ceil(np.diff(run) / step_m)).astype(int)
    steps = [np.linspace(a, b, n + 1)[1:] for a, b, n in zip(run, run[1:], pieces, strict=False)]
    at = np.concatenate([[0.0], *steps])
    return np.asarray(PchipInterpolator(run, points)(at), dtype=np.float64)
