"""How a simulated unit answers a dispatch: when it sets off, arrives and is done, decided by chance once."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.geo import LonLat, distance_m, path_length_m
from dispatch.model import AssignmentStatus, UnitStatus
from drills.intake_api import Json

TURN_OUT_S = (10.0, 40.0)
"""From the dispatch to wheels turning. Assumption: a patrol is on the street already."""

PACE = (0.9, 1.2)
"""Time really taken over the time the road network expected. Assumption."""

ON_SCENE_S = (300.0, 900.0)
"""How long a unit stays. Assumption."""

STRAIGHT_KMH, STRAIGHT_DETOUR = 25.0, 1.4
"""For an assignment that carries no travel time."""

FASTEST_KMH = {"foot": 10.0}
"""Travel times are those of vehicles; somebody on foot runs this fast at most."""


@dataclass(frozen=True, slots=True)
class Response:
    """Scenario instants of one assignment's milestones, and the way the unit takes."""

    en_route_at: datetime
    on_scene_at: datetime
    available_at: datetime
    path: tuple[LonLat, ...]

    def due(self, status: AssignmentStatus, now: datetime) -> Sequence[tuple[UnitStatus, datetime]]:
        """The milestones that `now` has passed and the assignment has not, in order."""
        milestones = (
            (AssignmentStatus.EN_ROUTE, UnitStatus.EN_ROUTE, self.en_route_at),
            (AssignmentStatus.ON_SCENE, UnitStatus.ON_SCENE, self.on_scene_at),
            (AssignmentStatus.CLEARED, UnitStatus.AVAILABLE, self.available_at),
        )
        order = list(AssignmentStatus)
        return [
            (said, at)
            for reached, said, at in milestones
            if order.index(reached) > order.index(status) and at <= now
        ]


def plan_response(assignment: Json, kind: str, here: LonLat, seed: int) -> Response:
    """The response of a unit of `kind` that stands at `here` to its open assignment (public state).

    Depends on nothing but its arguments, so that a restarted drill goes on where it was. Milestones the
    assignment already has are kept.
    """
    rng = random.Random(f"{seed}/response/{assignment['assignment_id']}")
    turn_out_s, pace, stay_s = rng.uniform(*TURN_OUT_S), rng.uniform(*PACE), rng.uniform(*ON_SCENE_S)
    place = LonLat(*assignment["place"])
    path = tuple(LonLat(*p) for p in assignment["path"]) or (here, place)
    travel_s = pace * _expected_s(assignment, kind, path)
    en_route_at = _instant(assignment["en_route_at"]) or (
        datetime.fromisoformat(assignment["dispatched_at"]) + timedelta(seconds=turn_out_s)
    )
    on_scene_at = _instant(assignment["on_scene_at"]) or en_route_at + timedelta(seconds=travel_s)
    return Response(en_route_at, on_scene_at, on_scene_at + timedelta(seconds=stay_s), path)


def _expected_s(assignment: Json, kind: str, path: Sequence[LonLat]) -> float:
    expected_s: float | None = assignment["travel_time_s"]
    if expected_s is None:
        expected_s = STRAIGHT_DETOUR * distance_m(path[0], path[-1]) / (STRAIGHT_KMH / 3.6)
    fastest_kmh = FASTEST_KMH.get(kind)
    return max(expected_s, path_length_m(path) / (fastest_kmh / 3.6)) if fastest_kmh else expected_s


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
