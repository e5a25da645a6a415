"""Taking a call: what happened and where, the place clicked on the map or pasted in any Chinese frame."""

from __future__ import annotations

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.ids import Desk
from dashboard.language import named, t
from dashboard.layouts.shared import attributes
from dashboard.view_models.places import FRAMES
from operations.catalogue import Catalogue


def call_form(catalogue: Catalogue) -> Component:
    """The form, hidden until it is asked for; the desk's script gathers and keeps what was typed."""
    categories = [
        html.Option(named({"name_zh": c.name_zh, "name_en": c.name_en}), value=c.code)
        for c in catalogue.categories.values()
        if c.by_call
    ]
    frames = [html.Option(frame, value=frame) for frame in FRAMES]
    return html.Form(
        [
            html.H2(t("接警")),
            _field(t("类别"), html.Select(categories, name="category")),
            _field(
                t("地点"),
                html.Div(
                    [
                        dcc.Input(
                            name="coordinates",
                            type="text",
                            placeholder=t("点地图，或粘贴坐标"),
                            autoComplete="off",
                            required=True,
                        ),
                        html.Select(frames, name="frame", title=t("坐标系")),
                    ],
                    className="pair",
                ),
            ),
            _field(t("来电人"), dcc.Input(name="caller", type="text", autoComplete="off")),
            _field(t("经过"), html.Textarea(name="text", rows=3)),
            html.P("", className="form-problem", role="alert"),
            html.Div(
                [
                    html.Button(
                        [t("取消"), html.Kbd("Esc")],
                        type="button",
                        className="button",
                        **attributes(data_do="call-close"),
                    ),
                    html.Button(t("立警"), type="submit", className="button primary"),
                ],
                className="row-end",
            ),
        ],
        id=Desk.CALL,
        className="call-form",
        hidden=True,
        **attributes(data_settled=""),
    )


def _field(label: str, control: Component) -> Component:
    return html.Label([html.Span(label), control], className="field")
