"""Road segments between junctions, held in arrays, and how lines of map nodes become them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from core.errors import InvalidInputError
from roads.classes import SPEED_KMH, RoadClass
from roads.metric import Bools, Floats, Ints, lengths_m


@dataclass(frozen=True, slots=True)
class RoadLine:
    """One road as a sequence of node indices; lines that share a node meet there.

    `level` is -1 for an underpass or tunnel, 0 at the surface, 1 for an elevated carriageway.
    `speed_kmh` None means the default of the class. `backward` False makes it one-way along the nodes.
    `emergency_only` marks what only emergency vehicles may drive (roads/osm_import.py says what that is).
    """

    nodes: Sequence[int]
    road_class: RoadClass
    name: str = ""
    forward: bool = True
    backward: bool = True
    speed_kmh: float | None = None
    level: int = 0
    emergency_only: bool = False


@dataclass(frozen=True, slots=True)
class TurnRule:
    """A turn restriction at the node where two lines meet, lines by their index.

    `only` makes it the one way on that is allowed, the way back included; else this turn is forbidden.
    """

    from_line: int
    via_node: int
    to_line: int
    only: bool = False


@dataclass(frozen=True, slots=True)
class Segments:
    """Arrays of equal length, one row per segment; shapes lie one after another in `shape_lon`/`shape_lat`,
    segment i owning rows shape_start[i]:shape_start[i + 1], ends included.

    Lengths are metres, times seconds (each direction the same), places WGS-84 degrees.

    A directed edge is called by `2 * segment`, plus 1 against the segment. `turn_from` and `turn_to` are not
    one row per segment: row by row they hold the directed edges between which turning is forbidden.
    """

    node_lon: Floats
    node_lat: Floats
    tail: Ints
    head: Ints
    forward: Bools
    backward: Bools
    length_m: Floats
    time_s: Floats
    road_class: Ints
    level: Ints
    name: Ints
    names: tuple[str, ...]
    shape_start: Ints
    shape_lon: Floats
    shape_lat: Floats
    emergency_only: Bools
    turn_from: Ints
    turn_to: Ints

    @property
    def count(self) -> int:
        return len(self.tail)

    def name_of(self, segment: int) -> str:
        return self.names[int(self.name[segment])]


def assemble(
    lon: Floats,
    lat: Floats,
    lines: Sequence[RoadLine],
    rules: Sequence[TurnRule] = (),
    unused: list[TurnRule] | None = None,
) -> Segments:
    """Cut lines at the nodes they share, and keep the largest part in which everything reaches everything.

    No two directed edges of the result join the same pair of nodes (a sparse matrix would add them up):
    longer ones are cut in the middle, of straight twins the fastest stays. Turn rules do not count when it is
    asked what reaches what; those that name no single turn of the network are added to `unused`.
    Raises InvalidInputError when nothing is left.
    """
    if not any(len(line.nodes) >= 2 for line in lines):
        raise InvalidInputError("no roads found; expected at least one line of two nodes")
    flat = np.concatenate([np.asarray(line.nodes, dtype=np.int64) for line in lines])
    sizes = np.array([len(line.nodes) for line in lines])
    line_of = np.repeat(np.arange(len(lines)), sizes)
    # A node repeated within a line (a standing vertex) would make a segment of no length.
    keep = np.r_[True, (flat[1:] != flat[:-1]) | (line_of[1:] != line_of[:-1])]
    flat, line_of = flat[keep], line_of[keep]
    is_end = np.r_[True, line_of[1:] != line_of[:-1]] | np.r_[line_of[1:] != line_of[:-1], True]
    junction = np.bincount(flat, minlength=len(lon)) >= 2
    junction[flat[is_end]] = True

    names = sorted({line.name for line in lines})
    name_index = {name: i for i, name in enumerate(names)}
    line_speed = np.array([line.speed_kmh or SPEED_KMH[line.road_class] for line in lines])
    line_forward = np.array([line.forward for line in lines])
    line_backward = np.array([line.backward for line in lines])

    while True:
        at = np.flatnonzero(junction[flat])
        same_line = line_of[at[1:]] == line_of[at[:-1]]
        first, last = at[:-1][same_line], at[1:][same_line]
        tail, head, of = flat[first], flat[last], line_of[first]
        forward, backward = line_forward[of].copy(), line_backward[of].copy()
        again = _directed_twins(tail, head, forward, backward, line_speed[of])
        if not again.any():
            break
        long = again & (last - first >= 2)
        if not long.any():
            break
        junction[flat[(first[long] + last[long]) // 2]] = True
    _drop_straight_twins(tail, head, forward, backward, line_speed[of])
    turns = _forbidden_turns(tail, head, forward, backward, of, rules, unused)

    points = last - first + 1
    shape_start = np.r_[0, np.cumsum(points)].astype(np.int64)
    gather = np.repeat(first - shape_start[:-1], points) + np.arange(shape_start[-1])
    shape_lon, shape_lat = lon[flat[gather]], lat[flat[gather]]
    length = _shape_lengths_m(shape_lon, shape_lat, shape_start)
    whole = Segments(
        node_lon=np.asarray(lon, dtype=np.float64),
        node_lat=np.asarray(lat, dtype=np.float64),
        tail=tail,
        head=head,
        forward=forward,
        backward=backward,
        length_m=length,
        time_s=length / (line_speed[of] / 3.6),
        road_class=np.array([int(line.road_class) for line in lines])[of],
        level=np.array([line.level for line in lines])[of],
        name=np.array([name_index[line.name] for line in lines])[of],
        names=tuple(names),
        shape_start=shape_start,
        shape_lon=shape_lon,
        shape_lat=shape_lat,
        emergency_only=np.array([line.emergency_only for line in lines])[of],
        turn_from=turns[:, 0],
        turn_to=turns[:, 1],
    )
    return _largest_connected(whole)


def _forbidden_turns(
    tail: Ints,
    head: Ints,
    forward: Bools,
    backward: Bools,
    line: Ints,
    rules: Sequence[TurnRule],
    unused: list[TurnRule] | None,
) -> Ints:
    """Pairs of directed edges (roads.segments.Segments) between which turning is forbidden, each once."""
    vias = {rule.via_node for rule in rules}
    at_via = np.fromiter(vias, dtype=np.int64, count=len(vias))
    arriving: dict[int, list[int]] = {via: [] for via in vias}
    leaving: dict[int, list[int]] = {via: [] for via in vias}
    for segment in np.flatnonzero(np.isin(tail, at_via) | np.isin(head, at_via)).tolist():
        ends = int(tail[segment]), int(head[segment])
        for side, driven in enumerate((bool(forward[segment]), bool(backward[segment]))):
            start, end = ends if side == 0 else ends[::-1]
            if driven and start in vias:
                leaving[start].append(2 * segment + side)
            if driven and end in vias:
                arriving[end].append(2 * segment + side)
    pairs = set()
    for rule in rules:
        sources = [edge for edge in arriving[rule.via_node] if line[edge // 2] == rule.from_line]
        targets = [edge for edge in leaving[rule.via_node] if line[edge // 2] == rule.to_line]
        if len(sources) != 1 or len(targets) != 1:
            if unused is not None:
                unused.append(rule)
            continue
        onward = leaving[rule.via_node]
        pairs |= {(sources[0], edge) for edge in onward if (edge == targets[0]) != rule.only}
    return np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)


def _shape_lengths_m(lon: Floats, lat: Floats, start: Ints) -> Floats:
    step = np.r_[0.0, lengths_m(lon[:-1], lat[:-1], lon[1:], lat[1:])]
    step[start[:-1]] = 0.0
    return np.add.reduceat(step, start[:-1])


def _arc_rows(
    tail: Ints, head: Ints, forward: Bools, backward: Bools, speed: Floats
) -> tuple[Ints, Ints, Bools]:
    """Every directed edge as (segment, pair key, duplicate of a faster one), fastest first."""
    ahead, back = np.flatnonzero(forward), np.flatnonzero(backward)
    segment = np.r_[ahead, back]
    side = int(max(tail.max(), head.max())) + 1
    key = np.r_[tail[ahead] * side + head[ahead], head[back] * side + tail[back]]
    order = np.lexsort((segment, -speed[segment], key))
    duplicate = np.zeros(len(key), dtype=np.bool_)
    duplicate[order[1:]] = key[order[1:]] == key[order[:-1]]
    return segment, key, duplicate


def _directed_twins(tail: Ints, head: Ints, forward: Bools, backward: Bools, speed: Floats) -> Bools:
    """Segments that share a directed pair of ends with another one, and loops."""
    segment, key, duplicate = _arc_rows(tail, head, forward, backward, speed)
    twin = np.isin(key, key[duplicate])
    marked: Bools = np.equal(tail, head)
    marked[segment[twin]] = True
    return marked


def _drop_straight_twins(tail: Ints, head: Ints, forward: Bools, backward: Bools, speed: Floats) -> None:
    segment, _, duplicate = _arc_rows(tail, head, forward, backward, speed)
    ahead = np.arange(len(segment)) < int(forward.sum())
    forward[segment[duplicate & ahead]] = False
    backward[segment[duplicate & ~ahead]] = False
    loop = tail == head
    forward[loop] = backward[loop] = False


def _largest_connected(whole: Segments) -> Segments:
    n = len(whole.node_lon)
    rows = np.r_[whole.tail[whole.forward], whole.head[whole.backward]]
    cols = np.r_[whole.head[whole.forward], whole.tail[whole.backward]]
    graph = csr_matrix((np.ones(len(rows)), (rows, cols)), shape=(n, n))
    _, label = connected_components(graph, directed=True, connection="strong")
    # Count segments, not nodes: shape points are nodes of their own that nothing reaches.
    inside: Bools = np.equal(label[whole.tail], label[whole.head])
    usable = inside & (whole.forward | whole.backward)
    if not usable.any():
        raise InvalidInputError("no connected roads found; expected one that can be driven both ways")
    largest = np.bincount(label[whole.tail[usable]]).argmax()
    return select(whole, usable & (label[whole.tail] == largest))


def select(whole: Segments, keep: Bools) -> Segments:
    """The segments marked in `keep`, with only the nodes they use."""
    kept = np.flatnonzero(keep)
    used, ends = np.unique(np.r_[whole.tail[kept], whole.head[kept]], return_inverse=True)
    points = np.diff(whole.shape_start)[kept]
    start = np.r_[0, np.cumsum(points)].astype(np.int64)
    gather = np.repeat(whole.shape_start[kept] - start[:-1], points) + np.arange(start[-1])
    new = np.full(whole.count, -1, dtype=np.int64)
    new[kept] = np.arange(len(kept))
    turn_from, turn_to = (2 * new[edge // 2] + edge % 2 for edge in (whole.turn_from, whole.turn_to))
    still = (turn_from >= 0) & (turn_to >= 0)
    return replace(
        whole,
        node_lon=whole.node_lon[used],
        node_lat=whole.node_lat[used],
        tail=ends[: len(kept)].astype(np.int64),
        head=ends[len(kept) :].astype(np.int64),
        forward=whole.forward[kept],
        backward=whole.backward[kept],
        length_m=whole.length_m[kept],
        time_s=whole.time_s[kept],
        road_class=whole.road_class[kept],
        level=whole.level[kept],
        name=whole.name[kept],
        shape_start=start,
        shape_lon=whole.shape_lon[gather],
        shape_lat=whole.shape_lat[gather],
        emergency_only=whole.emergency_only[kept],
        turn_from=turn_from[still],
        turn_to=turn_to[still],
    )
