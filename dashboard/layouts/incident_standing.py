"""How an incident stands and is ended: the state of its road, and closing it."""

from __future__ import annotations

from typing import Any

from dash import html
from dash.development.base_component import Component

from alerts.model import Passability
from dashboard.language import t
from dashboard.layouts.alert_panel import LONGEST_NOTE
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
                            data_do=f"reopen-{state}-ask" if _asks_why(view, state) else "passability",
                            data_point=view.point_id,
                            data_state=state,
                            aria_pressed=str(view.passability == state).lower(),
                        ),
                    )
                    for state, word in PASSABILITY.items()
                ],
                className="segments",
            ),
            *[_reopening(view, state, word) for state, word in PASSABILITY.items()],
        ],
        className="passability",
    )


def _asks_why(view: IncidentView, state: str) -> bool:
    """Whether whoever states this sends cars into the water."""
    stands = view.water is not None and view.passability is not None
    return stands and Passability(state).opens(Passability(str(view.passability)))


def _reopening(view: IncidentView, state: str, word: str) -> Component:
    """Asked before a road with water on it is opened; shown while the page's `confirming` names it."""
    if not _asks_why(view, state):
        return html.Div()
    return html.Div(
        [
            html.P(t("此处仍有积水 {depth}，仍设为{state}？", depth=view.water or "", state=t(word))),
            html.Label(
                [html.Span(t("重新开放的理由（必填）")), html.Textarea(rows=2, maxLength=LONGEST_NOTE)],
                className="field",
            ),
            html.P("", className="form-problem", role="alert"),
            html.Div(
                [
                    _closes([t("不改"), html.Kbd("Esc")], "form-keep"),
                    html.Button(
                        t("设为{state}", state=t(word)),
                        type="button",
                        className="button primary",
                        **attributes(data_do="reopen-point", data_point=view.point_id, data_state=state),
                    ),
                ],
                className="row-end",
            ),
        ],
        className="asked asked-reopen",
        role="group",
        **attributes(data_form=f"reopen-{state}"),
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
