"""Ways from every junction to many places at once, as arrays: what a simulation looks up thousands of times."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from roads.metric import Ints
from roads.network import RoadNetwork

ROWS_AT_ONCE = 128


def travel_matrix(
    network: RoadNetwork, destinations: Ints
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]:
    """(seconds, next junction) from each junction (column) to each destination (row), closures respected.

    Infinite where there is no way; the next junction is negative at the destination and where there is none.
    """
    roads = network.segments
    time_s, _ = network.current_times()
    n = len(roads.node_lon)
    ahead, back = (
        np.flatnonzero(roads.forward & np.isfinite(time_s)),
        np.flatnonzero(roads.backward & np.isfinite(time_s)),
    )
    head, tail = np.r_[roads.head[ahead], roads.tail[back]], np.r_[roads.tail[ahead], roads.head[back]]
    backwards = csr_matrix((np.r_[time_s[ahead], time_s[back]], (head, tail)), shape=(n, n))
    seconds = np.empty((len(destinations), n), dtype=np.float32)
    towards = np.empty((len(destinations), n), dtype=np.int32)
    for start in range(0, len(destinations), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        seconds[rows], towards[rows] = dijkstra(
            backwards, indices=destinations[rows], return_predecessors=True
        )
    return seconds, towards
