"""One alert as its panel says it: marks, reasons in words, what may be done, the line of its readings."""

from __future__ import annotations

import re
from base64 import b64decode
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from alerts.imported import CAP_IMPORT
from alerts.rules import Watch
from core.actor import Actor, Permission, Role
from dashboard.language import current_locale
from dashboard.layouts.alert_panel import desk_alert, phone_alert
from dashboard.view_models.alert import alert_view, chart
from operations.alert_detail import rule_state
from tests.unit.dashboard.states import CATALOGUE

OFFICER = Actor("A1", "王芳", Role.DUTY_OFFICER, permissions=frozenset(Permission))
LEVELS = [
    {
        "code": code,
        "name_zh": zh,
        "name_en": en,
        "severity": severity,
        "thresholds": {"depth_cm": least},
    }
    for code, zh, en, severity, least in (
        ("light", "轻度", "light", "blue", 5.0),
        ("heavy", "重度", "heavy", "orange", 50.0),
    )
]


def a_detail(**changes: Any) -> dict[str, Any]:
    alert = {
        "alert_id": "A1",
        "rule_id": "depth",
        "rule_version": "7",
        "category": "road_flood",
        "name_zh": "国贸路",
        "name_en": "Guomao Road",
        "severity": "orange",
        "grade_code": "heavy",
        "status": "active",
        "opened_at": "2026-08-18T01:30:00+00:00",
        "quantity": "depth_cm",
        "value": 55.0,
        "because": {"depth_cm": 55.0, "minutes_to.heavy": 9999.0, "rise_cm_per_min": 1.25},
        "told": "district",
        "escalate_at": "2026-08-18T01:40:00+00:00",
        **dict.fromkeys(
            (
                "acknowledged_by",
                "note",
                "returned_at",
                "shelved_until",
                "shelved_by",
                "shelve_reason",
                "suppressed_by",
                "cleared_by",
                "outcome",
            )
        ),
    }
    detail = {
        "alert": {**alert, **changes},
        "rule": {
            "rule_id": "depth",
            "name_zh": "积水深度",
            "name_en": "depth of water",
            "source": "test",
            "advice_zh": "",
            "advice_en": "",
            "levels": LEVELS,
        },
        "stands": True,
        "streets": [],
        "moves": [],
        "cause": None,
        "incident": None,
        "readings": [["2026-08-18T01:20:00+00:00", 0.0], ["2026-08-18T01:30:00+00:00", 55.0]],
        "timeline": [],
    }
    return detail


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, "waits"),
        ({"status": "acknowledged", "acknowledged_by": "王芳"}, "acknowledged"),
        ({"status": "acknowledged", "returned_at": "2026-08-18T02:00:00+00:00"}, "returned"),
        ({"shelved_until": "2026-08-18T02:00:00+00:00"}, "shelved"),
        ({"suppressed_by": "A0"}, "suppressed"),
        ({"status": "cleared", "outcome": "false_alarm"}, "cleared"),
    ],
)
def test_the_mark_that_matters_most_is_said(changes: dict[str, Any], status: str) -> None:
    assert alert_view(a_detail(**changes), CATALOGUE, OFFICER).status == status


def test_reasons_are_figures_in_words_with_units_and_levels() -> None:
    view = alert_view(a_detail(), CATALOGUE, OFFICER)
    assert [(r.name, r.value) for r in view.because] == [
        ("积水深度", "55 cm"),
        ("预计到达各等级 重度", "未上涨"),
        ("上涨速度", "1.2 cm/min"),
    ]
    current_locale.set("en")
    assert alert_view(a_detail(), CATALOGUE, OFFICER).because[2].name == "rate of rise over ten minutes"


def test_a_rule_that_is_gone_leaves_its_id_and_the_levels_code() -> None:
    view = alert_view({**a_detail(), "rule": None}, CATALOGUE, OFFICER)
    assert (view.rule, view.level, view.thresholds) == ("depth", "heavy", [])


def test_what_may_be_done_follows_the_state_and_the_person() -> None:
    view = alert_view(a_detail(), CATALOGUE, OFFICER)
    assert (view.may_acknowledge, view.may_shelve, view.may_escalate, view.may_clear) == (True,) * 4
    over = alert_view(a_detail(status="cleared"), CATALOGUE, OFFICER)
    assert (over.may_acknowledge, over.may_shelve, over.may_escalate, over.may_clear) == (False,) * 4
    assert not alert_view(a_detail(told="city"), CATALOGUE, OFFICER).may_escalate
    onlooker = Actor("A2", "看", Role.WALL)
    seen = alert_view(a_detail(), CATALOGUE, onlooker)
    assert (seen.may_acknowledge, seen.may_shelve, seen.may_escalate, seen.may_clear) == (False,) * 4


def test_the_line_of_readings_stays_inside_and_shows_the_thresholds_it_reaches() -> None:
    readings = [[f"2026-08-18T01:{minute:02d}:00+00:00", float(minute)] for minute in range(60)]
    drawn = chart(readings, [5.0, 30.0, 90.0], "depth_cm")
    assert drawn is not None
    assert (drawn.top, drawn.begins_at, drawn.ends_at) == ("68 cm", readings[0][0], readings[-1][0])
    assert drawn.lines == [("5", 0.074), ("30", 0.442)]
    image = b64decode(drawn.image.partition(",")[2]).decode()
    heights = [
        float(y) for y in re.findall(r",([\d.]+)", image.partition('polyline points="')[2].partition('"')[0])
    ]
    assert len(heights) == 60
    assert 0 < min(heights) < max(heights) <= 96
    assert image.count("<line") == 2


def test_one_reading_makes_no_line() -> None:
    assert chart([["2026-08-18T01:00:00+00:00", 3.0]], [], "depth_cm") is None
    assert chart([[f"2026-08-18T01:0{n}:00+00:00", 0.0] for n in range(5)], [], "depth_cm") is None


def test_a_rain_alert_says_over_how_many_hours_its_thresholds_are() -> None:
    detail = a_detail(quantity="rain_mm", value=0.0)
    detail["rule"]["levels"] = [
        {**level, "thresholds": {f"rain_mm_{hours}h": 50.0}}
        for level, hours in zip(LEVELS, (12, 3), strict=True)
    ]
    view = alert_view(detail, CATALOGUE, OFFICER)
    assert [least for _, _, least in view.thresholds] == ["3小时雨量 ≥ 50 mm", "12小时雨量 ≥ 50 mm"]
    assert view.measured is None


def test_the_figures_that_graded_are_told_apart_from_what_is_measured_now() -> None:
    detail = a_detail()
    detail["timeline"] = [
        {"type": kind, "at": f"2026-08-18T01:{minute}:00+00:00", "data": {}, "actor_id": "system"}
        for kind, minute in (("alert.opened", 30), ("alert.raised", 35), ("alert.acknowledged", 40))
    ]
    assert alert_view(detail, CATALOGUE, OFFICER).graded_at == "2026-08-18T01:35:00+00:00"
    assert alert_view(a_detail(), CATALOGUE, OFFICER).graded_at == a_detail()["alert"]["opened_at"]


def test_a_level_that_only_the_set_back_holds_says_so() -> None:
    assert alert_view(a_detail(), CATALOGUE, OFFICER).held == ""
    fallen = {**a_detail(), "readings": [["2026-08-18T01:30:00+00:00", 47.0]]}
    assert "50 cm" in alert_view(fallen, CATALOGUE, OFFICER).held
    over = a_detail(returned_at="2026-08-18T02:00:00+00:00")
    assert alert_view({**over, "readings": fallen["readings"]}, CATALOGUE, OFFICER).held == ""


@pytest.mark.parametrize(
    ("condition", "zh", "en"),
    [
        (
            "covered_pct < 50.0 && usual_pct - covered_pct >= 25.0",
            "需求覆盖率 < 50 % 且 通常覆盖率 − 需求覆盖率 ≥ 25 %",
            "demand in reach < 50 % and usual reach − demand in reach ≥ 25 %",
        ),
        (
            "minutes_to.heavy > 0.0 || (rise_cm_per_min >= 5.5)",
            "预计到达各等级 重度 > 0 min 或 (上涨速度 ≥ 5.5 cm/min)",
            "minutes until each depth grade if it rises on as now heavy > 0 min"
            " or (rate of rise over ten minutes ≥ 5.5 cm/min)",
        ),
        (
            'inside && passability == "closed" && !on_assignment',
            "在区域内 且 通行情况 = 断交 且 未 正在执行任务",
            "the unit is inside and passability of the monitored point the geofence belongs to = Closed"
            " and not the unit was sent somewhere and has not finished",
        ),
    ],
)
def test_a_free_condition_stands_in_the_readers_words(condition: str, zh: str, en: str) -> None:
    detail = a_detail()
    detail["rule"]["levels"] = [{**LEVELS[1], "thresholds": {}, "when": condition}]
    assert alert_view(detail, CATALOGUE, OFFICER).thresholds == [("orange", "重度", zh)]
    current_locale.set("en")
    assert alert_view(detail, CATALOGUE, OFFICER).thresholds[0][2] == en


def test_before_a_false_alarm_is_said_it_is_told_what_alarms_again() -> None:
    assert "升到重度" in alert_view(a_detail(grade_code="light"), CATALOGUE, OFFICER).again
    assert "升到" not in alert_view(a_detail(), CATALOGUE, OFFICER).again


def test_a_warning_from_elsewhere_is_shown_with_its_own_words_in_either_language() -> None:
    detail = a_detail(
        rule_id=CAP_IMPORT.rule_id, grade_code="orange", quantity=None, because={"stated_rank": 3.0}
    )
    detail["rule"] = rule_state(CAP_IMPORT)
    detail["readings"] = []
    said = {
        "msg_type": "Alert",
        "sender": "weather.example",
        "sent": "2026-08-18T01:15:00+00:00",
        "ends_at": "2026-08-18T04:15:00+00:00",
        "event": "暴雨",
        "headline": "发布暴雨橙色预警",
        "description": "三小时内雨量将达五十毫米",
        "instruction": "停止户外作业",
        "sender_name": "昆明市气象台",
        "area": "昆明主城",
        "english": {"event": "rainstorm", "headline": "Orange rainstorm warning", "area": "central Kunming"},
    }
    row = {"type": "cap.received", "at": "2026-08-18T01:16:00+00:00", "data": said, "actor_id": "weather"}
    detail["timeline"] = [row, {**row, "data": {"msg_type": "Cancel", "sender": "weather.example"}}]
    view = alert_view(detail, CATALOGUE, OFFICER)
    assert (view.level, [(r.name, r.value) for r in view.because]) == ("橙色", [("发布方定的级别", "橙色")])
    assert view.warning is not None
    assert (view.warning.sender, view.warning.area) == ("昆明市气象台", "昆明主城")
    assert (view.warning.instruction, view.warning.ends_at) == ("停止户外作业", said["ends_at"])
    assert [h.what for h in view.timeline] == [
        "外来预警撤销 · weather.example",
        "收到外来预警 · 昆明市气象台 · 发布暴雨橙色预警",
    ]
    panel = str(desk_alert(view, ZoneInfo("Asia/Shanghai")))
    assert "三小时内雨量将达五十毫米" in panel and "08-18 12:15" in panel
    current_locale.set("en")
    view = alert_view(detail, CATALOGUE, OFFICER)
    assert view.level == "orange" and view.warning is not None
    assert (view.warning.headline, view.warning.area) == ("Orange rainstorm warning", "central Kunming")


def test_what_left_a_fence_has_left_and_only_water_falls() -> None:
    rules = {
        rule_id: replace(CAP_IMPORT, rule_id=rule_id, watches=Watch(subject=subject))
        for rule_id, subject in (("fence", "geofence"), ("storm", "calls"), ("depth", "point"))
    }
    known = replace(CATALOGUE, rules=rules)
    said = {rule_id: alert_view(a_detail(rule_id=rule_id), known, OFFICER).returned_word for rule_id in rules}
    assert said == {"fence": "已离开", "storm": "已恢复", "depth": "已回落"}


def test_an_alert_about_coverage_names_its_streets_and_who_might_move_up_into_them() -> None:
    street = {"name_zh": "官渡区905号街道", "name_en": "Guandu, street 905", "place": [102.71, 25.01]}
    move = {"unit_id": "u1", "callsign": "巡1", "grid": "53011190500101", "place": [102.72, 25.02]}
    detail = a_detail(quantity=None, because={"covered_pct.530111905": 12.4, "usual_pct.530111905": 0.0})
    detail["streets"] = [{**street, "code": "530111905", "covered_pct": 12.4, "usual_pct": 0.0}]
    detail["moves"] = [{**move, "travel_time_s": 250.0}]
    view = alert_view(detail, CATALOGUE, OFFICER)
    assert [(s.name, s.covered, s.usual) for s in view.streets] == [("官渡区905号街道", "12.4 %", "不详")]
    assert [(m.callsign, m.time) for m in view.moves] == [("巡1", "4:10")]
    assert view.because == [], "the figures stand beside their streets"
    drawn = str(desk_alert(view, ZoneInfo("Asia/Shanghai")))
    assert "data-unit='u1'" in drawn and "data-lon='102.71000'" in drawn
    assert "data-unit" not in str(phone_alert(view, ZoneInfo("Asia/Shanghai")))
    over = alert_view({**detail, "alert": {**detail["alert"], "status": "cleared"}}, CATALOGUE, OFFICER)
    assert "data-unit" not in str(desk_alert(over, ZoneInfo("Asia/Shanghai")))
