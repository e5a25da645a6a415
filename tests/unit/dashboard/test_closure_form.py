"""The form for closing a road offers all that can be closed, and no end that would be refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, get_args

from bootstrap.catalogue import load_catalogue
from dashboard.layouts.closure_form import closure_form
from dispatch.travel import ClosureKind, ClosureState
from operations.close_road import LONGEST_CLOSURE


def selects(component: Any) -> dict[str, list[Any]]:
    """Options of each select by its name."""
    if type(component).__name__ == "Select":
        return {component.name: component.children}
    children = getattr(component, "children", None)
    inside = children if isinstance(children, list) else [children]
    return {
        name: options for child in inside if child is not None for name, options in selects(child).items()
    }


def test_it_offers_every_kind_and_state_with_the_reach_of_each_kind() -> None:
    catalogue = load_catalogue()
    found = selects(closure_form(catalogue))
    assert {option.value for option in found["kind"]} == set(get_args(ClosureKind))
    assert {option.value for option in found["state"]} == set(get_args(ClosureState))
    [culvert] = [option for option in found["kind"] if option.value == "culvert"]
    assert float(getattr(culvert, "data-radius")) == catalogue.closure_radius_m["culvert"]


def test_the_longest_it_offers_is_never_refused() -> None:
    hours = [float(option.value) for option in selects(closure_form(load_catalogue()))["hours"]]
    assert hours == sorted(hours)
    assert timedelta(hours=hours[-1]) < LONGEST_CLOSURE
