"""Response figures over times that were really measured."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.geo import LonLat
from dispatch.model import Incident, IncidentStatus, Priority
from dispatch.response import ResponseFigures, response_figures

START = datetime(2026, 8, 18, 1, 20, tzinfo=UTC)


def reached_after(seconds: float | None, priority: Priority = Priority.NORMAL) -> Incident:
    return Incident(
        "I",
        "20260818-0001",
        "traffic",
        "",
        "",
        LonLat(102.7, 25.0),
        "530111",
        priority,
        IncidentStatus.ON_SCENE,
        START,
        START,
        "call",
        first_on_scene_at=None if seconds is None else START + timedelta(seconds=seconds),
    )


def test_without_an_arrival_nothing_is_claimed() -> None:
    nothing = ResponseFigures(0, None, None, None, 0, None)
    assert response_figures([]) == nothing
    assert response_figures([reached_after(None)]) == nothing


@pytest.mark.parametrize(
    ("times", "median", "p90"),
    [
        ([100], 100, 100),
        ([100, 200], 100, 200),
        ([300, 100, 200], 200, 300),
        (range(1, 11), 5, 9),
        (range(1, 12), 6, 10),
        (range(1, 101), 50, 90),
    ],
)
def test_quantiles_are_of_the_nearest_rank(times: list[float], median: float, p90: float) -> None:
    found = response_figures([reached_after(s) for s in times])
    assert (found.median_s, found.p90_s) == (median, p90)


def test_incidents_nobody_has_reached_are_not_counted_as_zero() -> None:
    found = response_figures([reached_after(100), reached_after(None)])
    assert (found.count, found.median_s) == (1, 100)


def test_the_target_itself_is_within_the_target() -> None:
    assert response_figures([reached_after(228), reached_after(228.1)]).share_within_target == 0.5


def test_major_calls_have_their_own_share() -> None:
    found = response_figures(
        [reached_after(180, Priority.MAJOR), reached_after(181, Priority.MAJOR), reached_after(10)]
    )
    assert (found.major_count, found.share_major_within_180s) == (2, 0.5)
    assert response_figures([reached_after(10)]).share_major_within_180s is None
