"""Without a road network every face says so, and what to do; times are guesses that say that they are."""

from __future__ import annotations

from playwright.sync_api import expect

from dashboard.ids import Desk, Phone, Wall
from tests.e2e.conftest import Screens
from tests.e2e.test_dispatch_paths import call, opened
from tests.e2e.test_main_job import EARLY, best
from tests.running_system import RunningSystem


def test_every_face_says_that_there_are_no_roads_and_a_candidate_that_its_time_is_a_guess(
    running_system: RunningSystem, screens: Screens
) -> None:
    # The browser itself says that a file is not there.
    screens.allow("Failed to load resource: the server responded with a status of 404")
    screens.allow("refused: 404 .*/basemap/main_roads.geojson")
    system = running_system
    system.begin_drill(EARLY, speed=1)
    with system.without_roads():
        wall, desk, phone = (
            screens.open("wall", "wall"),
            screens.open("desk1", "desk"),
            screens.open("phone", "m"),
        )
        for page, banner in ((wall, Wall.TRUTH), (desk, Desk.TRUTH), (phone, Phone.TRUTH)):
            expect(page.locator(f"#{banner}")).to_contain_text("没有路网：图上没有道路，到达时间按直线估计")
            expect(page.locator(".drill-label").first).not_to_contain_text("合成路网")
            # Districts and water need no roads.
            assert page.evaluate("['districts', 'water'].every((name) => cc.base.data[name].length > 0)")
        # The strip pushes the map down; nothing of it lies below.
        strip, shown = (
            desk.locator(f"#{Desk.TRUTH}").bounding_box(),
            desk.locator(f"#{Desk.MAP}").bounding_box(),
        )
        assert strip and shown and strip["y"] + strip["height"] <= shown["y"] + 1
        incident = call(system, "medical", 102.752, 25.012)
        opened(desk, incident)
        expect(best(desk, incident)).to_contain_text("无路网，按直线")
        expect(best(desk, incident)).to_contain_text("×1.4 估计")
    expect(desk.locator(f"#{Desk.TRUTH}")).not_to_contain_text("没有路网")
