"""Which grids a unit reaches and how soon: one forward search for all units, and a table for each one alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from core.geo import LonLat
from dispatch.coverage import Grid, Reach
from dispatch.travel import Closure
from roads.classes import RoadClass
from roads.metric import Bools, Floats, Ints, lengths_m, mercator
from roads.network import AT_ROAD_M, OFF_ROAD_DETOUR, OFF_ROAD_DRIVE_KMH, RoadNetwork
from roads.search import END_M
from roads.straight_line import DETOUR_FACTOR, SPEED_KMH

HORIZON_S = 480.0
"""How far a unit's reach is known: twice the target of 3:48 and a little, for the second and third to come."""

ROWS_AT_ONCE = 128
PLACES_AT_ONCE = 1_000


class RoadReach:
    """Fulfils operations.ports.GridTimes over a road network: exact, closures respected.

    The demand point of a grid is the junction nearest to its middle (in a straight line) that an open street
    leads to; motorways and elevated carriageways are no streets. Units lie on roads as in RoadNetwork.nearest,
    the drive from a yard to the road counted. Not safe for two threads at once.
    """

    straight_line = False

    def __init__(self, network: RoadNetwork, grids: Sequence[Grid], horizon_s: float = HORIZON_S) -> None:
        self.name = network.name
        self.synthetic = network.synthetic
        self.grids = grids
        self.horizon_s = horizon_s
        self._network = network
        roads = self._roads = network.segments
        self._nodes = n = len(roads.node_lon)
        ahead, back = np.flatnonzero(roads.forward), np.flatnonzero(roads.backward)
        segment = np.r_[ahead, back]
        tail, head = np.r_[roads.tail[ahead], roads.head[back]], np.r_[roads.head[ahead], roads.tail[back]]
        self._forward = _Arcs(segment, tail, head, n)
        self._reverse = _Arcs(segment, head, tail, n)
        self._street: Bools = (roads.road_class != RoadClass.MOTORWAY) & (roads.level <= 0)
        self._middles = np.c_[mercator([g.place.lon for g in grids], [g.place.lat for g in grids])]
        self._junctions = np.c_[mercator(roads.node_lon, roads.node_lat)]
        self._time_s: Floats = np.empty(0)
        self._point: Ints = np.empty(0, dtype=np.int64)
        self._waiting: tuple[Floats, list[Reach]] | None = None
        self._table: _Table | None = None
        self._free: _Table | None = None
        self._table_time_s = self._free_time_s = self._time_s
        self._table_point = self._point

    def close_roads(self, closures: Sequence[Closure]) -> None:
        """Replaces the whole set of closures (of the network itself, whoever else asks it)."""
        self._network.close_roads(closures)

    @property
    def demand_nodes(self) -> Ints:
        """The junction of each grid."""
        self._follow_times()
        return self._point

    def soonest_s(self, places: Sequence[LonLat]) -> list[float]:
        """For each grid the seconds of whoever of these is there first; infinite beyond the horizon.

        One search from all of them together, whatever their number.
        """
        self._follow_times()
        if not places:
            return [np.inf] * len(self.grids)
        segment, share, access_s = self._put_on_roads(places)
        node, cost, unit = self._legs(segment, share)
        soonest = np.full(self._nodes, np.inf)
        np.minimum.at(soonest, node, cost + access_s[unit])
        starts = np.flatnonzero(np.isfinite(soonest))
        graph = self._forward.graph(self._time_s, starts, soonest[starts])
        reached = dijkstra(graph, indices=self._nodes, limit=self.horizon_s)
        return reached[self._point].tolist()  # type: ignore[no-any-return]

    def reach(self, places: Sequence[LonLat], among: int | None = None) -> list[Reach]:
        """For each place what a unit there reaches within the horizon, looked up in a table made beforehand.

        With `among` only where at most so many of the places are as soon: what matters of a whole force.
        """
        self.prepare()
        rows = [
            self._reach_of_some(places[start : start + PLACES_AT_ONCE], start)
            for start in range(0, len(places), PLACES_AT_ONCE)
        ]
        if not rows:
            return []
        place, point, time_s = (np.concatenate(part) for part in zip(*rows, strict=True))
        if among is not None:
            order = np.lexsort((place, time_s, point))
            of_point = np.searchsorted(point[order], np.arange(len(self.grids)))
            kept = np.sort(order[np.arange(len(order)) - of_point[point[order]] < among])
            place, point, time_s = place[kept], point[kept], time_s[kept]
        stops = np.searchsorted(place, np.arange(len(places) + 1))
        pairs = list(zip(point.tolist(), time_s.tolist(), strict=True))
        return [pairs[a:b] for a, b in zip(stops[:-1].tolist(), stops[1:].tolist(), strict=True)]

    @property
    def waiting_places(self) -> Sequence[LonLat]:
        """The demand point of each grid."""
        nodes = self.demand_nodes
        lon, lat = self._roads.node_lon[nodes].tolist(), self._roads.node_lat[nodes].tolist()
        return [LonLat(*place) for place in zip(lon, lat, strict=True)]

    def reach_of_waiting(self) -> list[Reach]:
        """What a unit at each waiting place reaches; remembered until a road closes or opens."""
        self.prepare()
        if self._waiting is None or self._waiting[0] is not self._time_s:
            self._waiting = (self._time_s, self.reach(self.waiting_places))
        return self._waiting[1]

    def prepare(self) -> None:
        """Makes the table of node → grids, or what closures changed of it; seconds the first time."""
        self._follow_times()
        if self._table is not None and self._table_time_s is self._time_s:
            return
        everything = np.arange(len(self.grids))
        changed = np.flatnonzero(self._table_time_s != self._time_s) if self._table else everything
        if (
            self._table is None
            or self._free is None
            or (self._time_s[changed] < self._free_time_s[changed]).any()
        ):
            self._table = self._free = self._searched(everything)
            self._free_time_s = self._time_s
        else:
            # No road is quicker than for the table made of everything, so that one says who may be affected.
            affected: Bools = self._point != self._table_point
            for node in (self._roads.tail[changed], self._roads.head[changed]):
                affected[self._free.points_of(node)] = True
            self._table = self._table.replaced(self._searched(everything[affected]), affected)
        self._table_time_s, self._table_point = self._time_s, self._point

    # --- inside

    def _follow_times(self) -> None:
        """Takes over the network's times; demand points move off closed roads."""
        now_s, is_open = self._network.current_times()
        if np.array_equal(self._time_s, now_s):
            return
        self._time_s = now_s
        streets = np.flatnonzero(self._street & is_open)
        if not len(streets):
            streets = np.arange(self._roads.count)
        ends = np.unique(np.r_[self._roads.tail[streets], self._roads.head[streets]])
        self._point = ends[cKDTree(self._junctions[ends]).query(self._middles)[1]]

    def _put_on_roads(self, places: Sequence[LonLat]) -> tuple[Ints, Floats, Floats]:
        segment, share, offset_m = self._network.units_on_open_roads(places)
        yard_s = offset_m * OFF_ROAD_DETOUR / (OFF_ROAD_DRIVE_KMH / 3.6)
        return segment, share, np.where(offset_m <= AT_ROAD_M, 0.0, yard_s)

    def _legs(self, segment: Ints, share: Floats) -> tuple[Ints, Floats, Ints]:
        """The ways from each place to the ends of its segment: (node, seconds, row of the place).

        A place at a junction is at both ends' one, whichever way its segment runs.
        """
        roads = self._roads
        length_m, time_s = roads.length_m[segment], self._time_s[segment]
        head = roads.forward[segment] | ((1 - share) * length_m <= END_M)
        tail = roads.backward[segment] | (share * length_m <= END_M)
        rows = np.arange(len(segment))
        return (
            np.r_[roads.head[segment[head]], roads.tail[segment[tail]]],
            np.r_[((1 - share) * time_s)[head], (share * time_s)[tail]],
            np.r_[rows[head], rows[tail]],
        )

    def _searched(self, grids: Ints) -> _Table:
        """From every node to the points of these grids: searches backwards from each of them."""
        node: list[Ints] = [np.empty(0, dtype=np.int64)]
        grid: list[Ints] = [np.empty(0, dtype=np.int64)]
        time_s: list[Floats] = [np.empty(0)]
        graph = self._reverse.graph(self._time_s)
        for some in np.split(grids, range(ROWS_AT_ONCE, len(grids), ROWS_AT_ONCE)):
            reached = dijkstra(graph, indices=self._point[some], limit=self.horizon_s)
            at, where = np.nonzero(np.isfinite(reached))
            node.append(where)
            grid.append(some[at])
            time_s.append(reached[at, where])
        return _Table.of(self._nodes, np.concatenate(node), np.concatenate(grid), np.concatenate(time_s))

    def _reach_of_some(self, places: Sequence[LonLat], first: int) -> tuple[Ints, Ints, Floats]:
        assert self._table is not None
        segment, share, access_s = self._put_on_roads(places)
        node, cost, unit = self._legs(segment, share)
        leg, slot = _spread(self._table.start[node], np.diff(self._table.start)[node])
        unit, point = unit[leg], self._table.point[slot]
        time_s = cost[leg] + self._table.time_s[slot] + access_s[unit]
        inside = time_s <= self.horizon_s
        unit, point, time_s = unit[inside], point[inside], time_s[inside]
        key = unit * len(self.grids) + point
        order = np.lexsort((time_s, key))
        best = order[np.r_[True, np.diff(key[order]) > 0]] if len(order) else order
        return unit[best] + first, point[best], time_s[best]


class _Arcs:
    """Directed edges ordered for a sparse matrix, whose times are filled in for each search."""

    def __init__(self, segment: Ints, tail: Ints, head: Ints, nodes: int) -> None:
        order = np.lexsort((head, tail))
        self._segment = segment[order]
        self._head = head[order].astype(np.int32)
        self._starts = np.r_[0, np.cumsum(np.bincount(tail, minlength=nodes))]
        self._nodes = nodes

    def graph(self, time_s: Floats, node: Ints | None = None, cost_s: Floats | None = None) -> csr_matrix:
        """The network; with `node`, one more row: a beginning joined to each of these at its cost."""
        data, indices, starts, size = time_s[self._segment], self._head, self._starts, self._nodes
        if node is not None:
            data, indices = np.r_[data, cost_s], np.r_[indices, node.astype(np.int32)]
            starts, size = np.r_[starts, len(data)], size + 1
        return csr_matrix((data, indices, starts), shape=(size, size))


class _Table:
    """For each node the demand points within the horizon: rows start[n]:start[n + 1] of `point` and `time_s`."""

    def __init__(self, start: Ints, point: Ints, time_s: Floats) -> None:
        self.start = start
        self.point = point
        self.time_s = time_s

    @classmethod
    def of(cls, nodes: int, node: Ints, point: Ints, time_s: Floats) -> _Table:
        order = np.argsort(node, kind="stable")
        start = np.r_[0, np.cumsum(np.bincount(node, minlength=nodes))].astype(np.int64)
        return cls(start, point[order], time_s[order])

    def points_of(self, node: Ints) -> Ints:
        """Every point that any of these nodes reaches."""
        _, slot = _spread(self.start[node], np.diff(self.start)[node])
        return np.unique(self.point[slot])

    def replaced(self, new: _Table, points: Bools) -> _Table:
        """This table with what it says of some points replaced."""
        stays = ~points[self.point]
        nodes = len(self.start) - 1
        node = np.repeat(np.arange(nodes), np.diff(self.start))[stays]
        new_node = np.repeat(np.arange(nodes), np.diff(new.start))
        return _Table.of(
            nodes,
            np.r_[node, new_node],
            np.r_[self.point[stays], new.point],
            np.r_[self.time_s[stays], new.time_s],
        )


def _spread(first: Ints, count: Ints) -> tuple[Ints, Ints]:
    """Ranges first:first + count one after another, as (row of the range, index)."""
    row = np.repeat(np.arange(len(first)), count)
    return row, np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count) + first[row]


class StraightLineReach:
    """The same answers without roads, guessed as in roads/straight_line.py; closures change nothing."""

    name = "straight-line"
    synthetic = True
    straight_line = True

    def __init__(self, grids: Sequence[Grid], horizon_s: float = HORIZON_S) -> None:
        self.grids = grids
        self.horizon_s = horizon_s
        self._lon = np.array([grid.place.lon for grid in grids])
        self._lat = np.array([grid.place.lat for grid in grids])

    def close_roads(self, closures: Sequence[Closure]) -> None:
        """Accepts closures and ignores them: there is no road to close."""

    def prepare(self) -> None:
        """There is nothing to prepare."""

    def soonest_s(self, places: Sequence[LonLat]) -> list[float]:
        """As RoadReach."""
        times = np.full(len(self.grids), np.inf)
        for place in places:
            np.minimum(times, self._times_s(place), out=times)
        return np.where(times <= self.horizon_s, times, np.inf).tolist()  # type: ignore[no-any-return]

    def reach(self, places: Sequence[LonLat], among: int | None = None) -> list[Reach]:
        """As RoadReach."""
        if not places:
            return []
        times = np.array([self._times_s(place) for place in places])
        inside = times <= self.horizon_s
        if among is not None:
            inside &= times.argsort(axis=0, kind="stable").argsort(axis=0) < among
        return [
            list(zip(rows.tolist(), own[rows].tolist(), strict=True))
            for own, rows in ((own, np.flatnonzero(row)) for own, row in zip(times, inside, strict=True))
        ]

    @property
    def waiting_places(self) -> Sequence[LonLat]:
        """The middle of each grid."""
        return [grid.place for grid in self.grids]

    def reach_of_waiting(self) -> list[Reach]:
        """As RoadReach."""
        return self.reach(self.waiting_places)

    def _times_s(self, place: LonLat) -> Floats:
        return lengths_m(self._lon, self._lat, place.lon, place.lat) * DETOUR_FACTOR / (SPEED_KMH / 3.6)
