"""How an incident stands and is ended: the state of its road, and closing it."""

from __future__ import annotations

from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.language import t
from dashboard.layouts.shared import attributes
from dashboard.view_models.incident import IncidentView
from dashboard.view_models.timeline import PASSABILITY


def passability_part(view: IncidentView) -> Component:
    if view.point_id is None:
        return html.Div()
    return html.Div(
        [
            html.H3(t("道路")),
            html.Div(
                [
                    html.Button(
                        t(word),
                        type="button",
                        className="on" if view.passability == state else "",
                        **attributes(
                            data_do="passability",
                            data_point=view.point_id,
                            data_state=state,
                            aria_pressed=str(view.passability == state).lower(),
                        ),
                    )
                    for state, word in PASSABILITY.items()
                ],
                className="segments",
            ),
        ],
        className="passability",
    )


def close_part(view: IncidentView) -> Component:
    if view.status == "closed":
        return html.Div()
    if not view.open_assignments:
        return html.Div(_closes(t("销警"), "close-incident", "wide"))
    # Closing cannot be undone and takes units off the incident: it is asked here, not in a window of its own.
    return html.Div(
        [
            _closes(t("销警"), "close-ask", "wide asks"),
            html.Div(
                [
                    html.P(t("还有 {n} 个单位在办，销警会全部撤回。", n=view.open_assignments)),
                    html.Div(
                        [
                            _closes([t("不销警"), html.Kbd("Esc")], "close-keep"),
                            _closes(
                                t("销警并撤回 {n} 个单位", n=view.open_assignments),
                                "close-incident",
                                "primary",
                            ),
                        ],
                        className="row-end",
                    ),
                ],
                className="confirm",
                role="group",
            ),
        ],
        className="closing",
    )


def _closes(words: Any, action: str, look: str = "") -> Component:
    return html.Button(words, type="button", className=f"button {look}".strip(), **attributes(data_do=action))
