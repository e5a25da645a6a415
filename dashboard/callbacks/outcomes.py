"""What became of a request, told to the page's scripts."""

from __future__ import annotations

from dash import ClientsideFunction, Dash, Input, Output


def tell_outcomes(app: Dash, outcome: str, toasts: str) -> None:
    """Hands each notice in the store `outcome` to the scripts, which show it and settle what asked."""
    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("outcome", "told"),
        Output(toasts, "data-told"),
        Input(outcome, "data"),
        prevent_initial_call=True,
    )
