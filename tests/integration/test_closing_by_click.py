"""What the desk's form asks for becomes a closure, once, and is reopened by a click."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from core.actor import Permission
from core.errors import InvalidInputError, PermissionDeniedError
from dashboard.callbacks.closing import closed_by_click, reopened_by_click
from dispatch.travel import RoadClosure
from tests.conftest import Bench
from tests.integration.desk_work import somebody

HERE = [102.7146, 25.0492]


def request(bench: Bench, **given: Any) -> dict[str, Any]:
    """As the page sends it."""
    return {
        "kind": "segment",
        "state": "closed",
        "name": "人民路",
        "reason": "积水",
        "corners": [HERE],
        "expires_at": (bench.clock.now() + timedelta(hours=1)).isoformat(),
        "key": "k",
        "nonce": "n",
        **given,
    }


def in_force(bench: Bench) -> list[RoadClosure]:
    with bench.store.transaction() as tx:
        return list(tx.closures_in_force(bench.clock.now()))


def test_a_click_closes_what_was_pointed_at_and_the_notice_can_be_undone(bench: Bench) -> None:
    notice = closed_by_click(bench.ports, somebody("值班员"), request(bench))
    again = closed_by_click(bench.ports, somebody("值班员"), request(bench))
    [closure] = in_force(bench)
    assert (closure.kind, closure.name, closure.reason, closure.closed_by) == (
        "segment",
        "人民路",
        "积水",
        "值班员",
    )
    assert (list(closure.place), closure.outline) == (HERE, ())
    assert (notice.action, list(notice.undo), notice.text) == (
        "close_road",
        [closure.closure_id],
        "已断交：人民路",
    )
    assert again == notice
    said = reopened_by_click(bench.ports, somebody(), {"closure_id": closure.closure_id})
    assert said.text == "已重新开放：人民路"
    assert in_force(bench) == []


def test_corners_clicked_are_the_outline_of_an_area(bench: Bench) -> None:
    corners = [HERE, [HERE[0] + 0.004, HERE[1]], [HERE[0], HERE[1] + 0.004]]
    closed_by_click(
        bench.ports, somebody(), request(bench, kind="area", state="slow", corners=corners, name=" ")
    )
    [closure] = in_force(bench)
    assert [list(corner) for corner in closure.outline] == corners
    assert (closure.state, closure.name) == ("slow", "")


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "river"},
        {"state": "wet"},
        {"corners": []},
        {"kind": "area", "corners": [HERE, HERE]},
        {"corners": [[116.4, 39.9]]},
    ],
)
def test_what_cannot_be_is_refused_and_closes_nothing(bench: Bench, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        closed_by_click(bench.ports, somebody(), request(bench, **wrong))
    assert in_force(bench) == []


def test_only_who_may_set_passability_there_closes_and_reopens(bench: Bench) -> None:
    nobody = (somebody(without=Permission.SET_PASSABILITY), somebody(jurisdiction="530112"))
    for actor in nobody:
        with pytest.raises(PermissionDeniedError):
            closed_by_click(bench.ports, actor, request(bench))
    closed_by_click(bench.ports, somebody(), request(bench))
    [closure] = in_force(bench)
    assert closure.jurisdiction.startswith("5301")
    for actor in nobody:
        with pytest.raises(PermissionDeniedError):
            reopened_by_click(bench.ports, actor, {"closure_id": closure.closure_id})
    assert in_force(bench) == [closure]
