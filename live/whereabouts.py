"""Where many units are, in columns: a question about one place concerns a few hundred of thousands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from core.geo import EARTH_RADIUS_M, LonLat


class ColumnWhereabouts:
    """Fulfils operations.ports.Whereabouts. `lon` and `lat` are WGS-84 degrees, one for each of `unit_ids`."""

    def __init__(self, unit_ids: Sequence[str], lon: np.ndarray, lat: np.ndarray) -> None:
        self._ids, self._lon, self._lat = unit_ids, lon, lat
        self._row = {unit_id: row for row, unit_id in enumerate(unit_ids)}
        self._far: dict[LonLat, np.ndarray] = {}

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, unit_id: object) -> bool:
        return unit_id in self._row

    def get(self, unit_id: str) -> LonLat | None:
        row = self._row.get(unit_id)
        return None if row is None else LonLat(float(self._lon[row]), float(self._lat[row]))

    def nearest(self, place: LonLat, count: int) -> tuple[Mapping[str, LonLat], float]:
        if count >= len(self._ids):
            return self._places(np.arange(len(self._ids))), np.inf
        metres = self._metres(place)
        rows = np.argpartition(metres, count)[: count + 1]
        return self._places(np.sort(rows[:count])), float(metres[rows[count]])

    def within(self, place: LonLat, metres: float) -> Mapping[str, LonLat]:
        return self._places(np.flatnonzero(self._metres(place) <= metres))

    def _places(self, rows: np.ndarray) -> Mapping[str, LonLat]:
        columns = zip(rows.tolist(), self._lon[rows].tolist(), self._lat[rows].tolist(), strict=True)
        return {self._ids[row]: LonLat(lon, lat) for row, lon, lat in columns}

    def _metres(self, place: LonLat) -> np.ndarray:
        """How far off each is in a straight line, as core.geo.distance_m counts."""
        if place not in self._far:
            lat, there = np.radians(self._lat), np.radians(place.lat)
            half_lat = np.sin((lat - there) / 2)
            half_lon = np.sin(np.radians(self._lon - place.lon) / 2)
            h = half_lat * half_lat + np.cos(lat) * np.cos(there) * half_lon * half_lon
            self._far[place] = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(1.0, h)))
        return self._far[place]
