"""Where patrols are: all of them at once, up and down their beats, by distance along polylines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.geo import EARTH_RADIUS_M, LonLat

Floats = npt.NDArray[np.float64]


class Seen(NamedTuple):
    """Places and headings of many units, arrays of one length: degrees, degrees clockwise from north."""

    lon: Floats
    lat: Floats
    heading_deg: Floats


class Polyline:
    """A path with its length in metres (flat-earth steps; within 0.1 % inside a city)."""

    def __init__(self, path: Sequence[LonLat]) -> None:
        places = list(path) if len(path) > 1 else [path[0], path[0]]
        self.lon = np.array([place.lon for place in places])
        self.lat = np.array([place.lat for place in places])
        east, north = _steps_m(self.lon, self.lat)
        self.along_m: Floats = np.r_[0.0, np.cumsum(np.hypot(east, north))]
        self.bearing_deg: Floats = np.degrees(np.arctan2(east, north)) % 360

    @property
    def length_m(self) -> float:
        return float(self.along_m[-1])

    def at(self, distance_m: float) -> tuple[LonLat, float]:
        """Place and heading after so many metres; its ends beyond them."""
        i = int(np.searchsorted(self.along_m, distance_m, side="right").clip(1, len(self.along_m) - 1)) - 1
        place = LonLat(
            float(np.interp(distance_m, self.along_m, self.lon)),
            float(np.interp(distance_m, self.along_m, self.lat)),
        )
        return place, float(self.bearing_deg[i])


class Beats:
    """Each unit's beat, driven up and down at its speed since its own instant."""

    def __init__(self, paths: Sequence[Sequence[LonLat]], speed_ms: Floats, began_s: Floats) -> None:
        lines = [Polyline(path) for path in paths]
        points = np.array([len(line.along_m) for line in lines])
        self._first = np.cumsum(points) - points
        self._last = self._first + points - 1
        self._lon = np.concatenate([line.lon for line in lines])
        self._lat = np.concatenate([line.lat for line in lines])
        self._bearing = np.concatenate([np.r_[line.bearing_deg, 0.0] for line in lines])
        self._length = np.array([line.length_m for line in lines])
        # All beats lie one after another on one long ruler, so that one search places every unit.
        gap = self._length.max(initial=0.0) + 1.0
        self._base = np.arange(len(lines)) * gap
        self._ruler = np.concatenate(
            [base + line.along_m for base, line in zip(self._base, lines, strict=True)]
        )
        self._speed_ms = speed_ms
        self._began_s = began_s.astype(np.float64).copy()

    def begin_again(self, unit: int, at_s: float) -> None:
        """The unit is at the beginning of its beat at this instant (seconds since 1970)."""
        self._began_s[unit] = at_s

    def at(self, instant_s: float) -> Seen:
        """Where everybody is (seconds since 1970); before its beginning a unit stands there."""
        driven = np.maximum(0.0, instant_s - self._began_s) * self._speed_ms
        turn = 2 * np.maximum(self._length, 1e-6)
        there = driven % turn
        back = there > self._length
        along = np.clip(np.where(back, turn - there, there), 0.0, self._length)
        i = np.searchsorted(self._ruler, self._base + along, side="right") - 1
        i = np.clip(i, self._first, np.maximum(self._first, self._last - 1))
        step = self._ruler[i + 1] - self._ruler[i]
        share = np.clip((self._base + along - self._ruler[i]) / np.maximum(step, 1e-9), 0.0, 1.0)
        return Seen(
            self._lon[i] + share * (self._lon[i + 1] - self._lon[i]),
            self._lat[i] + share * (self._lat[i + 1] - self._lat[i]),
            (self._bearing[i] + np.where(back, 180.0, 0.0)) % 360,
        )


def _steps_m(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    north = np.radians(np.diff(lat)) * EARTH_RADIUS_M
    east = np.radians(np.diff(lon)) * EARTH_RADIUS_M * np.cos(np.radians((lat[1:] + lat[:-1]) / 2))
    return east, north
