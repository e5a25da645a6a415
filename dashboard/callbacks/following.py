"""What follows the live feed without asking the server: a store, a script's function, a component."""

from __future__ import annotations

from collections.abc import Mapping

from dash import ClientsideFunction, Dash, Input, Output


def follow(app: Dash, shown: Mapping[tuple[str, ...], tuple[str, str, str]], prop: str = "children") -> None:
    """For each (stores) → (component, namespace, function): the function of `window.dash_clientside`
    turns the stores' data into the component's `prop`."""
    for stores, (component, namespace, function) in shown.items():
        app.clientside_callback(  # type: ignore[no-untyped-call]
            ClientsideFunction(namespace, function),
            Output(component, prop),
            *[Input(store, "data") for store in stores],
            prevent_initial_call=True,
        )
