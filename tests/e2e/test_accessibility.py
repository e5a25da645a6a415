"""Every face for everybody: no serious fault by axe-core, usable at 200 %, still for who asks for stillness."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from dashboard.ids import Desk, Phone, Wall
from tests.e2e.conftest import Screens, live
from tests.e2e.test_alerts import alerts, open_alert
from tests.e2e.test_main_job import EARLY, best, storm
from tests.running_system import RunningSystem

GRAVE = ("serious", "critical")
AT_200_PERCENT = (800, 450)
"""A desk of 1600 by 900 pixels enlarged to 200 % has this many CSS pixels."""
PHONE_AT_200_PERCENT = (195, 422)


def grave_faults(page: Page) -> list[str]:
    """What axe-core calls serious or critical, each with the first element it concerns."""
    violations: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{v['id']} ({v['impact']}): {v['help']}: {len(v['nodes'])} × {v['nodes'][0]['html'][:160]}"
        f" {v['nodes'][0].get('failureSummary', '')[:240]}"
        for v in violations
        if v["impact"] in GRAVE
    ]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_sign_in_has_no_grave_fault(
    running_system: RunningSystem, screens: Screens, language: str
) -> None:
    page = screens.open_page("desk1", "/desk/", language)
    live(page)
    page.goto("/logout")
    page.goto("/login")
    assert grave_faults(page) == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_wall_and_the_phone_have_no_grave_fault(
    running_system: RunningSystem, screens: Screens, language: str
) -> None:
    incident = storm(running_system)
    wall = screens.open("wall", "wall", language)
    expect(wall.locator(f"#{Wall.QUEUE} .row").first).to_be_visible()
    assert grave_faults(wall) == []
    phone = screens.open("phone", "m", language)
    row = phone.locator(f"#{Phone.QUEUE} [data-incident='{incident['incident_id']}']")
    expect(row).to_be_visible()
    assert grave_faults(phone) == []
    row.click()
    expect(phone.locator(f"#{Phone.PANEL} .incident")).to_be_visible()
    assert grave_faults(phone) == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_desk_has_no_grave_fault_whatever_is_open(
    running_system: RunningSystem, screens: Screens, language: str
) -> None:
    incident = storm(running_system)
    desk = screens.open("desk1", "desk", language)
    row = desk.locator(f"#{Desk.QUEUE} [data-incident='{incident['incident_id']}']")
    expect(row).to_be_visible()
    assert grave_faults(desk) == [], "the list"
    row.click()
    expect(best(desk, incident)).to_be_visible()
    assert grave_faults(desk) == [], "an incident"
    alert = running_system.until(lambda: alerts(running_system), 30, "an alert")[0]
    open_alert(desk, alert)
    assert grave_faults(desk) == [], "an alert"
    desk.keyboard.press("Escape")

    desk.keyboard.press("n")
    desk.locator(f"#{Desk.CALL} [name=coordinates]").fill("北京")
    expect(desk.locator(f"#{Desk.CALL} .found-places li").first).to_be_visible()
    assert grave_faults(desk) == [], "a call"
    desk.keyboard.press("Escape")
    desk.keyboard.press("Escape")

    desk.locator("[data-do=commands-open]").click()
    expect(desk.locator(f"#{Desk.COMMANDS} [role=option]").first).to_be_visible()
    assert grave_faults(desk) == [], "the command bar"
    desk.keyboard.press("Escape")

    desk.keyboard.press("l")
    for tab, place in (("units", Desk.BOARD_UNITS), ("alerts", Desk.BOARD_ALERTS)):
        desk.locator(f"[data-tab={tab}]").click()
        expect(desk.locator(f"#{place} .ag-row").first).to_be_visible()
        assert grave_faults(desk) == [], f"the board of {tab}"
    desk.keyboard.press("Escape")

    for key, what in (("?", "the keys"), ("r", "the levels")):
        desk.keyboard.press(key)
        assert grave_faults(desk) == [], what
        desk.keyboard.press("Escape")


OUT_OF_SIGHT = """selector => [...document.querySelectorAll(selector)]
  .filter(e => e.checkVisibility({ visibilityProperty: true }))
  .filter(e => {
    e.scrollIntoView({ block: "center", inline: "center" });
    const box = e.getBoundingClientRect();
    const x = box.left + box.width / 2, y = box.top + box.height / 2;
    const inside = box.width > 0 && x >= 0 && y >= 0 && x <= innerWidth && y <= innerHeight;
    const top = inside && document.elementFromPoint(x, y);
    return !top || !(e === top || e.contains(top) || top.contains(e));
  })
  .map(e => (e.dataset.do || e.name || e.tagName) + ": " + e.textContent.slice(0, 40))"""
"""Buttons and fields that cannot be brought into sight or lie under something else."""


def unreachable(page: Page, within: str) -> list[str]:
    found: list[str] = page.evaluate(OUT_OF_SIGHT, f"{within} :is(button, input, select, textarea, a)")
    return found


@pytest.mark.parametrize("language", ["zh", "en"])
def test_at_200_percent_the_desk_does_all_it_does(
    running_system: RunningSystem, screens: Screens, language: str
) -> None:
    incident = storm(running_system)
    desk = screens.open_page("desk1", "/desk/", language, AT_200_PERCENT)
    live(desk)
    row = desk.locator(f"#{Desk.QUEUE} [data-incident='{incident['incident_id']}']")
    expect(row).to_be_visible()
    assert unreachable(desk, ".bar") == []
    assert unreachable(desk, f"#{Desk.QUEUE}") == []
    assert desk.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing to scroll sideways"
    row.click()
    expect(best(desk, incident)).to_be_visible()
    assert unreachable(desk, f"#{Desk.PANEL}") == []
    desk.keyboard.press("Escape")
    desk.keyboard.press("n")
    assert unreachable(desk, f"#{Desk.CALL}") == []
    desk.keyboard.press("Escape")
    desk.keyboard.press("r")
    assert unreachable(desk, f"#{Desk.LEVELS}") == []
    desk.keyboard.press("Escape")
    desk.keyboard.press("/")
    expect(desk.locator(f"#{Desk.COMMANDS} [role=option]").first).to_be_visible()
    assert unreachable(desk, f"#{Desk.COMMANDS}") == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_at_200_percent_the_phone_does_all_it_does(
    running_system: RunningSystem, screens: Screens, language: str
) -> None:
    incident = storm(running_system)
    phone = screens.open_page("phone", "/m/", language, PHONE_AT_200_PERCENT, touch=True)
    live(phone)
    row = phone.locator(f"#{Phone.QUEUE} [data-incident='{incident['incident_id']}']")
    expect(row).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing to scroll sideways"
    row.click()
    expect(phone.locator(f"#{Phone.PANEL} .incident")).to_be_visible()
    assert unreachable(phone, f"#{Phone.PANEL}") == []


MOVING = """() => document.getAnimations().filter(a => {
  const { duration, iterations } = a.effect.getTiming();
  return a.playState === "running" && (duration > 10 || iterations === Infinity);
}).map(a => a.animationName || a.transitionProperty)"""


@pytest.mark.parametrize(("login", "face"), [("desk1", "desk"), ("wall", "wall"), ("phone", "m")])
def test_nothing_moves_for_who_asks_for_less_motion(
    running_system: RunningSystem, screens: Screens, login: str, face: Any
) -> None:
    storm(running_system)
    page = screens.open(login, face)
    page.wait_for_timeout(500)
    assert page.evaluate(MOVING) == []


FOCUSED = """() => {
  const e = document.activeElement, look = getComputedStyle(e);
  return [e.dataset.do || e.className || e.tagName, look.outlineStyle !== "none" || look.boxShadow !== "none"];
}"""


def test_the_desk_is_walked_with_the_tab_key_and_the_focus_is_seen(
    running_system: RunningSystem, screens: Screens
) -> None:
    running_system.begin_drill(EARLY, speed=1)
    desk = screens.open("desk1", "desk", "en")
    expect(desk.locator(f"#{Desk.QUEUE} [data-key]").first).to_be_visible()
    desk.evaluate("document.activeElement && document.activeElement.blur()")
    seen: list[str] = []
    for _ in range(40):
        desk.keyboard.press("Tab")
        name, outline = desk.evaluate(FOCUSED)
        if name != "BODY":
            assert outline, f"{name} has the focus and does not show it"
        seen.append(str(name))
    for act in ("call-open", "board-open", "commands-open", "help", "open", "zoom-in", "zoom-home"):
        assert act in seen, f"{act} is not reached by Tab: {seen}"
