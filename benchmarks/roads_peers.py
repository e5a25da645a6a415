"""Other engines asked the same as the road network: from junction to junction, closures as the network has them."""

from __future__ import annotations

import importlib
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from bootstrap.embedded import EmbeddedServers
from core.geo import LonLat
from live.redis_client import connect
from roads.metric import Bools, Floats, Ints
from roads.network import RoadNetwork
from roads.straight_line import DETOUR_FACTOR, SPEED_KMH

CLOSED_S = 1e6
"""For engines that want a number: no way takes eleven days."""

REDIS_KEY = "bench:units"


@dataclass(frozen=True)
class Arcs:
    """Directed edges between junctions with their seconds, and with the flood; CLOSED_S where closed."""

    count: int
    tail: Ints
    head: Ints
    free_s: Floats
    now_s: Floats
    lon: Floats
    lat: Floats


def arcs_of(roads: RoadNetwork, is_open: Bools) -> Arcs:
    """What peers are given of a network: emergency driving, closed segments at CLOSED_S."""
    s = roads.segments
    ahead, back = np.flatnonzero(s.forward), np.flatnonzero(s.backward)
    segment = np.r_[ahead, back]
    free_s = s.time_s[segment]
    return Arcs(
        count=len(s.node_lon),
        tail=np.r_[s.tail[ahead], s.head[back]],
        head=np.r_[s.head[ahead], s.tail[back]],
        free_s=free_s,
        now_s=np.where(is_open[segment], free_s, CLOSED_S),
        lon=s.node_lon,
        lat=s.node_lat,
    )


def junctions(roads: RoadNetwork, rng: random.Random, count: int) -> list[int]:
    """Random junctions that the network takes for themselves, not for a place on another road that crosses
    there without meeting, or lies above."""
    s = roads.segments
    found, _, _ = roads.on_open_roads(s.node_lon, s.node_lat)
    nodes = np.arange(len(s.node_lon))
    good = (found >= 0) & ((s.tail[found] == nodes) | (s.head[found] == nodes))
    return [int(node) for node in rng.choices(np.flatnonzero(good).tolist(), k=count)]


class Peer(Protocol):
    """One engine with the network and the units in it."""

    name: str

    def close(self) -> None:
        """Put the flood in."""
        ...

    def nearest(self, target: int, count: int) -> list[int]:
        """Rows of the units that arrive first, with a route computed for each where the engine has routes."""
        ...

    def etas(self, target: int) -> Floats:
        """Seconds of every unit; CLOSED_S or more, or infinite, where there is no way."""
        ...


class IgraphPeer:
    """python-igraph: Dijkstra in C, every question searches the whole network."""

    name = "igraph"

    def __init__(self, arcs: Arcs, units: list[int]) -> None:
        igraph = importlib.import_module("igraph")
        edges = np.c_[arcs.tail, arcs.head].tolist()
        self._graph = igraph.Graph(n=arcs.count, edges=edges, directed=True)
        self._weights = arcs.free_s.tolist()
        self._arcs, self._units = arcs, units

    def close(self) -> None:
        self._weights = self._arcs.now_s.tolist()

    def etas(self, target: int) -> Floats:
        found = self._graph.distances(source=[target], target=None, weights=self._weights, mode="in")
        return np.asarray(found[0])[self._units]

    def nearest(self, target: int, count: int) -> list[int]:
        rows = _first(self.etas(target), count)
        ends = [self._units[row] for row in rows]
        self._graph.get_shortest_paths(target, to=ends, weights=self._weights, mode="in")
        return rows


class NetworkitPeer:
    """networkit: Dijkstra in C++ on the reversed network, every question searches all of it."""

    name = "networkit"

    def __init__(self, arcs: Arcs, units: list[int]) -> None:
        self._nk = importlib.import_module("networkit")
        self._nk.setNumberOfThreads(1)
        self._graph = self._nk.Graph(arcs.count, weighted=True, directed=True)
        for tail, head, seconds in zip(
            arcs.tail.tolist(), arcs.head.tolist(), arcs.free_s.tolist(), strict=True
        ):
            self._graph.addEdge(head, tail, seconds)
        self._arcs, self._units = arcs, units

    def close(self) -> None:
        for i in np.flatnonzero(self._arcs.now_s != self._arcs.free_s).tolist():
            self._graph.setWeight(int(self._arcs.head[i]), int(self._arcs.tail[i]), CLOSED_S)

    def etas(self, target: int) -> Floats:
        search = self._nk.distance.Dijkstra(self._graph, target, False)
        search.run()
        return np.asarray(search.getDistances())[self._units]

    def nearest(self, target: int, count: int) -> list[int]:
        search = self._nk.distance.Dijkstra(self._graph, target, True)
        search.run()
        rows = _first(np.asarray(search.getDistances())[self._units], count)
        for row in rows:
            search.getPath(self._units[row])
        return rows


class CchPeer:
    """routingkit-cch: customizable contraction hierarchies, whole milliseconds."""

    name = "routingkit-cch"

    def __init__(self, arcs: Arcs, units: list[int]) -> None:
        self._rk = importlib.import_module("routingkit_cch")
        tail, head = arcs.tail.tolist(), arcs.head.tolist()
        order = self._rk.compute_order_inertial(arcs.count, tail, head, arcs.lat.tolist(), arcs.lon.tolist())
        self._cch = self._rk.CCH(order, tail, head, False)
        self._arcs, self._units = arcs, units
        self._customize(arcs.free_s)

    def _customize(self, seconds: Floats) -> None:
        self._metric = self._rk.CCHMetric(self._cch, np.rint(seconds * 1000).astype(int).tolist())
        self._all = self._rk.CCHManyToOne(self._metric, self._units)
        self._query = self._rk.CCHQuery(self._metric)

    def close(self) -> None:
        self._customize(self._arcs.now_s)

    def etas(self, target: int) -> Floats:
        found = self._all.distances_to(target)
        return np.array([np.inf if ms is None else ms / 1000 for ms in found])

    def nearest(self, target: int, count: int) -> list[int]:
        rows = _first(self.etas(target), count)
        for row in rows:
            self._query.run(self._units[row], target).node_path  # noqa: B018 - the path is made when it is asked
        return rows


class GeosearchPeer:
    """The straight line by Redis GEOSEARCH, over a socket: knows no road, no closure and no route."""

    name = "straight line, Redis"

    def __init__(self, arcs: Arcs, units: list[int], redis: Any) -> None:
        self._redis, self._arcs, self._units = redis, arcs, units
        redis.delete(REDIS_KEY)
        for row, node in enumerate(units):
            redis.geoadd(REDIS_KEY, (float(arcs.lon[node]), float(arcs.lat[node]), row))

    def close(self) -> None:
        """There is no road to close."""

    def _search(self, target: int, count: int) -> list[tuple[int, float]]:
        found = self._redis.geosearch(
            REDIS_KEY,
            longitude=float(self._arcs.lon[target]),
            latitude=float(self._arcs.lat[target]),
            radius=500,
            unit="km",
            sort="ASC",
            count=count,
            withdist=True,
        )
        return [(int(row), float(km) * 1000) for row, km in found]

    def etas(self, target: int) -> Floats:
        seconds = np.full(len(self._units), np.inf)
        for row, metres in self._search(target, len(self._units)):
            seconds[row] = metres * DETOUR_FACTOR / (SPEED_KMH / 3.6)
        return seconds

    def nearest(self, target: int, count: int) -> list[int]:
        return [row for row, _ in self._search(target, count)]


@contextmanager
def peers(arcs: Arcs, units: list[int]) -> Iterator[Iterator[Peer | str]]:
    """The engines one after another, each built when it is its turn; a string says why one is missing."""
    with (
        tempfile.TemporaryDirectory(prefix="command-centre-bench-") as folder,
        EmbeddedServers(Path(folder)) as servers,
    ):
        redis = connect(servers.redis_url)

        def built() -> Iterator[Peer | str]:
            yield GeosearchPeer(arcs, units, redis)
            for kind in (IgraphPeer, NetworkitPeer, CchPeer):
                try:
                    yield kind(arcs, units)
                except ImportError as error:
                    yield f"{kind.name}: not installed ({error}); see requirements-dev.in"

        yield built()
        redis.close()


def place_of(arcs: Arcs, node: int) -> LonLat:
    return LonLat(float(arcs.lon[node]), float(arcs.lat[node]))


def _first(seconds: Floats, count: int) -> list[int]:
    rows = np.argpartition(seconds, count)[:count]
    return [int(row) for row in rows[np.argsort(seconds[rows])]]
