"""The analyst's page: how right the rules were, how much alarms asked of people, how fast they were answered."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.ids import Analysis
from dashboard.language import t
from dashboard.layouts.shared import account_links, attributes, drill_label, language_switch, loading, table
from dashboard.page import FaceSettings
from dashboard.view_models.analysis import PERIODS, AnalysisView, Figure, rule_rows, seat_rows

GRAPH: Any = {"displayModeBar": False, "responsive": True}
FIRST_SHOWN = "day"
"""The period of PERIODS that the page begins with."""


def page(settings: FaceSettings, drill: bool) -> Component:
    """The whole page in the language of the request; `drill` labels all its figures as of a drill."""
    return html.Div(
        [
            html.Header(
                [
                    html.H1(t("{city} · 预警分析", city=settings.city())),
                    drill_label(drill),
                    html.Span(className="gap"),
                    html.Span(
                        [
                            html.Button(
                                t("规则表 CSV"),
                                id=Analysis.ASKED_RULES,
                                type="button",
                                className="button small",
                            ),
                            html.Button(
                                t("预警表 CSV"),
                                id=Analysis.ASKED_ALERTS,
                                type="button",
                                className="button small",
                            ),
                        ],
                        className="downloads",
                    ),
                    language_switch("/analysis/"),
                    *account_links(settings),
                ],
                className="analysis-bar",
            ),
            dcc.Store(id=Analysis.PERIOD, data=FIRST_SHOWN),
            _periods(),
            html.Main(loading(t("正在计算…")), id=Analysis.REPORT),
            dcc.Download(id=Analysis.DOWNLOAD_RULES),
            dcc.Download(id=Analysis.DOWNLOAD_ALERTS),
        ],
        id=Analysis.ROOT,
        className="analysis",
    )


def _periods() -> Component:
    """Buttons of which one is pressed (view-analysis.js): Dash's own radio items have no name for a screen reader."""
    return html.Div(
        [
            html.Button(
                t(words),
                type="button",
                **attributes(
                    data_do="period", data_period=period, aria_pressed=str(period == FIRST_SHOWN).lower()
                ),
            )
            for period, words in PERIODS.items()
        ],
        className="periods",
        role="group",
        **attributes(aria_label=t("统计时段"), data_store=Analysis.PERIOD),
    )


def report(view: AnalysisView) -> list[Component]:
    """What was found in the period."""
    span = html.P(t("{since} 至 {until}", since=view.since, until=view.until), className="span quiet figure")
    if view.empty:
        return [
            span,
            html.Div(
                [
                    html.P(t("这段时间没有预警"), className="state-title"),
                    html.P(t("规则没有发出任何预警，也就没有可核对的。请选更长的时段，或等演练推进。")),
                ],
                className="state",
            ),
        ]
    return [
        span,
        html.Dl([headline_figure(figure) for figure in view.figures], className="headline"),
        section(
            t("规则核验"),
            t("预测类规则与实测读数核对；其余与解除时的结论核对，漏报不可知。"),
            [
                table(
                    (
                        t("规则"),
                        t("预警"),
                        t("属实"),
                        t("误报"),
                        t("迟到"),
                        t("未定"),
                        t("漏报"),
                        t("准确率"),
                        t("命中率"),
                        t("提前量中位"),
                        t("最短提前"),
                    ),
                    rule_rows(view.rules),
                ),
                _how(),
            ],
        ),
        html.Div(
            [
                section(
                    t("每 10 分钟告警数"),
                    t("亮柱为洪峰。全部席位合计，同一时刻多席只计一次。"),
                    [_graph(view.load_chart)],
                    "wide",
                ),
                section(t("各规则预警"), "", [_graph(view.rule_chart)]),
                section(t("确认用时"), t("从提醒到有人负责。"), [_graph(view.answer_chart)]),
                section(t("提前量"), t("每个点是一次被预见的越限。"), [_graph(view.lead_chart)], "wide")
                if view.lead_chart is not None
                else None,
            ],
            className="charts",
        ),
        section(
            t("各席负荷"),
            t("席位是指挥体系里被通知到的一级。"),
            [
                table(
                    (
                        t("席位"),
                        t("告警次数"),
                        t("最忙 10 分钟"),
                        t("洪峰"),
                        t("待确认"),
                        t("确认中位"),
                        t("确认 P90"),
                    ),
                    seat_rows(view.seats),
                )
            ],
        ),
    ]


def headline_figure(figure: Figure) -> Component:
    return html.Div(
        [
            html.Dt(figure.name),
            html.Dd([html.B(figure.value, className="figure"), html.Span(figure.against, className="quiet")]),
        ],
        className="over" if figure.over else "",
    )


def section(title: str, words: str, children: list[Component], look: str = "") -> Component:
    return html.Section(
        [html.H2([title, html.Span(words, className="quiet")]), *children], className=look or None
    )


def _graph(figure: go.Figure) -> Component:
    # The height stands outside too: a chart that asks its box how high it is finds none.
    return dcc.Graph(figure=figure, config=GRAPH, style={"height": f"{figure.layout.height}px"})


def _how() -> Component:
    return html.Details(
        [
            html.Summary(t("怎样计算")),
            html.Ul(
                [
                    html.Li(t("属实：预警后在规则所称时限内，读数达到所称数值；或解除时结论为属实。")),
                    html.Li(t("误报：时限已过而未达到；或解除时结论为误报。")),
                    html.Li(t("迟到：发出时读数已达到，不算属实也不算误报。")),
                    html.Li(t("漏报：读数达到而此前时限内没有预警。相隔 30 分钟以上的越限算两次。")),
                    html.Li(t("提前量：从预警到读数达到；一次越限只算最早的预警。")),
                ]
            ),
        ],
        className="how-computed",
    )
