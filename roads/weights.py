"""One way to see the network: who may drive where, how long it takes now, and the search over it."""

from __future__ import annotations

import numpy as np

from roads.metric import Bools, Floats, Ints
from roads.search import BackwardSearch
from roads.segments import Segments
from roads.snapping import SnapMemory
from roads.tracing import Tracer


class Weights:
    """Travel times in seconds by segment, kept in step with the matrices of a search.

    `emergency` sees every road and no turn restriction; else roads for emergency vehicles are closed and
    forbidden turns are not made.
    """

    def __init__(self, segments: Segments, *, emergency: bool) -> None:
        self.usable: Bools = (
            np.ones(segments.count, dtype=np.bool_) if emergency else ~segments.emergency_only
        )
        self.search = BackwardSearch(segments, obey_turns=not emergency)
        self.trace = Tracer(segments, self.search)
        self.free_s: Floats = segments.time_s.copy()
        """As if nothing were closed."""
        self.time_s: Floats = segments.time_s.copy()
        self.is_open: Bools = self.usable.copy()
        self.snaps = SnapMemory()

    def set(self, base_s: Floats, factor: Floats) -> None:
        """Give every segment its time without closures and how many times as long it takes now.

        The arrays are written in place, so that who holds one sees the change.
        """
        self.free_s[:] = np.where(self.usable, base_s, np.inf)
        self.time_s[:] = _slowed(self.free_s, factor)
        self.is_open[:] = np.isfinite(self.time_s)
        self.snaps.forget()
        self.search.set_all_times(self.free_s, self.time_s)

    def set_factor(self, segment: Ints, factor: Floats) -> None:
        """Make some segments take so many times as long; infinity closes them."""
        self.time_s[segment] = _slowed(self.free_s[segment], factor)
        self.is_open[segment] = np.isfinite(self.time_s[segment])
        self.snaps.forget()
        self.search.set_times(segment, self.time_s[segment])


def _slowed(free_s: Floats, factor: Floats) -> Floats:
    # A segment between two nodes at one place takes no time, and zero times infinity is not closed.
    with np.errstate(invalid="ignore"):
        return np.where(np.isinf(factor), np.inf, free_s * factor)
