"""Looking back in a browser: the page shows what was then, moves with its clock, and is taken for no other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import Page, expect

from access.sessions import COOKIE
from core.ids import new_id
from dashboard.ids import Replay
from operations.past_state import IDS
from tests.e2e.conftest import Screens
from tests.running_system import RunningSystem

EARLY = "09:20:00"


def written(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def ready(page: Page) -> None:
    expect(page.locator("html[data-replay=paused]")).to_be_attached()
    page.wait_for_function("() => window.cc.state.seq !== null")


def a_past_with_an_incident(system: RunningSystem) -> tuple[str, datetime]:
    """The drill begun afresh; an incident called in, and the instant the city knew it. Half a minute follows."""
    system.begin_drill(EARLY, speed=5)
    began = system.now()
    system.until(lambda: system.now() > began + timedelta(seconds=10), 30, "some city time before it")
    taken = system.take_call(new_id(), "traffic", 102.72, 25.03, "two cars")
    [row] = system.rows(
        "SELECT known_at FROM journal WHERE subject = %s AND type = 'call.taken'", taken["incident_id"]
    )
    known_at: datetime = row["known_at"]
    system.until(lambda: system.now() > known_at + timedelta(seconds=45), 30, "some city time after it")
    return taken["incident_id"], known_at


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_shows_what_was_known_at_its_second_and_says_that_it_is_the_past(
    running_system: RunningSystem, screens: Screens, language: str
) -> None:
    incident_id, known_at = a_past_with_an_incident(running_system)
    before = written(known_at - timedelta(seconds=2))
    page = screens.open_page("desk1", f"/replay/?at={before}", language, (1600, 900))
    ready(page)
    expect(page.locator(".replay-badge")).to_contain_text("回放" if language == "zh" else "Replay")
    has = "id => window.cc.state.incidents.has(id)"
    assert not page.evaluate(has, incident_id), "two seconds before the call nobody knew"

    page.locator(f"#{Replay.SPEED} [data-speed='1']").click()
    page.keyboard.press("Space")
    page.wait_for_function(has, arg=incident_id)
    clock = page.evaluate("() => window.cc.film.at()") / 1000
    assert known_at.timestamp() <= clock < known_at.timestamp() + 3, "it appears at its second"
    page.keyboard.press("Space")
    ready(page)

    page.evaluate("id => window.cc.open(id)", incident_id)
    panel = page.locator(f"#{Replay.PANEL} [data-incident='{incident_id}']")
    expect(panel).to_be_visible()
    expect(panel.locator("[data-do=dispatch], [data-do=close-incident], [data-do=stand-down]")).to_have_count(
        0
    )

    page.keyboard.press("Home")
    page.wait_for_function("id => !window.cc.state.incidents.has(id)", arg=incident_id)


def known_ms(page: Page) -> float:
    return float(page.evaluate("() => window.cc.film.at()"))


@pytest.mark.parametrize("way", ["keys", "buttons"])
def test_the_next_and_the_previous_beginning_are_jumped_to(
    running_system: RunningSystem, screens: Screens, way: str
) -> None:
    incident_id, known_at = a_past_with_an_incident(running_system)
    known = known_at.timestamp() * 1000
    before = written(known_at - timedelta(seconds=1.5))
    page = screens.open_page("desk1", f"/replay/?at={before}", "en", (1600, 900))
    ready(page)
    marks = page.evaluate("() => window.cc.film.period.marks.map(mark => mark.at)")
    assert len(marks) > 1, "the storm's own incidents began before the call"
    between = [mark for mark in marks if known - 1500 < mark < known]

    def jump(key: str, action: str) -> None:
        if way == "keys":
            page.keyboard.press(key)
        else:
            page.locator(f"[data-do={action}]").click()
        ready(page)

    for _ in [*between, known]:  # the next thing that began may be another's
        jump("]", "replay-on")
    page.wait_for_function("id => window.cc.selected === id", arg=incident_id)
    assert 0 <= known_ms(page) - known < 2, "at the millisecond it was known"
    expect(page.locator(f"#{Replay.QUEUE} [data-key='{incident_id}']")).to_be_visible()
    expect(page.locator(f"#{Replay.PANEL} [data-incident='{incident_id}']")).to_be_visible()

    jump("[", "replay-back")
    page.wait_for_function("at => window.cc.film.at() < at", arg=known)
    assert known_ms(page) == max(mark for mark in marks if mark < known), "the one before it"
    assert not page.evaluate("id => window.cc.state.incidents.has(id)", incident_id)


def test_units_stand_on_the_map_where_their_tracks_were(
    running_system: RunningSystem, screens: Screens
) -> None:
    running_system.begin_drill(EARLY, speed=20)
    tracked = "SELECT count(DISTINCT unit_id) AS n FROM tracks JOIN drill_clock USING (run)"
    running_system.until(lambda: running_system.rows(tracked)[0]["n"] > 100, 60, "tracks of this run")
    running_system.set_speed(1)
    at = written(running_system.now())
    page = screens.open_page("commander", f"/replay/?at={at}", "en", (1600, 900))
    ready(page)
    page.wait_for_function("() => window.cc.units.count() > 100")


def test_the_routes_answer_as_live_does_and_refuse_what_they_cannot_know(
    running_system: RunningSystem,
) -> None:
    with running_system.live("phone") as phone:
        running_system.until(lambda: phone.state["units"], 30, "a district's units")
    base = running_system.base_url
    cookies = {COOKIE: running_system.cookie("phone")}
    now = running_system.now().isoformat()
    with httpx.Client(base_url=base, cookies=cookies, timeout=30) as district:
        answer = district.get("/api/v1/replay/state", params={"at": now})
        assert answer.status_code == 200, answer.text
        state = answer.json()["state"]
        assert set(state) == set(IDS)
        assert state["units"]
        assert {unit["jurisdiction"][:6] for unit in state["units"]} == {"530111"}
        later = district.get("/api/v1/replay/state", params={"at": "2030-01-01T00:00:00Z"})
        assert later.status_code == 422
        assert later.headers["content-type"] == "application/problem+json"
        assert "expected an instant within" in later.json()["detail"]
        assert district.get("/api/v1/replay/state", params={"at": "yesterday"}).status_code == 422
        assert district.get("/api/v1/replay/rows", params={"after": -1, "until": now}).status_code == 422
    with httpx.Client(base_url=base, cookies={COOKIE: running_system.cookie("wall")}) as wall:
        assert wall.get("/api/v1/replay/period").status_code == 403
