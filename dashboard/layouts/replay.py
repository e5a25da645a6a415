"""Looking back: the desk's picture of a past instant, framed so that nobody takes it for now, and its time below."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard.ids import Replay
from dashboard.language import t
from dashboard.layouts.shared import (
    attributes,
    city_map,
    drill_label,
    keys_sheet,
    language_switch,
    loading,
    zoom,
)
from dashboard.page import FaceSettings

SPEEDS = (1, 5, 20, 60, 200, 600)
"""How many times as fast as it happened."""
PERIODS_MIN = (15, 60, 360)


def page(settings: FaceSettings, drill: bool) -> Component:
    """The whole page in the language of the request; `drill` labels what is shown as made up."""
    return html.Div(
        [
            html.Header(_bar(settings, drill), className="bar"),
            html.Aside(
                [
                    html.Div(loading(t("正在读取记录…")), id=Replay.QUEUE, className="queue"),
                    html.Div(
                        [
                            html.Div(id=Replay.WATER, className="counts"),
                            html.Div(id=Replay.UNITS, className="counts"),
                            html.P(
                                t("位置按稀疏轨迹插值；等级和类别名称按现行目录。"),
                                className="quiet replay-how",
                            ),
                        ],
                        className="desk-counts",
                    ),
                ],
                className="desk-left",
            ),
            html.Main(
                [
                    city_map(Replay.MAP),
                    html.Div(id=Replay.STATE, className="truth", role="alert"),
                    html.Div(id=Replay.UNIT_CARD, className="unit-card"),
                    zoom(),
                ],
                className="desk-map",
            ),
            html.Aside(id=Replay.PANEL, className="panel", **attributes(aria_live="polite")),
            html.Footer(_transport(), className="transport"),
            _keys(),
        ],
        id=Replay.ROOT,
        className="desk replay",
    )


def _bar(settings: FaceSettings, drill: bool) -> list[Component | None]:
    return [
        html.Span([html.B(t("回放")), html.Span(t("过去的状态，不是现在"))], className="replay-badge dots"),
        html.Span("", className="replay-date", **attributes(data_tick="date")),
        html.Span("", className="clock", **attributes(data_tick="clock")),
        html.Span(id=Replay.LEVEL, className="level-own"),
        html.Span(className="gap"),
        drill_label(drill),
        html.H1(t("{city}指挥中心", city=settings.city())),
        html.Button(
            "?",
            className="button icon",
            type="button",
            title=t("键盘"),
            **attributes(data_do="help", aria_label=t("键盘")),
        ),
        language_switch("/replay/"),
        html.A(t("离开回放"), href="/", className="button small"),
    ]


def _transport() -> list[Component]:
    return [
        html.Div(
            [
                _button("|◀", "replay-back", t("上一个警情或红色预警")),
                _button("▶", "replay-play", t("播放或暂停"), "primary play"),
                _button("▶|", "replay-on", t("下一个警情或红色预警")),
            ],
            className="replay-buttons",
        ),
        html.Div(id=Replay.TRACK, className="replay-track"),
        html.Div(
            [
                html.Div(
                    [
                        html.Button(
                            f"{speed}×",
                            type="button",
                            **attributes(data_do="replay-speed", data_speed=str(speed)),
                        )
                        for speed in SPEEDS
                    ],
                    id=Replay.SPEED,
                    className="segments",
                ),
                html.Div(
                    [
                        *(
                            html.Button(
                                t("{n} 小时", n=minutes // 60) if minutes >= 60 else t("{n} 分", n=minutes),
                                type="button",
                                **attributes(data_do="replay-period", data_minutes=str(minutes)),
                            )
                            for minutes in PERIODS_MIN
                        ),
                        html.Button(
                            t("全部"), type="button", **attributes(data_do="replay-period", data_minutes="")
                        ),
                    ],
                    id=Replay.PERIOD,
                    className="segments",
                ),
            ],
            className="replay-choices",
        ),
    ]


def _button(sign: str, action: str, words: str, look: str = "") -> Component:
    return html.Button(
        sign,
        type="button",
        title=words,
        className=f"button {look}".strip(),
        **attributes(data_do=action, aria_label=words),
    )


def _keys() -> Component:
    keys = (
        (t("空格"), t("播放或暂停")),
        ("←  →", t("退、进 10 秒；按住 Shift 一分钟")),
        ("[  ]", t("上一个、下一个警情或红色预警")),
        ("−  +", t("慢一档、快一档")),
        ("Home  End", t("时段的开始、现在")),
        ("J  K", t("下一个、上一个警情")),
        ("Esc", t("返回")),
        ("?", t("键盘")),
    )
    return keys_sheet(Replay.HELP, keys)
