"""The callbacks of a face as the server knows them, so that access lets through what a page can send and no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash import Dash

from dashboard.callbacks.requests import fault_in


@dataclass(frozen=True, slots=True)
class CallbackForm:
    """One callback that the server answers. `outputs`, `inputs` and `states` are (component, property), in order; the
    first input is what asks."""

    outputs: tuple[tuple[str, str], ...]
    inputs: tuple[tuple[str, str], ...]
    states: tuple[tuple[str, str], ...]

    @property
    def asks(self) -> str:
        """The property that asks, as the permission table names it."""
        return ".".join(self.inputs[0])

    def fault_in(self, inputs: Sequence[Any], states: Sequence[Any]) -> str | None:
        """What is wrong with the values, or None."""
        told = zip((*self.inputs, *self.states), (*inputs, *states), strict=True)
        return next((fault for name, value in told if (fault := fault_in(".".join(name), value))), None)


def callback_forms(face: Dash) -> Mapping[str, CallbackForm]:
    """By the name that a page gives a callback. Those that run in the browser are not among them."""
    return {
        name: CallbackForm(_outputs(name), _ids(callback["inputs"]), _ids(callback["state"]))
        for name, callback in face.callback_map.items()
        if "callback" in callback
    }


def _outputs(name: str) -> tuple[tuple[str, str], ...]:
    """Dash writes one as `a.b` and several as `..a.b...c.d..`."""
    parts = name.removeprefix("..").removesuffix("..").split("...") if name.startswith("..") else [name]
    return tuple((component, prop) for component, _, prop in (part.partition(".") for part in parts))


def _ids(parts: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, str], ...]:
    return tuple((str(part["id"]), str(part["property"])) for part in parts)
