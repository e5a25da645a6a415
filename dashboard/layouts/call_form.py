"""Taking a call: what happened and where, by name, by a click on the map or by coordinates in any Chinese frame."""

from __future__ import annotations

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.ids import Desk
from dashboard.language import named, t
from dashboard.layouts.shared import attributes
from dashboard.view_models.places import FRAMES
from operations.catalogue import Catalogue

ACCURACIES_M = (20, 100, 500, 2000)
"""What an officer can say about how far off the place may be, in metres (this project's proposal)."""


def call_form(catalogue: Catalogue) -> Component:
    """The form, hidden until it is asked for; the desk's script gathers and keeps what was typed."""
    categories = [
        html.Option(
            named({"name_zh": c.name_zh, "name_en": c.name_en}),
            value=c.code,
            **attributes(data_priority=str(int(c.priority))),
        )
        for c in catalogue.categories.values()
        if c.by_call
    ]
    priorities = [html.Option(t("{priority} 级", priority=p), value=str(p)) for p in (1, 2, 3)]
    accuracies = [
        html.Option(t("不详"), value=""),
        *(html.Option(t("约 {n} 米", n=metres), value=str(metres)) for metres in ACCURACIES_M),
    ]
    frames = [html.Option(frame, value=frame) for frame in FRAMES]
    return html.Form(
        [
            html.H2(t("接警")),
            html.Div(
                [
                    _field(t("类别"), html.Select(categories, name="category")),
                    _field(t("优先级"), html.Select(priorities, name="priority")),
                ],
                className="pair",
            ),
            html.Div(
                _field(
                    t("更改优先级的理由（记入日志）"),
                    dcc.Input(name="priority_reason", type="text", autoComplete="off", maxLength=200),
                ),
                className="priority-reason",
                hidden=True,
            ),
            html.Div(
                [
                    _field(
                        t("地点"),
                        html.Div(
                            [
                                dcc.Input(
                                    name="coordinates",
                                    type="text",
                                    placeholder=t("路名、路口、点位、网格，或坐标"),
                                    autoComplete="off",
                                ),
                                html.Select(
                                    frames,
                                    name="frame",
                                    title=t("坐标系"),
                                    **attributes(aria_label=t("坐标系")),
                                ),
                            ],
                            className="pair",
                        ),
                    ),
                    html.Ul(
                        id=Desk.CALL_PLACES,
                        className="found-places",
                        hidden=True,
                        role="listbox",
                        **attributes(aria_label=t("地点")),
                    ),
                    html.P("", className="understood quiet", role="status"),
                ],
                className="where",
            ),
            html.Div(
                [
                    _field(
                        t("来电号码、姓名"),
                        dcc.Input(name="caller", type="text", autoComplete="off"),
                    ),
                    _field(t("位置误差"), html.Select(accuracies, name="accuracy")),
                ],
                className="pair",
            ),
            _field(t("经过"), html.Textarea(name="text", rows=2)),
            html.Div(id=Desk.CALL_SIMILAR, className="similar", role="status"),
            html.P("", className="form-problem", role="alert"),
            html.Div(
                [
                    html.Button(
                        [t("取消"), html.Kbd("Esc")],
                        type="button",
                        className="button",
                        **attributes(data_do="call-close"),
                    ),
                    html.Button(
                        [html.Span(t("立警")), html.Kbd("Ctrl ↵")], type="submit", className="button primary"
                    ),
                ],
                className="row-end",
            ),
        ],
        id=Desk.CALL,
        className="call-form",
        hidden=True,
        **attributes(aria_label=t("接警")),
    )


def _field(label: str, control: Component) -> Component:
    return html.Label([html.Span(label), control], className="field")
