"""Which road a place lies on: the nearest point of the nearest segment, through a spatial index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
import shapely

from core.geo import LonLat
from roads.metric import Bools, Floats, Ints, lengths_m, mercator
from roads.segments import Segments

SEARCH_RADII_M = (15.0, 40.0, 120.0, 400.0, 1_600.0, 8_000.0, 40_000.0, 300_000.0, 40_000_000.0)
"""Most units drive, so most are found in the first, which holds few segments."""


Snap = Callable[[Floats, Floats], tuple[Ints, Floats, Floats]]
"""From longitudes and latitudes to segments, shares and offsets in metres."""


class OnRoad(NamedTuple):
    """A place on a segment: its share of the length from the tail, and the metres from the asked place."""

    segment: int
    share: float
    offset_m: float


class SnapMemory:
    """Where places were found to lie: a unit that did not move is asked about again and again."""

    def __init__(self, most: int = 20_000) -> None:
        self._row: dict[LonLat, int] = {}
        self._used = 0
        self._segment: Ints = np.zeros(most, dtype=np.int64)
        self._share: Floats = np.zeros(most)
        self._offset_m: Floats = np.zeros(most)

    def forget(self) -> None:
        """To be called when roads open or close."""
        self._row.clear()
        self._used = 0

    def find(self, places: Sequence[LonLat], snap: Snap) -> tuple[Ints, Floats, Floats]:
        """(segment, share, offset in metres) of each place; `snap` finds those that are new."""
        if len(places) > len(self._segment):
            return snap(*_columns(places))
        known = self._row.get
        rows = np.array([known(place, -1) for place in places], dtype=np.int64)
        new = np.flatnonzero(rows < 0)
        if len(new):
            if self._used + len(new) > len(self._segment):
                self.forget()
                new = np.arange(len(places))
            # Counted, because two units at one place take two rows and leave one key.
            first = self._used
            self._used += len(new)
            fresh = [places[i] for i in new.tolist()]
            rows[new] = np.arange(first, first + len(new))
            self._row.update(zip(fresh, rows[new].tolist(), strict=True))
            at = slice(first, first + len(new))
            self._segment[at], self._share[at], self._offset_m[at] = snap(*_columns(fresh))
        return self._segment[rows], self._share[rows], self._offset_m[rows]


def _columns(places: Sequence[LonLat]) -> tuple[Floats, Floats]:
    both = np.fromiter(chain.from_iterable(places), dtype=np.float64, count=2 * len(places))
    return both[::2], both[1::2]


class SegmentIndex:
    """Finds segments near places. Distances are metres on the ground, exact for what lies near."""

    def __init__(self, segments: Segments) -> None:
        count = len(segments.shape_lon)
        last = np.zeros(count, dtype=np.bool_)
        last[segments.shape_start[1:] - 1] = True
        a = np.flatnonzero(~last)
        b = a + 1
        lon, lat = segments.shape_lon, segments.shape_lat
        self._x, self._y = mercator(lon, lat)
        self._a, self._b = a, b
        self._segment: Ints = np.repeat(np.arange(segments.count), np.diff(segments.shape_start) - 1)
        self._length: Floats = lengths_m(lon[a], lat[a], lon[b], lat[b])
        run = np.cumsum(self._length) - self._length
        first_piece = segments.shape_start[:-1] - np.arange(segments.count)
        self._before: Floats = run - run[first_piece][self._segment]
        self._total = segments.length_m
        ends = np.stack([np.c_[self._x[a], self._y[a]], np.c_[self._x[b], self._y[b]]], axis=1)
        self._tree = shapely.STRtree(shapely.linestrings(ends))

    def nearest(
        self, lon: Floats, lat: Floats, usable: Bools, handicap_m: Floats
    ) -> tuple[Ints, Floats, Floats]:
        """For each place the usable segment nearest to it: (segment, share, offset in metres).

        `handicap_m` is added to a segment's distance when ranking. Segment is -1 where nothing is usable.
        """
        n = len(lon)
        segment = np.full(n, -1, dtype=np.int64)
        share, offset = np.zeros(n), np.full(n, np.inf)
        pending = np.arange(n)
        for radius_m in SEARCH_RADII_M:
            if not len(pending):
                break
            rows, seg, along, off = self._near(lon[pending], lat[pending], radius_m)
            rank = off + handicap_m[seg]
            good = usable[seg] & (rank <= radius_m)
            rows, seg, along, off, rank = rows[good], seg[good], along[good], off[good], rank[good]
            order = np.lexsort((seg, rank, rows))
            best = order[np.r_[True, rows[order][1:] != rows[order][:-1]]] if len(order) else order
            at = pending[rows[best]]
            segment[at], share[at], offset[at] = seg[best], along[best], off[best]
            pending = pending[segment[pending] < 0]
        return segment, share, offset

    def ranked(self, place: LonLat, usable: Bools, handicap_m: Floats, reach_m: float) -> list[OnRoad]:
        """Usable segments around the place, each once at its nearest point, nearest first.

        Reaches to the nearest one and `reach_m` metres beyond it.
        """
        lon, lat = np.array([place.lon]), np.array([place.lat])
        first, share, offset = self.nearest(lon, lat, usable, handicap_m)
        if first[0] < 0:
            return []
        best = OnRoad(int(first[0]), float(share[0]), float(offset[0]))
        _, seg, along, off = self._near(lon, lat, best.offset_m + reach_m)
        rank = off + handicap_m[seg]
        order = np.lexsort((seg, rank))
        found = {best.segment: best}
        inside = usable[seg] & (off <= best.offset_m + reach_m)
        for i in order[inside[order]]:
            found.setdefault(int(seg[i]), OnRoad(int(seg[i]), float(along[i]), float(off[i])))
        return list(found.values())

    def around(self, place: LonLat, radius_m: float) -> dict[int, float]:
        """Segments within `radius_m` of the place, with their distance in metres."""
        _, seg, _, off = self._near(np.array([place.lon]), np.array([place.lat]), radius_m)
        found: dict[int, float] = {}
        for s, d in zip(seg.tolist(), off.tolist(), strict=True):
            if d <= radius_m:
                found[s] = min(d, found.get(s, np.inf))
        return found

    def inside(self, outline: Sequence[LonLat]) -> list[int]:
        """Segments that pass through the area inside a ring of places, in order."""
        ring = np.array(outline, dtype=np.float64)
        area = shapely.make_valid(shapely.polygons(np.c_[mercator(ring[:, 0], ring[:, 1])]))
        found: list[int] = np.unique(self._segment[self._tree.query(area, predicate="intersects")]).tolist()
        return found

    def _near(self, lon: Floats, lat: Floats, radius_m: float) -> tuple[Ints, Ints, Floats, Floats]:
        """Pairs of place row and piece within a square: (row, segment, share, distance in metres)."""
        x, y = mercator(lon, lat)
        ground = np.cos(np.radians(lat))
        reach = radius_m / ground
        rows, piece = self._tree.query(shapely.box(x - reach, y - reach, x + reach, y + reach))
        ax, ay = self._x[self._a[piece]], self._y[self._a[piece]]
        dx, dy = self._x[self._b[piece]] - ax, self._y[self._b[piece]] - ay
        px, py = x[rows] - ax, y[rows] - ay
        square = dx * dx + dy * dy
        t = np.clip((px * dx + py * dy) / np.where(square > 0, square, 1.0), 0.0, 1.0)
        off = np.hypot(px - t * dx, py - t * dy) * ground[rows]
        seg = self._segment[piece]
        along = (self._before[piece] + t * self._length[piece]) / np.maximum(self._total[seg], 1e-9)
        return rows, seg, np.clip(along, 0.0, 1.0), off
