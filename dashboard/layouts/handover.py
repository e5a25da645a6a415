"""The hand-over of a shift: a document to read, to write one's remark under, to accept and to print."""

from __future__ import annotations

from dash import dcc, html
from dash.development.base_component import Component

from core.ids import new_id
from dashboard.ids import HandOver
from dashboard.language import t
from dashboard.layouts.shared import attributes, drill_label, language_switch, loading, table
from dashboard.page import FaceSettings
from dashboard.view_models.handover import HandOverView, Section
from operations.texts import LONGEST_TEXT


def page(settings: FaceSettings, drill: bool) -> Component:
    """The whole page in the language of the request; `drill` labels all of it as of a drill."""
    return html.Div(
        [
            dcc.Store(id=HandOver.KEY, data=new_id()),
            dcc.Store(id=HandOver.PENDING),
            dcc.Store(id=HandOver.DONE),
            html.Header(
                [
                    html.H1(t("{city} · 交接班", city=settings.city())),
                    drill_label(drill),
                    html.Span(className="gap"),
                    html.Button(t("刷新"), id=HandOver.REFRESH, type="button", className="button small"),
                    html.Button(
                        t("打印"), type="button", className="button small", **attributes(data_do="print")
                    ),
                    language_switch("/handover/"),
                    html.A(t("返回"), href="/", className="language"),
                ],
                className="analysis-bar",
            ),
            html.P("", id=HandOver.SAID, className="handover-said", role="status"),
            html.Section(earlier(None, None), id=HandOver.EARLIER, className="handover-earlier"),
            html.Main(loading(t("正在汇总…")), id=HandOver.BODY),
            html.Section(
                [
                    html.Label(
                        [
                            html.Span(t("交班备注（随交接班记入日志）")),
                            dcc.Textarea(id=HandOver.REMARK, maxLength=LONGEST_TEXT, rows=4),
                        ],
                        className="field",
                    ),
                    html.Button(
                        t("交班：把以上情况交给接班人"),
                        id=HandOver.GIVE,
                        type="button",
                        className="button primary",
                    ),
                ],
                className="handover-give",
            ),
        ],
        id=HandOver.ROOT,
        className="analysis handover",
    )


def earlier(pending: HandOverView | None, accepted: HandOverView | None) -> list[Component | None]:
    """What waits to be accepted, whole, and the last one that was, folded."""
    parts: list[Component | None] = []
    if pending is not None:
        parts += [html.H2(t("待接班")), *summary(pending)]
    # The button keeps its place in the page, shown or not: a callback listens to it.
    parts.append(
        html.Button(
            t("接班：已阅读并接手以上情况"),
            id=HandOver.ACCEPT,
            type="button",
            className="button primary",
            hidden=pending is None,
        )
    )
    if accepted is not None:
        parts.append(
            html.Details(
                [
                    html.Summary(t("上一次交接班：{who}", who=" → ".join(who for _, who in accepted.signed))),
                    *summary(accepted),
                ]
            )
        )
    return parts


def now(view: HandOverView, folded: bool) -> list[Component | None]:
    """What stands now; folded away while an earlier summary waits to be read."""
    if not folded:
        return summary(view)
    return [html.Details([html.Summary(t("此刻的情况")), *summary(view)], className="handover-now")]


def summary(view: HandOverView) -> list[Component | None]:
    """One summary as it is read and printed."""
    return [
        html.P(view.span, className="span quiet figure"),
        html.Dl(
            [
                html.Div([html.Dt(name), html.Dd(html.B(value, className="figure"))])
                for name, value in view.figures
            ],
            className="handover-figures",
        ),
        html.P([html.B(t("备注")), html.Span(view.remark)], className="handover-remark")
        if view.remark
        else None,
        *[_section(section) for section in view.sections],
        html.Dl(
            [html.Div([html.Dt(name), html.Dd(who)]) for name, who in view.signed],
            className="handover-signed",
        )
        if view.signed
        else None,
    ]


def _section(section: Section) -> Component:
    return html.Section(
        [
            html.H2([section.name, html.Span(str(len(section.rows)), className="quiet")]),
            table(section.columns, section.rows) if section.rows else html.P(section.calm, className="quiet"),
        ]
    )
