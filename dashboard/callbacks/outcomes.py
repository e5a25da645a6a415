"""What the server has answered, told to the page's scripts: they draw and settle it (assets/live-asking.js)."""

from __future__ import annotations

import orjson
from dash import ClientsideFunction, Dash, Input, Output
from dash.development.base_component import Component


def tell_outcomes(app: Dash, outcome: str, toasts: str) -> None:
    """Hands each notice in the store `outcome` to the scripts, which show it and settle what asked."""
    _tell(app, outcome, "told", toasts, "data-told")


def tell_subject(app: Dash, answer: str, panel: str) -> None:
    """Hands each panel in the store `answer` to the scripts, which draw it into `panel`."""
    _tell(app, answer, "shown", panel, "data-shown")


def as_text(panel: Component) -> str:
    """A panel for such a store. Dash itself would look at each of its parts once more in the event loop, while every
    other browser waits: a third of the time that a panel takes."""
    return orjson.dumps(panel, default=lambda part: part.to_plotly_json()).decode()


def _tell(app: Dash, store: str, function: str, component: str, prop: str) -> None:
    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("answered", function),
        Output(component, prop),
        Input(store, "data"),
        prevent_initial_call=True,
    )
