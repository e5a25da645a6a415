"""No word of the other language on any face: what is seen, what a screen reader says, dates and the grid included."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from access.demo import DEMO_ACCOUNTS
from dashboard.ids import Analysis, Desk, Phone, Wall
from tests.e2e.conftest import Screens, live
from tests.e2e.test_alerts import alerts, open_alert
from tests.e2e.test_main_job import best, storm
from tests.running_system import RunningSystem

SAID = """() => {
  const said = [], spoken = ["title", "aria-label", "placeholder", "alt"];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    if (node.nodeType === Node.TEXT_NODE) {
      const within = node.parentElement;
      if (!within.closest("script, style, kbd") && within.checkVisibility()) said.push(node.textContent.trim());
    } else if (node.checkVisibility()) {
      for (const name of spoken) said.push((node.getAttribute(name) || "").trim());
    }
  }
  return [document.title, ...said].filter(Boolean);
}"""
CHINESE = re.compile(r"[\u4e00-\u9fff]+")
LATIN = re.compile(r"[A-Za-z]{3,}")
SPELT_SO = re.compile(
    r"WGS-84|GCJ-02|BD-09|English|Esc|Enter|Ctrl|Alt|CSV|PDF|CAP|EEMUA ?191|ISA|GPS|KM\d+|RG\d+|PS\d+|min"
    r"|OpenStreetMap|[\w.-]+@[\d.]+",
    re.IGNORECASE,
)
"""Names and units that are spelt in Latin letters in Chinese too."""


def strange(page: Page, language: str, names: list[str]) -> list[str]:
    """What the page says in the other language. `names` are data that has no other spelling: callsigns, people."""
    found = []
    for said in page.evaluate(SAID):
        rest = said
        for name in names:
            rest = rest.replace(name, "")
        rest = SPELT_SO.sub("", rest) if language == "zh" else rest.replace("中文", "")
        if (LATIN if language == "zh" else CHINESE).search(rest):
            found.append(said)
    return found


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_face_speaks_one_language(
    running_system: RunningSystem, screens: Screens, language: str
) -> None:
    system = running_system
    incident = storm(system)
    callsigns = [row["callsign"] for row in system.rows("SELECT callsign FROM units")]
    logins = [account.login for account in DEMO_ACCOUNTS]
    # Who said it and what was said stays as it was said.
    said = system.rows(
        "SELECT DISTINCT unnest(ARRAY[actor_name, data->>'source', data->>'note', data->>'text', data->>'caller'])"
        " AS words FROM journal"
    )
    people = [row["words"] for row in said if row["words"]] + [
        name for account in DEMO_ACCOUNTS for name in (account.name_zh, account.name_en)
    ]
    names = sorted({*callsigns, *people, *logins}, key=len, reverse=True)

    wall = screens.open("wall", "wall", language)
    expect(wall.locator(f"#{Wall.QUEUE} .row").first).to_be_visible()
    expect(wall.locator(".date")).to_have_text(
        {"zh": re.compile(r"^2026年8月18日\s?星期二$"), "en": re.compile(r"^Tuesday,? 18 August 2026$")}[
            language
        ]
    )
    assert strange(wall, language, names) == [], "the wall"

    phone = screens.open("phone", "m", language)
    row = phone.locator(f"#{Phone.QUEUE} [data-incident='{incident['incident_id']}']")
    expect(row).to_be_visible()
    assert strange(phone, language, names) == [], "the phone's list"
    row.click()
    expect(phone.locator(f"#{Phone.PANEL} .incident")).to_be_visible()
    assert strange(phone, language, names) == [], "the phone's incident"

    desk = screens.open("desk1", "desk", language)
    expect(desk.locator(f"#{Desk.QUEUE} [data-incident='{incident['incident_id']}']")).to_be_visible()
    assert strange(desk, language, names) == [], "the desk"
    desk.locator(f"#{Desk.QUEUE} [data-incident='{incident['incident_id']}']").click()
    expect(best(desk, incident)).to_be_visible()
    assert strange(desk, language, names) == [], "an incident"
    open_alert(desk, system.until(lambda: alerts(system), 30, "an alert")[0])
    assert strange(desk, language, names) == [], "an alert"
    desk.keyboard.press("Escape")
    for key in ("n", "?", "r"):
        desk.keyboard.press(key)
        assert strange(desk, language, names) == [], f"after {key}"
        desk.keyboard.press("Escape")
    desk.keyboard.press("/")
    expect(desk.locator(f"#{Desk.COMMANDS} [role=option]").first).to_be_visible()
    assert strange(desk, language, names) == [], "the command bar"
    desk.keyboard.press("Escape")
    desk.keyboard.press("l")
    for tab, place in (("units", Desk.BOARD_UNITS), ("alerts", Desk.BOARD_ALERTS)):
        desk.locator(f"[data-tab={tab}]").click()
        expect(desk.locator(f"#{place} .ag-row").first).to_be_visible()
        assert strange(desk, language, names) == [], f"the board of {tab}"

    page = screens.open_page("analyst", "/analysis/", language)
    expect(page.locator(f"#{Analysis.REPORT} .headline").first).to_be_visible()
    assert strange(page, language, names) == [], "the analysis"
    page.wait_for_load_state("networkidle")
    page.goto("/logout")
    page.goto("/login")
    assert strange(page, language, names) == [], "the sign-in"


def test_the_english_bar_of_a_desk_of_1600_pixels_is_one_line_that_names_the_city_and_leads_to_the_sign_ins(
    screens: Screens,
) -> None:
    desk = screens.open_page("desk1", "/desk/", "en", (1600, 900))
    live(desk)
    bar = desk.locator("header.bar")
    expect(bar.locator("h1")).to_have_text("Kunming Command Centre")
    expect(bar.locator(".drill-label")).to_be_visible()
    for part in (bar.locator("h1"), bar.locator("a[href='/sessions']"), bar.locator("a[href='/logout']")):
        box = part.bounding_box()
        assert box
        assert box["width"] > 30
        assert box["height"] > 10
        assert box["x"] + box["width"] <= 1600
    whole = bar.bounding_box()
    assert whole
    assert whole["height"] < 60
