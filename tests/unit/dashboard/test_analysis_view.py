"""The analyst's tables and charts from a history that can be counted by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd

from alerts.alarm_load import AlertMoment, calls_below, follow_alarms, load_below, load_of
from alerts.model import Alert, AlertStatus, Severity
from alerts.verification import Verification
from core.command_tree import CommandLevel
from core.geo import LonLat
from dashboard.view_models.analysis import (
    alerts_frame,
    analysis_view,
    as_csv,
    begin_of,
    rule_rows,
    rules_frame,
    seat_rows,
)
from operations.alarm_load import AlarmReport
from roads.areas import DistrictAreas
from tests.unit.dashboard.states import CATALOGUE

START = datetime(2026, 8, 18, 1, 0, tzinfo=UTC)
END = START + timedelta(hours=3)
ZONE = ZoneInfo("Asia/Shanghai")
NAMES = {"5301": ("昆明市", "Kunming"), "530111": ("官渡区", "Guandu")}
PREDICTED = Verification("soon", True, 4, 2, 1, 0, 1, 3, 1, (120.0, 300.0))
JUDGED = Verification("depth", False, 20, 5, 1, 0, 14, None, None, ())
SILENT = Verification("quiet", True, 0, 0, 0, 0, 0, 0, 0, ())


def a_report(how_many: int, where: str = "530111") -> AlarmReport:
    moments = [
        AlertMoment(
            "alert.opened",
            START + timedelta(minutes=100, seconds=20 * n),
            f"A{n}",
            "depth",
            f"P{n}",
            where,
            Severity.BLUE,
            CommandLevel.DISTRICT if len(where) == 6 else CommandLevel.STREET,
            active=True,
        )
        for n in range(how_many)
    ]
    history = follow_alarms(moments)
    return AlarmReport(
        since=START,
        until=END,
        history=history,
        calls=tuple(calls_below(history, "5301", START, END)),
        whole=load_below(history, "5301", START, END),
        seats=tuple(load_of(history, seat, START, END) for seat in sorted(history.seats())),
        alerts=(),
    )


def test_rules_that_did_nothing_and_missed_nothing_are_left_out_and_the_busiest_is_first() -> None:
    frame = rules_frame([PREDICTED, SILENT, JUDGED], CATALOGUE)
    assert list(frame["rule_id"]) == ["depth", "soon"]
    assert rule_rows(frame) == [
        ["depth", "20", "5", "1", "–", "14", "–", "83 %", "–", "–", "–"],
        ["soon", "4", "2", "1", "0", "1", "1", "67 %", "67 %", "2:00", "2:00"],
    ]


def test_a_flood_stands_out_in_figures_and_bars() -> None:
    view = analysis_view(a_report(12), [PREDICTED], CATALOGUE, NAMES, ZONE)
    figures = {figure.name: figure for figure in view.figures}
    assert figures["最忙的 10 分钟"].value == "12"
    assert figures["最忙的 10 分钟"].over
    assert figures["告警洪峰"].value == "1"
    assert figures["每席每日告警"].over, "twelve a day are few, twelve in ten minutes are not"
    bars = view.load_chart.data[0]
    assert max(bars.y) == 12
    assert len(bars.x) <= 3 + 9, "the chart begins shortly before the first alarm"
    assert view.lead_chart is not None
    assert seat_rows(view.seats) == [["官渡区", "12", "12", "1", "12", "–:––", "–:––"]]


def test_a_street_with_a_seat_stands_under_its_name() -> None:
    names = {**DistrictAreas().names_below(), **DistrictAreas().names()}
    view = analysis_view(a_report(3, "530111001"), [], CATALOGUE, names, ZONE)
    assert [row[0] for row in seat_rows(view.seats)] == ["关上街道"]


def test_a_period_without_alarms_explains_itself_instead_of_drawing_nothing() -> None:
    view = analysis_view(a_report(0), [], CATALOGUE, NAMES, ZONE)
    assert view.empty
    assert view.lead_chart is None
    assert view.seats.empty


def test_periods_begin_where_they_say() -> None:
    assert begin_of("shift", END) == END - timedelta(hours=12)
    assert begin_of("day", END) == END - timedelta(hours=24)
    assert begin_of("all", END) is None


def test_a_file_for_spreadsheets_holds_no_formula() -> None:
    text = as_csv(pd.DataFrame({"note": ["=HYPERLINK(1)", "-2", "plain"], "value": [-1.5, 2.0, 3.0]}))
    assert text.startswith("\ufeff")
    assert "'=HYPERLINK(1)" in text
    assert "'-2" in text
    assert "-1.5" in text


def test_an_alert_is_a_row_with_what_people_made_of_it() -> None:
    alert = Alert(
        alert_id="A1",
        rule_id="depth",
        rule_version="7",
        catalogue_version="1",
        category="waterlogging",
        subject_id="P1",
        name_zh="点",
        name_en="point",
        place=LonLat(102.7, 25.0),
        jurisdiction="530111",
        severity=Severity.BLUE,
        grade_code="light",
        peak_grade_code="light",
        status=AlertStatus.ACTIVE,
        opened_at=START,
        alarmed_at=START,
        changed_at=START,
        told=CommandLevel.DISTRICT,
    )
    frame = alerts_frame([alert, replace(alert, alert_id="A2", note="looked")], CATALOGUE)
    assert list(frame["alert_id"]) == ["A1", "A2"]
    assert frame["note"].iloc[1] == "looked"
