"""Which gauges stand near which, found once for all points."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable

from alerts.model import MonitoredPoint
from core.geo import distance_m

NEIGHBOUR_WITHIN_M = 500.0
"""How far two depth gauges may stand apart to say something about each other (this project's proposal)."""

_CELL_DEG = 0.005
"""Two cells either way reach 500 m wherever a cell is 250 m wide: up to 63° north or south."""


class Neighbourhood:
    """The depth gauges within NEIGHBOUR_WITHIN_M of each."""

    def __init__(self, points: Iterable[MonitoredPoint]) -> None:
        self._points = {p.point_id: p for p in points if p.road_kind is not None}
        self._cells: dict[tuple[int, int], list[MonitoredPoint]] = defaultdict(list)
        for point in self._points.values():
            self._cells[_cell(point)].append(point)
        self._found: dict[str, frozenset[str]] = {}

    def of(self, point_ids: Collection[str]) -> set[str]:
        """Ids of the gauges near any of these, each one's own id left out of its own neighbours."""
        found: set[str] = set()
        for point_id in point_ids:
            found |= self._near(point_id)
        return found

    def _near(self, point_id: str) -> frozenset[str]:
        known = self._found.get(point_id)
        if known is None:
            point = self._points.get(point_id)
            near = frozenset(p.point_id for p in self._around(point)) if point else frozenset()
            known = self._found[point_id] = near
        return known

    def _around(self, point: MonitoredPoint) -> Iterable[MonitoredPoint]:
        x, y = _cell(point)
        for dx in (-2, -1, 0, 1, 2):
            for dy in (-2, -1, 0, 1, 2):
                for other in self._cells.get((x + dx, y + dy), ()):
                    near = distance_m(point.place, other.place) <= NEIGHBOUR_WITHIN_M
                    if near and other.point_id != point.point_id:
                        yield other


def _cell(point: MonitoredPoint) -> tuple[int, int]:
    return math.floor(point.place.lon / _CELL_DEG), math.floor(point.place.lat / _CELL_DEG)
