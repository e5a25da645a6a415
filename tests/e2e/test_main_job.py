"""The main job as people do it: an incident is chosen, a unit sent, seen to arrive, and the incident closed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from bootstrap.catalogue import load_catalogue
from core.actor import CITY
from core.geo import LonLat, distance_m
from dashboard.ids import Desk, Phone, Wall
from dashboard.view_models.durations import minutes_seconds
from tests.e2e.conftest import Screens, live
from tests.running_system import RunningSystem

GUANDU, PANLONG = "530111", "530103"
EARLY = "09:10:30"
"""Four roads are cut then: few enough incidents that a wall shows them all."""
MINUTES_SECONDS = re.compile(r"^\d+:\d\d$")

# Made with the published formula (eviltransform) from the WGS-84 place: 330 m lie between the two.
SHIHUGUAN = LonLat(102.7423, 25.0231)
SHIHUGUAN_GCJ02 = LonLat(102.743783, 25.020150)


@dataclass(frozen=True)
class Words:
    """What the screens must say in one language."""

    dispatch: str
    by_road: str
    dispatched: str
    on_scene: str
    close: str
    closed: str
    nobody: str
    title: str


WORDS = {
    "zh": Words("出警", "沿路", "已出警：", "已到达", "销警", "已销警：", "无人出警", "title_zh"),
    "en": Words(
        "Dispatch",
        "by road",
        "Dispatched: ",
        "On scene",
        "Close incident",
        "Closed: ",
        "Nobody sent",
        "title_en",
    ),
}


def storm(system: RunningSystem, jurisdiction: str = GUANDU) -> dict[str, Any]:
    """The storm begun afresh, slowly; answers an incident of it that waits for somebody."""
    system.begin_drill(EARLY, speed=1)
    found = system.until(
        lambda: system.rows(
            "SELECT i.* FROM incidents i JOIN drill_clock USING (run) JOIN recommendations USING (incident_id)"
            " WHERE i.jurisdiction = %s AND status = 'open'"
            # Far enough that the unit is seen on its way: who stands at the next corner is there at once.
            " AND (candidates -> 0 ->> 'travel_time_s')::float > 60"
            " ORDER BY i.number",
            jurisdiction,
        ),
        30,
        "an incident of the storm with advice",
    )
    return found[0]


def row(page: Page, ids: type[Desk] | type[Phone], incident: dict[str, Any]) -> Locator:
    return page.locator(f"#{ids.QUEUE} [data-incident='{incident['incident_id']}']")


def panel(page: Page, ids: type[Desk] | type[Phone], incident: dict[str, Any]) -> Locator:
    return page.locator(f"#{ids.PANEL} [data-incident='{incident['incident_id']}']")


def best(page: Page, incident: dict[str, Any]) -> Locator:
    """The recommended unit in the desk's panel."""
    return panel(page, Desk, incident).locator(".best")


def toast(page: Page, kind: str) -> Locator:
    return page.locator(f"#{Desk.TOASTS} .toast.{kind}")


def open_assignments(system: RunningSystem, of: object) -> list[dict[str, Any]]:
    """Those of an incident or of a unit."""
    return system.rows(
        "SELECT * FROM assignments WHERE %s IN (incident_id, unit_id)"
        " AND status NOT IN ('cleared', 'stood_down')",
        of,
    )


def test_the_first_picture_is_there_within_a_minute(running_system: RunningSystem) -> None:
    assert running_system.first_alert_s < 60
    assert running_system.first_movement_s < 60


@pytest.mark.parametrize(("language", "way"), [("zh", "queue"), ("en", "map")])
def test_an_incident_from_the_queue_or_the_map_to_its_end(
    running_system: RunningSystem, screens: Screens, language: str, way: str
) -> None:
    words, system = WORDS[language], running_system
    incident = storm(system)
    point = load_catalogue().points[incident["point_id"]]
    name = point.name_zh if language == "zh" else point.name_en
    wall = screens.open("wall", "wall", language)
    phone = screens.open("phone", "m", language)
    desk = screens.open("desk1", "desk", language)
    place = wall.locator(f"#{Wall.QUEUE} .row").filter(has_text=name)
    expect(place).to_contain_text(words.nobody)
    expect(row(phone, Phone, incident)).to_contain_text(words.nobody)

    if way == "queue":
        row(desk, Desk, incident).click()
    else:
        desk.locator(f"#{Desk.MAP} .leaflet-marker-icon[title='{incident[words.title]}']").click()
    advice = best(desk, incident)
    expect(advice.locator(".minutes")).to_have_text(MINUTES_SECONDS)
    expect(advice.locator(".reason:not(.uncovers)")).to_contain_text(words.by_road)
    callsign = advice.locator(".who b").inner_text()
    button = advice.get_by_role("button", name=words.dispatch)
    expect(button).to_contain_text(callsign)
    button.click()
    expect(toast(desk, "done").first).to_contain_text(words.dispatched + callsign)
    expect(panel(desk, Desk, incident).locator(".assigned")).to_contain_text(callsign)

    expect(place).to_contain_text(callsign)
    expect(row(phone, Phone, incident)).to_contain_text(callsign)
    row(phone, Phone, incident).click()
    coming = panel(phone, Phone, incident).locator(".assigned li")
    expect(coming).to_contain_text(callsign)
    expect(coming.locator(".eta")).not_to_be_empty()
    expect(wall.locator(f"#{Wall.RESPONSE} .key-figure")).not_to_have_text(MINUTES_SECONDS)

    system.set_speed(30)
    arrived = system.until(
        lambda: system.rows(
            "SELECT first_on_scene_at - opened_at AS took FROM incidents"
            " WHERE incident_id = %s AND first_on_scene_at IS NOT NULL",
            incident["incident_id"],
        ),
        60,
        "the unit on scene",
    )
    system.set_speed(1)
    expect(panel(desk, Desk, incident).locator(".assigned")).to_contain_text(words.on_scene)
    expect(coming).to_contain_text(words.on_scene)
    expect(place).to_contain_text(words.on_scene)
    took = minutes_seconds(arrived[0]["took"].total_seconds())
    expect(wall.locator(f"#{Wall.RESPONSE} .key-figure")).to_have_text(took)

    panel(desk, Desk, incident).get_by_role("button", name=words.close).click()
    # A unit is there still: closing takes it back, so the panel asks first.
    expect(panel(desk, Desk, incident).locator("[data-do=close-keep]")).to_be_focused()
    panel(desk, Desk, incident).locator("[data-do=close-incident]").click()
    expect(toast(desk, "done").filter(has_text=words.closed + incident["number"])).to_be_visible()
    expect(row(desk, Desk, incident)).to_have_count(0)
    expect(row(phone, Phone, incident)).to_have_count(0)
    assert open_assignments(system, incident["incident_id"]) == []


def test_of_two_officers_one_gets_the_unit_and_the_other_hears_who_has_it(
    running_system: RunningSystem, screens: Screens
) -> None:
    system = running_system
    storm(system)
    # Further apart than calls of one incident lie, and near enough to want the same units.
    calls = [
        system.take_call(
            f"two-officers-{n}", "traffic", SHIHUGUAN.lon, SHIHUGUAN.lat + 0.002 * n, f"two officers {n}"
        )
        for n in (1, 2)
    ]
    desks = [screens.open(login, "desk") for login in ("desk1", "desk2")]
    for desk, call in zip(desks, calls, strict=True):
        row(desk, Desk, call).click()
        expect(best(desk, call)).to_be_visible()
    wanted = best(desks[0], calls[0]).get_attribute("data-route")
    buttons = []
    for desk, call in zip(desks, calls, strict=True):
        button = (
            f"#{Desk.PANEL} [data-incident='{call['incident_id']}'] [data-do^=dispatch][data-unit='{wanted}']"
        )
        expect(desk.locator(button)).to_have_count(1)
        buttons.append(button)
    at = desks[0].evaluate("Date.now()") + 500
    for desk, button in zip(desks, buttons, strict=True):
        # Whoever is advised another unit says why it is this one.
        desk.evaluate(
            """([button, at]) => setTimeout(() => {
              const pressed = document.querySelector(button), why = pressed.closest(".asks-why");
              if (why) why.querySelector("select.override").value = "local_knowledge";
              pressed.click();
            }, at - Date.now())""",
            [button, at],
        )
    # Other news may pop up beside the answer; who has the unit stands in the database, once.
    system.until(lambda: open_assignments(system, wanted), 30, "the unit on its way")
    [standing] = open_assignments(system, wanted)
    [winner] = [n for n, call in enumerate(calls) if call["incident_id"] == standing["incident_id"]]
    expect(toast(desks[winner], "done").first).to_be_visible()
    refusal = toast(desks[1 - winner], "refused").first
    expect(refusal).to_contain_text(standing["callsign"])
    expect(refusal).to_contain_text(standing["dispatched_by"])
    expect(refusal).to_contain_text(calls[winner]["incident_number"])
    assert open_assignments(system, calls[1 - winner]["incident_id"]) == []

    # On a busy desk it stands whole and first, however much else is told and however long, until the next action.
    loser, words = desks[1 - winner], refusal.locator("p").inner_text()
    loser.evaluate(
        """() => {
          for (let n = 0; n < 5; n++) cc.say({ kind: "refused", action: "overdue", text: `单位 ${n} 超时` });
          const now = performance.now.bind(performance);
          performance.now = () => now() + 120000;
          cc.say({ kind: "done", action: "other", text: "别的事" });
        }"""
    )
    expect(refusal).to_contain_text(words)
    expect(refusal).not_to_have_class(re.compile("older"))
    loser.evaluate(
        "cc.ask('NOTE', {about: 'incident', subject_id: cc.selected, text: 'x', key: cc.newKey()})"
    )
    expect(loser.locator(".toast").filter(has_text=words)).to_have_count(0)


def test_a_dispatch_by_keyboard_is_taken_back_by_keyboard(
    running_system: RunningSystem, screens: Screens
) -> None:
    system = running_system
    storm(system)
    desk = screens.open("desk1", "desk")
    expect(desk.locator(f"#{Desk.QUEUE} [data-key]").first).to_be_visible()
    desk.keyboard.press("Enter")
    opened = desk.locator(f"#{Desk.PANEL} .incident")
    incident = {"incident_id": opened.get_attribute("data-incident")}
    expect(best(desk, incident)).to_be_visible()
    unit = best(desk, incident).get_attribute("data-route")
    desk.keyboard.press("d")
    expect(opened.locator(".assigned li")).to_have_count(1)
    assert len(open_assignments(system, unit)) == 1
    desk.keyboard.press("u")
    expect(opened.locator(".assigned li")).to_have_count(0)
    expect(row(desk, Desk, incident)).to_contain_text(WORDS["zh"].nobody)
    assert open_assignments(system, incident["incident_id"]) == []
    [freed] = system.rows("SELECT status FROM units WHERE unit_id = %s", unit)
    assert freed["status"] == "available"
    desk.keyboard.press("Escape")
    expect(opened).to_have_count(0)


def test_a_call_with_a_pasted_gcj02_place_stands_at_the_wgs84_place(
    running_system: RunningSystem, screens: Screens
) -> None:
    system = running_system
    storm(system)
    desk = screens.open("desk1", "desk", "en")
    desk.keyboard.press("n")
    form = desk.locator(f"#{Desk.CALL}")
    form.locator("[name=category]").select_option("trapped")
    form.locator("[name=coordinates]").fill(f"{SHIHUGUAN_GCJ02.lat}, {SHIHUGUAN_GCJ02.lon}")
    form.locator("[name=frame]").select_option("GCJ-02")
    form.locator("[name=caller]").fill("13800000000")
    form.locator("[name=text]").fill("a car in the water, gcj-02")
    form.get_by_role("button", name="Open incident").click()
    opened = desk.locator(f"#{Desk.PANEL} .incident")
    expect(opened).to_be_visible()
    [call] = system.rows("SELECT * FROM calls WHERE text = 'a car in the water, gcj-02'")
    assert opened.get_attribute("data-incident") == call["incident_id"]
    assert distance_m(LonLat(call["lon"], call["lat"]), SHIHUGUAN) < 1
    [incident] = system.rows("SELECT * FROM incidents WHERE incident_id = %s", call["incident_id"])
    assert distance_m(LonLat(incident["lon"], incident["lat"]), SHIHUGUAN) < 1
    expect(form).to_be_hidden()


def test_a_sub_centre_sees_its_own_jurisdiction_only(running_system: RunningSystem, screens: Screens) -> None:
    system = running_system
    storm(system)
    elsewhere = system.take_call("elsewhere", "traffic", 102.72, 25.06, "north of the centre")
    [other] = system.rows(
        "SELECT jurisdiction FROM incidents WHERE incident_id = %s", elsewhere["incident_id"]
    )
    assert other["jurisdiction"] == PANLONG
    desk = screens.open("desk1", "desk")
    phone = screens.open("phone", "m")
    expect(row(desk, Desk, elsewhere)).to_be_visible()
    known = "kind => [...new Set([...window.cc.state[kind].values()].map(item => item.jurisdiction))]"
    for kind in ("incidents", "alerts", "units"):
        # What is said about the whole city concerns a district too, to read.
        assert {code[:6] for code in phone.evaluate(known, kind)} - {CITY} == {GUANDU}, kind
    assert CITY not in phone.evaluate(known, "units") + phone.evaluate(known, "incidents")
    expect(row(phone, Phone, elsewhere)).to_have_count(0)
    own = system.rows(
        "SELECT incident_id FROM incidents JOIN drill_clock USING (run)"
        " WHERE status <> 'closed' AND jurisdiction = %s",
        GUANDU,
    )
    for incident in own:
        expect(row(phone, Phone, incident)).to_be_visible()


def test_the_language_is_switched_on_the_screen_and_back(
    running_system: RunningSystem, screens: Screens
) -> None:
    desk = screens.open("desk1", "desk")
    expect(desk.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(desk.locator("h1")).to_have_text("昆明指挥中心")
    desk.get_by_role("link", name="English").click()
    expect(desk.locator("html")).to_have_attribute("lang", "en")
    expect(desk.locator("h1")).to_have_text("Kunming Command Centre")
    live(desk)
    desk.get_by_role("link", name="中文").click()
    expect(desk.locator("h1")).to_have_text("昆明指挥中心")
    live(desk)


def test_signing_out_ends_the_live_link_of_every_page(
    running_system: RunningSystem, screens: Screens
) -> None:
    wall = screens.open("admin", "wall", "en")
    desk = screens.watched(wall.context)
    desk.goto("/desk/")
    live(desk)
    desk.get_by_role("link", name="Sign out").click()
    expect(desk).to_have_url(re.compile("/login"))
    expect(wall.locator("html[data-link=signed_out]")).to_be_attached()
    expect(wall.locator(f"#{Wall.TRUTH}")).to_contain_text("Signed out")
    wall.get_by_role("link", name="Sign in again").click()
    expect(wall).to_have_url(re.compile("/login"))
