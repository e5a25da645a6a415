"""Places on the earth, always WGS-84 and always longitude first."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

EARTH_RADIUS_M = 6_371_008.8
"""Mean earth radius in metres (IUGG)."""


class LonLat(NamedTuple):
    """A WGS-84 place: longitude then latitude, decimal degrees."""

    lon: float
    lat: float


class BoundingBox(NamedTuple):
    """A WGS-84 rectangle: west, south, east, north, decimal degrees."""

    west: float
    south: float
    east: float
    north: float

    def contains(self, place: LonLat) -> bool:
        return self.west <= place.lon <= self.east and self.south <= place.lat <= self.north


def distance_m(a: LonLat, b: LonLat) -> float:
    """Great-circle distance in metres (haversine; within 0.5 % of the ellipsoid)."""
    lat_a, lat_b = math.radians(a.lat), math.radians(b.lat)
    half_lat = math.sin((lat_b - lat_a) / 2)
    half_lon = math.sin(math.radians(b.lon - a.lon) / 2)
    h = half_lat * half_lat + math.cos(lat_a) * math.cos(lat_b) * half_lon * half_lon
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, h)))


def bearing_deg(a: LonLat, b: LonLat) -> float:
    """Initial bearing from a to b, degrees clockwise from north, in [0, 360)."""
    lat_a, lat_b, d_lon = math.radians(a.lat), math.radians(b.lat), math.radians(b.lon - a.lon)
    x = math.sin(d_lon) * math.cos(lat_b)
    y = math.cos(lat_a) * math.sin(lat_b) - math.sin(lat_a) * math.cos(lat_b) * math.cos(d_lon)
    return math.degrees(math.atan2(x, y)) % 360


def path_length_m(path: Iterable[LonLat]) -> float:
    """Length in metres of a polyline; zero for fewer than two points."""
    points = list(path)
    return sum(distance_m(a, b) for a, b in pairwise(points))
