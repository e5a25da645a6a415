"""A closure drawn on an officer's map as long as it is in force; closed and reopened there by clicks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from dashboard.ids import Desk
from tests.e2e.conftest import Screens
from tests.e2e.ink import inked
from tests.integration.desk_work import until
from tests.running_system import RunningSystem

PLACE = (102.7146, 25.0492)


def shown(page: Page, count: int) -> Callable[[], bool]:
    # Asked again and again from here: the page's policy forbids the polling that Playwright would put into it.
    return lambda: bool(page.evaluate("window.cc.state.closures.size") == count)


def test_a_closure_stands_on_the_map_until_it_is_lifted(screens: Screens) -> None:
    desk = screens.open("desk1", "desk")
    address = desk.url.partition("/desk")[0]
    now = datetime.fromisoformat(desk.request.get("/api/v1/clock").json()["now"])
    desk.evaluate("([lon, lat]) => window.cc.view.showPlace([lon, lat])", PLACE)
    answer = desk.request.post(
        "/api/v1/closures",
        headers={"Idempotency-Key": "from-a-test", "Origin": address},
        data={
            "name": "涝区",
            "kind": "area",
            "state": "closed",
            "expires_at": (now + timedelta(hours=2)).isoformat(),
            "outline": {
                "crs": "WGS-84",
                "corners": [
                    [PLACE[0] + dx, PLACE[1] + dy]
                    for dx, dy in ((-0.005, -0.005), (0.005, -0.005), (0, 0.008))
                ],
            },
        },
    )
    assert answer.status == 201, answer.text()
    until(shown(desk, 1), within_s=30)
    until(lambda: inked(desk, [PLACE]) == 1, within_s=30)
    closure_id = answer.json()["closure"]["closure_id"]
    lifted = desk.request.delete(f"/api/v1/closures/{closure_id}", headers={"Origin": address})
    assert lifted.status == 200
    until(shown(desk, 0), within_s=30)


def click_map(page: Page, *corners: tuple[float, float]) -> None:
    """Clicks these places, given as degrees east and north of PLACE, which is in the middle of the map."""
    frame = page.locator(f"#{Desk.MAP}").bounding_box()
    assert frame is not None
    for east, north in corners:
        at = page.evaluate(
            "([lon, lat]) => window.cc.map.latLngToContainerPoint([lat, lon])",
            [PLACE[0] + east, PLACE[1] + north],
        )
        page.mouse.click(frame["x"] + at["x"], frame["y"] + at["y"])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_officer_closes_a_road_by_a_click_takes_it_back_and_reopens_another(
    running_system: RunningSystem, screens: Screens, language: str
) -> None:
    system = running_system
    closed = {"zh": "已断交：", "en": "Road closed: "}[language]
    desk = screens.open("desk1", "desk", language)
    desk.evaluate("([lon, lat]) => window.cc.view.showPlace([lon, lat])", PLACE)
    sheet = desk.locator(f"#{Desk.CLOSING}")
    send = sheet.locator("[type=submit]")
    mine = sheet.locator("[data-do=reopen-road]")

    desk.keyboard.press("b")
    send.click()
    expect(sheet.locator(".form-problem")).not_to_be_empty()
    sheet.locator("[name=kind]").select_option("segment")
    click_map(desk, (0.0, 0.0))
    sheet.locator("[name=name]").fill(f"test {language} 1")
    sheet.locator("[name=hours]").select_option("3")
    sheet.locator("[name=reason]").fill("a tree")
    send.click()
    expect(desk.locator(".toast.done").filter(has_text=closed)).to_be_visible()
    expect(sheet).to_be_hidden()
    [stored] = system.rows("SELECT * FROM closures WHERE name = %s", f"test {language} 1")
    assert (stored["kind"], stored["state"], stored["reason"]) == ("segment", "closed", "a tree")
    assert stored["expires_at"] - stored["closed_at"] > timedelta(hours=2, minutes=55)
    until(shown(desk, 1), within_s=30)
    desk.keyboard.press("u")
    until(shown(desk, 0), within_s=30)

    desk.keyboard.press("b")
    sheet.locator("[name=kind]").select_option("area")
    click_map(desk, (0.0, 0.0), (0.004, 0.0), (0.004, 0.003), (0.0, 0.003))
    sheet.locator("[data-do=closure-corner-back]").click()
    sheet.locator("[name=name]").fill(f"test {language} 2")
    sheet.locator("[name=reason]").fill("water")
    send.click()
    until(shown(desk, 1), within_s=30)
    [stored] = system.rows("SELECT * FROM closures WHERE name = %s", f"test {language} 2")
    assert len(stored["outline"]) == 3
    # The news may be there before the answer, which closes the sheet.
    expect(sheet).to_be_hidden()
    desk.keyboard.press("b")
    expect(mine).to_have_count(1)
    mine.click()
    expect(mine).to_have_count(0)
    [stored] = system.rows("SELECT * FROM closures WHERE name = %s", f"test {language} 2")
    assert stored["reopened_by"]
    desk.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
