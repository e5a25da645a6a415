"""What happened to an incident or alert, as a list."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from dashboard.language import t
from dashboard.view_models.durations import clock_words
from dashboard.view_models.timeline import Happening


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
