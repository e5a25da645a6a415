"""Pieces that every face is made of: the map, marks, the states of a panel."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import dash_leaflet as dl
from dash import html
from dash.development.base_component import Component

from dashboard.language import current_locale, t
from dashboard.page import FaceSettings

_NUMBERS = re.compile(r"[\d:.–-]+( [\d:.–-]+)*")
"""Numbers, instants: what is not broken over two lines."""
START_CENTRE = [25.02, 102.745]
"""Latitude, longitude of the first view, until the snapshot says where the monitored points lie."""


def attributes(**named: str | None) -> dict[str, Any]:
    """`data_do="open"` as the property `data-do`: what a script reads, or a screen reader (`aria_…`)."""
    return {name.replace("_", "-"): value for name, value in named.items()}


def city_map(map_id: str, interactive: bool = True) -> Component:
    """The map; the scripts draw the base map, the units and the marks on it."""
    made: Component = dl.Map(
        id=map_id,
        className="map",
        center=START_CENTRE,
        zoom=13,
        minZoom=9,
        maxZoom=18,
        zoomSnap=0.25,
        zoomDelta=0.5,
        zoomControl=False,
        attributionControl=False,
        zoomAnimation=False,
        fadeAnimation=False,
        markerZoomAnimation=False,
        keyboard=False,
        preferCanvas=True,
        dragging=interactive,
        scrollWheelZoom=interactive,
        doubleClickZoom=interactive,
    )
    return made


def language_switch(path: str) -> Component:
    """A link to the other language, coming back to this face."""
    other, word = ("zh", "中文") if current_locale.get() == "en" else ("en", "English")
    return html.A(word, href=f"/language/{other}?next={path}", className="language", lang=other)


def account_links(settings: FaceSettings) -> list[Component]:
    """Where one sees in which browsers one is signed in, and the way out."""
    return [
        html.A(t("我的登录"), href=settings.sessions_url, className="language"),
        html.A(t("退出"), href=settings.sign_out_url, className="language"),
    ]


def grade_mark(severity: str | None, priority: int | None = None) -> Component:
    """Shape and colour of a grade, or the number of a priority where nothing is graded."""
    if severity:
        return html.Span(className=f"mark mark-{severity}")
    return html.Span(str(priority or ""), className=f"mark mark-priority priority-{priority}")


def watchers(subject_id: str) -> Component:
    """Who else is looking at this incident or alert (live-presence.js)."""
    return html.P("", className="watchers", **attributes(data_watched=subject_id, role="status"))


def loading(words: str) -> Component:
    """A panel that waits, with what it waits for."""
    return html.Div(
        [html.Div(className="bone"), html.Div(className="bone short"), html.P(words)], className="skeleton"
    )


def nothing() -> Component:
    """The incident panel while no incident is open."""
    return html.Div(
        [
            html.P(t("未选警情"), className="state-title"),
            html.P(t("在左侧或地图上选一个，或按 Enter 打开第一个。")),
        ],
        className="state",
    )


def failed(message: str) -> Component:
    """A panel whose question was refused."""
    return html.Div([html.P(t("无法显示"), className="state-title"), html.P(message)], className="state")


def drill_label(drill: bool) -> Component | None:
    """In a drill, that all of it is one."""
    if not drill:
        return None
    return html.Span(
        [html.B(t("演练")), html.Span(t("回放与合成数据，不是实况"))], className="drill-label dots"
    )


def table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Component:
    """A table whose first column names the rows."""
    return html.Div(
        html.Table(
            [
                html.Thead(html.Tr([html.Th(name, scope="col") for name in names])),
                html.Tbody(
                    [
                        html.Tr(
                            [
                                html.Th(row[0], scope="row", className=_look(row[0])),
                                *[html.Td(cell, className=_look(cell)) for cell in row[1:]],
                            ]
                        )
                        for row in rows
                    ]
                ),
            ]
        ),
        className="table",
    )


def _look(cell: str) -> str | None:
    return "whole" if _NUMBERS.fullmatch(cell) else None


def subject_head(
    mark: Component, title: str, facts: Sequence[Component | None], subject_id: str
) -> Component:
    """The head of the panel of an incident or alert: its grade, name and facts, and the way back."""
    return html.Header(
        [
            mark,
            html.Div([html.H2(title), html.P(facts, className="dots"), watchers(subject_id)]),
            _close("close-subject", t("返回")),
        ],
        className="incident-head",
    )


def sheet(sheet_id: str, title: str, closes: str, children: Sequence[Component], look: str) -> Component:
    """A sheet over the whole face while it is asked for."""
    return html.Div(
        html.Div(
            [html.Header([html.H2(title), _close(closes, t("关闭"))], className="sheet-head"), *children],
            className=f"sheet {look}",
        ),
        id=sheet_id,
        className="overlay",
        hidden=True,
    )


def _close(action: str, words: str) -> Component:
    return html.Button("×", type="button", className="close", **attributes(data_do=action, aria_label=words))


def keys_sheet(sheet_id: str, keys: Sequence[tuple[str, str]]) -> Component:
    """What each key does."""
    return html.Div(
        html.Div(
            [
                html.H2(t("键盘")),
                html.Dl([part for key, word in keys for part in (html.Dt(html.Kbd(key)), html.Dd(word))]),
                html.P(t("Esc 关闭"), className="quiet"),
            ],
            className="sheet",
        ),
        id=sheet_id,
        className="overlay",
        hidden=True,
    )


def zoom(*more: Component) -> Component:
    """The buttons of the map; `more` stand before the one that shows the whole city."""
    return html.Div(
        [
            html.Button("+", type="button", **attributes(data_do="zoom-in", aria_label=t("放大"))),
            html.Button("−", type="button", **attributes(data_do="zoom-out", aria_label=t("缩小"))),
            *more,
            html.Button("⌂", type="button", **attributes(data_do="zoom-home", aria_label=t("全城"))),
        ],
        className="zoom",
    )
