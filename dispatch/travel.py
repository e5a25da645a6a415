"""What dispatch knows about the way: closures on it, and the route a unit would take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from core.geo import LonLat

ClosureKind = Literal["road", "underpass", "culvert", "segment", "area"]
"""`segment` is the one stretch from crossing to crossing that somebody pointed at, `area` all roads inside."""
ClosureState = Literal["closed", "slow"]


@dataclass(frozen=True, slots=True)
class Closure:
    """A place where water (or anything else) closes a road or slows it.

    `radius_m` is how far around `place` roads are affected, in metres. An area has its outline instead: a ring
    of places, the first not repeated.
    """

    closure_id: str
    name: str
    place: LonLat
    kind: ClosureKind
    state: ClosureState
    radius_m: float
    outline: tuple[LonLat, ...] = ()


@dataclass(frozen=True, slots=True)
class RoadClosure:
    """A closure that somebody put in force, with who, since when and until when; kept after it has ended, lifted by
    somebody or by the system when its time was over.

    `place` is where it stands on a map; `jurisdiction` is that of this place.
    """

    closure_id: str
    name: str
    kind: ClosureKind
    state: ClosureState
    place: LonLat
    radius_m: float
    outline: tuple[LonLat, ...]
    jurisdiction: str
    closed_at: datetime
    closed_by: str
    expires_at: datetime
    reason: str | None = None
    reopened_at: datetime | None = None
    reopened_by: str | None = None

    def in_force(self, at: datetime) -> bool:
        return self.reopened_at is None and at < self.expires_at

    @property
    def on_roads(self) -> Closure:
        """What a road network is told of it."""
        return Closure(
            self.closure_id, self.name, self.place, self.kind, self.state, self.radius_m, self.outline
        )


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
