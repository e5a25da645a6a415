"""The call form offers what a caller can report, and nothing of the 284 case categories."""

from __future__ import annotations

from typing import Any

from bootstrap.catalogue import load_catalogue
from dashboard.layouts.call_form import call_form


def options(component: Any) -> list[str]:
    if type(component).__name__ == "Option":
        return [component.value]
    children = getattr(component, "children", None)
    inside = children if isinstance(children, list) else [children]
    return [value for child in inside if child is not None for value in options(child)]


def test_it_offers_emergencies_that_callers_report_and_none_that_only_rules_find() -> None:
    catalogue = load_catalogue()
    offered = options(call_form(catalogue))
    assert {"waterlogging", "trapped", "medical"} <= set(offered)
    assert not {"sensor_fault", "rainstorm", "flood_response"} & set(offered)
    assert not set(catalogue.case_categories) & set(offered)
