"""Verification, alarm load and answers of a period as tables and charts, for the analyst's page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import plotly.graph_objects as go

from alerts.alarm_load import A_DAY, FLOOD_AT_LEAST, MIX_TARGET, STEADY_AT_MOST, WINDOW, AlarmLoad, per_window
from alerts.model import Alert
from alerts.verification import Verification
from dashboard.language import current_locale, mark, named, t
from dashboard.theme import plotly_template, tokens
from dashboard.view_models.cells import tame
from dashboard.view_models.durations import clock_words, minutes_seconds, share_words
from operations.alarm_load import AlarmReport
from operations.catalogue import Catalogue

PERIODS = {"shift": mark("本班 12 小时"), "day": mark("24 小时"), "all": mark("全部")}
SHIFT, DAY = timedelta(hours=12), timedelta(days=1)
BARS_AT_MOST = 288
"""More windows than this (two days of ten minutes) are drawn as several together."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One headline figure, with what it is held against."""

    name: str
    value: str
    against: str
    over: bool


@dataclass(frozen=True, slots=True)
class AnalysisView:
    """All the page shows of a period."""

    since: str
    until: str
    empty: bool
    figures: Sequence[Figure]
    rules: pd.DataFrame
    seats: pd.DataFrame
    load_chart: go.Figure
    answer_chart: go.Figure
    rule_chart: go.Figure
    lead_chart: go.Figure | None
    """None where no rule has predicted anything."""


def begin_of(period: str, now: datetime) -> datetime | None:
    """When a period of PERIODS began; None for all there is."""
    return {"shift": now - SHIFT, "day": now - DAY}.get(period)


def analysis_view(
    report: AlarmReport,
    verifications: Sequence[Verification],
    catalogue: Catalogue,
    area_names: Mapping[str, tuple[str, str]],
    zone: ZoneInfo,
) -> AnalysisView:
    """From `operations.alarm_load.alarm_report` and `operations.verify_rules.verify_rules`."""
    rules = rules_frame(verifications, catalogue)
    leads = {v.rule_id: v.leads_s for v in verifications if v.leads_s}
    return AnalysisView(
        since=_instant(report.since, zone),
        until=_instant(report.until, zone),
        empty=not report.alerts and not report.history.calls,
        figures=_figures(report),
        rules=rules,
        seats=seats_frame(report.seats, area_names),
        load_chart=_load_chart(report, zone),
        answer_chart=_answer_chart(report),
        rule_chart=_rule_chart(rules),
        lead_chart=_lead_chart(leads, catalogue) if leads else None,
    )


def rules_frame(verifications: Sequence[Verification], catalogue: Catalogue) -> pd.DataFrame:
    """One row for each rule that alerted or should have, the busiest first; shares 0 to 1, times in seconds."""
    columns = {
        "rule_id": [v.rule_id for v in verifications],
        "rule": [_rule_name(v.rule_id, catalogue) for v in verifications],
        "alerts": [v.alerts for v in verifications],
        "hits": [v.hits for v in verifications],
        "false_alarms": [v.false_alarms for v in verifications],
        "late": [v.late if v.predicts else None for v in verifications],
        "undecided": [v.undecided for v in verifications],
        "events": [v.events for v in verifications],
        "misses": [v.misses for v in verifications],
        "precision": [v.precision for v in verifications],
        "recall": [v.recall for v in verifications],
        "lead_median_s": [v.lead_median_s for v in verifications],
        "lead_least_s": [v.lead_least_s for v in verifications],
        "held_against": ["readings" if v.predicts else "all_clear" for v in verifications],
    }
    frame = pd.DataFrame(columns).astype({name: "Int64" for name in ("late", "events", "misses")})
    told = frame[(frame["alerts"] > 0) | (frame["events"].fillna(0) > 0)]
    return told.sort_values(["alerts", "rule_id"], ascending=[False, True], ignore_index=True)


def alerts_frame(alerts: Sequence[Alert], catalogue: Catalogue) -> pd.DataFrame:
    """One row for each alert, as it is written to a file."""
    found = [
        {
            "alert_id": a.alert_id,
            "rule": a.rule_id,
            "rule_name": _rule_name(a.rule_id, catalogue),
            "rule_version": a.rule_version,
            "category": a.category,
            "subject": a.subject_id,
            "name": named({"name_zh": a.name_zh, "name_en": a.name_en}),
            "jurisdiction": a.jurisdiction,
            "severity": a.severity.value,
            "level": a.grade_code,
            "highest_level": a.peak_grade_code,
            "value": a.value,
            "quantity": a.quantity,
            "opened_at": a.opened_at,
            "acknowledged_at": a.acknowledged_at,
            "acknowledged_by": a.acknowledged_by,
            "returned_at": a.returned_at,
            "cleared_at": a.cleared_at,
            "cleared_by": a.cleared_by,
            "outcome": a.outcome.value if a.outcome else None,
            "told": a.told.value,
            "note": a.note,
            "clear_note": a.clear_note,
        }
        for a in alerts
    ]
    return pd.DataFrame(found)


def seats_frame(loads: Sequence[AlarmLoad], area_names: Mapping[str, tuple[str, str]]) -> pd.DataFrame:
    """One row for each seat that was called, the busiest first; times in seconds."""
    found = [
        {
            "seat": load.seat,
            "name": _area(load.seat, area_names),
            "calls": load.count,
            "worst_window": load.worst_window,
            "floods": len(load.floods),
            "unanswered": load.unanswered,
            "acknowledged_median_s": load.acknowledged_median_s,
            "acknowledged_p90_s": load.acknowledged_p90_s,
            "chattering": len(load.chattering),
            "stale": len(load.stale),
        }
        for load in loads
        if load.count
    ]
    frame = pd.DataFrame(found)
    return frame if frame.empty else frame.sort_values(["calls", "seat"], ascending=[False, True])


def as_csv(frame: pd.DataFrame) -> str:
    """The frame as a file that spreadsheets open as text, not as formulas, and in UTF-8."""
    return "\ufeff" + frame.map(tame).to_csv(index=False)


def _figures(report: AlarmReport) -> list[Figure]:
    whole = report.whole
    days = max((report.until - report.since) / DAY, 1.0)
    seats = max(1, sum(load.count > 0 for load in report.seats))
    a_day = whole.count / days / seats
    flooded = sum((((f.ended_at or report.until) - f.began_at) for f in whole.floods), timedelta())
    mix = whole.mix
    return [
        Figure(
            t("每席每日告警"),
            f"{a_day:.0f}",
            t(
                "可承受约 {n}；{seats} 席；最忙 10 分钟 {worst} 次",
                n=A_DAY,
                seats=seats,
                worst=whole.worst_window,
            )
            if whole.worst_window >= FLOOD_AT_LEAST
            else t("可承受约 {n}；{seats} 席", n=A_DAY, seats=seats),
            # A flood is no calm day, however few its alarms are over twenty-four hours.
            a_day > A_DAY or whole.worst_window >= FLOOD_AT_LEAST,
        ),
        Figure(
            t("最忙的 10 分钟"),
            str(whole.worst_window),
            t("平稳 ≤ {steady}，洪峰 ≥ {flood}", steady=STEADY_AT_MOST, flood=FLOOD_AT_LEAST),
            whole.worst_window >= FLOOD_AT_LEAST,
        ),
        Figure(
            t("告警洪峰"),
            str(len(whole.floods)),
            t("共 {time}", time=minutes_seconds(flooded.total_seconds())),
            bool(whole.floods),
        ),
        Figure(
            t("确认用时中位"),
            minutes_seconds(whole.acknowledged_median_s),
            t("P90 {time}；{n} 条待确认", time=minutes_seconds(whole.acknowledged_p90_s), n=whole.unanswered),
            False,
        ),
        Figure(
            t("高 / 中 / 低 %"),
            " / ".join(f"{100 * mix[p]:.0f}" for p in MIX_TARGET) if mix else "–",
            t("宜 {mix}", mix=" / ".join(f"{100 * share:.0f}" for share in MIX_TARGET.values())),
            bool(mix) and (mix or {})["high"] > 2 * MIX_TARGET["high"],
        ),
        Figure(
            t("抖动 · 久立"),
            f"{len(whole.chattering)} · {len(whole.stale)}",
            t("一分钟三次 · 超过 24 小时"),
            bool(whole.chattering or whole.stale),
        ),
    ]


# -- charts ----------------------------------------------------------------------------------------------


def _chart(height: int, **layout: Any) -> go.Figure:
    figure = go.Figure()
    figure.update_layout(
        template=go.layout.Template(plotly_template()),
        height=height,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        hovermode="closest",
        hoverlabel={"bgcolor": tokens()["panel-high"], "font": {"color": tokens()["text"]}},
        **layout,
    )
    figure.update_xaxes(automargin=True)
    figure.update_yaxes(automargin=True)
    return figure


def _load_chart(report: AlarmReport, zone: ZoneInfo) -> go.Figure:
    """Alarms in each ten minutes over time; floods stand out by brightness, the limits are lines."""
    token = tokens()
    frame = pd.DataFrame(
        per_window(report.calls, _first_shown(report), report.until), columns=["at", "calls"]
    )
    together = -(-len(frame) // BARS_AT_MOST)
    if together > 1:  # a long period: the worst ten minutes of each stretch are what counts
        frame = frame.groupby(frame.index // together).agg({"at": "first", "calls": "max"})
    width_ms = WINDOW.total_seconds() * 1000 * together
    local = frame["at"].dt.tz_convert(zone).dt.tz_localize(None)
    figure = _chart(220, bargap=0.15)
    figure.add_bar(
        x=local + pd.Timedelta(milliseconds=width_ms / 2),
        y=frame["calls"],
        width=width_ms * 0.85,
        marker={
            "color": [token["text"] if n >= FLOOD_AT_LEAST else token["text-faint"] for n in frame["calls"]],
            "line": {"width": 0},
        },
        hovertemplate="%{x|%m-%d %H:%M}  <b>%{y}</b><extra></extra>",
    )
    figure.add_hline(y=FLOOD_AT_LEAST, line={"color": token["text-quiet"], "width": 1, "dash": "dot"})
    top = max(FLOOD_AT_LEAST * 1.3, float(frame["calls"].max()) * 1.1)
    figure.update_xaxes(tickformat="%H:%M\n%m-%d")
    figure.update_yaxes(range=[0, top], nticks=5)
    figure.add_annotation(
        xref="paper",
        x=0,
        y=FLOOD_AT_LEAST,
        text=t("洪峰 {n}", n=FLOOD_AT_LEAST),
        showarrow=False,
        yshift=9,
        xanchor="left",
    )
    return figure


def _first_shown(report: AlarmReport) -> datetime:
    """The chart begins shortly before the first alarm: a drill has no yesterday."""
    first = min((call.at for call in report.calls), default=report.since)
    return max(report.since, first - 3 * WINDOW)


def _answer_chart(report: AlarmReport) -> go.Figure:
    """How long it took until somebody took charge, in minutes; what nobody answered is not drawn as zero."""
    seconds = pd.Series(
        [s for found in report.history.answers.values() for at, s in found if at >= report.since],
        dtype="float64",
    )
    figure = _chart(220, bargap=0.1)
    figure.add_histogram(
        x=seconds / 60,
        xbins={"start": 0, "size": 1} if seconds.max() < 3600 else None,
        marker={"color": tokens()["text-quiet"], "line": {"width": 0}},
        hovertemplate="%{x} min  <b>%{y}</b><extra></extra>",
    )
    figure.update_xaxes(title=t("分钟"), rangemode="tozero")
    figure.update_yaxes(nticks=5)
    if seconds.empty:
        figure.update_xaxes(visible=False)
        figure.update_yaxes(visible=False)
        figure.add_annotation(
            text=t("还没有人确认过预警"), showarrow=False, xref="paper", yref="paper", x=0.5, y=0.5
        )
    return figure


def _rule_chart(rules: pd.DataFrame) -> go.Figure:
    """Alerts of each rule: right, wrong, not decided, one bar."""
    token = tokens()
    shown = rules[::-1]
    figure = _chart(max(220, 34 * len(shown) + 60), barmode="stack", bargap=0.35)
    parts = (
        ("hits", t("属实"), token["text"]),
        ("false_alarms", t("误报"), token["text-faint"]),
        ("late", t("迟到"), token["unit-off"]),
        ("undecided", t("未定"), token["panel-high"]),
    )
    for column, word, colour in parts:
        figure.add_bar(
            y=shown["rule"],
            x=shown[column].fillna(0).astype(int),
            name=word,
            orientation="h",
            width=0.55,
            # What is not decided is an outline: little ink, and still to be seen on the dark ground.
            marker={"color": colour, "line": {"width": 1, "color": token["text-faint"]}},
            hovertemplate=f"%{{y}}  {word} <b>%{{x}}</b><extra></extra>",
        )
    legend = {"orientation": "h", "traceorder": "normal", "y": 1, "yanchor": "bottom", "x": 0}
    figure.update_layout(showlegend=True, legend=legend)
    return figure


def _lead_chart(leads: Mapping[str, Sequence[float]], catalogue: Catalogue) -> go.Figure:
    """Minutes of warning before the threshold: a mark for each event that was foreseen."""
    figure = _chart(max(160, 48 * len(leads) + 70))
    for rule_id, seconds in leads.items():
        figure.add_box(
            x=[s / 60 for s in seconds],
            name=_rule_name(rule_id, catalogue),
            orientation="h",
            boxpoints="all",
            jitter=0.4,
            pointpos=0,
            marker={"color": tokens()["text"], "size": 6},
            line={"color": tokens()["text-faint"], "width": 1},
            fillcolor="rgba(0,0,0,0)",
            hovertemplate="%{x:.0f} min<extra></extra>",
        )
    figure.update_xaxes(title=t("分钟"), rangemode="tozero")
    return figure


# -- words -----------------------------------------------------------------------------------------------


def rule_rows(rules: pd.DataFrame) -> list[list[str]]:
    """The table's cells in words: rule, alerts, right, wrong, late, undecided, missed, precision, recall, lead."""
    return [
        [
            str(row.rule),
            str(row.alerts),
            str(row.hits),
            str(row.false_alarms),
            _whole(row.late),
            str(row.undecided),
            _whole(row.misses),
            share_words(_known(row.precision)),
            share_words(_known(row.recall)),
            _lead(row.lead_median_s),
            _lead(row.lead_least_s),
        ]
        for row in rules.itertuples()
    ]


def seat_rows(seats: pd.DataFrame) -> list[list[str]]:
    """The table's cells in words: seat, calls, worst ten minutes, floods, waiting, median and P90 to acknowledge."""
    return [
        [
            str(row.name),
            str(row.calls),
            str(row.worst_window),
            str(row.floods),
            str(row.unanswered),
            minutes_seconds(_known(row.acknowledged_median_s)),
            minutes_seconds(_known(row.acknowledged_p90_s)),
        ]
        for row in seats.itertuples(index=False)
    ]


def _known(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def _whole(value: Any) -> str:
    return "–" if pd.isna(value) else str(int(value))


def _lead(value: Any) -> str:
    return "–" if pd.isna(value) else minutes_seconds(float(value))


def _rule_name(rule_id: str, catalogue: Catalogue) -> str:
    rule = catalogue.rule(rule_id)
    return named({"name_zh": rule.name_zh, "name_en": rule.name_en}) if rule else rule_id


def _area(code: str, names: Mapping[str, tuple[str, str]]) -> str:
    zh, en = names.get(code) or names.get(code[:6]) or (code, code)
    name = en if current_locale.get() == "en" else zh
    return name if code in names else f"{name} {code[6:]}".strip()


def _instant(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d} {clock_words(at, zone)}"
