"""Builds the embedded road network: hand-laid main roads, generated streets between them, all synthetic."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
import shapely.ops
from shapely.geometry.base import BaseGeometry

from roads.classes import RoadClass
from roads.layout import Layout, MainRoad, load_layout, load_waters
from roads.local_streets import OVERSHOOT_M, street_lines
from roads.metric import Floats
from roads.network import RoadNetwork
from roads.plane import from_plane, smooth, to_plane
from roads.segments import RoadLine, assemble

NAME = "kunming-embedded"
SEED = 20260818

STEP_M = 60.0
JOIN_M = 130.0
"""A main road that ends this near another one is led up to it."""

STUB_M = 12.0
"""Loose ends shorter than this are what streets overshoot by."""

INTERCHANGE_M = 450.0
"""Everything separated that passes an interchange within this distance is linked there."""

RAMP_RUN_M = 130.0
RAMP_EVERY_M = 2_200.0
SHORE_M = 60.0
GRID_M = 0.01
ONE_WAY_SHARE = 0.12

Report = Callable[[str, float], None]


def silent(message: str, fraction: float) -> None:
    """A report that says nothing."""


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A line on the plane with what it is."""

    line: BaseGeometry
    road_class: RoadClass
    name: str
    level: int = 0
    forward: bool = True
    backward: bool = True


def build_embedded(report: Report = silent) -> RoadNetwork:
    """The synthetic city; the same each time. `report` is told what is being done and how far it is (0 to 1)."""
    layout = load_layout()
    rng = random.Random(SEED)
    report("laying out main roads", 0.0)
    main = [_draw(road) for road in layout.roads if not road.separated]
    main = _split_underpasses(_joined(main), layout)
    separated = [_draw(road) for road in layout.roads if road.separated]
    report("filling blocks with streets", 0.1)
    streets = _streets(layout, [drawn.line for drawn in main], rng)
    report("meeting at crossings", 0.4)
    surface = _noded([*main, *streets])
    report("building ramps", 0.7)
    cut, ramps = _ramps(separated, surface, layout)
    report("connecting", 0.85)
    network = _assemble([*surface, *cut, *ramps])
    return network


def _draw(road: MainRoad) -> _Drawn:
    curve = smooth(to_plane(road.points), STEP_M, closed=road.closed)
    return _Drawn(shapely.linestrings(curve), road.road_class, road.name, road.level)


def _joined(main: list[_Drawn]) -> list[_Drawn]:
    """Leads loose ends up to, and a little across, the nearest other main road."""
    lines = [drawn.line for drawn in main]
    joined = []
    for i, drawn in enumerate(main):
        others = shapely.multilinestrings([line for j, line in enumerate(lines) if j != i])
        points = shapely.get_coordinates(drawn.line)
        if shapely.is_closed(drawn.line):
            joined.append(drawn)
            continue
        head = _overshoot(points[0], others)
        tail = _overshoot(points[-1], others)
        joined.append(_with_line(drawn, shapely.linestrings(np.vstack([head, points, tail]))))
    return joined


def _overshoot(end: Floats, others: BaseGeometry) -> Floats:
    """No row, or the row of a point just across the other roads seen from the end."""
    way = shapely.get_coordinates(shapely.shortest_line(shapely.points(end), others))
    gap = way[1] - way[0]
    length = float(np.hypot(*gap))
    if length > JOIN_M or length < GRID_M:
        return np.empty((0, 2))
    return np.asarray((way[1] + gap / length * OVERSHOOT_M / 2)[None, :], dtype=np.float64)


def _split_underpasses(main: list[_Drawn], layout: Layout) -> list[_Drawn]:
    """Cuts roads where they dip and tags the stretches as the lower carriageway."""
    for underpass in layout.underpasses:
        spot = shapely.points(to_plane([underpass.place])[0])
        candidates = [d for d in main if d.name == underpass.road and d.level == 0]
        road = min(candidates, key=lambda d: float(shapely.distance(d.line, spot)))
        at, length = float(shapely.line_locate_point(road.line, spot)), float(shapely.length(road.line))
        low, high = max(0.0, at - underpass.length_m / 2), min(length, at + underpass.length_m / 2)
        main.remove(road)
        for start, end, level in ((0.0, low, 0), (low, high, -1), (high, length, 0)):
            if end - start > GRID_M:
                piece = shapely.ops.substring(road.line, start, end)
                main.append(_Drawn(piece, road.road_class, road.name, level))
    return main


def _streets(layout: Layout, main_lines: Sequence[BaseGeometry], rng: random.Random) -> list[_Drawn]:
    lakes = [shapely.polygons(to_plane(w.points)) for w in load_waters() if w.is_lake]
    water = shapely.buffer(shapely.unary_union(lakes), SHORE_M)
    streets = []
    for area in layout.urban:
        ground = shapely.difference(shapely.polygons(to_plane(area.outline)), water)
        for line in street_lines(ground, main_lines, area.spacing_m, rng):
            road_class = RoadClass.TERTIARY if rng.random() < 0.08 else RoadClass.RESIDENTIAL
            streets.append(_Drawn(line, road_class, "", backward=rng.random() >= ONE_WAY_SHARE))
    return streets


def _noded(drawn: list[_Drawn]) -> list[_Drawn]:
    """The same roads cut wherever they meet, without the stubs they overshot by."""
    tree = shapely.STRtree([d.line for d in drawn])
    pieces = shapely.get_parts(shapely.unary_union([d.line for d in drawn], grid_size=GRID_M))
    middles = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    rows, parents = tree.query_nearest(middles, all_matches=True)
    parent = np.full(len(pieces), len(drawn))
    # Where two lie on each other the one drawn first, the larger road, gives its name.
    np.minimum.at(parent, rows, parents)
    ends = np.stack([shapely.get_coordinates(shapely.get_point(pieces, i)) for i in (0, -1)])
    _, corner, uses = np.unique(
        np.round(ends.reshape(-1, 2) / GRID_M).astype(np.int64),
        axis=0,
        return_inverse=True,
        return_counts=True,
    )
    loose = (uses[corner] == 1).reshape(2, -1).any(axis=0)
    keep = ~(loose & (shapely.length(pieces) < STUB_M))
    return [_aligned(drawn[p], piece) for piece, p, kept in zip(pieces, parent, keep, strict=True) if kept]


def _aligned(parent: _Drawn, piece: BaseGeometry) -> _Drawn:
    """The piece as part of its parent; noding may have turned it round, which matters one way."""
    if not parent.backward:
        first, last = (
            float(shapely.line_locate_point(parent.line, shapely.get_point(piece, i))) for i in (0, -1)
        )
        if first > last:
            piece = shapely.reverse(piece)
    return _with_line(parent, piece)


def _with_line(drawn: _Drawn, line: BaseGeometry) -> _Drawn:
    return _Drawn(line, drawn.road_class, drawn.name, drawn.level, drawn.forward, drawn.backward)


def _ramps(
    separated: list[_Drawn], surface: list[_Drawn], layout: Layout
) -> tuple[list[_Drawn], list[_Drawn]]:
    """Separated roads cut where ramps begin, and the ramps: to streets, and to one another at interchanges."""
    main = [d for d in surface if d.road_class <= RoadClass.TERTIARY and d.name and d.level == 0]
    corners = shapely.points(
        np.unique(np.vstack([shapely.get_coordinates(d.line)[[0, -1]] for d in main]), axis=0)
    )
    tree = shapely.STRtree(corners)
    cuts: list[list[float]] = [[] for _ in separated]
    ramps: list[_Drawn] = []

    def ramp(road: int, at_m: float, to: Floats, name: str) -> None:
        line = separated[road].line
        start = shapely.get_coordinates(shapely.line_interpolate_point(line, at_m))
        cuts[road].append(at_m)
        if float(np.hypot(*(to - start[0]))) > GRID_M:
            ramps.append(_Drawn(shapely.linestrings(np.vstack([start, to])), RoadClass.LINK, name))

    for name, place in layout.interchanges:
        spot = shapely.points(to_plane([place])[0])
        passing = [i for i, d in enumerate(separated) if shapely.distance(d.line, spot) < INTERCHANGE_M]
        corner = corners[tree.nearest(spot)]
        meets_street = float(shapely.distance(corner, spot)) < INTERCHANGE_M * 2
        for i in passing:
            at = float(shapely.line_locate_point(separated[i].line, spot))
            if meets_street:
                length = float(shapely.length(separated[i].line))
                run = at + RAMP_RUN_M if at + RAMP_RUN_M < length else max(0.0, at - RAMP_RUN_M)
                ramp(i, run, shapely.get_coordinates(corner)[0], name)
        for i, j in itertools.pairwise(passing):
            other = float(shapely.line_locate_point(separated[j].line, spot))
            cuts[j].append(other)
            point = shapely.get_coordinates(shapely.line_interpolate_point(separated[j].line, other))[0]
            ramp(i, float(shapely.line_locate_point(separated[i].line, spot)), point, name)
    for i, drawn in enumerate(separated):
        # An elevated road over its own street has ramps between interchanges too; a tunnel at its mouths.
        length = float(shapely.length(drawn.line))
        spots = np.arange(RAMP_EVERY_M / 2, length, RAMP_EVERY_M) if drawn.level > 0 else np.array([])
        if drawn.level < 0:
            spots = np.array([0.0, length])
        for at in spots:
            corner = corners[tree.nearest(shapely.line_interpolate_point(drawn.line, at))]
            ramp(i, float(at), shapely.get_coordinates(corner)[0], drawn.name)
    pieces = []
    for drawn, own_cuts in zip(separated, cuts, strict=True):
        length = float(shapely.length(drawn.line))
        stops = sorted({0.0, length, *own_cuts})
        for start, end in itertools.pairwise(stops):
            if end - start > GRID_M:
                pieces.append(_with_line(drawn, shapely.ops.substring(drawn.line, start, end)))
    return pieces, ramps


def _assemble(drawn: Sequence[_Drawn]) -> RoadNetwork:
    """Vertices at the same place and of the same kind of road become one node; levels meet only at ends."""
    coordinates = shapely.get_coordinates([d.line for d in drawn])
    sizes = shapely.get_num_coordinates([d.line for d in drawn])
    stops = np.cumsum(sizes)
    # An inner vertex is nobody else's; only ends are shared.
    own = np.arange(len(coordinates))
    is_end = np.zeros(len(coordinates), dtype=np.bool_)
    is_end[stops - sizes] = is_end[stops - 1] = True
    key = np.c_[np.round(coordinates / (2 * GRID_M)).astype(np.int64), np.where(is_end, -1, own)]
    _, first, node = np.unique(key, axis=0, return_index=True, return_inverse=True)
    places = from_plane(coordinates[first])
    node = node.reshape(-1)
    lines = [
        RoadLine(
            nodes=node[stop - size : stop].tolist(),
            road_class=d.road_class,
            name=d.name,
            forward=d.forward,
            backward=d.backward,
            level=d.level,
        )
        for d, stop, size in zip(drawn, stops.tolist(), sizes.tolist(), strict=True)
    ]
    return RoadNetwork(NAME, assemble(places[:, 0], places[:, 1], lines), synthetic=True)
