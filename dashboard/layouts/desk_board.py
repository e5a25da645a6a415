"""The board of units and alerts over the foot of the map; its grid is loaded when it is first opened."""

from __future__ import annotations

import dash_ag_grid
from dash import html
from dash.development.base_component import Component

from dashboard.ids import Desk
from dashboard.language import t
from dashboard.layouts.alert_panel import SHELVES_MIN
from dashboard.layouts.shared import attributes
from dashboard.view_models.alert import OUTCOME

SCRIPT = f"_dash-component-suites/dash_ag_grid/dash_ag_grid.min.js?v={dash_ag_grid.__version__}"
"""Under the face's own prefix: the guard lets the page load it as it does every other part."""

# A megabyte that no face needs for its first picture: served when asked for, and not by the page.
dash_ag_grid._js_dist[0]["dynamic"] = True


def board() -> Component:
    """Two tabs, a search over all columns, and what may be done about the selected alerts."""
    return html.Section(
        [
            html.Header(
                [
                    html.Div(
                        [
                            _tab("units", t("单位"), chosen=True),
                            _tab("alerts", t("预警"), chosen=False),
                        ],
                        className="segments",
                        role="tablist",
                        **attributes(aria_label=t("看板")),
                    ),
                    html.Div(className="board-search"),
                    html.Span("", className="board-count quiet figure", role="status"),
                    html.Div(_on_alerts(), className="board-acts", hidden=True),
                    _icon("board-larger", "⤢", t("放大")),
                    _icon("board-close", "×", t("关闭")),
                ],
                className="board-head",
            ),
            html.Div(
                _asked_of_alerts(), className="board-asked", hidden=True, **attributes(data_form="board")
            ),
            html.Div(id=Desk.BOARD_UNITS, className="board-grid", **attributes(data_board="units")),
            html.Div(
                id=Desk.BOARD_ALERTS, className="board-grid", hidden=True, **attributes(data_board="alerts")
            ),
        ],
        id=Desk.BOARD,
        className="board",
        hidden=True,
        **attributes(data_script=SCRIPT, aria_label=t("单位和预警看板")),
    )


def _tab(name: str, word: str, chosen: bool) -> Component:
    return html.Button(
        word,
        type="button",
        role="tab",
        className="on" if chosen else "",
        **attributes(data_do="board-tab", data_tab=name, aria_selected=str(chosen).lower()),
    )


def _icon(does: str, sign: str, word: str) -> Component:
    return html.Button(
        sign, type="button", className="button icon", title=word, **attributes(data_do=does, aria_label=word)
    )


def _on_alerts() -> list[Component]:
    return [
        html.Button(
            word, type="button", className="button small", **attributes(data_do="board-act", data_act=act)
        )
        for act, word in (
            ("acknowledge", t("确认")),
            ("shelve", t("搁置…")),
            ("escalate", t("上报")),
            ("clear", t("解除…")),
        )
    ]


def _asked_of_alerts() -> list[Component]:
    """What shelving and the all-clear ask before they act on the selected rows."""
    return [
        html.Label(
            [html.Span(t("理由（记入日志）")), html.Textarea(rows=1, maxLength=200)], className="field"
        ),
        html.Div(
            [
                html.Button(
                    t("搁置 {n} 分钟", n=minutes),
                    type="button",
                    className="button small",
                    **attributes(data_do="board-shelve", data_minutes=str(minutes)),
                )
                for minutes in SHELVES_MIN
            ],
            className="asked-shelve-many",
        ),
        html.Div(
            [
                html.Button(
                    t(word),
                    type="button",
                    className="button small",
                    **attributes(data_do="board-clear", data_outcome=outcome),
                )
                for outcome, word in OUTCOME.items()
            ],
            className="asked-clear-many",
        ),
        html.P("", className="form-problem", role="alert"),
    ]
