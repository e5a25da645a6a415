"""The wall alone in its room: scenes and their lock, the tone of a red, an hour without network, new code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from bootstrap.catalogue import load_catalogue
from dashboard.ids import Desk, Wall
from tests.e2e.conftest import Screens, live
from tests.e2e.test_alerts import alerts
from tests.e2e.test_main_job import EARLY, GUANDU
from tests.running_system import RunningSystem

RED_RAIN_MM = (40, 40, 40)
"""Ten seconds apart: more than the 100 mm in three hours that are red."""


def red_rain(system: RunningSystem) -> str:
    """A red alert of its own at a rain gauge, by its readings; answers its id."""
    gauge = next(p.point_id for p in load_catalogue().points.values() if p.quantity == "rain_mm")
    with system.device() as client:
        last = system.now()
        readings = [
            {
                "point_id": gauge,
                "observed_at": (last - timedelta(seconds=10 * before)).isoformat(),
                "rain_mm": fallen,
            }
            for before, fallen in enumerate(RED_RAIN_MM)
        ]
        client.post("/api/v1/readings", json={"readings": readings[::-1]}).raise_for_status()
    found = system.until(lambda: alerts(system, "severity = 'red' AND status = 'active'"), 30, "a red alert")
    return str(found[0]["alert_id"])


def scene(page: Page, name: str) -> None:
    """Waits until the wall shows this scene."""
    expect(page.locator(f"html[data-scene={name}]")).to_be_attached()


@contextmanager
def without_network(page: Page, screens: Screens) -> Iterator[None]:
    """The browser's network is gone; its open socket falls silent, as one whose other end has vanished."""
    screens.allow(r"^error: WebSocket connection to '[^']+/ws/live' failed: ")
    screens.allow(r"net::ERR_INTERNET_DISCONNECTED")
    page.context.set_offline(True)
    yield
    page.context.set_offline(False)


@pytest.mark.parametrize(("language", "locked"), [("zh", "已由值班员一锁定"), ("en", "Locked by 值班员一")])
def test_a_desk_locks_the_wall_which_says_so_also_after_a_new_start(
    running_system: RunningSystem, screens: Screens, language: str, locked: str
) -> None:
    running_system.begin_drill(EARLY, speed=1)
    wall = screens.open("wall", "wall", language)
    desk = screens.open("desk1", "desk", language)
    title = wall.locator(f"#{Wall.SCENE}")
    desk.keyboard.press("w")
    sheet = desk.locator(f"#{Desk.WALL}")
    sheet.locator(f"[data-scene=district][data-subject='{GUANDU}']").click()
    expect(title).to_contain_text(locked)
    expect(title).to_contain_text("官渡区" if language == "zh" else "Guandu")
    scene(wall, "district")
    another = screens.open("wall", "wall", language)
    expect(another.locator(f"#{Wall.SCENE}")).to_contain_text(locked)

    sheet.locator("[data-do=wall-scene][data-scene='']").click()
    expect(title).not_to_contain_text(locked)
    desk.keyboard.press("Escape")
    expect(sheet).to_be_hidden()


def test_a_wall_locked_to_an_incident_says_when_that_has_ended(
    running_system: RunningSystem, screens: Screens
) -> None:
    system = running_system
    system.begin_drill(EARLY, speed=1)
    call = system.take_call("wall-lock", "traffic", 102.7423, 25.0231, "wall")
    wall, desk = screens.open("wall", "wall"), screens.open("desk1", "desk")
    desk.locator(f"#{Desk.QUEUE} [data-incident='{call['incident_id']}']").click()
    desk.keyboard.press("w")
    desk.locator(f"#{Desk.WALL} [data-scene=incident]").click()
    scene(wall, "incident")
    desk.keyboard.press("Escape")
    desk.locator(f"#{Desk.PANEL} [data-do^=close-]").last.click()
    expect(wall.locator(f"#{Wall.SCENE}")).to_contain_text("锁定的警情已结束")
    scene(wall, "city")
    desk.keyboard.press("w")
    desk.locator(f"#{Desk.WALL} [data-do=wall-scene][data-scene='']").click()
    expect(wall.locator(f"#{Wall.SCENE}")).not_to_contain_text("锁定")


def test_a_red_is_shown_at_once_and_sounds_until_somebody_acknowledges_it(
    running_system: RunningSystem, screens: Screens
) -> None:
    system = running_system
    system.begin_drill(EARLY, speed=1)
    wall, desk = screens.open("wall", "wall"), screens.open("desk1", "desk")
    wall.mouse.click(640, 300)  # a browser that nobody has touched may not sound
    expect(wall.locator("html[data-sound=ready]")).to_be_attached()
    alert_id = red_rain(system)
    scene(wall, "incident")
    expect(wall.locator("html[data-sound=calling]")).to_be_attached()
    wall.wait_for_function("() => window.cc.sound.sounded() > 0")
    desk.evaluate(
        "id => window.cc.ask('ACKNOWLEDGE', { alert_ids: [id], note: null })",
        alert_id,
    )
    expect(wall.locator("html[data-sound=ready]")).to_be_attached()


def test_where_the_browser_forbids_sound_the_wall_says_so(screens: Screens) -> None:
    wall = screens.open("wall", "wall", "en")
    banner = wall.locator(f"#{Wall.TRUTH}")
    wall.evaluate("window.cc.sound.forbidden = () => true; window.cc.feed.changed('sound')")
    expect(banner).to_contain_text("The browser forbids sound")


def test_after_an_hour_without_network_the_wall_is_live_again_by_itself(
    running_system: RunningSystem, screens: Screens
) -> None:
    wall = screens.open("wall", "wall")
    wall.wait_for_load_state("networkidle")
    wall.clock.install()
    wall.clock.resume()
    banner = wall.locator(f"#{Wall.TRUTH}")
    with without_network(wall, screens):
        wall.clock.fast_forward("01:00:00")
        expect(banner).to_contain_text("与服务器的连接已断")
    live(wall)
    expect(banner).not_to_contain_text("与服务器的连接已断")
    assert wall.evaluate("window.cc.state.seq") is not None


def test_a_page_whose_code_is_the_deployed_one_does_not_load_itself_again(screens: Screens) -> None:
    wall = screens.open("wall", "wall")
    wall.wait_for_load_state("networkidle")
    loads: list[str] = []
    wall.on("load", lambda page: loads.append(page.url))
    wall.evaluate("window.cc.state.seq -= 1")  # as if a row had been missed: it connects afresh
    wall.wait_for_timeout(10_000)
    live(wall)
    assert loads == []


def test_a_page_of_older_code_loads_itself_again_once(screens: Screens) -> None:
    wall = screens.open("wall", "wall")
    wall.wait_for_load_state("networkidle")
    deployed = wall.evaluate("window.cc.config.version")
    loads: list[str] = []
    wall.on("load", lambda page: loads.append(page.url))

    def of_older_code() -> None:
        """The page takes itself for one of yesterday, and connects afresh, as after a deployment."""
        wall.evaluate("window.cc.config.version = '0123456789ab'; window.cc.state.seq -= 1")

    with wall.expect_event("load"):
        of_older_code()
    live(wall)
    assert wall.evaluate("window.cc.config.version") == deployed
    wall.wait_for_load_state("networkidle")
    of_older_code()  # one that cannot become the new one must not load itself for ever
    wall.wait_for_function("() => window.cc.state.seq === null")
    live(wall)
    wall.wait_for_timeout(5_000)
    assert len(loads) == 1


def test_the_map_stands_still_while_a_table_over_it_grows_and_shrinks_by_a_line_and_makes_room_for_many(
    running_system: RunningSystem, screens: Screens
) -> None:
    running_system.begin_drill(EARLY, speed=1)
    wall = screens.open("wall", "wall", "zh")  # its first turn shows the whole city
    # A further line as a table may get, three times; what the storm itself changes meanwhile is told apart by fits.
    fits = wall.evaluate(
        """async () => {
          const rest = () => new Promise((done) => setTimeout(done, 400));
          let fits = 0, last = null;
          const fit = cc.map.fitBounds;
          cc.map.fitBounds = function (bounds, ...given) {
            // Other places than before are the storm's doing, not the table's.
            if (bounds.toBBoxString() === last) fits += 1;
            last = bounds.toBBoxString();
            return fit.call(this, bounds, ...given);
          };
          cc.view.frame();
          const line = document.createElement("div");
          Object.assign(line, { textContent: "·" });
          const margin = { padding: 0, marginTop: "calc(-1 * var(--space-3))" };
          Object.assign(line.style, { height: "4px", overflow: "hidden", gridColumn: "1 / -1", ...margin });
          const foot = document.querySelector(".wall-foot");
          foot.append(line);
          await rest();
          const counted = fits;
          for (let n = 0; n < 3; n += 1) {
            line.remove();
            await rest();
            foot.append(line);
            await rest();
          }
          const still = fits - counted;
          line.style.height = "30vh";
          await rest();
          return [still, fits - counted - still];
        }"""
    )
    still, for_room = fits
    assert still <= 1, "a storm may need room once in two seconds, the line came and went six times"
    assert for_room >= 1


def test_nothing_is_kept_for_an_undo_that_no_face_has(screens: Screens) -> None:
    wall = screens.open("wall", "wall")
    kept = "window.dash_stores.reduce((n, store) => n + store.getState().history.past.length, 0)"
    for _ in range(3):  # what a wall still hands to a component of Dash
        wall.evaluate("window.dash_clientside.set_props(window.cc.ids.TREND, { figure: { data: [] } })")
    wall.wait_for_timeout(1_000)
    wall.evaluate("window.cc.feed.changed('metrics')")
    wall.wait_for_timeout(1_000)  # the next turn empties the list
    assert wall.evaluate(kept) == 0


MARKS = """() => {
  const ui = window.cc.uiScale(), all = [...document.querySelectorAll(".pin")];
  const shown = all.filter((pin) => !pin.classList.contains("is-within"));
  const middles = shown.map((pin) => pin.getBoundingClientRect()).map((b) => [b.x + b.width / 2, b.y + b.height / 2]);
  const near = ([x, y]) => ([u, v]) => Math.abs(x - u) < 42 * ui && Math.abs(y - v) < 32 * ui;
  const over = middles.flatMap((middle, i) => middles.slice(i + 1).filter(near(middle)));
  const counted = shown.reduce((sum, pin) => sum + Number(pin.querySelector(".more").textContent), 0);
  return { all: all.length, shown: shown.length, counted, over: over.length };
}"""


def test_no_mark_of_the_whole_city_lies_over_another_and_each_is_counted(
    running_system: RunningSystem, screens: Screens
) -> None:
    running_system.begin_drill("09:40:00", speed=1)
    desk, wall = screens.open("desk1", "desk"), screens.open("wall", "wall", "en")
    locks = "scene => window.cc.ask('WALL_SCENE', { scene, subject: null })"
    desk.evaluate(locks, "city")
    expect(wall.locator(f"#{Wall.SCENE}")).to_contain_text("Whole city")
    expect(wall.locator(f"#{Wall.SCENE}")).to_contain_text("Locked")
    running_system.until(lambda: wall.evaluate(MARKS)["counted"] > 2, 60, "marks that stand for others")
    found = wall.evaluate(MARKS)
    assert found["over"] == 0
    assert found["shown"] + found["counted"] == found["all"]
    desk.evaluate(locks, None)
    expect(wall.locator(f"#{Wall.SCENE}")).not_to_contain_text("Locked")
