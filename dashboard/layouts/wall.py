"""The wall: the map fills it, one number rules it, a list says what needs a person next."""

from __future__ import annotations

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.ids import Wall
from dashboard.language import t
from dashboard.layouts.shared import attributes, city_map, language_switch, loading
from dashboard.page import FaceSettings


def page(settings: FaceSettings) -> Component:
    """The whole wall in the language of the request."""
    return html.Div(
        [
            city_map(Wall.MAP, interactive=False),
            html.Div(className="scrim scrim-left"),
            html.Div(className="scrim scrim-right"),
            html.Section(_figures(settings), className="wall-left"),
            html.Section(_queue(), className="wall-right"),
            html.Div(
                [
                    html.Div(id=Wall.DRILL, className="drill"),
                    html.Div(id=Wall.SCENE, className="scene"),
                    html.Div(id=Wall.TRUTH, className="truth", role="alert"),
                ],
                className="wall-top",
            ),
            html.Section(
                [
                    html.Div(id=Wall.GRADES, className="table"),
                    html.Div(id=Wall.UNITS, className="table"),
                    html.Div(id=Wall.COVERAGE, className="covered"),
                ],
                className="wall-foot",
            ),
        ],
        id=Wall.ROOT,
        className="wall",
    )


def _figures(settings: FaceSettings) -> list[Component]:
    return [
        html.Header(
            [
                html.Div(
                    [html.H1(t("{city}指挥中心", city=settings.city())), language_switch("/wall/")],
                    className="wall-name",
                ),
                html.Div(
                    [
                        html.Span("", className="clock", **attributes(data_tick="clock")),
                        html.Span("", className="date", **attributes(data_tick="date")),
                    ],
                    className="now",
                ),
            ]
        ),
        html.Div(id=Wall.LEVEL, className="level-wall"),
        html.Div(loading(t("等待实况…")), id=Wall.RESPONSE, className="response"),
        html.H2(t("近一小时"), className="trend-name"),
        dcc.Graph(
            id=Wall.TREND,
            className="trend",
            figure={
                "data": [],
                "layout": {"paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)"},
            },
            config={"staticPlot": True, "displayModeBar": False, "responsive": True},
        ),
        html.Div(id=Wall.LOAD, className="load-wall"),
        html.Footer(html.Div(id=Wall.FEEDS, className="feeds")),
    ]


def _queue() -> Component:
    return html.Div(loading(t("等待实况…")), id=Wall.QUEUE, className="queue")
