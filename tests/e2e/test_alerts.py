"""What an officer does about alerts: takes charge, sets aside, clears, reads groups, sets the response level."""

from __future__ import annotations

import re
from dataclasses import replace
from time import sleep
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from bootstrap.catalogue import load_catalogue
from bootstrap.embedded import with_servers
from bootstrap.settings import load_settings
from bootstrap.wiring import wire
from dashboard.ids import Analysis, Desk, Phone, Wall
from tests.e2e.conftest import Screens
from tests.e2e.test_main_job import EARLY, toast
from tests.running_system import RunningSystem

RISEN = "10:20:00"
"""More than ten points are waterlogged then: begun there, the drill opens with a flood of alarms."""


def alerts(system: RunningSystem, where: str = "true") -> list[dict[str, Any]]:
    """Open alerts of this run, oldest first."""
    return system.rows(
        f"SELECT a.* FROM alerts a JOIN drill_clock USING (run) WHERE status <> 'cleared' AND {where}"  # noqa: S608
        " ORDER BY alert_id"
    )


def an_alert(system: RunningSystem) -> dict[str, Any]:
    """The drill begun afresh, slowly; an unacknowledged alert of it about standing water."""
    system.begin_drill(EARLY, speed=1)
    wanted = "status = 'active' AND rule_id = 'waterlogging-depth'"
    return system.until(lambda: alerts(system, wanted), 30, "an alert that nobody has")[0]


def everywhere_heavy(system: RunningSystem) -> None:
    """60 cm at every gauge on a road, all at once: more alarms in ten minutes than a seat can take."""
    at = system.now().isoformat()
    points = [p.point_id for p in load_catalogue().points.values() if p.road_kind is not None]
    sent = [{"point_id": p, "observed_at": at, "depth_cm": 60} for p in points]
    with system.device() as client:
        client.post("/api/v1/readings", json={"readings": sent}).raise_for_status()


def all_told(system: RunningSystem) -> None:
    """Waits until two seconds brought no further alert."""
    before = -1
    while before != (before := len(alerts(system))):
        sleep(2)


def alert_now(system: RunningSystem, alert: dict[str, Any]) -> dict[str, Any]:
    [found] = system.rows("SELECT * FROM alerts WHERE alert_id = %s", alert["alert_id"])
    return found


def test_two_acknowledgements_in_one_breath_are_both_made(
    running_system: RunningSystem, screens: Screens
) -> None:
    system = running_system
    an_alert(system)
    two = system.until(lambda: alerts(system, "status = 'active'")[1:3], 30, "two alerts")
    desk = screens.open("desk1", "desk", "zh")
    ids = [alert["alert_id"] for alert in two]
    desk.evaluate("ids => { for (const id of ids) window.cc.ask('ACKNOWLEDGE', { alert_ids: [id] }); }", ids)
    system.until(
        lambda: {alert_now(system, alert)["status"] for alert in two} == {"acknowledged"},
        30,
        "both acknowledged",
    )
    expect(toast(desk, "done").locator("[data-do=undo]")).to_have_count(2)


def open_alert(desk: Page, alert: dict[str, Any]) -> Locator:
    """Its panel, opened as a click on its row or on "about the alert" does."""
    desk.wait_for_function("id => window.cc.state.alerts.has(id)", arg=alert["alert_id"])
    desk.evaluate("id => window.cc.openAlert(id)", alert["alert_id"])
    panel = desk.locator(f"#{Desk.PANEL} [data-alert='{alert['alert_id']}'].alert-panel")
    expect(panel).to_be_visible()
    return panel


@pytest.mark.parametrize("way", ["click", "keyboard"])
def test_an_alert_is_taken_charge_of_set_aside_and_cleared(
    running_system: RunningSystem, screens: Screens, way: str
) -> None:
    system = running_system
    alert = an_alert(system)
    desk = screens.open("desk1", "desk", "en")
    panel = open_alert(desk, alert)
    expect(panel.locator(".reasons")).to_contain_text("depth of standing water")
    expect(panel.locator(".thresholds li")).not_to_have_count(0)

    if way == "click":
        panel.locator("[data-do=note-ask]").click()
        panel.locator("[data-form=note] textarea").fill("looked at the camera")
        panel.locator(".acknowledge").click()
    else:
        desk.keyboard.press("a")
    expect(panel.locator(".status")).to_contain_text("Acknowledged by 值班员一")
    assert alert_now(system, alert)["acknowledged_by"] == "值班员一"
    if way == "click":
        assert alert_now(system, alert)["note"] == "looked at the camera"

    form = panel.locator("[data-form=shelve]")
    if way == "click":
        panel.locator("[data-do=shelve-ask]").click()
        form.locator("[data-minutes='15']").click()
        expect(form.locator(".form-problem")).to_have_text("Write the reason first")
        form.locator("textarea").fill("pump is being repaired")
        form.locator("[data-minutes='15']").click()
    else:
        desk.keyboard.press("s")
        expect(form.locator("textarea")).to_be_focused()
        desk.keyboard.type("pump is being repaired")
        desk.keyboard.press("Tab")
        desk.keyboard.press("Enter")
    expect(panel.locator(".status")).to_have_text("Shelved")
    assert alert_now(system, alert)["shelve_reason"] == "pump is being repaired"

    if way == "click":
        toast(desk, "done").filter(has_text="Shelved").locator("[data-do=undo]").click()
    else:
        desk.keyboard.press("u")
    expect(panel.locator(".status")).not_to_have_text("Shelved")
    assert alert_now(system, alert)["shelved_until"] is None

    clear = panel.locator("[data-form=clear]")
    if way == "click":
        panel.locator("[data-do=clear-ask]").click()
        expect(clear.locator("[data-outcome=real]")).to_be_disabled()
        clear.locator("textarea").fill("dry, the gauge lies")
        clear.locator("[data-outcome=false_alarm]").click()
    else:
        desk.keyboard.press("c")
        expect(clear.locator("textarea")).to_be_focused()
        desk.keyboard.type("dry, the gauge lies")
        desk.keyboard.press("Tab")  # what is disabled is passed over
        desk.keyboard.press("Enter")
    expect(panel.locator(".status")).to_have_text("Cleared")
    cleared = alert_now(system, alert)
    assert (cleared["status"], cleared["outcome"], cleared["clear_note"]) == (
        "cleared",
        "false_alarm",
        "dry, the gauge lies",
    )
    desk.keyboard.press("Escape")
    desk.keyboard.press("Escape")
    expect(panel).to_have_count(0)


def test_in_a_flood_the_list_groups_itself_and_a_group_is_taken_whole(
    running_system: RunningSystem, screens: Screens
) -> None:
    system = running_system
    system.begin_drill(RISEN, speed=1)
    system.until(lambda: len(alerts(system)) > 12, 60, "more than a dozen alerts")
    everywhere_heavy(system)
    all_told(system)
    desk = screens.open("desk1", "desk", "en")
    expect(desk.locator(f"#{Desk.LOAD} .flood")).to_be_visible()
    groups = desk.locator(f"#{Desk.QUEUE} .row.is-group")
    expect(groups.first).to_be_visible()
    # Nobody was sent anywhere: each incident stands by itself, and a group says what else is inside.
    nobody = "SELECT count(*) AS n FROM incidents JOIN drill_clock USING (run) WHERE status = 'open'"
    expect(desk.locator(f"#{Desk.QUEUE} .rows > li > [data-incident]:not([data-incident=''])")).to_have_count(
        system.rows(nobody)[0]["n"]
    )
    expect(groups.first.locator(".dots")).to_contain_text(re.compile(r"[A-Z][a-z]+.* \d+"))

    # By its key: while the flood rises the list is sorted anew, and another one comes first.
    key = desk.locator(f"#{Desk.QUEUE} .is-group[data-waiting*=' ']").first.get_attribute("data-key")
    first = desk.locator(f"#{Desk.QUEUE} .group").filter(has=desk.locator(f".is-group[data-key='{key}']"))
    first.locator(".is-group").click()
    expect(first.locator(".group-rows li").first).to_be_visible()
    first.locator(".is-group").focus()
    waiting = (first.locator(".is-group").get_attribute("data-waiting") or "").split()
    assert len(waiting) > 1
    desk.keyboard.press("a")
    expect(toast(desk, "done").first).to_contain_text(f"Acknowledged: {len(waiting)}")
    assert {a["alert_id"] for a in alerts(system, "status = 'acknowledged'")} == set(waiting)
    desk.keyboard.press("u")
    expect(toast(desk, "done").first).to_contain_text(f"undone: {len(waiting)}")
    assert alerts(system, "status = 'acknowledged'") == []

    desk.keyboard.press("g")
    expect(groups).to_have_count(0)
    desk.keyboard.press("g")
    expect(groups.first).to_be_visible()


def test_the_response_level_is_set_with_a_reason_and_seen_on_the_wall_and_by_the_district(
    running_system: RunningSystem, screens: Screens
) -> None:
    system = running_system
    system.begin_drill(EARLY, speed=1)
    wall = screens.open("wall", "wall", "en")
    phone = screens.open("phone", "m", "en")
    expect(wall.locator(f"#{Wall.LEVEL} .level-city")).to_have_class("level-city everyday")
    desk = screens.open("admin", "desk", "en")
    desk.keyboard.press("r")
    sheet = desk.locator(f"#{Desk.LEVELS}")
    for area, step in (("5301", "III"), ("530111", "II")):
        sheet.locator(f".level-line[data-area='{area}']").click()
        sheet.locator(f"[data-do=level-step][data-level='{step}']").click()
        sheet.locator("[data-do=level-set]").click()
        expect(sheet.locator(".form-problem")).to_have_text("Write the reason first")
        sheet.locator("textarea").fill("rain of the next three hours")
        # A sheet that is closed before anything was sent costs nobody what was typed.
        desk.keyboard.press("Escape")
        expect(sheet.locator(".level-form")).to_have_count(0)
        sheet.locator(f".level-line[data-area='{area}']").click()
        expect(sheet.locator("textarea")).to_have_value("rain of the next three hours")
        sheet.locator(f"[data-do=level-step][data-level='{step}']").click()
        expect(sheet.locator("textarea")).to_have_value("rain of the next three hours")
        sheet.locator("[data-do=level-set]").click()
        expect(sheet.locator(".level-form")).to_have_count(0)
        expect(sheet.locator(f".level-line[data-area='{area}'] .level-step")).not_to_have_text("Everyday")
    expect(sheet.locator(".level-reason").first).to_contain_text("rain of the next three hours")
    # Guandu stands higher than the city: the bar says so.
    expect(desk.locator(f"#{Desk.LEVEL} .level-worst")).to_contain_text("Guandu")
    expect(wall.locator(f"#{Wall.LEVEL} .level-city")).to_contain_text("Response Ⅲ")
    expect(wall.locator(f"#{Wall.LEVEL} .level-districts")).to_contain_text("Response Ⅱ")
    expect(phone.locator(f"#{Phone.LEVEL}")).to_contain_text("Response Ⅱ")
    stands = system.rows("SELECT * FROM response_levels WHERE jurisdiction = '5301'")[0]
    assert (stands["level"], stands["set_by"], stands["reason"]) == (
        "III",
        "管理员",
        "rain of the next three hours",
    )
    desk.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    desk.locator("[data-do=load-explain]").click()
    expect(desk.locator(".load-said")).to_contain_text("an alarm flood")
    desk.keyboard.press("Escape")
    expect(desk.locator(".load-said")).to_have_count(0)
    officer = screens.open("desk1", "desk")
    officer.keyboard.press("r")
    expect(officer.locator(f"#{Desk.LEVELS} .level-line[data-area='5301']")).to_be_disabled()


def test_a_phone_takes_charge_of_its_own_alert(running_system: RunningSystem, screens: Screens) -> None:
    system = running_system
    system.begin_drill(EARLY, speed=1)
    system.until(lambda: alerts(system, "jurisdiction LIKE '530111%%'"), 30, "an alert in Guandu")
    phone = screens.open("phone", "m", "en")
    button = phone.locator(f"#{Phone.QUEUE} .card-row .acknowledge").first
    taken = (button.get_attribute("data-alert") or "").split()
    button.click()
    expect(phone.locator(f"#{Phone.TOASTS} .toast.done")).to_contain_text("Acknowledged")
    assert {a["acknowledged_by"] for a in alerts(system) if a["alert_id"] in taken} == {"官渡区分中心"}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_analyst_lands_on_the_analysis_and_takes_its_tables_away(
    running_system: RunningSystem, screens: Screens, language: str
) -> None:
    an_alert(running_system)
    page = screens.open_page("analyst", "/", language)
    expect(page).to_have_url(f"{running_system.base_url}/analysis/")
    body = page.locator(f"#{Analysis.REPORT}")
    expect(body.locator(".headline > div")).to_have_count(6)
    expect(body.locator("table").first).to_contain_text(
        "积水深度" if language == "zh" else "depth of standing water"
    )
    expect(body.locator(".main-svg").first).to_be_visible()
    page.locator("[data-period=all]").click()
    expect(body.locator(".headline > div")).to_have_count(6)
    for button, name in ((Analysis.ASKED_RULES, "rules"), (Analysis.ASKED_ALERTS, "alerts")):
        with page.expect_download() as download:
            page.locator(f"#{button}").click()
        assert download.value.suggested_filename == f"{name}-all.csv"
        text = download.value.path().read_text(encoding="utf-8-sig")
        assert len(text.splitlines()) > 1
        assert text.startswith("rule_id," if name == "rules" else "alert_id,")


def gap(system: RunningSystem) -> dict[str, Any]:
    """A street of which nobody reaches much, and of which the city remembers that it usually was reached."""
    parts = wire(with_servers(load_settings(data_dir=system.data_dir, mode="drill")), with_roads=False)
    coverage = parts.ports.coverage

    def remembered() -> list[dict[str, Any]]:
        record = coverage.newest()
        low = {code: area for code, area in record.areas.items() if area.covered < 0.3} if record else {}
        street = next((code for code in sorted(low) if code.startswith("530111") and len(code) == 9), None)
        # Whoever measures at this moment writes over it: said again until it is believed.
        if record is not None and street is not None:
            usual = replace(low[street], usual=0.95, watched_s=7_200.0)
            coverage.keep(replace(record, areas={**record.areas, street: usual}))
        sleep(1)
        return alerts(system, "rule_id = 'coverage-gap'")

    return system.until(remembered, 60, "a gap in coverage")[0]


def test_a_gap_in_coverage_is_shown_where_it_is_and_taken_charge_of(
    running_system: RunningSystem, screens: Screens
) -> None:
    system = running_system
    system.begin_drill(EARLY, speed=20)
    alert = gap(system)
    desk = screens.open("desk1", "desk", "en")
    page = desk.locator("html")
    panel = open_alert(desk, alert)
    expect(panel.locator(".lacking li")).not_to_have_count(0)
    expect(panel.locator(".lacking li").first).to_contain_text("covered now, usually 9")
    expect(panel.locator(".move-up h3")).to_have_text("Move-up advice")
    expect(page).to_have_attribute("data-coverage", "shown")
    desk.keyboard.press("a")
    expect(panel.locator(".status")).to_contain_text("Acknowledged by 值班员一")
    assert alert_now(system, alert)["acknowledged_by"] == "值班员一"
    desk.keyboard.press("Escape")
    expect(page).to_have_attribute("data-coverage", "hidden")

    phone = screens.open("phone", "m", "zh")
    phone.wait_for_function("id => window.cc.state.alerts.has(id)", arg=alert["alert_id"])
