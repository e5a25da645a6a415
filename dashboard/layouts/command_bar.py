"""The command bar: everything of the desk by typing, over whatever is open."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard.ids import Desk
from dashboard.language import t
from dashboard.layouts.shared import attributes


def command_bar() -> Component:
    """Hidden until Ctrl+K or `/`; the script puts its input there, since React must not own what is typed in it."""
    return html.Div(
        html.Div(
            [
                html.Div(className="command-input"),
                html.Ul(
                    id=Desk.COMMANDS_LIST,
                    className="commands",
                    role="listbox",
                    **attributes(aria_label=t("命令和查找结果")),
                ),
                html.P(t("↑ ↓ 选，Enter 执行，Esc 返回"), className="quiet"),
            ],
            className="sheet command-sheet",
            role="dialog",
            **attributes(aria_label=t("查找和命令")),
        ),
        id=Desk.COMMANDS,
        className="overlay command-overlay",
        hidden=True,
    )
