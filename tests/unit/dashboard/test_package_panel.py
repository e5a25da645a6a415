"""The panel of a package: one list, one button; what else could be done comes after it, in words."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from dashboard.layouts.incident_panel import desk_panel
from tests.unit.dashboard.states import a_candidate
from tests.unit.dashboard.test_incident_view import ADVICE, NEED, an_assignment, view

ZONE = ZoneInfo("Asia/Shanghai")


def buttons(component: object, action: str) -> list[dict[str, object]]:
    """The plain properties of every button that asks for this action."""
    found = []
    for part in component._traverse():  # type: ignore[attr-defined]
        plain = part.to_plotly_json()["props"] if hasattr(part, "to_plotly_json") else {}
        if plain.get("data-do") == action:
            found.append(plain)
    return found


def test_several_units_go_with_one_button() -> None:
    two = {**ADVICE, "needs": [NEED], "candidates": [a_candidate(need=0), a_candidate(unit_id="U2", need=0)]}
    (button,) = buttons(desk_panel(view(recommendation=two), ZONE), "dispatch")
    assert button["data-unit"] == "U1 U2"


def test_a_unit_on_it_can_be_taken_over_from() -> None:
    panel = desk_panel(view(assignments=[an_assignment("en_route")], recommendation=ADVICE), ZONE)
    (button,) = buttons(panel, "take-over")
    assert (button["data-unit"], button["data-assignment"]) == ("U2", "AS1")


def test_who_is_clearly_sooner_takes_over_with_one_button_and_nobody_is_asked_why() -> None:
    relief = {"assignment_id": "AS1", "callsign": "巡9", "gain_s": 95.0}
    sooner = {**ADVICE, "needs": [], "candidates": [a_candidate(unit_id="U2", relieves=relief)]}
    coming = view(assignments=[an_assignment("en_route")], recommendation=sooner)
    (button,) = buttons(desk_panel(coming, ZONE), "relieve")
    assert (button["data-unit"], button["data-assignment"]) == ("U2", "AS1")
    assert button["data-advice"] == coming.recommendation_id
    assert coming.reliefs[0].said.endswith("比途中的 巡9 早 1:35")
    there = view(assignments=[an_assignment("on_scene")], recommendation=sooner)
    assert buttons(desk_panel(there, ZONE), "relieve") == [], "it has arrived"
    lent = {**sooner, "candidates": [a_candidate(unit_id="U2", relieves=relief, must_ask="530103")]}
    asks = view(assignments=[an_assignment("en_route")], recommendation=lent)
    assert buttons(desk_panel(asks, ZONE), "relieve") == [], "who has to be asked may say no"


def test_taking_a_unit_off_names_the_assignment_it_ends() -> None:
    offer = {
        "assignment_id": "AS9",
        "unit_id": "U9",
        "callsign": "巡9",
        "travel_time_s": 60.0,
        "gain_s": None,
        "from_number": "260818-002",
        "from_priority": 3,
        "loses_s": 30.0,
    }
    panel = desk_panel(view(recommendation={**ADVICE, "preemptions": [offer]}), ZONE)
    (button,) = buttons(panel, "preempt")
    assert (button["data-unit"], button["data-assignment"]) == ("U9", "AS9")
    (main,) = [b for b in buttons(panel, "dispatch")]
    assert main["data-unit"] == "U1", "the first choice stays what it was"


def test_the_button_of_a_unit_that_was_asked_for_says_that_it_waits() -> None:
    lent = {**ADVICE, "candidates": [a_candidate(need=0, must_ask="530103")]}
    asked = {
        "unit_id": "U1",
        "callsign": "巡1",
        "jurisdiction": "530103",
        "status": "waiting",
        "note": None,
        "answer_by": "2026-08-18T01:32:00+00:00",
    }
    (button,) = buttons(desk_panel(view(recommendation=lent, assistance=[asked]), ZONE), "dispatch")
    assert button["disabled"] and "等待答复" in str(button["children"])
    declined = {**asked, "status": "declined"}
    (again,) = buttons(desk_panel(view(recommendation=lent, assistance=[declined]), ZONE), "dispatch")
    assert not again.get("disabled") and "请求联勤" in str(again["children"])
