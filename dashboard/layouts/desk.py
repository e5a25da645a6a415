"""The desk: queue left, map in the middle, the incident at the right with its one next action."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard.ids import Desk
from dashboard.language import t
from dashboard.layouts.call_form import call_form
from dashboard.layouts.closure_form import closure_form, closures_button
from dashboard.layouts.command_bar import command_bar
from dashboard.layouts.desk_board import board
from dashboard.layouts.shared import (
    account_links,
    attributes,
    city_map,
    keys_sheet,
    language_switch,
    loading,
    sheet,
    zoom,
)
from dashboard.page import FaceSettings
from operations.catalogue import Catalogue


def page(settings: FaceSettings, catalogue: Catalogue) -> Component:
    """The whole desk in the language of the request."""
    return html.Div(
        [
            html.Header(_bar(settings), className="bar"),
            html.Div(id=Desk.TRUTH, className="truth", role="alert"),
            html.Aside(
                [
                    html.Div(id=Desk.ASSISTANCE, className="assistance"),
                    html.Div(loading(t("等待实况…")), id=Desk.QUEUE, className="queue"),
                    html.Div(
                        [
                            html.Div(id=Desk.WATER, className="counts"),
                            html.Div(id=Desk.UNITS, className="counts"),
                            html.Div(id=Desk.FEEDS, className="feeds"),
                            html.Div(id=Desk.COVERAGE, className="counts"),
                            html.Div(id=Desk.MOVE_UP, className="move-up"),
                            html.P(
                                [
                                    html.A(t("交接班"), href="/handover/", className="link"),
                                    html.A(t("回放"), href="/replay/", className="link"),
                                ],
                                className="dots",
                            ),
                        ],
                        className="desk-counts",
                    ),
                ],
                className="desk-left",
            ),
            html.Main(
                [
                    city_map(Desk.MAP),
                    html.Div(id=Desk.UNIT_CARD, className="unit-card"),
                    closures_button(),
                    zoom(_coverage()),
                    board(),
                    html.Div(id=Desk.TOASTS, className="toasts", role="status"),
                ],
                className="desk-map",
            ),
            html.Aside(id=Desk.PANEL, className="panel", **attributes(aria_live="polite")),
            call_form(catalogue),
            closure_form(catalogue),
            command_bar(),
            _levels(),
            _wall(),
            _keys(),
        ],
        id=Desk.ROOT,
        className="desk",
    )


def _bar(settings: FaceSettings) -> list[Component]:
    return [
        html.Div(
            [html.H1(t("{city}指挥中心", city=settings.city())), html.Span(id=Desk.DRILL, className="drill")],
            className="bar-name",
        ),
        html.Span(id=Desk.LEVEL, className="level-own"),
        html.Span(id=Desk.LOAD, className="load-small"),
        html.Span(id=Desk.RESPONSE, className="response-small"),
        html.Span("", className="clock", **attributes(data_tick="clock")),
        html.Button(
            [t("接警"), html.Kbd("N")], className="button", type="button", **attributes(data_do="call-open")
        ),
        html.Button(
            [t("大屏"), html.Kbd("W")], className="button", type="button", **attributes(data_do="wall-open")
        ),
        html.Button(
            [t("看板"), html.Kbd("L")], className="button", type="button", **attributes(data_do="board-open")
        ),
        html.Button(
            [t("查找"), html.Kbd("/")],
            className="button",
            type="button",
            title="Ctrl K",
            **attributes(data_do="commands-open"),
        ),
        html.Button(
            "?",
            className="button icon",
            type="button",
            title=t("键盘"),
            **attributes(data_do="help", aria_label=t("键盘")),
        ),
        language_switch("/desk/"),
        html.Div(account_links(settings), className="bar-account"),
    ]


def _levels() -> Component:
    """The flood response level of every area."""
    words = t("规则只提议，由人设定；设定人、时间和理由记入日志。")
    parts = [html.Div(id=Desk.LEVELS_LIST), html.P(words, className="quiet")]
    return sheet(Desk.LEVELS, t("防汛响应级别"), "levels-close", parts, "levels-sheet")


def _wall() -> Component:
    """What the wall shows."""
    words = t("锁定写明由谁、从何时起，重启后仍在；选“轮播”解除。")
    parts = [html.Div(id=Desk.WALL_LIST), html.P(words, className="quiet")]
    return sheet(Desk.WALL, t("大屏显示"), "wall-close", parts, "wall-sheet")


def _coverage() -> Component:
    return html.Button(
        "▦",
        type="button",
        title=t("网格覆盖"),
        **attributes(data_do="coverage", aria_label=t("网格覆盖"), aria_pressed="false"),
    )


def _keys() -> Component:
    keys = (
        ("J  K", t("下一个、上一个警情")),
        ("Enter", t("打开")),
        ("D", t("出警：派推荐的第一个单位")),
        ("A", t("确认预警；在组上则确认全组")),
        ("S", t("搁置预警，取消搁置")),
        ("E", t("上报预警")),
        ("C", t("解除预警")),
        ("R", t("防汛响应级别")),
        ("G", t("按片区或逐条列出")),
        ("U", t("撤回刚才的出警、确认或搁置")),
        ("N", t("接警")),
        ("B", t("断交道路，重新开放")),
        ("W", t("大屏显示什么")),
        ("L", t("单位和预警看板")),
        ("/  Ctrl K", t("查找、去任何地方、做任何事")),
        ("Esc", t("返回")),
        ("?", t("键盘")),
    )
    return keys_sheet(Desk.HELP, keys)
