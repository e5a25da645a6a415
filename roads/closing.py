"""Which segments a closure closes or slows."""

from __future__ import annotations

from dispatch.travel import Closure
from roads.segments import Segments
from roads.snapping import SegmentIndex

SLOW_FACTOR = 3.0
"""How much longer a slow segment takes: an assumption (driving through shallow water at a third of the speed)."""

SAME_ROAD_M = 15.0
"""Segments at most this much further than the nearest one count as the same road."""


def closed_segments(closure: Closure, segments: Segments, index: SegmentIndex) -> list[int]:
    """Segments the closure is about, whole segments always; empty when no road lies within its radius.

    A segment that somebody pointed at is the nearest one, whatever lies above or below it. Else never an
    elevated carriageway while there is anything below it. An area means all roads that pass through it. An
    underpass or culvert means the segments tagged as lower carriageway; where the map has none near, the
    nearest road. A closed road means the roads whose names the closure's name contains; where none does, every
    road within the radius.
    """
    if closure.kind == "area":
        inside = index.inside(closure.outline)
        return [s for s in inside if segments.level[s] <= 0] or inside
    near = index.around(closure.place, closure.radius_m)
    if closure.kind == "segment":
        return [min(near, key=lambda s: (near[s], s))] if near else []
    surface = {s: d for s, d in near.items() if segments.level[s] <= 0}
    near = surface or near
    if not near:
        return []
    lower = [s for s in near if segments.level[s] < 0]
    if closure.kind != "road" and lower:
        return sorted(lower)
    named = {s: d for s, d in near.items() if segments.name_of(s) and segments.name_of(s) in closure.name}
    if closure.kind == "road":
        return sorted(named or near)
    candidates = named or near
    reach_m = min(candidates.values()) + SAME_ROAD_M
    return sorted(s for s, d in candidates.items() if d <= reach_m)
