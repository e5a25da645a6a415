"""Milestones never go backwards, and a ranking does not depend on the order it was fed in."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConflictError
from core.geo import LonLat
from dispatch.model import (
    Assignment,
    AssignmentStatus,
    Incident,
    IncidentStatus,
    Priority,
    Unit,
    UnitStatus,
    advance_assignment,
    advance_incident,
)
from dispatch.recommendation import rank_candidates
from dispatch.response import response_figures
from dispatch.travel import RouteFound

START = datetime(2026, 8, 18, 1, 20, tzinfo=UTC)
TARGET = LonLat(102.70, 25.00)
ORDER = {s: i for i, s in enumerate(AssignmentStatus)}
STEPS = st.lists(st.tuples(st.sampled_from(AssignmentStatus), st.integers(-60, 600)), max_size=12)


def walked(assignment_id: str, steps: list[tuple[AssignmentStatus, int]]) -> list[Assignment]:
    made = [
        Assignment(
            assignment_id, "I", "U", "巡01", AssignmentStatus.DISPATCHED, START, "王", TARGET, "530111"
        )
    ]
    for status, seconds in steps:
        try:
            made.append(advance_assignment(made[-1], status, START + timedelta(seconds=seconds)))
        except ConflictError:
            continue
    return made


@given(STEPS)
def test_milestones_never_go_backwards_in_status_nor_in_time(
    steps: list[tuple[AssignmentStatus, int]],
) -> None:
    states = walked("A", steps)
    for before, after in pairwise(states):
        assert ORDER[after.status] > ORDER[before.status]
        assert before.status.is_open
        for name in ("en_route_at", "on_scene_at", "ended_at"):
            assert getattr(before, name) in (None, getattr(after, name)), (
                "a milestone that stands is not rewritten"
            )
    last = states[-1]
    instants = [last.dispatched_at, last.en_route_at, last.on_scene_at, last.ended_at]
    known = [instant for instant in instants if instant is not None]
    assert known == sorted(known)
    assert (last.ended_at is not None) is (not last.status.is_open)


@given(st.lists(STEPS, max_size=4))
def test_an_incident_says_of_its_assignments_what_is_true(
    walks: list[list[tuple[AssignmentStatus, int]]],
) -> None:
    assignments = [walked(str(i), steps)[-1] for i, steps in enumerate(walks)]
    opened = Incident(
        "I", "1", "fire", "", "", TARGET, "530111", Priority.MAJOR, IncidentStatus.OPEN, START, START, "call"
    )
    found = advance_incident(opened, assignments, START)
    arrivals = [a.on_scene_at for a in assignments if a.on_scene_at is not None]
    assert found.first_on_scene_at == min(arrivals, default=None)
    assert (found.status is IncidentStatus.OPEN) is not (
        any(a.status.is_open for a in assignments) or bool(arrivals)
    )
    assert advance_incident(found, assignments, START) == found, "asking again changes nothing"
    assert found.response_s is None or found.response_s >= 0


@given(
    st.lists(
        st.tuples(st.sampled_from([10.0, 20.0, 30.5]), st.sampled_from("甲乙丙"), st.integers(0, 3)),
        max_size=8,
    ),
    st.randoms(use_true_random=False),
    st.integers(0, 8),
)
def test_a_ranking_is_sorted_and_the_same_for_every_order_of_its_input(
    drawn: list[tuple[float, str, int]], shuffle: random.Random, unreached: int
) -> None:
    units = [
        Unit(f"u{i}", i, callsign, "110", "car", frozenset(), "530111", UnitStatus.AVAILABLE, START, True)
        for i, (_, callsign, _) in enumerate(drawn)
    ]
    places = {f"u{i}": LonLat(TARGET.lon + ring / 1000, TARGET.lat) for i, (_, _, ring) in enumerate(drawn)}
    routes = [RouteFound(f"u{i}", s, s, (), 0.0, False, ()) for i, (s, _, _) in enumerate(drawn)][unreached:]
    ranked = rank_candidates(TARGET, units, places, routes)
    assert [c.travel_time_s for c in ranked] == sorted(c.travel_time_s for c in ranked)
    assert {c.unit_id for c in ranked} == {r.unit_id for r in routes}
    for mixed in (units, routes):
        shuffle.shuffle(mixed)
    mixed_places = {unit.unit_id: places[unit.unit_id] for unit in units}
    assert rank_candidates(TARGET, units, mixed_places, routes) == ranked


@given(st.lists(st.integers(0, 3600), min_size=1))
def test_response_figures_are_times_that_were_measured(times: list[int]) -> None:
    incidents = [
        Incident(
            "I",
            "1",
            "fire",
            "",
            "",
            TARGET,
            "530111",
            Priority.MAJOR,
            IncidentStatus.ON_SCENE,
            START,
            START,
            "call",
            first_on_scene_at=START + timedelta(seconds=s),
        )
        for s in times
    ]
    found = response_figures(incidents)
    assert found.median_s in times and found.p90_s in times
    assert sum(t <= found.median_s for t in times) * 2 >= len(times)
    assert sum(t <= found.p90_s for t in times) * 10 >= len(times) * 9
