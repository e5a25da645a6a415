"""Dispatching beyond the first unit: a further one, one in its place, one taken off, one asked for, one moved up."""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import count, pairwise
from typing import Any

from playwright.sync_api import Locator, Page, expect

from access.demo import DEMO_PASSWORD
from bootstrap.embedded import with_servers
from bootstrap.settings import load_settings
from bootstrap.users import add
from core.actor import Role
from core.errors import ConflictError
from core.geo import LonLat
from dashboard.ids import Desk, Phone
from roads.areas import district_of
from tests.e2e.conftest import Screens
from tests.e2e.ink import inked
from tests.e2e.test_main_job import (
    EARLY,
    GUANDU,
    PANLONG,
    best,
    open_assignments,
    panel,
    row,
    toast,
)
from tests.running_system import RunningSystem

_keys = count()


def call(system: RunningSystem, category: str, lon: float, lat: float) -> dict[str, Any]:
    """A call whose advice is there."""
    key = f"dispatch-paths-{next(_keys)}"
    taken = system.take_call(key, category, lon, lat, key)
    system.until(lambda: candidates(system, taken), 30, "advice for the call")
    return taken


def candidates(system: RunningSystem, incident: dict[str, Any]) -> list[dict[str, Any]]:
    """Those of the newest advice."""
    found = system.rows(
        "SELECT candidates FROM recommendations WHERE incident_id = %s ORDER BY recommendation_id DESC LIMIT 1",
        incident["incident_id"],
    )
    return list(found[0]["candidates"]) if found else []


def opened(desk: Page, incident: dict[str, Any]) -> Locator:
    row(desk, Desk, incident).click()
    return panel(desk, Desk, incident)


def units_on(system: RunningSystem, incident: dict[str, Any]) -> set[str]:
    return {a["unit_id"] for a in open_assignments(system, incident["incident_id"])}


def ways_drawn(page: Page, incident: dict[str, Any]) -> int:
    """How many of the recommended units have their whole way on the map: dashes lie on a casing."""
    paths = page.evaluate(
        "id => cc.state.recommendations.get(id).candidates.filter((c) => c.need !== null).map((c) => c.path)",
        incident["incident_id"],
    )
    middles = [[((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in pairwise(path)] for path in paths]
    return sum(inked(page, places) == len(places) for places in middles)


def test_a_package_goes_with_one_key_and_is_taken_back_whole_with_another(
    running_system: RunningSystem, screens: Screens
) -> None:
    system = running_system
    system.begin_drill(EARLY, speed=1)
    incident = call(system, "crowd", 102.752, 25.012)
    desk = screens.open("desk1", "desk", "en")
    shown = opened(desk, incident)
    expect(best(desk, incident).locator(".package li")).to_have_count(2)
    system.until(lambda: ways_drawn(desk, incident) == 2, 10, "the ways of both units drawn")
    desk.keyboard.press("d")
    system.until(lambda: len(units_on(system, incident)) == 2, 30, "two units sent")
    expect(toast(desk, "done").locator("[data-do=undo]")).to_be_visible()
    desk.keyboard.press("u")
    system.until(lambda: not units_on(system, incident), 30, "both units free again")
    expect(shown.locator(".assigned li")).to_have_count(0)
    expect(toast(desk, "done").filter(has_text="Undone, stood down: ")).to_have_count(1)


def test_a_package_is_advised_anew_when_its_second_unit_has_gone_elsewhere(
    running_system: RunningSystem, screens: Screens
) -> None:
    system = running_system
    system.begin_drill(EARLY, speed=1)
    elsewhere = call(system, "traffic", 102.70, 25.05)
    incident = call(system, "crowd", 102.752, 25.012)
    desk = screens.open("desk1", "desk", "en")
    opened(desk, incident)
    send = best(desk, incident).locator("[data-do=dispatch]")
    expect(best(desk, incident).locator(".package li")).to_have_count(2)
    gone = (send.get_attribute("data-unit") or "").split()[1]
    desk.evaluate(
        "request => window.cc.ask('DISPATCH', request)",
        {"incident_id": elsewhere["incident_id"], "unit_ids": [gone], "override_reason": "other_task"},
    )
    expect(send).not_to_have_attribute("data-unit", re.compile(gone))


def test_another_unit_takes_over_and_a_further_one_is_sent(
    running_system: RunningSystem, screens: Screens
) -> None:
    system = running_system
    system.begin_drill(EARLY, speed=1)
    incident = call(system, "traffic", 102.752, 25.012)
    desk = screens.open("desk1", "desk", "en")
    shown = opened(desk, incident)
    best(desk, incident).get_by_role("button", name="Dispatch").click()
    expect(shown.locator(".assigned li")).to_have_count(1)
    [first] = units_on(system, incident)

    more = shown.locator("details.others").filter(has_text="Send another unit")
    more.locator("summary").click()
    # A further unit needs no reason, so none is asked before one is to take over; Esc takes the question back.
    expect(more.locator("select.override >> visible=true")).to_have_count(0)
    other = more.locator("li").first
    other.get_by_role("button", name="Take over from").click()
    expect(other.locator("select.override")).to_be_focused()
    desk.keyboard.press("Escape")
    expect(other.locator("select.override")).to_be_hidden()
    other.get_by_role("button", name="Take over from").click()
    other.locator("[data-do=take-over]").click()
    expect(other.locator(".form-problem")).to_have_text("Choose a reason first")
    assert units_on(system, incident) == {first}
    other.locator("select.override").select_option("no_radio")
    expect(other.locator(".form-problem")).to_have_text("")
    other.locator("[data-do=take-over]").click()
    system.until(lambda: units_on(system, incident) - {first}, 30, "another unit in its place")
    [second] = units_on(system, incident)
    expect(shown.locator(".assigned li")).to_have_count(1)
    [freed] = system.rows("SELECT status FROM units WHERE unit_id = %s", first)
    assert freed["status"] == "available"
    [why] = system.rows(
        "SELECT override_reason FROM assignments WHERE incident_id = %s AND unit_id = %s",
        incident["incident_id"],
        second,
    )
    assert why["override_reason"] == "no_radio"

    # It stays unfolded while the panel is drawn again.
    more.locator(f"[data-do=dispatch]:not([data-unit='{second}'])").first.click()
    expect(shown.locator(".assigned li")).to_have_count(2)
    assert len(units_on(system, incident)) == 2


def test_a_free_unit_that_is_clearly_sooner_takes_over_by_a_click(
    running_system: RunningSystem, screens: Screens
) -> None:
    system = running_system
    system.begin_drill(EARLY, speed=1)
    elsewhere = call(system, "traffic", 102.70, 25.06)
    incident = call(system, "traffic", 102.752, 25.012)
    far = candidates(system, elsewhere)[0]["unit_id"]
    desk = screens.open("desk1", "desk", "en")
    shown = opened(desk, incident)
    desk.evaluate(
        "request => window.cc.ask('DISPATCH', request)",
        {"incident_id": incident["incident_id"], "unit_ids": [far], "override_reason": "local_knowledge"},
    )
    system.until(lambda: units_on(system, incident) == {far}, 30, "the far one sent")
    relieve = shown.locator("[data-do=relieve]")
    expect(relieve).to_have_count(1, timeout=30_000)
    expect(row(desk, Desk, incident).locator(".sooner")).to_contain_text("sooner")
    # Two callsigns leave the facts their room: no fact stands in a line of its own, and nothing is cut at the edge.
    assert row(desk, Desk, incident).locator(".dots").evaluate("facts => facts.clientHeight") < 50
    assert desk.locator(f"#{Desk.QUEUE} .rows").evaluate("list => list.scrollWidth <= list.clientWidth")
    expect(shown.locator(".preempt")).to_contain_text("turn-out counted")
    near = relieve.get_attribute("data-unit")
    relieve.click()
    system.until(lambda: units_on(system, incident) == {near}, 30, "the near one in its place")
    expect(relieve).to_have_count(0)
    expect(row(desk, Desk, incident).locator(".sooner")).to_have_count(0)
    [freed] = system.rows("SELECT status FROM units WHERE unit_id = %s", far)
    assert freed["status"] == "available"
    expect(toast(desk, "done").filter(has_text="Now going instead")).to_have_count(1)
    desk.keyboard.press("u")
    system.until(lambda: units_on(system, incident) == {far}, 30, "the far one on its way again")
    expect(toast(desk, "done").filter(has_text="goes again")).to_have_count(1)


def test_a_unit_on_its_way_to_less_is_offered_with_its_price_and_taken_by_a_click(
    running_system: RunningSystem, screens: Screens
) -> None:
    system = running_system
    system.begin_drill(EARLY, speed=1)
    less = call(system, "traffic", 102.760, 25.000)
    more = call(system, "medical", 102.752, 25.006)
    desk = screens.open("desk1", "desk", "zh")
    shown = opened(desk, more)
    offer = shown.locator(".preempt [data-do=preempt]")
    # Whoever is near goes to the lesser call, until the next one free is clearly later.
    for _ in range(8):
        expect(shown.locator("[data-do=recommend]").first).to_be_visible()
        if offer.count():
            break
        nearest = min(candidates(system, more), key=lambda c: c["travel_time_s"])["unit_id"]
        desk.evaluate(
            "request => window.cc.ask('DISPATCH', request)",
            {"incident_id": less["incident_id"], "unit_ids": [nearest], "override_reason": "other_task"},
        )
        system.until(lambda unit=nearest: open_assignments(system, unit), 30, "the unit on its way to less")
        shown.locator("[data-do=recommend]").first.click()
        system.until(
            lambda unit=nearest: unit not in {c["unit_id"] for c in candidates(system, more)},
            30,
            "advice anew",
        )
        desk.wait_for_timeout(1_500)
    unit, callsign = offer.get_attribute("data-unit"), offer.inner_text().replace("抽调", "").strip()
    expect(shown.locator(".preempt .uncovers")).to_contain_text(less["incident_number"])
    offer.click()
    # Its first dispatch may still stand among the notices, so the database is asked.
    system.until(lambda: units_on(system, more) == {unit}, 30, "the unit on its way to more")
    expect(toast(desk, "done").filter(has_text=f"已出警：{callsign}").first).to_be_visible()
    assert unit not in units_on(system, less)
    [taken] = system.rows(
        "SELECT end_reason FROM assignments WHERE incident_id = %s AND unit_id = %s",
        less["incident_id"],
        unit,
    )
    assert taken["end_reason"]


def district_officer(system: RunningSystem) -> str:
    """A duty officer of Panlong district."""
    # One of an earlier test of this run stays.
    with suppress(ConflictError):
        officer = {"role": Role.DUTY_OFFICER.value, "password": DEMO_PASSWORD, "jurisdiction": PANLONG}
        add(with_servers(load_settings(data_dir=system.data_dir)), "panlong", **officer)
    return "panlong"


def call_that_needs_a_neighbour(system: RunningSystem, desk: Page) -> tuple[dict[str, Any], Locator, Locator]:
    """A call in Panlong, its panel, and the button there that asks Guandu for a unit."""
    along_the_border = [
        LonLat(lon / 1000, lat / 1000)
        for lat in range(25_000, 25_060, 6)
        for lon in range(102_715, 102_790, 5)
        if district_of(LonLat(lon / 1000, lat / 1000)) == PANLONG
        and district_of(LonLat(lon / 1000, lat / 1000 - 0.004)) == GUANDU
    ]
    assert along_the_border
    for place in along_the_border:
        taken = call(system, "traffic", *place)
        shown = opened(desk, taken)
        expect(shown.locator("[data-do^=dispatch]").first).to_be_attached()
        # What the officer reads, not what was advised a moment before: meanwhile units drive on.
        ask = shown.locator("[data-do^=dispatch]").filter(has_text="请求").first
        if ask.count() and district_of_unit(system, ask) == GUANDU:
            return taken, shown, ask
    raise AssertionError(f"nobody of {GUANDU} advised at {along_the_border}")


def district_of_unit(system: RunningSystem, button: Locator) -> str:
    [unit] = system.rows(
        "SELECT jurisdiction FROM units WHERE unit_id = %s", button.get_attribute("data-unit")
    )
    return str(unit["jurisdiction"])[:6]


def test_another_district_is_asked_and_its_answer_on_the_phone_sends_the_unit(
    running_system: RunningSystem, screens: Screens
) -> None:
    system = running_system
    system.begin_drill(EARLY, speed=1)
    phone = screens.open("phone", "m", "zh")
    desk = screens.open(district_officer(system), "desk", "zh")
    incident, shown, ask = call_that_needs_a_neighbour(system, desk)
    unit = ask.get_attribute("data-unit")
    if ask.get_attribute("data-do") == "dispatch-other":
        shown.locator("details.others summary").first.click()
        asked_of = shown.locator(f"details.others [data-route='{unit}']")
        asked_of.locator("[data-do=why]").click()
        asked_of.locator("select.override").select_option("local_knowledge")
    ask.click()
    expect(toast(desk, "done").filter(has_text="已发出联勤请求")).to_be_visible()
    assert units_on(system, incident) == set()

    asked = phone.locator(f"#{Phone.ASSISTANCE} li")
    expect(asked).to_contain_text(f"盘龙区请求，警情 {incident['incident_number']}")
    expect(shown.get_by_role("button", name="等待")).to_be_disabled()
    asked.get_by_role("button", name="同意派出").tap()
    expect(toast(desk, "done").filter(has_text="同意借出")).to_be_visible()
    expect(shown.locator(".assigned li [data-do=stand-down]")).to_have_count(1)
    expect(asked).to_have_count(0)
    assert units_on(system, incident) == {unit}
    [told] = system.rows("SELECT status FROM assistance_requests WHERE unit_id = %s", unit)
    assert told["status"] == "accepted"


FROM = """([unit, lon, lat]) => {
  const at = window.cc.units.place(window.cc.state.units.get(unit)), [x, y] = window.cc.world(lon, lat);
  return at && Math.hypot(at[0] - x, at[1] - y) * 40075016.7 * Math.cos((lat * Math.PI) / 180);
}"""
"""Metres from a unit, as the face sees it, to a place."""


def test_a_move_up_accepted_by_a_click_is_told_to_the_terminal_and_driven(
    running_system: RunningSystem, screens: Screens
) -> None:
    system = running_system
    system.begin_drill(EARLY, speed=1)
    desk = screens.open("desk1", "desk", "en")
    accept = desk.locator(f"#{Desk.MOVE_UP} [data-do=move-up]").first
    said = toast(desk, "done").filter(has_text="Ordered to move up").first
    expect(accept).to_be_visible()

    def ordered() -> bool:
        # Advice is measured anew every few seconds: what was pressed may be advised no longer.
        accept.click()
        desk.wait_for_timeout(2_000)
        return said.is_visible()

    system.until(ordered, 60, "an order that was still advised")
    with system.device() as device:
        orders = device.get("/api/v1/orders").raise_for_status().json()["orders"]
        assert device.get("/api/v1/orders?unit_ids=nobody").json() == {"orders": []}
    [order] = [order for order in orders if order["callsign"] in said.inner_text()]
    expect(desk.locator(f"#{Desk.MOVE_UP} .ordered")).to_contain_text(order["callsign"])
    to = [order["unit_id"], *order["place"]]
    begun_m = desk.evaluate(FROM, to)
    assert begun_m > 200
    system.set_speed(20)
    system.until(
        lambda: desk.evaluate(FROM, to) < 100, 120, f"the unit where it was told to wait, {begun_m:.0f} m"
    )
    system.set_speed(1)
