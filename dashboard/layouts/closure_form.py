"""Closing a road: the place clicked on the map or an outline drawn on it, until when and why; and what is closed."""

from __future__ import annotations

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.ids import Desk
from dashboard.language import mark, t
from dashboard.layouts.shared import attributes
from operations.catalogue import Catalogue
from operations.close_road import LONGEST_CLOSURE, POINTED_AT_M
from operations.texts import LONGEST_LINE, LONGEST_REASON

KINDS = {
    "road": mark("道路"),
    "segment": mark("点中的路段"),
    "underpass": mark("下穿通道"),
    "culvert": mark("涵洞"),
    "area": mark("区域（画轮廓）"),
}
STATES = {"closed": mark("断交"), "slow": mark("缓行")}

HOURS = (1, 3, 12)
LONGEST_H = LONGEST_CLOSURE.total_seconds() / 3600 - 1
"""An hour short of what is allowed: the page's clock and the server's differ by seconds."""


def closure_form(catalogue: Catalogue) -> Component:
    """The form and below it what is closed, hidden until asked for; the desk's script gathers what was clicked."""
    radius_m = {**catalogue.closure_radius_m, "segment": POINTED_AT_M, "area": 0.0}
    kinds = [
        html.Option(t(words), value=kind, **attributes(data_radius=f"{radius_m.get(kind, 0.0):g}"))
        for kind, words in KINDS.items()
    ]
    lasts = [html.Option(t("{n} 小时", n=hours), value=str(hours)) for hours in HOURS]
    lasts.append(
        html.Option(t("直到重新开放（最长 {n} 天）", n=LONGEST_CLOSURE.days), value=f"{LONGEST_H:g}")
    )
    return html.Div(
        [
            html.Form(
                [
                    html.H2(t("断交道路")),
                    html.Div(
                        [
                            _field(t("范围"), html.Select(kinds, name="kind")),
                            _field(
                                t("状态"),
                                html.Select(
                                    [html.Option(t(w), value=s) for s, w in STATES.items()], name="state"
                                ),
                            ),
                        ],
                        className="halves",
                    ),
                    html.Div(
                        [
                            html.P("", className="closure-place", **attributes(aria_live="polite")),
                            html.Button(
                                t("去掉最后一点"),
                                type="button",
                                className="link",
                                hidden=True,
                                **attributes(data_do="closure-corner-back"),
                            ),
                        ],
                        className="closure-where",
                    ),
                    _field(
                        t("名称"),
                        dcc.Input(name="name", type="text", autoComplete="off", maxLength=LONGEST_LINE),
                    ),
                    _field(t("时长"), html.Select(lasts, name="hours")),
                    _field(
                        t("理由"),
                        html.Textarea(name="reason", rows=2, maxLength=LONGEST_REASON),
                    ),
                    html.P("", className="form-problem", role="alert"),
                    html.Div(
                        [
                            html.Button(
                                [t("取消"), html.Kbd("Esc")],
                                type="button",
                                className="button",
                                **attributes(data_do="closures-close"),
                            ),
                            html.Button(t("确认断交"), type="submit", className="button primary"),
                        ],
                        className="row-end",
                    ),
                ],
                className="closure-form",
            ),
            html.Div(id=Desk.CLOSURES_LIST, className="closures-list"),
        ],
        id=Desk.CLOSING,
        className="call-form closures-sheet",
        hidden=True,
    )


def closures_button() -> Component:
    """What opens it, on the map."""
    return html.Button(
        [t("断交道路"), html.Kbd("B")],
        type="button",
        className="button small closures-open",
        **attributes(data_do="closures-open"),
    )


def _field(label: str, control: Component) -> Component:
    return html.Label([html.Span(label), control], className="field")
