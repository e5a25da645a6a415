"""One alert as its panel says it: marks, reasons in words, what may be done, the line of its readings."""

from __future__ import annotations

import re
from base64 import b64decode
from typing import Any

import pytest

from core.actor import Actor, Permission, Role
from dashboard.language import current_locale
from dashboard.view_models.alert import alert_view, sparkline
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
    uri = sparkline(readings, [5.0, 30.0, 90.0])
    assert uri is not None
    image = b64decode(uri.partition(",")[2]).decode()
    heights = [
        float(y) for y in re.findall(r",([\d.]+)", image.partition('polyline points="')[2].partition('"')[0])
    ]
    assert len(heights) == 60
    assert 0 < min(heights) < max(heights) <= 96
    assert image.count("<line") == 2


def test_one_reading_makes_no_line() -> None:
    assert sparkline([["2026-08-18T01:00:00+00:00", 3.0]], []) is None
    assert sparkline([[f"2026-08-18T01:0{n}:00+00:00", 0.0] for n in range(5)], []) is None


def test_a_rain_alert_says_over_how_many_hours_its_thresholds_are() -> None:
    detail = a_detail(quantity="rain_mm", value=0.0)
    detail["rule"]["levels"] = [
        {**level, "thresholds": {f"rain_mm_{hours}h": 50.0}}
        for level, hours in zip(LEVELS, (12, 3), strict=True)
    ]
    view = alert_view(detail, CATALOGUE, OFFICER)
    assert [least for _, _, least in view.thresholds] == ["3小时雨量 ≥ 50 mm", "12小时雨量 ≥ 50 mm"]
    assert view.measured is None
