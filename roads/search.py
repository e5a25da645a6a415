"""Dijkstra backwards from a place on a segment, exact, on a sparse matrix that closures are written into."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from roads.metric import Floats, Ints
from roads.segments import Segments
from roads.snapping import OnRoad

END_M = 0.5
"""Within this many metres of a junction a place counts as being at it, whichever segment it was found on."""


class BackwardSearch:
    """Travel times from everywhere to one place.

    The matrix holds every directed edge under its *head*, and one row more than there are nodes: the
    searched-for place, whose two entries are rewritten for each search. Not safe for two threads at once.
    """

    def __init__(self, segments: Segments) -> None:
        self._segments = segments
        self._place = n = len(segments.node_lon)
        ahead, back = np.flatnonzero(segments.forward), np.flatnonzero(segments.backward)
        arc_segment = np.r_[ahead, back]
        arc_tail = np.r_[segments.tail[ahead], segments.head[back]]
        arc_head = np.r_[segments.head[ahead], segments.tail[back]]
        order = np.lexsort((arc_tail, arc_head))
        self.edge_count = m = len(order)
        self._arc_segment = arc_segment[order]
        self._slots = np.full((segments.count, 2), m, dtype=np.int64)
        slot_of_arc = np.empty(m, dtype=np.int64)
        slot_of_arc[order] = np.arange(m)
        self._slots[ahead, 0] = slot_of_arc[: len(ahead)]
        self._slots[back, 1] = slot_of_arc[len(ahead) :]
        self._indices = np.r_[arc_tail[order], 0, 0].astype(np.int32)
        self._starts = np.r_[0, np.cumsum(np.bincount(arc_head, minlength=n)), m + 2].astype(np.int32)
        free = np.r_[segments.time_s[self._arc_segment], np.inf, np.inf]
        self._free = csr_matrix((free, self._indices, self._starts), shape=(n + 1, n + 1))
        self._now = csr_matrix((free.copy(), self._indices, self._starts), shape=(n + 1, n + 1))
        # The two matrices must see the same rewritten row.
        self._free.indices = self._now.indices = self._indices

    def set_times(self, segment: Ints, time_s: Floats) -> None:
        """Give segments another time in both directions, in seconds; infinity closes them."""
        for side in (0, 1):
            slots = self._slots[segment, side]
            driven = slots < self.edge_count
            self._now.data[slots[driven]] = time_s[driven]

    def run(self, to: OnRoad, time_s: float, limit_s: float, *, free: bool = False) -> tuple[Floats, Ints]:
        """Seconds from every node to the place, and for each the next node on the way.

        `time_s` is the time over the place's whole segment. What lies beyond `limit_s` is infinite. `free`
        searches as if nothing were closed. The next node is `node_count` where the place itself comes next.
        """
        matrix = self._free if free else self._now
        m = self.edge_count
        legs = list(self.last_legs(to, time_s))
        for i in (0, 1):
            node, cost = legs[i] if i < len(legs) else (0, np.inf)
            self._indices[m + i] = node
            matrix.data[m + i] = cost
        distance, towards = dijkstra(
            matrix, directed=True, indices=self._place, limit=limit_s, return_predecessors=True
        )
        return distance, towards

    def last_legs(self, to: OnRoad, time_s: float) -> Iterable[tuple[int, float]]:
        """The junctions from which the place is reached along its own segment, with the seconds it takes."""
        s, roads = to.segment, self._segments
        length = float(roads.length_m[s])
        if roads.forward[s] or to.share * length <= END_M:
            yield int(roads.tail[s]), to.share * time_s
        if roads.backward[s] or (1 - to.share) * length <= END_M:
            yield int(roads.head[s]), (1 - to.share) * time_s

    def segment_between(self, tail: int, head: int) -> int:
        """The segment that is driven from one node to the next."""
        start, stop = self._starts[head], self._starts[head + 1]
        return int(self._arc_segment[start + int(np.flatnonzero(self._indices[start:stop] == tail)[0])])
