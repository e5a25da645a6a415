"""Notes on an incident or alert: the newest in sight, and the line to write another."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from dashboard.language import t
from dashboard.layouts.shared import attributes
from dashboard.view_models.durations import clock_words
from dashboard.view_models.timeline import Happening
from operations.texts import LONGEST_REASON

IN_SIGHT = 3
"""Older ones stand in the timeline."""


def notes_part(about: str, subject_id: str, notes: Sequence[Happening], zone: ZoneInfo) -> Component:
    """`about` is `incident` or `alert`; notes come newest first."""
    return html.Div(
        [
            html.H3(t("备注")),
            html.Ul(
                [
                    html.Li(
                        [
                            html.P(note.what),
                            html.P(
                                [
                                    html.Span(note.who),
                                    html.Span(clock_words(note.at, zone), className="figure"),
                                ],
                                className="dots",
                            ),
                        ]
                    )
                    for note in notes[:IN_SIGHT]
                ]
            ),
            html.Div(
                [
                    html.Textarea(
                        rows=1,
                        maxLength=LONGEST_REASON,
                        placeholder=t("写一条备注，各席都能看到"),
                        **attributes(aria_label=t("备注")),
                    ),
                    html.Button(
                        t("添加"),
                        type="button",
                        className="button small",
                        **attributes(data_do="note-add", data_about=about, data_subject=subject_id),
                    ),
                ],
                className="note-line",
                **attributes(data_form="new-note"),
            ),
        ],
        className="notes",
    )
