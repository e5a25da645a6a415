"""Fills the blocks between main roads with generated streets, the same ones for the same input."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from roads.metric import Floats

OVERSHOOT_M = 6.0
"""Streets are drawn this far across the road they end at, so that they surely meet it."""

GAP_SHARE = 0.13
"""Share of the pieces of a street that is left out, so that the blocks differ."""

LEAST_BLOCK_M2 = 9_000.0
WARP_M = 28.0
WARP_LENGTHS_M = (930.0, 1_370.0, 610.0)


def street_lines(
    area: BaseGeometry, main_lines: Sequence[BaseGeometry], spacing_m: float, rng: random.Random
) -> Iterator[BaseGeometry]:
    """Streets inside an area, block by block, along the longest side of each block; plane metres."""
    edges = shapely.unary_union([*main_lines, shapely.boundary(area)])
    blocks = shapely.get_parts(shapely.polygonize([edges]))
    middles = shapely.point_on_surface(blocks)
    inside = shapely.contains(area, middles) & (shapely.area(blocks) > LEAST_BLOCK_M2)
    order = np.lexsort((shapely.get_y(middles[inside]), shapely.get_x(middles[inside])))
    for block in blocks[inside][order]:
        yield from _fill(block, spacing_m, rng)


def _fill(block: BaseGeometry, spacing_m: float, rng: random.Random) -> Iterator[BaseGeometry]:
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(block))
    sides = np.diff(corners[:3], axis=0)
    lengths = np.hypot(sides[:, 0], sides[:, 1])
    along = sides[int(lengths.argmax())] / lengths.max()
    across = np.array([-along[1], along[0]])
    reach = shapely.buffer(block, OVERSHOOT_M)
    shapely.prepare(reach)
    for direction, normal in ((along, across), (across, along)):
        offsets, starts = corners @ normal, corners @ direction
        first, last = float(offsets.min()), float(offsets.max())
        count = round((last - first) / spacing_m)
        for i in range(1, count):
            offset = first + (last - first) * i / count + rng.uniform(-0.17, 0.17) * spacing_m
            steps = np.arange(starts.min() - 40.0, starts.max() + 80.0, 60.0)
            line = shapely.linestrings(_warp(steps[:, None] * direction + offset * normal))
            yield from _with_gaps(shapely.intersection(line, reach), spacing_m, rng)


def _warp(points: Floats) -> Floats:
    """Bends straight lines slightly and neighbours alike."""
    x, y = points[:, 0], points[:, 1]
    a, b, c = (2 * np.pi / length for length in WARP_LENGTHS_M)
    east = np.sin(a * y) + 0.6 * np.sin(b * x + 1.3) + 0.4 * np.sin(c * (x + y))
    north = np.sin(a * x + 0.7) + 0.6 * np.sin(b * y) + 0.4 * np.sin(c * (x - y) + 2.1)
    return np.asarray(points + WARP_M / 2 * np.c_[east, north], dtype=np.float64)


def _with_gaps(line: BaseGeometry, spacing_m: float, rng: random.Random) -> Iterator[BaseGeometry]:
    for part in shapely.get_parts(line):
        length = float(shapely.length(part))
        at = 0.0
        while at < length:
            end = min(length, at + spacing_m * rng.uniform(1.6, 4.5))
            if length - end < spacing_m:
                end = length
            if rng.random() >= GAP_SHARE:
                yield _stretch(part, at, end)
            at = end


def _stretch(line: BaseGeometry, start_m: float, end_m: float) -> BaseGeometry:
    points = shapely.get_coordinates(line)
    run = np.r_[0.0, np.cumsum(np.hypot(*np.diff(points, axis=0).T))]
    inner = points[(run > start_m) & (run < end_m)]
    ends = np.c_[
        np.interp([start_m, end_m], run, points[:, 0]), np.interp([start_m, end_m], run, points[:, 1])
    ]
    return shapely.linestrings(np.vstack([ends[:1], inner, ends[1:]]))
