"""The desk's hands: taking a call by keyboard, the board of units and alerts, and the command bar."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from core.geo import LonLat, distance_m
from dashboard.ids import Desk
from tests.e2e.conftest import Screens
from tests.e2e.test_alerts import alert_now, alerts, an_alert
from tests.e2e.test_main_job import EARLY, open_assignments, storm, toast
from tests.running_system import RunningSystem

CROSSING = {"zh": ("bjl dfdl", "东风东路 × 北京路"), "en": ("beijing and dongfeng east", "Dongfeng East")}
SUBMIT = {"zh": ("立警", "并入"), "en": ("Open incident", "Add to")}


def call_form(desk: Page) -> Locator:
    return desk.locator(f"#{Desk.CALL}")


def in_place_field(desk: Page) -> None:
    """The keyboard goes from the category over the priority to the place."""
    expect(call_form(desk).locator("[name=category]")).to_be_focused()
    desk.keyboard.press("Tab")
    desk.keyboard.press("Tab")
    expect(call_form(desk).locator("[name=coordinates]")).to_be_focused()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_call_is_taken_by_keyboard_and_the_next_about_the_same_is_offered_it(
    running_system: RunningSystem, screens: Screens, language: str
) -> None:
    system = running_system
    system.begin_drill(EARLY, speed=1)
    typed, name = CROSSING[language]
    opens, adds = SUBMIT[language]
    desk = screens.open("desk1", "desk", language)
    form = call_form(desk)
    desk.keyboard.press("n")
    in_place_field(desk)
    desk.keyboard.type(typed)
    expect(form.locator(".found-places li").first).to_contain_text(name)
    desk.keyboard.press("Enter")
    expect(form.locator(".understood")).to_contain_text("± 50")
    expect(form.locator("[type=submit]")).to_contain_text(opens)
    desk.keyboard.press("Tab")  # the frame
    desk.keyboard.press("Tab")
    desk.keyboard.type("13800000000")
    desk.keyboard.press("Control+Enter")
    opened = desk.locator(f"#{Desk.PANEL} .incident")
    expect(opened).to_be_visible()
    first = opened.get_attribute("data-incident")
    [call] = system.rows("SELECT * FROM calls WHERE incident_id = %s", first)
    assert (call["caller"], call["accuracy_m"]) == ("13800000000", 100)
    desk.keyboard.press("Escape")

    desk.keyboard.press("n")
    in_place_field(desk)
    desk.keyboard.type(typed)
    desk.keyboard.press("Enter")  # faster than the answer: its first place is meant
    expect(form.locator(".similar li").first).to_be_visible()
    expect(form.locator("[type=submit]")).to_contain_text(adds)
    desk.keyboard.press("Control+Enter")
    expect(form).to_be_hidden()
    assert len(system.rows("SELECT * FROM calls WHERE incident_id = %s", first)) == 2

    desk.keyboard.press("Escape")
    desk.keyboard.press("n")
    in_place_field(desk)
    desk.keyboard.type(typed)
    desk.keyboard.press("Enter")
    form.locator("[data-do=call-new]").click()
    expect(form).to_be_hidden()
    assert len(system.rows("SELECT * FROM calls WHERE incident_id = %s", first)) == 2


def test_another_priority_asks_for_its_reason_and_keeps_what_was_typed(
    running_system: RunningSystem, screens: Screens
) -> None:
    system = running_system
    system.begin_drill(EARLY, speed=1)
    desk = screens.open("desk1", "desk", "en")
    form = call_form(desk)
    desk.keyboard.press("n")
    form.locator("[name=category]").select_option("traffic")
    expect(form.locator("[name=priority_reason]")).to_be_hidden()
    form.locator("[name=priority]").select_option("1")
    form.locator("[name=coordinates]").fill("102°43'12\"E 25°3'36\"N")
    expect(form.locator(".understood")).to_contain_text("WGS-84")
    form.locator("[type=submit]").click()
    expect(form.locator(".form-problem")).to_have_text("Write first why the priority is another")
    form.locator("[name=priority_reason]").fill("a child under the car")
    form.locator("[type=submit]").click()
    opened = desk.locator(f"#{Desk.PANEL} .incident")
    expect(opened.locator(".timeline")).to_contain_text("a child under the car")
    [incident] = system.rows(
        "SELECT * FROM incidents WHERE incident_id = %s", opened.get_attribute("data-incident")
    )
    assert incident["priority"] == 1
    assert distance_m(LonLat(incident["lon"], incident["lat"]), LonLat(102.72, 25.06)) < 1


def test_what_was_pasted_with_the_name_of_its_frame_sets_the_frame(screens: Screens) -> None:
    desk = screens.open("desk1", "desk", "en")
    form = call_form(desk)
    desk.keyboard.press("n")
    form.locator("[name=coordinates]").fill("https://uri.amap.com/marker?position=102.743783,25.020150&z=17")
    expect(form.locator(".understood")).to_contain_text("GCJ-02")
    expect(form.locator("[name=frame]")).to_have_value("GCJ-02")
    form.locator("[name=coordinates]").fill("40.0, 116.4")
    expect(form.locator(".understood")).to_contain_text("not in the city")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_board_lists_every_unit_and_takes_one_out_of_service(
    running_system: RunningSystem, screens: Screens, language: str
) -> None:
    system = running_system
    system.begin_drill(EARLY, speed=1)
    desk = screens.open("desk1", "desk", language)
    board = desk.locator(f"#{Desk.BOARD}")
    desk.keyboard.press("l")
    rows = board.locator(f"#{Desk.BOARD_UNITS} .ag-row")
    expect(rows.first).to_be_visible()
    [count] = system.rows("SELECT count(*) AS n FROM units")
    expect(board.locator(".board-count")).to_have_text(re.compile(rf"^{count['n']}\b"))
    headers = board.locator(f"#{Desk.BOARD_UNITS} .ag-header-cell-text")
    expect(headers).to_have_count(8)
    # Ages of positions arrive with the first answer.
    expect(board.locator("[col-id=fix]").nth(2)).to_have_text(re.compile(r"^\d"))

    [unit] = system.rows(
        "SELECT * FROM units WHERE status = 'available' AND unit_id NOT IN"
        " (SELECT unit_id FROM assignments WHERE status NOT IN ('cleared', 'stood_down'))"
        " ORDER BY callsign DESC LIMIT 1"
    )
    desk.keyboard.type(unit["callsign"])
    expect(rows.filter(has_text=unit["callsign"]).first).to_be_visible()
    rows.filter(has_text=unit["callsign"]).first.locator("[col-id=status]").click()
    card = desk.locator(f"#{Desk.UNIT_CARD}")
    expect(card).to_contain_text(unit["callsign"])
    card.locator("[data-do=unit-status]").click()
    words = {"zh": "停勤", "en": "Out of service"}[language]
    expect(rows.first.locator("[col-id=status]")).to_have_text(re.compile(words, re.IGNORECASE))
    [now] = system.rows("SELECT status FROM units WHERE unit_id = %s", unit["unit_id"])
    assert now["status"] == "out_of_service"
    toast(desk, "done").first.locator("[data-do=undo]").click()
    expect(rows.first.locator("[col-id=status]")).not_to_have_text(re.compile(words, re.IGNORECASE))
    [now] = system.rows("SELECT status FROM units WHERE unit_id = %s", unit["unit_id"])
    assert now["status"] == "available"

    # The grid's own menu speaks the page's language: a word that is missing is a complaint of the console.
    board.locator(
        "[col-id=status] .ag-header-cell-filter-button, [col-id=status] .ag-header-icon"
    ).first.click(force=True)
    expect(desk.locator(".ag-popup .ag-filter, .ag-popup .ag-menu").first).to_be_visible()
    shown = desk.locator(".ag-popup").inner_text()
    assert bool(re.search(r"[一-鿿]", shown)) == (language == "zh"), shown
    desk.keyboard.press("Escape")
    expect(desk.locator(".ag-popup-child")).to_have_count(0)
    expect(board).to_be_visible()
    desk.keyboard.press("Escape")
    expect(board).to_be_hidden()


def test_selected_alerts_are_acknowledged_shelved_and_cleared_together(
    running_system: RunningSystem, screens: Screens
) -> None:
    system = running_system
    alert = an_alert(system)
    desk = screens.open("desk1", "desk", "en")
    desk.keyboard.press("l")
    board = desk.locator(f"#{Desk.BOARD}")
    board.locator("[data-tab=alerts]").click()
    # The lowest row of a small board may lie half under its scrollbar.
    board.locator("[data-do=board-larger]").click()
    row = board.locator(f"#{Desk.BOARD_ALERTS} .ag-row[row-id='{alert['alert_id']}']")
    acts = board.locator(".board-acts")
    expect(acts).to_be_hidden()
    row.locator(".ag-checkbox-input").check()
    acts.locator("[data-act=acknowledge]").click()
    expect(row).to_contain_text("Acknowledged by 值班员一")
    row.locator(".ag-checkbox-input").check()
    acts.locator("[data-act=shelve]").click()
    board.locator("[data-do=board-shelve]").first.click()
    expect(board.locator(".board-asked .form-problem")).to_have_text("Write the reason first")
    board.locator(".board-asked textarea").fill("pump is being repaired")
    board.locator("[data-do=board-shelve]").first.click()
    expect(row).to_contain_text("Shelved")
    assert alert_now(system, alert)["shelve_reason"] == "pump is being repaired"
    desk.keyboard.press("Escape")
    desk.keyboard.press("u")
    desk.keyboard.press("l")
    expect(row).not_to_contain_text("Shelved")
    row.locator(".ag-checkbox-input").check()
    acts.locator("[data-act=clear]").click()
    board.locator(".board-asked textarea").fill("dry")
    board.locator("[data-outcome=false_alarm]").click()
    expect(row).to_have_count(0)
    assert alert_now(system, alert)["outcome"] == "false_alarm"
    assert alert["alert_id"] not in {a["alert_id"] for a in alerts(system)}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_from_alarm_to_dispatch_and_back_by_the_command_bar_alone(
    running_system: RunningSystem, screens: Screens, language: str
) -> None:
    system = running_system
    incident = storm(system)
    desk = screens.open("desk1", "desk", language)
    expect(desk.locator(f"#{Desk.QUEUE} [data-incident='{incident['incident_id']}']")).to_be_visible()
    bar = desk.locator(f"#{Desk.COMMANDS}")
    options = bar.locator("[role=option]")

    desk.keyboard.press("Control+k")
    desk.keyboard.type(incident["number"])
    expect(options.first).to_contain_text(incident["number"])
    desk.keyboard.press("Enter")
    opened = desk.locator(f"#{Desk.PANEL} [data-incident='{incident['incident_id']}']")
    expect(opened.locator(".best [data-do=dispatch]")).to_be_visible()
    desk.keyboard.press("/")
    desk.keyboard.type("dispatch" if language == "en" else "出警")
    desk.keyboard.press("Enter")
    expect(opened.locator(".assigned li")).to_have_count(1)
    assert len(open_assignments(system, incident["incident_id"])) == 1
    desk.keyboard.press("/")
    desk.keyboard.type("undo")
    desk.keyboard.press("Enter")
    expect(opened.locator(".assigned li")).to_have_count(0)
    assert open_assignments(system, incident["incident_id"]) == []

    # A place on the map, a unit, a call of a kind, and Esc back out of each.
    desk.keyboard.press("/")
    desk.keyboard.type("cuihu")
    expect(options.filter(has_text={"zh": "翠湖", "en": "Cuihu"}[language]).first).to_be_visible()
    desk.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    desk.keyboard.press("/")
    desk.keyboard.type({"zh": "交通", "en": "traffic"}[language])
    expect(options.first).to_be_visible()
    desk.keyboard.press("Enter")
    expect(call_form(desk)).to_be_visible()
    expect(call_form(desk).locator("[name=category]")).to_have_value("traffic")
    desk.keyboard.press("Escape")
    expect(call_form(desk)).to_be_hidden()
    desk.keyboard.press("Escape")
    expect(opened).to_have_count(0)


def test_the_sound_is_turned_off_and_stays_off(screens: Screens) -> None:
    desk = screens.open("desk1", "desk", "en")
    desk.keyboard.press("/")
    desk.keyboard.type("sound off")
    desk.keyboard.press("Enter")
    expect(toast(desk, "done").first).to_contain_text("Sound is off")
    desk.reload()
    expect(desk.locator("html[data-link=online]")).to_be_attached()
    assert desk.evaluate("window.cc.deskSound.on()") is False


def test_many_overdue_units_are_one_notice_and_push_out_no_answer(screens: Screens) -> None:
    desk = screens.open("desk1", "desk", "en")
    desk.evaluate("window.cc.say({kind: 'refused', action: 'dispatch', text: 'somebody was faster'})")
    overdue = """(callsign) => {
      for (const tell of window.cc.onEvent)
        tell({kind: "event", type: "unit.overdue", changes: {}, data: {status: "on_break", callsign}});
    }"""
    for number in range(5):
        desk.evaluate(overdue, f"K-{number}")
    shown = desk.locator(f"#{Desk.TOASTS} .toast")
    expect(shown).to_have_count(2)
    expect(shown.first).to_contain_text("somebody was faster")
    expect(shown.last).to_contain_text(
        "K-4 has been on a break for too long: please check (4 more are overdue)"
    )
    # Once it was read and closed, counting begins anew.
    shown.last.locator("[data-do=dismiss]").click()
    desk.evaluate(overdue, "K-5")
    expect(shown.last.locator("p")).to_have_text("K-5 has been on a break for too long: please check")


def test_notices_fold_to_three_name_the_key_once_and_lie_over_no_form(screens: Screens) -> None:
    desk = screens.open("desk1", "desk", "en")
    desk.keyboard.press("b")
    form = desk.locator(".closures-sheet")
    expect(form).to_be_visible()
    for number in range(5):
        notice = {
            "kind": "done",
            "action": "dispatch",
            "text": f"notice {number} " * 8,
            "undo": [f"a{number}"],
        }
        desk.evaluate("notice => window.cc.say(notice)", notice)
    shown = desk.locator(f"#{Desk.TOASTS} .toast")
    expect(shown).to_have_count(3)
    expect(shown.first).to_contain_text("notice 4")
    # The key takes back the newest; each of the others by its own button.
    expect(shown.locator("[data-do=undo]")).to_have_count(3)
    expect(shown.locator("kbd")).to_have_count(1)
    expect(shown.first.locator("kbd")).to_have_text("U")
    heights = [box["height"] for toast in shown.all() if (box := toast.bounding_box())]
    assert max(heights[1:]) < heights[0]
    lies, notices = form.bounding_box(), desk.locator(f"#{Desk.TOASTS}").bounding_box()
    assert lies and notices
    assert lies["x"] + lies["width"] <= notices["x"]
