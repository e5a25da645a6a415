"""What the desk asks before it sends: why a road with water on it is opened, and whether old advice is meant."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dashboard.ids import Desk
from tests.e2e.conftest import Screens
from tests.e2e.test_dispatch_paths import call
from tests.e2e.test_main_job import EARLY, best, open_assignments, panel, row, storm, toast
from tests.running_system import RunningSystem


def closed_in_water(system: RunningSystem) -> dict[str, Any]:
    """An incident whose road is closed with water on it."""
    system.begin_drill(EARLY, speed=1)
    return system.until(
        lambda: system.rows(
            "SELECT i.*, p.passability FROM incidents i JOIN drill_clock USING (run)"
            " JOIN point_states p USING (point_id)"
            " WHERE i.status = 'open' AND p.passability = 'closed' AND p.grade_code IS NOT NULL ORDER BY number"
        ),
        30,
        "a closed road with water on it",
    )[0]


def road(system: RunningSystem, incident: dict[str, Any]) -> tuple[str, str | None]:
    [found] = system.rows(
        "SELECT passability, passability_note FROM point_states WHERE point_id = %s", incident["point_id"]
    )
    return found["passability"], found["passability_note"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_road_with_water_on_it_is_opened_with_a_reason_and_closed_again_by_undo(
    running_system: RunningSystem, screens: Screens, language: str
) -> None:
    system = running_system
    incident = closed_in_water(system)
    desk = screens.open("desk1", "desk", language)
    row(desk, Desk, incident).click()
    shown = panel(desk, Desk, incident)
    form = shown.locator("[data-form=reopen-slow]")
    expect(form).to_be_hidden()
    shown.locator(".passability [data-state=slow]").first.click()
    expect(form).to_be_visible()
    expect(form.locator("p").first).to_contain_text(" cm")
    form.locator("[data-do=reopen-point]").click()
    expect(form.locator(".form-problem")).not_to_be_empty()
    desk.keyboard.press("Escape")
    expect(form).to_be_hidden()
    assert road(system, incident)[0] == "closed"

    shown.locator(".passability [data-state=slow]").first.click()
    form.locator("textarea").fill("pumped dry")
    form.locator("[data-do=reopen-point]").click()
    system.until(lambda: road(system, incident) == ("slow", "pumped dry"), 30, "the road slow")
    expect(toast(desk, "done").locator("[data-do=undo]")).to_be_visible()
    desk.keyboard.press("u")
    system.until(lambda: road(system, incident)[0] == "closed", 30, "the road closed again")


def test_the_list_of_closed_roads_asks_the_same(running_system: RunningSystem, screens: Screens) -> None:
    system = running_system
    incident = closed_in_water(system)
    desk = screens.open("desk1", "desk", "zh")
    desk.keyboard.press("b")
    listed = desk.locator(f"#{Desk.CLOSURES_LIST} [data-point='{incident['point_id']}']").first
    listed.click()
    form = desk.locator(f"#{Desk.CLOSURES_LIST} [data-form=reopen-listed]")
    form.locator("textarea").fill("已抽干")
    form.locator("[data-do=reopen-point]").click()
    system.until(lambda: road(system, incident) == ("open", "已抽干"), 30, "the road open")
    expect(form).to_have_count(0)


def aged(desk: Page, minutes: int) -> None:
    """What the panel shows was advised so long ago, as after a restart."""
    desk.evaluate(
        """minutes => {
          const mark = document.querySelector(".incident [data-tick=stale]");
          mark.dataset.at = new Date(window.cc.cityNow() - minutes * 60000).toISOString();
        }""",
        minutes,
    )


def shown_age_s(desk: Page) -> float:
    mark = "document.querySelector('.incident [data-tick=stale]')"
    return float(desk.evaluate(f"(window.cc.cityNow() - Date.parse({mark}.dataset.at)) / 1000"))


@pytest.mark.parametrize("way", ["key", "click"])
def test_old_advice_is_asked_for_anew_before_anybody_is_sent_by_it(
    running_system: RunningSystem, screens: Screens, way: str
) -> None:
    system = running_system
    incident = storm(system)
    desk = screens.open("desk1", "desk", "zh")
    row(desk, Desk, incident).click()
    button = best(desk, incident).locator("[data-do=dispatch]")
    expect(button).to_be_visible()
    [before] = made(system, incident)

    def press() -> None:
        if way == "key":
            desk.keyboard.press("d")
        else:
            button.click()

    aged(desk, 10)
    press()
    expect(toast(desk, "refused")).to_contain_text("没有派出")
    assert open_assignments(system, incident["incident_id"]) == []
    system.until(lambda: made(system, incident) != [before], 30, "advice anew")
    # Asked again and again from here: the page's policy forbids the polling that Playwright would put into it.
    system.until(lambda: shown_age_s(desk) < 60, 30, "fresh advice in the panel")
    expect(button).not_to_have_attribute("aria-busy", "true")
    press()
    system.until(lambda: open_assignments(system, incident["incident_id"]), 30, "a unit sent")


def made(system: RunningSystem, incident: dict[str, Any]) -> list[Any]:
    found = system.rows(
        "SELECT recommendation_id FROM recommendations WHERE incident_id = %s ORDER BY recommendation_id DESC LIMIT 1",
        incident["incident_id"],
    )
    return [row["recommendation_id"] for row in found]


def begun(desk: Page, incident: dict[str, Any]) -> Any:
    """Another unit than advised, half chosen: the line of it, and its reason."""
    shown = panel(desk, Desk, incident)
    others = shown.locator("details.others").filter(has=desk.locator("[data-do=dispatch-other]"))
    others.locator("summary").click()
    line = others.locator("li").last
    line.locator("[data-do=why]").click()
    line.locator("select.override").select_option("no_radio")
    unit = line.get_attribute("data-route")
    return shown.locator(f"li[data-route='{unit}']").filter(has=desk.locator(".asks-why")), unit


def advised_anew(system: RunningSystem, desk: Page, incident: dict[str, Any]) -> None:
    before = panel(desk, Desk, incident).get_attribute("data-advice") or ""
    desk.evaluate("cc.advise()")
    expect(panel(desk, Desk, incident)).not_to_have_attribute("data-advice", before)


def test_another_unit_half_chosen_outlives_fresh_advice(
    running_system: RunningSystem, screens: Screens
) -> None:
    system = running_system
    system.begin_drill(EARLY, speed=1)
    incident = call(system, "traffic", 102.752, 25.012)
    desk = screens.open("desk1", "desk", "zh")
    row(desk, Desk, incident).click()
    line, unit = begun(desk, incident)
    # The advice from here on does not name it.
    desk.evaluate(
        """unit => {
          const without = (node) => !node || typeof node !== "object" ? node : Array.isArray(node)
            ? node.filter((one) => !(one && one.type === "Li" && one.props["data-route"] === unit)).map(without)
            : { ...node, props: { ...node.props, children: without(node.props.children) } };
          const draw = cc.drawPanel;
          cc.drawPanel = (panel) => draw(without(panel));
        }""",
        unit,
    )
    for _ in range(2):
        advised_anew(system, desk, incident)
        expect(line).to_contain_text("新的推荐里没有它")
        expect(line.locator("select.override")).to_have_value("no_radio")
    line.locator("[data-do=dispatch-other]").click()
    system.until(lambda: open_assignments(system, unit), 30, "the chosen unit sent")
    expect(toast(desk, "refused").filter(has_text="没有派出")).to_have_count(0)
    # The list that was unfolded was of units instead; that of further units stays folded.
    more = panel(desk, Desk, incident).locator("details.others").filter(has_text="增派单位")
    expect(more).to_have_count(1)
    expect(more).not_to_have_attribute("open", "")


def test_of_a_half_chosen_unit_that_goes_elsewhere_it_is_said(
    running_system: RunningSystem, screens: Screens
) -> None:
    system = running_system
    system.begin_drill(EARLY, speed=1)
    elsewhere = call(system, "traffic", 102.70, 25.05)
    incident = call(system, "traffic", 102.752, 25.012)
    desk, other = screens.open("desk1", "desk", "en"), screens.open("desk2", "desk", "en")
    row(desk, Desk, incident).click()
    line, unit = begun(desk, incident)
    callsign = line.locator("b").first.inner_text()
    other.evaluate(
        "request => cc.ask('DISPATCH', request)",
        {"incident_id": elsewhere["incident_id"], "unit_ids": [unit], "override_reason": "other_task"},
    )
    expect(toast(desk, "refused").filter(has_text=f"{callsign} is no longer available")).to_be_visible()
    expect(panel(desk, Desk, incident).locator(".asks-why >> visible=true")).to_have_count(0)
