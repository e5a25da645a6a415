"""Which milestone may follow which, and what the incident makes of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.errors import ConflictError
from core.geo import LonLat
from dispatch.model import (
    TAKEN_BACK,
    Assignment,
    AssignmentStatus,
    Incident,
    IncidentStatus,
    Priority,
    advance_assignment,
    advance_incident,
)

START = datetime(2026, 8, 18, 1, 20, tzinfo=UTC)
PLACE = LonLat(102.7, 25.0)
S = AssignmentStatus


def later(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def assignment(assignment_id: str = "A", *milestones: tuple[AssignmentStatus, float]) -> Assignment:
    made = Assignment(assignment_id, "I", "U", "巡01", S.DISPATCHED, START, "王", PLACE, "530111")
    for status, minutes in milestones:
        made = advance_assignment(made, status, later(minutes))
    return made


def incident(status: IncidentStatus = IncidentStatus.OPEN) -> Incident:
    return Incident(
        "I",
        "20260818-0001",
        "traffic",
        "",
        "",
        PLACE,
        "530111",
        Priority.NORMAL,
        status,
        START,
        START,
        "call",
    )


ALLOWED = {
    S.DISPATCHED: {S.EN_ROUTE, S.ON_SCENE, S.CLEARED, S.STOOD_DOWN},
    S.EN_ROUTE: {S.ON_SCENE, S.CLEARED, S.STOOD_DOWN},
    S.ON_SCENE: {S.CLEARED, S.STOOD_DOWN},
    S.CLEARED: set(),
    S.STOOD_DOWN: set(),
}


@pytest.mark.parametrize("before", list(S))
@pytest.mark.parametrize("after", list(S))
def test_a_milestone_may_be_skipped_and_none_taken_back(
    before: AssignmentStatus, after: AssignmentStatus
) -> None:
    at_first = assignment() if before is S.DISPATCHED else assignment("A", (before, 1))
    if after in ALLOWED[before]:
        assert advance_assignment(at_first, after, later(2)).status is after
    else:
        with pytest.raises(ConflictError) as refused:
            advance_assignment(at_first, after, later(2))
        assert refused.value.details["assignment_status"] == before.value


def test_each_milestone_keeps_its_instant() -> None:
    done = assignment("A", (S.EN_ROUTE, 1), (S.ON_SCENE, 5), (S.CLEARED, 30))
    assert (done.en_route_at, done.on_scene_at, done.ended_at) == (later(1), later(5), later(30))
    assert not done.status.is_open


def test_no_milestone_lies_before_the_dispatch() -> None:
    with pytest.raises(ConflictError, match="before the dispatch"):
        advance_assignment(assignment(), S.EN_ROUTE, later(-1))


def test_a_milestone_stated_earlier_than_the_one_before_it_counts_from_that_one() -> None:
    """The device's clock and the desk's differ; nobody arrives before setting out or leaves before arriving."""
    arrived = assignment("A", (S.EN_ROUTE, 5), (S.ON_SCENE, 4))
    assert arrived.on_scene_at == later(5)
    assert advance_assignment(arrived, S.STOOD_DOWN, later(3)).ended_at == later(5)


def test_the_reason_for_an_end_is_kept() -> None:
    assert advance_assignment(assignment(), S.STOOD_DOWN, later(1), "误报").end_reason == "误报"


@pytest.mark.parametrize(
    ("what", "assignments", "status", "dispatched", "on_scene"),
    [
        ("nobody sent", [], IncidentStatus.OPEN, None, None),
        ("one sent", [assignment()], IncidentStatus.DISPATCHED, 0, None),
        ("one driving", [assignment("A", (S.EN_ROUTE, 1))], IncidentStatus.DISPATCHED, 0, None),
        (
            "the first of two there",
            [assignment("A", (S.ON_SCENE, 4)), assignment("B", (S.EN_ROUTE, 1))],
            IncidentStatus.ON_SCENE,
            0,
            4,
        ),
        (
            "the earliest arrival counts",
            [assignment("A", (S.ON_SCENE, 9)), assignment("B", (S.ON_SCENE, 4))],
            IncidentStatus.ON_SCENE,
            0,
            4,
        ),
        (
            "was there and left: reached",
            [assignment("A", (S.ON_SCENE, 4), (S.CLEARED, 9))],
            IncidentStatus.ON_SCENE,
            0,
            4,
        ),
        (
            "was there, left, another on the way",
            [assignment("A", (S.ON_SCENE, 4), (S.CLEARED, 9)), assignment("B")],
            IncidentStatus.DISPATCHED,
            0,
            4,
        ),
        (
            "was there until the incident was closed",
            [assignment("A", (S.ON_SCENE, 4), (S.STOOD_DOWN, 9))],
            IncidentStatus.ON_SCENE,
            0,
            4,
        ),
        ("turned back: open again", [assignment("A", (S.CLEARED, 4))], IncidentStatus.OPEN, 0, None),
        (
            "taken back: as if never sent",
            [assignment("A", (S.STOOD_DOWN, 4))],
            IncidentStatus.OPEN,
            None,
            None,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_incident_follows_its_assignments(
    what: str,
    assignments: list[Assignment],
    status: IncidentStatus,
    dispatched: float | None,
    on_scene: float | None,
) -> None:
    found = advance_incident(incident(), assignments, later(60))
    assert found.status is status, what
    assert found.first_dispatched_at == (None if dispatched is None else later(dispatched))
    assert found.first_on_scene_at == (None if on_scene is None else later(on_scene))
    assert found.changed_at == later(60)


def test_a_closed_incident_stays_as_it_is() -> None:
    closed = incident(IncidentStatus.CLOSED)
    assert advance_incident(closed, [assignment()], later(1)) is closed


def test_the_response_time_runs_from_the_call_to_the_first_arrival() -> None:
    assert incident().response_s is None
    reached = advance_incident(incident(), [assignment("A", (S.ON_SCENE, 3.8))], later(4))
    assert reached.response_s == pytest.approx(228)


def test_a_dispatch_taken_back_at_once_leaves_the_incident_as_if_nobody_had_been_sent() -> None:
    near_by = assignment("A", (S.ON_SCENE, 0.1))
    slip = advance_assignment(near_by, S.STOOD_DOWN, later(0.2), TAKEN_BACK)
    after = advance_incident(incident(), [slip], later(0.2))
    assert (after.status, after.first_on_scene_at, after.first_dispatched_at) == (
        IncidentStatus.OPEN,
        None,
        None,
    )
    left = advance_assignment(near_by, S.STOOD_DOWN, later(30), TAKEN_BACK)
    assert advance_incident(incident(), [left], later(30)).status is IncidentStatus.ON_SCENE, "it was there"
