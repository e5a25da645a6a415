"""What others warn of, in their own words: whoever acknowledges it reads it first."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from dashboard.language import t
from dashboard.view_models.warning import WarningView


def warning_part(warning: WarningView | None, zone: ZoneInfo) -> Component:
    """Headline, description and instruction, then who sent it, for where and until when; empty without one."""
    if warning is None:
        return html.Div()
    facts = [
        (t("发布单位"), warning.sender),
        (t("影响区域"), warning.area or t("未写明")),
        (t("发布时间"), _day_and_clock(warning.sent_at, zone)),
        (t("有效至"), _day_and_clock(warning.ends_at, zone)),
    ]
    return html.Section(
        [
            html.H3(t("预警原文")),
            html.P(warning.headline, className="warning-headline"),
            html.P(warning.description) if warning.description else None,
            html.Div([html.H3(t("防御指引")), html.P(warning.instruction)]) if warning.instruction else None,
            html.Dl(
                [html.Div([html.Dt(name), html.Dd(value)]) for name, value in facts], className="reasons"
            ),
        ],
        className="warning",
    )


def _day_and_clock(instant: str | None, zone: ZoneInfo) -> str:
    return datetime.fromisoformat(instant).astimezone(zone).strftime("%m-%d %H:%M") if instant else "–"
