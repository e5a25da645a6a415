"""What the server has answered, told to the page's scripts: they draw and settle it (assets/live-asking.js)."""

from __future__ import annotations

from dash import ClientsideFunction, Dash, Input, Output


def tell_outcomes(app: Dash, outcome: str, toasts: str) -> None:
    """Hands each notice in the store `outcome` to the scripts, which show it and settle what asked."""
    _tell(app, outcome, "told", toasts, "data-told")


def tell_subject(app: Dash, answer: str, panel: str) -> None:
    """Hands each panel in the store `answer` to the scripts, which draw it into `panel`."""
    _tell(app, answer, "shown", panel, "data-shown")


def _tell(app: Dash, store: str, function: str, component: str, prop: str) -> None:
    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("answered", function),
        Output(component, prop),
        Input(store, "data"),
        prevent_initial_call=True,
    )
