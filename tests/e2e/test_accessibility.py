"""Every face for everybody: no serious fault by axe-core, usable at 200 %, still for who asks for stillness."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from access.permissions import ROUTES
from core.ids import new_id
from dashboard.ids import Analysis, Desk, Phone, Replay, Wall
from tests.e2e.conftest import Screens, live
from tests.e2e.test_alerts import alerts, an_alert, open_alert
from tests.e2e.test_main_job import EARLY, best, storm
from tests.running_system import UNITS, RunningSystem

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
    phone.locator(".phone-detail .back").click()
    # One with its button to acknowledge.
    alert = phone.locator(f"#{Phone.QUEUE} [data-do=open-alert]").first
    alert.click()
    expect(phone.locator(f"#{Phone.PANEL} .alert-panel")).to_be_visible()
    for folded in phone.locator(f"#{Phone.PANEL} summary").all():
        folded.click()
    assert grave_faults(phone) == [], "an alert, all of it unfolded"
    phone.locator(".phone-detail .back").click()
    phone.locator("[data-do=report-open]").click()
    expect(phone.locator(f"#{Phone.REPORT}")).to_be_visible()
    assert grave_faults(phone) == [], "a report from the street"


PAGES = {
    # Who looks at it, and what says that it is there whole.
    "/analysis/": ("analyst", f"#{Analysis.REPORT} table"),
    "/handover/": ("desk1", ".handover-figures"),
    "/sessions": ("desk1", "ul.sessions"),
    "/logout": ("desk1", "form[action='/logout']"),
}
"""Documents: pages on which nothing opens."""
TESTED_ABOVE = {"/login", "/wall/", "/desk/", "/m/"}
LEADS_ELSEWHERE = {"/", "/login/oidc", "/login/oidc/back", "/language/{language}"}


def test_no_page_is_forgotten_here() -> None:
    pages = {rule.path for rule in ROUTES if rule.page and rule.method == "GET"}
    faces = {path for path in pages if path.endswith("/")}
    pages -= {face.removesuffix("/") for face in faces - {"/"}}
    assert pages == {*PAGES, "/replay/", *TESTED_ABOVE, *LEADS_ELSEWHERE}


@pytest.mark.parametrize("path", PAGES)
def test_a_document_has_no_grave_fault(running_system: RunningSystem, screens: Screens, path: str) -> None:
    an_alert(running_system)
    login, there = PAGES[path]
    # The sign-in comes back to no page that signs out.
    page = screens.open_page(login, "/sessions" if path == "/logout" else path, "en")
    if path == "/logout":
        expect(page.locator(PAGES["/sessions"][1])).to_be_visible()
        page.goto(path)
    expect(page.locator(there).first).to_be_visible()
    assert grave_faults(page) == []


def test_a_refusal_has_no_grave_fault(screens: Screens) -> None:
    screens.allow(r"(error|refused): .*(403|404)")  # what is looked at here
    page = screens.open_page("wall", "/sessions", "en")
    expect(page.locator("ul.sessions")).to_be_visible()
    for path in ("/desk/", "/nowhere"):
        page.goto(path)
        expect(page.locator("main")).to_be_visible()
        assert grave_faults(page) == [], path


def test_the_replay_has_no_grave_fault_whatever_is_open(
    running_system: RunningSystem, screens: Screens
) -> None:
    incident = storm(running_system)
    alert = running_system.until(lambda: alerts(running_system), 30, "an alert")[0]
    page = screens.open_page("desk1", "/replay/", "en", (1600, 900))
    expect(page.locator("html[data-replay=paused]")).to_be_attached()
    page.keyboard.press("End")
    row = page.locator(f"#{Replay.QUEUE} [data-incident='{incident['incident_id']}']")
    row.click()
    expect(page.locator(f"#{Replay.PANEL} [data-incident='{incident['incident_id']}']")).to_be_visible()
    assert grave_faults(page) == [], "an incident"
    page.evaluate("id => window.cc.openAlert(id)", alert["alert_id"])
    expect(page.locator(f"#{Replay.PANEL} [data-alert='{alert['alert_id']}']").first).to_be_visible()
    assert grave_faults(page) == [], "an alert"
    page.keyboard.press("?")
    expect(page.locator(f"#{Replay.HELP}")).to_be_visible()
    assert grave_faults(page) == [], "the keys"


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

    for key, sheet, what in (
        ("?", f"#{Desk.HELP}", "the keys"),
        ("r", f"#{Desk.LEVELS}", "the levels"),
        ("w", f"#{Desk.WALL}", "what the wall shows"),
        ("b", ".closures-sheet", "closing a road"),
    ):
        desk.keyboard.press(key)
        expect(desk.locator(sheet)).to_be_visible()
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


IN_SIGHT = """selector => [...document.querySelectorAll(selector)].filter(e => {
  const box = e.getBoundingClientRect(), y = box.top + box.height / 2;
  const seen = [30, 150, 270].map(x => document.elementFromPoint(box.left + x, y));
  return box.height > 0 && seen.every(top => top && e.contains(top));
}).length"""
"""How many of them are seen, with nothing over them."""


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
    desk.keyboard.press("l")
    for tab, place in (("units", Desk.BOARD_UNITS), ("alerts", Desk.BOARD_ALERTS)):
        desk.locator(f"[data-tab={tab}]").click()
        rows = desk.locator(f"#{place} .ag-center-cols-container .ag-row")
        expect(rows.first).to_be_visible()
        assert desk.evaluate(IN_SIGHT, f"#{place} .ag-row") >= 4, f"rows of {tab} that are seen"
        assert unreachable(desk, f"#{Desk.BOARD} .board-head") == []
    desk.locator("[data-tab=units]").click()
    viewport = desk.locator(f"#{Desk.BOARD_UNITS} .ag-body-viewport")
    viewport.hover()
    desk.mouse.wheel(0, 100_000)
    last = desk.locator(f"#{Desk.BOARD_UNITS} .ag-row[row-index='{UNITS - 1}']").first
    expect(last).to_be_in_viewport()
    desk.keyboard.press("Escape")
    desk.keyboard.press("r")
    expect(desk.locator(f"#{Desk.LEVELS}")).to_be_visible()
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
    wanted = ("call-open", "board-open", "commands-open", "help", "open", "zoom-in", "zoom-home")
    rows = desk.locator(f"#{Desk.QUEUE} button, #{Desk.QUEUE} [tabindex='0']").count()
    for _ in range(40 + rows):  # a storm's queue is as long as it is
        desk.keyboard.press("Tab")
        name, outline = desk.evaluate(FOCUSED)
        if name != "BODY":
            assert outline, f"{name} has the focus and does not show it"
        seen.append(str(name))
    for act in wanted:
        assert act in seen, f"{act} is not reached by Tab: {seen}"


def test_a_sheet_that_closes_gives_the_keyboard_back(running_system: RunningSystem, screens: Screens) -> None:
    """Else the key after it is typed into a field that nobody sees."""
    incident = storm(running_system)
    desk = screens.open("desk1", "desk", "en")
    row = desk.locator(f"#{Desk.QUEUE} [data-key='{incident['incident_id']}']")
    row.focus()
    for key, sheet in (
        ("n", f"#{Desk.CALL}"),
        ("l", f"#{Desk.BOARD}"),
        ("b", ".closures-sheet"),
        ("w", f"#{Desk.WALL}"),
    ):
        desk.keyboard.press(key)
        expect(desk.locator(sheet)).to_be_visible()
        assert desk.evaluate("selector => document.activeElement.closest(selector) !== null", sheet), key
        call = running_system.take_call(new_id(), "traffic", 102.72, 25.05, "draws the list again")
        expect(desk.locator(f"#{Desk.QUEUE} [data-key='{call['incident_id']}']")).to_be_attached()
        desk.keyboard.press("Escape")
        expect(desk.locator(sheet)).to_be_hidden()
        expect(row).to_be_focused()
