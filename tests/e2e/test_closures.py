"""A closure drawn on an officer's map as long as it is in force."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from playwright.sync_api import Page

from tests.e2e.conftest import Screens
from tests.integration.desk_work import until

PLACE = (102.7146, 25.0492)
INKED = """([lon, lat]) => {
  const canvas = document.querySelector(".leaflet-pane[class*=cc-units] canvas");
  const at = window.cc.map.latLngToContainerPoint([lat, lon]), ratio = window.devicePixelRatio || 1;
  return canvas.getContext("2d").getImageData(at.x * ratio, at.y * ratio, 1, 1).data[3] > 0;
}"""


def shown(page: Page, count: int) -> Callable[[], bool]:
    # Asked again and again from here: the page's policy forbids the polling that Playwright would put into it.
    return lambda: bool(page.evaluate("window.cc.state.closures.size") == count)


def test_a_closure_stands_on_the_map_until_it_is_lifted(screens: Screens) -> None:
    # The test itself reads the canvas again and again to see ink; no face ever does.
    screens.allow("Multiple readback operations using getImageData")
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
    until(lambda: desk.evaluate(INKED, list(PLACE)), within_s=30)
    closure_id = answer.json()["closure"]["closure_id"]
    lifted = desk.request.delete(f"/api/v1/closures/{closure_id}", headers={"Origin": address})
    assert lifted.status == 200
    until(shown(desk, 0), within_s=30)
