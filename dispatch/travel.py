"""What dispatch knows about the way: closures on it, and the route a unit would take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.geo import LonLat

ClosureKind = Literal["road", "underpass", "culvert"]
ClosureState = Literal["closed", "slow"]


@dataclass(frozen=True, slots=True)
class Closure:
    """A place where water (or anything else) closes a road or slows it.

    `radius_m` is how far around `place` roads are affected, in metres.
    """

    closure_id: str
    name: str
    place: LonLat
    kind: ClosureKind
    state: ClosureState
    radius_m: float


@dataclass(frozen=True, slots=True)
class RouteFound:
    """The fastest way found for one unit.

    `travel_time_s` covers the whole way, the last leg on foot (`walk_m` metres) included; `distance_m` and
    `path` cover what is driven. `straight_line` says that (a large part of) the way is an estimate
    without roads. `avoided` names the closures on the way that would be fastest if nothing were closed.
    """

    unit_id: str
    travel_time_s: float
    distance_m: float
    path: tuple[LonLat, ...]
    walk_m: float
    straight_line: bool
    avoided: tuple[str, ...]
