"""The way of a unit that was just dispatched, found in a worker from where it is now."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.errors import NotFoundError
from core.geo import LonLat
from dispatch.model import Assignment, AssignmentStatus, UnitStatus
from operations.route_assignment import route_assignment
from tests.conftest import Bench
from tests.integration.desk_work import (
    SOMEWHERE,
    at_once,
    called,
    fix,
    raised,
    register,
    says,
    seen_at,
    sent_to,
    somebody,
    take_back,
    types,
)

HERE = LonLat(102.77, 25.02)


@pytest.fixture
def sent(bench: Bench) -> Assignment:
    """One unit sent without advice, seen at HERE."""
    register(bench.ports, 1)
    seen_at(bench.ports, fix("u000", bench.clock.now(), HERE))
    (assignment,) = sent_to(bench.ports, called(bench.ports).incident_id, "u000")
    return assignment


def test_a_unit_sent_without_advice_gets_its_way_and_its_arrival(bench: Bench, sent: Assignment) -> None:
    assert sent.eta_at is None and sent.assignment_id in bench.store.assignments_without_route()
    routed = route_assignment(bench.ports, sent.assignment_id)
    assert routed is not None and routed.travel_time_s is not None
    assert routed.path == (HERE, SOMEWHERE)
    assert routed.eta_at == bench.clock.now() + timedelta(seconds=routed.travel_time_s)
    assert types(bench.ports)[-1] == "assignment.routed"
    assert list(bench.store.assignments_without_route()) == []


@pytest.mark.parametrize("status", [UnitStatus.ON_SCENE, UnitStatus.AVAILABLE])
def test_who_has_arrived_or_left_is_not_routed(bench: Bench, sent: Assignment, status: UnitStatus) -> None:
    says(bench.ports, "u000", status)
    assert route_assignment(bench.ports, sent.assignment_id) is None
    assert types(bench.ports)[-1] == "assignment.advanced"


def test_a_unit_nobody_has_seen_is_not_routed_and_an_unknown_assignment_not_found(
    bench: Bench, sent: Assignment
) -> None:
    bench.ports.positions.clear()
    assert route_assignment(bench.ports, sent.assignment_id) is None
    with pytest.raises(NotFoundError):
        route_assignment(bench.ports, "no such")


def test_a_route_that_comes_while_the_dispatch_is_taken_back_does_not_bring_it_back(
    bench: Bench, sent: Assignment
) -> None:
    answers = at_once(
        *[lambda: route_assignment(bench.ports, sent.assignment_id)] * 3,
        lambda: take_back(bench.ports, somebody(), sent.assignment_id),
    )
    assert raised(answers) == []
    with bench.store.transaction() as tx:
        assert tx.assignment(sent.assignment_id).status is AssignmentStatus.STOOD_DOWN
        assert tx.open_assignments() == []
