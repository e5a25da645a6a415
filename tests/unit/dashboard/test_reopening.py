"""The desk asks why before a road with water on it is opened, and not where there is none."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from dashboard.layouts.incident_panel import desk_panel
from tests.unit.dashboard.test_incident_view import POINT, view
from tests.unit.dashboard.test_package_panel import buttons

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("passability", "grade", "asked"),
    [
        ("closed", "medium", ["open", "slow"]),
        ("slow", "light", ["open"]),
        ("open", "medium", []),
        ("closed", None, []),
    ],
)
def test_only_what_sends_cars_into_water_is_asked_about(
    passability: str, grade: str | None, asked: list[str]
) -> None:
    point = {**POINT, "passability": passability, "grade_code": grade}
    panel = desk_panel(view(point=point), ZONE)
    assert [b["data-state"] for b in buttons(panel, "reopen-point")] == asked
    at_once = {b["data-state"] for b in buttons(panel, "passability")}
    assert at_once == {"open", "slow", "closed"} - set(asked)
    if asked:
        assert "56 cm" in str(panel)
