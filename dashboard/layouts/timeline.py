"""What happened to an incident or alert, as a list."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from dashboard.language import t
from dashboard.layouts.shared import attributes
from dashboard.view_models.durations import clock_words
from dashboard.view_models.timeline import Happening


def files_part(incident_id: str) -> Component:
    """The record of the incident as a file, and how it looked when it began."""
    path = f"/export/incidents/{incident_id}/timeline"
    replay = f"/replay/?{urlencode({'incident': incident_id})}"
    return html.P(
        [
            html.A(t("导出 PDF"), href=f"{path}.pdf", className="link", **attributes(data_export="pdf")),
            html.A(t("导出 CSV"), href=f"{path}.csv", className="link", **attributes(data_export="csv")),
            html.A(t("回放"), href=replay, target="_blank", className="link"),
        ],
        className="dots files",
    )


def timeline_list(happenings: Sequence[Happening], zone: ZoneInfo) -> Component:
    """What happened, newest first, folded away until it is wanted."""
    return html.Details(
        [
            html.Summary(t("经过（{count}）", count=len(happenings))),
            html.Ol(
                [
                    html.Li(
                        [
                            html.Span(clock_words(happening.at, zone), className="figure"),
                            html.Span(happening.what),
                            html.Span(happening.who, className="quiet"),
                        ]
                    )
                    for happening in happenings
                ]
            ),
        ],
        className="timeline",
    )
