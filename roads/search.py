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
    searched-for place, whose entries are rewritten for each search. Not safe for two threads at once.

    With `obey_turns` a directed edge from which a turn is forbidden ends at a node of its own: a copy of the
    junction without the forbidden ways on. Nodes are those of the network, then these copies, then the place
    (docs/decisions/0020-turns-by-copied-junctions.md).
    """

    def __init__(self, segments: Segments, *, obey_turns: bool = False) -> None:
        self._segments = segments
        n = len(segments.node_lon)
        ahead, back = np.flatnonzero(segments.forward), np.flatnonzero(segments.backward)
        edge = np.r_[2 * ahead, 2 * back + 1]
        tail = np.r_[segments.tail[ahead], segments.head[back]]
        forbidden: dict[int, set[int]] = {}
        if obey_turns:
            for a, b in zip(segments.turn_from.tolist(), segments.turn_to.tolist(), strict=True):
                forbidden.setdefault(a, set()).add(b)
        ends = np.stack([segments.head, segments.tail], axis=1).ravel()
        self.lands_at: Ints = ends.copy()
        """The node at which each directed edge (roads.segments.Segments) ends."""
        copied = np.array(sorted(forbidden), dtype=np.int64)
        self.lands_at[copied] = n + np.arange(len(copied))
        self.junction: Ints = np.r_[np.arange(n), ends[copied]]
        """The network's node that each node stands for."""
        self._copies: dict[int, list[int]] = {}
        """By junction, its copies."""
        self._copies_before: dict[int, list[int]] = {}
        """By directed edge, the copies of its beginning from which it may be driven."""
        leaving = _by_tail(edge, tail, self.junction[n:])
        extra: list[tuple[int, int]] = []
        for copy, (a, junction) in enumerate(
            zip(copied.tolist(), self.junction[n:].tolist(), strict=True), n
        ):
            self._copies.setdefault(junction, []).append(copy)
            for b in leaving[junction]:
                if b not in forbidden[a]:
                    self._copies_before.setdefault(b, []).append(copy)
                    extra.append((b, copy))
        more = np.array(extra, dtype=np.int64).reshape(-1, 2)
        edge, tail = np.r_[edge, more[:, 0]], np.r_[tail, more[:, 1]]
        self.place = n + len(copied)
        """The searched-for place's own node, the last one."""
        head = self.lands_at[edge]
        order = np.lexsort((tail, head))
        self.edge_count = m = len(order)
        self._edge = edge[order]
        by_edge = np.argsort(self._edge, kind="stable")
        self._slots = by_edge
        self._slot_start = np.searchsorted(self._edge[by_edge], np.arange(0, 2 * segments.count + 2, 2))
        self._legs = 2 * (1 + max((len(copies) for copies in self._copies.values()), default=0))
        self._indices = np.r_[tail[order], np.zeros(self._legs)].astype(np.int32)
        counts = np.bincount(head, minlength=self.place)
        self._starts = np.r_[0, np.cumsum(counts), m + self._legs].astype(np.int32)
        times = np.r_[segments.time_s[self._edge // 2], np.full(self._legs, np.inf)]
        shape = (self.place + 1, self.place + 1)
        self._free = csr_matrix((times, self._indices, self._starts), shape=shape)
        self._now = csr_matrix((times.copy(), self._indices, self._starts), shape=shape)
        # The two matrices must see the same rewritten row.
        self._free.indices = self._now.indices = self._indices

    def set_times(self, segment: Ints, time_s: Floats) -> None:
        """Give segments another time in both directions, in seconds; infinity closes them."""
        start, stop = self._slot_start[segment], self._slot_start[segment + 1]
        size = stop - start
        first = np.cumsum(size) - size
        at = np.repeat(start - first, size) + np.arange(int(size.sum()))
        self._now.data[self._slots[at]] = np.repeat(time_s, size)

    def set_all_times(self, free_s: Floats, time_s: Floats) -> None:
        """Give every segment its time if nothing were closed, and its time now, in seconds."""
        self._free.data[: self.edge_count] = free_s[self._edge // 2]
        self._now.data[: self.edge_count] = time_s[self._edge // 2]

    def run(self, to: OnRoad, time_s: float, limit_s: float, *, free: bool = False) -> tuple[Floats, Ints]:
        """Seconds from every node to the place, and for each the next node on the way.

        `time_s` is the time over the place's whole segment. What lies beyond `limit_s` is infinite. `free`
        searches as if nothing were closed. The next node is `place` where the place itself comes next.
        """
        matrix = self._free if free else self._now
        m = self.edge_count
        self._indices[m:], matrix.data[m:] = 0, np.inf
        for i, (node, cost) in enumerate(self.last_legs(to, time_s), m):
            self._indices[i], matrix.data[i] = node, cost
        distance, towards = dijkstra(
            matrix, directed=True, indices=self.place, limit=limit_s, return_predecessors=True
        )
        return distance, towards

    def last_legs(self, to: OnRoad, time_s: float) -> Iterable[tuple[int, float]]:
        """The nodes from which the place is reached along its own segment, with the seconds it takes.

        At a junction the place is reached by whoever reaches the junction; else by whoever may turn into it.
        """
        s, roads = to.segment, self._segments
        length = float(roads.length_m[s])
        for edge, node, driven, share in (
            (2 * s, int(roads.tail[s]), roads.forward[s], to.share),
            (2 * s + 1, int(roads.head[s]), roads.backward[s], 1 - to.share),
        ):
            if share * length <= END_M:
                copies = self._copies.get(node, [])
            elif driven:
                copies = self._copies_before.get(edge, [])
            else:
                continue
            for reached in (node, *copies):
                yield reached, share * time_s

    def segment_between(self, tail: int, head: int) -> int:
        """The segment that is driven from one node to the next."""
        start, stop = self._starts[head], self._starts[head + 1]
        return int(self._edge[start + int(np.flatnonzero(self._indices[start:stop] == tail)[0])]) // 2


def _by_tail(edge: Ints, tail: Ints, nodes: Ints) -> dict[int, list[int]]:
    """The directed edges that begin at each of these nodes."""
    found: dict[int, list[int]] = {int(node): [] for node in nodes}
    at = np.flatnonzero(np.isin(tail, nodes))
    for node, leaving in zip(tail[at].tolist(), edge[at].tolist(), strict=True):
        found[node].append(leaving)
    return found
