"""What the list, the level sheet and the board are told: the one order of every face, run as the browser runs it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from playwright._impl._driver import compute_driver_executable

from dispatch.model import UnitStatus

ORDER = Path(__file__).resolve().parents[2] / "live_order.js"
NOW = "2026-08-18T02:00:00+00:00"
AROUND = {
    "actor": {"jurisdiction": "5301", "permissions": []},
    "catalogue": {
        "grades": [
            {"code": "medium", "at_least": {"depth_cm": 30}},
            {"code": "heavy", "at_least": {"depth_cm": 50}},
        ],
        "categories": {c: {"name_zh": zh} for c, zh in (("waterlogging", "积水"), ("rainstorm", "暴雨"))},
        "nets": {},
        "areas": {"5301": {"name_zh": "昆明市"}, "530111": {"name_zh": "官渡区"}},
        "rules": {
            "depth": {"watches": "point", "silence": False, "levels": {}},
            "silent": {"watches": "point", "silence": True, "levels": {}},
            "fence": {"watches": "geofence", "silence": False, "levels": {}},
        },
    },
}


def asked(ask: str, **state: list[dict[str, Any]]) -> Any:
    """The answer of assets/live-order.js about this state, at NOW."""
    given = {"ask": ask, "now": NOW, "state": {**state, "around": AROUND}}
    node = compute_driver_executable()[0]
    run = subprocess.run(
        [str(node), str(ORDER)], input=json.dumps(given), capture_output=True, text=True, check=True
    )
    return json.loads(run.stdout)


def an_alert(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "alert_id": f"A{number:03d}",
        "rule_id": "depth",
        "category": "waterlogging",
        "subject_id": f"P{number}",
        "point_id": f"P{number}",
        "name_zh": f"点{number}",
        "place": [102.7, 25.0],
        "jurisdiction": "530111001",
        "severity": "orange",
        "grade_code": "heavy",
        "status": "active",
        "opened_at": NOW,
        "quantity": "depth_cm",
        "value": 58.0,
        "returned_at": None,
        **changes,
    }


def an_incident(number: int, status: str = "open") -> dict[str, Any]:
    return {
        "incident_id": f"I{number:03d}",
        "number": f"260818-{number:03d}",
        "category": "waterlogging",
        "title_zh": "积水",
        "priority": 2,
        "status": status,
        "opened_at": f"2026-08-18T01:{number:02d}:00+00:00",
        "place": [102.7, 25.0],
        "jurisdiction": "530111001",
        "point_id": None,
    }


def a_point(number: int, depth_cm: float, **changes: Any) -> dict[str, Any]:
    return {
        "point_id": f"P{number}",
        "name_zh": f"点{number}",
        "quantity": "depth_cm",
        "depth_cm": depth_cm,
        "grade_code": None,
        "passability": "open",
        "observed_at": NOW,
        "jurisdiction": "530111001",
        **changes,
    }


def test_in_a_flood_an_incident_nobody_was_sent_to_is_never_folded() -> None:
    incidents = [an_incident(n) for n in range(30)] + [an_incident(n, "dispatched") for n in range(30, 50)]
    shown = asked("list", incidents=incidents)
    assert shown["grouped"] is True
    assert [row["status"] for row in shown["rows"]] == ["open"] * 30
    assert [(group["name"], len(group["rows"])) for group in shown["groups"]] == [("官渡区", 20)]


def test_with_few_open_incidents_the_most_urgent_others_stay_lines_of_their_own() -> None:
    incidents = [an_incident(n) for n in range(3)] + [an_incident(n, "dispatched") for n in range(10, 55)]
    assert len(asked("list", incidents=incidents)["rows"]) == 12


def test_a_groups_line_says_in_words_what_is_inside() -> None:
    rain = {"category": "rainstorm", "quantity": "rain_mm", "subject_id": "R"}
    alerts = [an_alert(n) for n in range(40)] + [an_alert(n, **rain) for n in range(40, 43)]
    [group] = asked("list", alerts=alerts)["groups"]
    assert group["kinds"] == [["积水", 40], ["暴雨", 3]]


@pytest.mark.parametrize(
    ("alert", "points", "depth"),
    [
        (an_alert(1), [a_point(1, 24.4)], 24.4),
        (an_alert(1), [], 58.0),
        (an_alert(1, quantity="rain_mm", value=0.4), [a_point(1, 0.4, quantity="rain_mm")], None),
        (an_alert(1, quantity=None, value=11.0, point_id=None, subject_id="area:5301"), [], None),
        (an_alert(1, rule_id="silent"), [a_point(1, 24.4)], None),
    ],
    ids=["the point's own", "as it was without the point", "rain", "an area", "a silent gauge"],
)
def test_what_is_measured_is_the_newest_value_of_the_point(
    alert: dict[str, Any], points: list[dict[str, Any]], depth: float | None
) -> None:
    assert asked("depths", alerts=[alert], points=points) == [depth]


def test_a_row_says_when_only_the_set_back_holds_its_level() -> None:
    held = asked("list", alerts=[an_alert(1)], points=[a_point(1, 24.0)])["rows"][0]
    assert (held["held"], held["measured"]) == (True, "24 cm")
    assert asked("list", alerts=[an_alert(1)], points=[a_point(1, 51.0)])["rows"][0]["held"] is False


def test_who_left_a_fence_has_not_fallen() -> None:
    said = {
        rule: asked("list", alerts=[an_alert(1, rule_id=rule, returned_at=NOW)])["rows"][0]["returned"]
        for rule in ("depth", "fence", "silent")
    }
    assert said == {"depth": "已回落", "fence": "已离开", "silent": "已恢复"}


def test_a_proposal_stands_beside_the_figures_of_now() -> None:
    proposal = {
        "jurisdiction": "530111",
        "level": None,
        "proposed_level": "III",
        "proposed_at": NOW,
        "proposed_because": {"roads_closed": 1.0},
    }
    points = [a_point(n, 60.0, passability="closed", grade_code="heavy") for n in range(3)]
    points += [a_point(9, 60.0, grade_code="heavy", observed_at="2026-08-18T00:30:00+00:00")]
    points += [a_point(10, 60.0, grade_code="heavy", jurisdiction="530103001")]
    city, district = asked("levels", response_levels=[proposal], points=points)
    assert (city["name"], city["figures_now"]) == ("昆明市", {})
    now = district["figures_now"]
    assert (now["roads_closed"], now["points_heavy"], now["points_graded"], now["points_medium"]) == (
        3,
        3,
        3,
        0,
    )


def test_a_refused_edit_of_the_catalogue_is_one_line_in_the_readers_language() -> None:
    long = (
        "value, kind, passability, silent_s, unchanged_s, jump, since_previous_s, depth_cm, rise_cm_per_min"
    )
    problem = {
        "file": "rules/x.yaml",
        "line": 19,
        "where": "levels.1.when",
        "found": "rise_cm_per_minute in 'rise_cm_per_minute >= 5.0 && depth_cm >= 10.0'",
        "expected": f"figures of point of depth_cm: {long}",
    }
    said = asked("refused", refused=[{"problems": [problem], "count": 3}])
    assert said["text"] == (
        "目录有误，未生效：rules/x.yaml:19 levels.1.when：现为 “rise_cm_per_minute”，应为 可用的指标"
        f"（{long[:48]}…） （另有 2 处）"
    )
    assert long in said["whole"]
    odd = {**problem, "found": "'a' after 3 min", "expected": "a level above district"}
    assert "a level above district" in asked("refused", refused=[{"problems": [odd], "count": 1}])["text"]


def test_the_foot_counts_every_unit_once_whatever_its_status() -> None:
    statuses = [status.value for status in UnitStatus]
    units = [
        {"unit_id": f"U{n}", "index": n, "net": "patrol", "status": status}
        for n, status in enumerate([*statuses, "on_break"])
    ]
    foot = asked("foot", units=units)
    assert foot == [["待命", "1"], ["途中", "2"], ["处置", "1"], ["返回中", "1"], ["停用", "3"]]
    assert sum(int(n) for _, n in foot) == len(units)


@pytest.mark.parametrize(
    ("listener", "must_ask", "relief"),
    [("530111", "530103", None), ("5301", "530103", "U2"), ("530111", None, "U2")],
)
def test_a_row_names_nobody_as_sooner_whom_the_reader_would_have_to_ask_for(
    monkeypatch: pytest.MonkeyPatch, listener: str, must_ask: str | None, relief: str | None
) -> None:
    """The panel has no button for it (decision 0055)."""
    monkeypatch.setitem(AROUND, "actor", {"jurisdiction": listener, "permissions": []})
    candidate = {"unit_id": "U2", "callsign": "U2", "must_ask": must_ask, "relieves": {"assignment_id": "A1"}}
    coming = {"assignment_id": "A1", "incident_id": "I001", "unit_id": "U1", "callsign": "U1"}
    shown = asked(
        "list",
        incidents=[an_incident(1, "dispatched")],
        units=[{"unit_id": "U2", "status": "available"}],
        assignments=[{**coming, "status": "en_route", "eta_at": None, "overdue": None}],
        recommendations=[{"incident_id": "I001", "candidates": [candidate]}],
    )
    assert [row["relief"] for row in shown["rows"]] == [relief]
