"""One incident as the panel shows it, read as a timeline: opened, advised, dispatched, reached, closed."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dashboard.language import current_locale
from dashboard.layouts.incident_panel import desk_panel
from dashboard.view_models.incident import IncidentView, graded_words, incident_view
from tests.unit.dashboard.states import CATALOGUE, a_candidate, an_incident

POINT = {"depth_cm": 56.4, "observed_at": "2026-08-18T01:29:50+00:00", "passability": "closed"}
ALERT = {
    "alert_id": "A1",
    "status": "active",
    "severity": "orange",
    "grade_code": "heavy",
    "depth_cm": 52.0,
    "acknowledged_by": None,
}
ADVICE = {
    "recommendation_id": "R1",
    "made_at": "2026-08-18T01:30:05+00:00",
    "considered": 1184,
    "needs": [{"count": 1, "capabilities": ["police"], "net": None}],
    "candidates": [a_candidate(need=0), a_candidate(unit_id="U2", travel_time_s=200.0)],
}


AREAS = {"530103": ("盘龙区", "Panlong"), "530111": ("官渡区", "Guandu")}


def an_assignment(status: str) -> dict[str, Any]:
    return {
        "assignment_id": "AS1",
        "unit_id": "U1",
        "callsign": "巡控0042",
        "status": status,
        "eta_at": "2026-08-18T01:33:00+00:00",
    }


def view(**changes: Any) -> IncidentView:
    detail = {
        "incident": an_incident(),
        "assignments": [],
        "recommendation": None,
        "point": POINT,
        "alert": ALERT,
        "timeline": [],
        **changes,
    }
    return incident_view(
        detail,
        CATALOGUE,
        target_s=228.0,
        target_major_s=180.0,
        areas=AREAS,
        covers=lambda code: code != "530103",
    )


def test_an_incident_just_opened_waits_for_its_advice() -> None:
    opened = view()
    assert (opened.status_word, opened.recommendation, opened.candidates) == ("待出警", "computing", [])
    assert (opened.severity, opened.grade, opened.depth, opened.passability) == (
        "orange",
        "重度",
        "56 cm",
        "closed",
    )
    assert not opened.acknowledged


def test_advice_says_which_units_would_be_in_time() -> None:
    advised = view(recommendation=ADVICE)
    assert advised.recommendation == "ready"
    assert [c.in_time for c in advised.candidates] == [
        True,
        False,
    ]  # 2:08 and 3:20 against 3:00 of a major call
    assert advised.candidates[0].net == "县级重点区域控制网"


def test_an_ordinary_incident_is_held_against_the_other_target() -> None:
    ordinary = view(incident=an_incident(priority=2), recommendation=ADVICE)
    assert [c.in_time for c in ordinary.candidates] == [True, True]  # 3:20 against 3:48


def test_advice_without_a_unit_is_not_the_same_as_no_advice_yet() -> None:
    assert view(recommendation={**ADVICE, "candidates": []}).recommendation == "none"


def test_a_unit_under_way_counts_down_and_one_on_scene_does_not() -> None:
    coming = view(assignments=[an_assignment("en_route")])
    assert coming.assignments[0].eta_at == "2026-08-18T01:33:00+00:00"
    there = view(assignments=[an_assignment("on_scene")])
    assert (there.assignments[0].eta_at, there.assignments[0].word, there.open_assignments) == (
        None,
        "已到达",
        1,
    )


def test_a_unit_taken_back_is_no_longer_on_it() -> None:
    assert view(assignments=[an_assignment("stood_down")]).open_assignments == 0


def test_milestones_stand_with_the_time_since_the_call() -> None:
    reached = view(
        incident=an_incident(
            status="on_scene",
            first_dispatched_at="2026-08-18T01:30:41+00:00",
            first_on_scene_at="2026-08-18T01:33:05+00:00",
        )
    )
    assert [(m.word, m.after) for m in reached.milestones] == [
        ("接报", "0:00"),
        ("已出警", "0:41"),
        ("已到达", "3:05"),
        ("已销警", ""),
    ]


def test_a_cleared_alert_no_longer_colours_the_incident() -> None:
    assert view(alert={**ALERT, "status": "cleared"}).severity is None


def test_what_the_caller_said_stands_with_the_incident() -> None:
    called = {
        "at": "2026-08-18T01:30:00+00:00",
        "type": "call.taken",
        "actor_id": "li",
        "actor_name": "李明",
        "data": {"text": "水已没过车窗", "caller": "138"},
    }
    assert view(timeline=[called]).said == "水已没过车窗"
    assert view().said == ""


def test_everything_is_said_in_english_too() -> None:
    current_locale.set("en")
    english = view(recommendation=ADVICE)
    assert (english.title, english.grade, english.status_word) == (
        "Guomao Road closed by water",
        "heavy",
        "To dispatch",
    )
    assert english.candidates[0].reason == "2:08 by road, 1.2 km"


NEED = {"count": 2, "capabilities": ["police"], "net": None}


def test_a_package_is_what_is_recommended_and_says_what_nobody_fills() -> None:
    short = view(recommendation={**ADVICE, "needs": [NEED]})
    assert [c.unit_id for c in short.package] == ["U1"]
    assert [c.unit_id for c in short.others] == ["U2"]
    assert short.missing == "还缺：警务 1 个"
    assert view(recommendation=ADVICE).missing == ""


def test_with_a_choice_but_nobody_recommended_the_panel_says_that_nobody_is() -> None:
    left = {
        "unit_id": "U2",
        "callsign": "巡2",
        "why": "left_for",
        "number": "260818-001",
        "more_urgent": True,
        "status": "available",
    }
    advice = {**ADVICE, "candidates": [a_candidate(unit_id="U2")], "passed_over": [left]}
    nobody = view(recommendation=advice)
    assert (nobody.recommendation, nobody.package) == ("none", [])
    assert nobody.passed_over == ["巡2 留给更紧急的 260818-001"]


def test_whose_unit_it_is_is_said_to_whom_has_to_ask() -> None:
    lent = {**ADVICE, "candidates": [a_candidate(need=0, must_ask="530103")]}
    assert view(recommendation=lent).package[0].asks == "盘龙区"
    covered = {**ADVICE, "candidates": [a_candidate(need=0, must_ask="530111")]}
    assert view(recommendation=covered).package[0].asks is None


def test_a_preemption_stands_with_its_gain_and_its_price() -> None:
    offer = {
        "assignment_id": "AS9",
        "unit_id": "U9",
        "callsign": "巡9",
        "travel_time_s": 60.0,
        "gain_s": 90.0,
        "from_number": "260818-002",
        "from_priority": 3,
        "loses_s": None,
    }
    found = view(recommendation={**ADVICE, "preemptions": [offer]}).preemption
    assert found is not None
    assert (found.gains, found.costs) == ("1:00 可到，早 1:30", "原任务 260818-002（3 级）将暂时无人前往")
    spared = view(recommendation={**ADVICE, "preemptions": [{**offer, "loses_s": 0.0}]}).preemption
    assert spared is not None and spared.costs.endswith("不受影响")
    later = view(recommendation={**ADVICE, "preemptions": [{**offer, "loses_s": 240.0}]}).preemption
    assert later is not None and later.costs == "原任务 260818-002（3 级）将晚 4:00"


def test_a_request_waits_until_its_time_and_then_says_what_came_of_it() -> None:
    asked = {
        "unit_id": "U7",
        "callsign": "巡7",
        "jurisdiction": "530103",
        "status": "waiting",
        "note": None,
        "answer_by": "2026-08-18T01:32:00+00:00",
    }
    declined = {**asked, "status": "declined", "note": "另有任务"}
    accepted = {**asked, "status": "accepted"}
    found = view(assistance=[asked, declined, accepted]).requests
    assert [(r.said, r.answer_by is not None) for r in found] == [
        ("已请求盘龙区，等待答复", True),
        ("盘龙区已拒绝（另有任务）", False),
    ]


@pytest.mark.parametrize(
    ("severity", "word", "said"),
    [
        ("yellow", "中度", "Ⅲ 中度"),
        ("yellow", "Ⅲ级", "Ⅲ级"),
        ("orange", "grade II", "grade II"),
        ("blue", "light", "Ⅳ light"),
    ],
)
def test_a_levels_numeral_is_said_once(severity: str, word: str, said: str) -> None:
    assert graded_words(severity, word) == said


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh", "未比较：100 个不在待命、40 个步巡、7 个没有定位"),
        ("en", "Not compared: 100 not available, 40 on foot, 7 without a position"),
    ],
)
def test_beside_how_many_were_compared_stands_why_the_rest_were_not(language: str, words: str) -> None:
    current_locale.set(language)
    left_out = {"unplaced": 7, "busy": 100, "on_foot": 40}
    shown = desk_panel(view(recommendation={**ADVICE, "left_out": left_out}), ZoneInfo("Asia/Shanghai"))
    assert words in str(shown)
    assert view(recommendation=ADVICE).left_out == "", "advice stored before this was known says nothing"
