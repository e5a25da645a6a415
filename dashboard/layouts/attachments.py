"""What was sent from the scene, in the panel of an incident at desk and phone."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from dashboard.language import t
from dashboard.layouts.shared import attributes
from dashboard.view_models.attachments import AttachmentView
from dashboard.view_models.durations import clock_words


def from_the_scene(found: Sequence[AttachmentView], zone: ZoneInfo) -> Component:
    """Photos and voice notes, the newest first; nothing when there are none."""
    if not found:
        return html.Div()
    return html.Div(
        [
            html.H3(t("现场照片与录音（{count}）", count=len(found))),
            html.Ul([_one(attachment, zone) for attachment in found], className="attachments"),
        ]
    )


def _one(attachment: AttachmentView, zone: ZoneInfo) -> Component:
    if attachment.kind == "photo":
        shown: Component = html.A(
            html.Img(
                src=attachment.url,
                alt=attachment.words,
                width=attachment.width_px,
                height=attachment.height_px,
            ),
            href=attachment.url,
            target="_blank",
            rel="noopener",
        )
    else:
        shown = html.Audio(
            src=attachment.url, controls=True, preload="none", **attributes(aria_label=attachment.words)
        )
    return html.Li(
        [
            shown,
            html.P(
                [
                    html.Span(attachment.who),
                    html.Span(clock_words(attachment.taken_at, zone), className="figure"),
                    html.Span(t("离线补报"), className="late-mark") if attachment.late else None,
                ],
                className="dots quiet",
            ),
        ],
        className=f"attachment {attachment.kind}",
        key=attachment.url,
    )
