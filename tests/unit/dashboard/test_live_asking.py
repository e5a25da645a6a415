"""What an officer is told of a request that went wrong: whether it was carried out, or that nobody knows."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from playwright._impl._driver import compute_driver_executable

ASKING = Path(__file__).resolve().parents[2] / "live_asking.js"
UNKNOWN, REFUSED = "不知道是否已执行", "服务器拒绝了，什么都没有改变"
PAGE = "<!DOCTYPE html><p>…"


def told(*answers: dict[str, Any]) -> list[str]:
    """The notices of as many requests as there are answers of the server; each was sent once."""
    given = {"answers": answers, "asks": [f"ACT{n}" for n in range(len(answers))]}
    node = compute_driver_executable()[0]
    run = subprocess.run(
        [str(node), str(ASKING)], input=json.dumps(given), capture_output=True, text=True, check=True
    )
    found = json.loads(run.stdout)
    assert found["asked"] == len(answers)
    outcomes: list[str] = found["outcomes"]
    return outcomes


def answer(status: int, body: object, **more: object) -> dict[str, Any]:
    return {"status": status, "body": body if isinstance(body, str) else json.dumps(body), **more}


@pytest.mark.parametrize(
    "refusal",
    [
        answer(401, PAGE),
        answer(403, PAGE),
        answer(429, "slow down"),
        answer(404, {"detail": "no such callback"}),
        answer(422, {"detail": "unit_ids"}),
        answer(200, PAGE, redirected=True),
    ],
)
def test_what_was_refused_before_it_was_looked_at_has_changed_nothing(refusal: dict[str, Any]) -> None:
    (said,) = told(refusal)
    assert REFUSED in said


def test_a_session_that_has_ended_is_called_so() -> None:
    for ended in (answer(401, PAGE), answer(200, PAGE, redirected=True)):
        assert "请重新登录" in told(ended)[0]


@pytest.mark.parametrize("status", [500, 502, 503])
def test_of_a_fault_of_the_server_nobody_knows_whether_it_was_carried_out(status: int) -> None:
    (said,) = told(answer(status, PAGE))
    assert UNKNOWN in said


def test_a_fault_that_the_server_tells_of_is_told_once_and_the_next_request_is_sent() -> None:
    """Dash then answers without an output (dashboard/page.py: Face._report)."""
    fault = answer(200, {"response": {}, "sideUpdate": {"outcome": {"data": {"text": "fault"}}}})
    done = answer(200, {"response": {"outcome": {"data": {"text": "done"}}}})
    assert told(fault, done) == ["fault", "done"]
