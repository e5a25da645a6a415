"""The three coordinate systems of China's maps, and the way from each to WGS-84.

Everything inside the program is WGS-84; at Kunming an unconverted GCJ-02 place lies about 360 m off.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import StrEnum

from fast_geocn.coord import gcj02_to_wgs84

from core.errors import InvalidInputError
from core.geo import LonLat

_BD09_TURN = math.pi * 3000 / 180
_BD09_SHIFT = (0.0065, 0.006)
_ITERATIONS = 4
"""Each brings the error to a thousandth: four leave less than a millimetre."""


class Crs(StrEnum):
    """Coordinate system of a place that is sent to us."""

    WGS84 = "WGS-84"
    """GPS devices, OpenStreetMap; Tianditu's CGCS2000 to within a metre."""
    GCJ02 = "GCJ-02"
    """Amap, Tencent."""
    BD09 = "BD-09"
    """Baidu."""


def gcj02_to_bd09(lon: float, lat: float) -> tuple[float, float]:
    """Baidu's own shift on top of GCJ-02, as published with wandergis/coordtransform."""
    # Not fast_geocn's: its BD-09 (1.1.3) turns by pi instead of pi * 3000 / 180, about 26 m away from
    # the published values, which its own round trip does not show. Its GCJ-02 agrees with them.
    radius = math.hypot(lon, lat) + 0.00002 * math.sin(lat * _BD09_TURN)
    angle = math.atan2(lat, lon) + 0.000003 * math.cos(lon * _BD09_TURN)
    return radius * math.cos(angle) + _BD09_SHIFT[0], radius * math.sin(angle) + _BD09_SHIFT[1]


def bd09_to_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """The GCJ-02 place that gcj02_to_bd09 takes to this one; the published inverse is only near it."""
    gcj_lon, gcj_lat = lon - _BD09_SHIFT[0], lat - _BD09_SHIFT[1]
    for _ in range(_ITERATIONS):
        bd_lon, bd_lat = gcj02_to_bd09(gcj_lon, gcj_lat)
        gcj_lon += lon - bd_lon
        gcj_lat += lat - bd_lat
    return gcj_lon, gcj_lat


_TO_WGS84: dict[str, Callable[[float, float], tuple[float, float]]] = {
    Crs.WGS84: lambda lon, lat: (lon, lat),
    Crs.GCJ02: gcj02_to_wgs84,
    Crs.BD09: lambda lon, lat: gcj02_to_wgs84(*bd09_to_gcj02(lon, lat)),
}


def to_wgs84(lon: float, lat: float, crs: str) -> LonLat:
    """The place in WGS-84, degrees. Outside China GCJ-02 equals WGS-84 and nothing is shifted.

    Raises InvalidInputError for a system that is not one of Crs.
    """
    convert = _TO_WGS84.get(crs)
    if convert is None:
        raise InvalidInputError(f"crs: found {crs[:40]!r}, expected one of {', '.join(Crs)}")
    return LonLat(*convert(lon, lat))
