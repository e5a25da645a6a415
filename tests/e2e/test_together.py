"""Two officers at one incident: each sees that the other looks at it, and what the other writes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from core.ids import new_id
from dashboard.ids import Desk
from tests.e2e.conftest import Screens
from tests.running_system import RunningSystem


def open_incident(page: Page, incident_id: str) -> None:
    page.wait_for_function("id => window.cc.state.incidents.has(id)", arg=incident_id)
    page.evaluate("id => window.cc.open(id)", incident_id)
    expect(page.locator(f"#{Desk.PANEL} [data-incident='{incident_id}']")).to_be_visible()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_two_officers_see_each_other_and_each_others_notes(
    running_system: RunningSystem, screens: Screens, language: str
) -> None:
    running_system.begin_drill("09:20:00", speed=1)
    incident_id = running_system.take_call(new_id(), "traffic", 102.72, 25.05, "two cars")["incident_id"]
    one = screens.open("desk1", "desk", language)
    two = screens.open("desk2", "desk", language)
    open_incident(one, incident_id)
    watched = one.locator(f"[data-watched='{incident_id}']")
    expect(watched).to_have_text("")
    open_incident(two, incident_id)
    expect(watched).to_contain_text("值班员二")
    expect(two.locator(f"[data-watched='{incident_id}']")).to_contain_text("值班员一")

    line = two.locator("[data-form=new-note] textarea")
    line.fill("消防已到小区门口")
    line.press("Enter")
    expect(line).to_have_value("")
    expect(one.locator(f"#{Desk.PANEL} .notes li")).to_contain_text(["消防已到小区门口"])
    expect(one.locator(f"#{Desk.PANEL} .notes li")).to_contain_text(["值班员二"])
    two.keyboard.press("Escape")
    two.keyboard.press("Escape")
    expect(watched).to_have_text("")
    rows = running_system.rows(
        "SELECT data FROM journal WHERE type = 'note.added' AND subject = %s", incident_id
    )
    assert [row["data"]["text"] for row in rows] == ["消防已到小区门口"]
