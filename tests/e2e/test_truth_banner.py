"""While a part is away the wall says which and what that means; when it is back the wall stops saying so."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from dashboard.ids import Desk, Wall
from tests.e2e.conftest import Screens, live
from tests.running_system import RunningSystem


def _allow_a_server_away(screens: Screens) -> None:
    """The browser itself writes these when a server cannot be reached; no script can prevent it. The page
    is asked for when the socket stays away: a redirection would say that the session has ended."""
    screens.allow(r"^error: WebSocket connection to '[^']+/ws/live' failed: ")
    screens.allow(r"^failed: [^ ]+ net::ERR_(CONNECTION_(REFUSED|RESET|CLOSED)|EMPTY_RESPONSE)")
    screens.allow(
        r"^error: Failed to load resource: net::ERR_(CONNECTION_(REFUSED|RESET|CLOSED)|EMPTY_RESPONSE)"
    )


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (("redis",), "Redis 不可用"),
        (("worker-1", "worker-2"), "后台进程停止"),
        (("postgres",), "数据库不可用"),
        (("web",), "与服务器的连接已断"),
    ],
    ids=["redis", "workers", "postgres", "web"],
)
def test_the_wall_says_what_is_away_and_stops_when_it_is_back(
    running_system: RunningSystem, screens: Screens, parts: tuple[str, ...], words: str
) -> None:
    if parts == ("web",):
        _allow_a_server_away(screens)
    wall = screens.open("wall", "wall")
    banner = wall.locator(f"#{Wall.TRUTH}")
    expect(banner).not_to_contain_text(words)
    wall.wait_for_load_state("networkidle")  # the chart's library comes last
    with running_system.kept_down(*parts):
        expect(banner).to_contain_text(words)
        # What was there is old now; it is not as if none had ever come.
        expect(banner).not_to_contain_text("从未收到单位位置")
    expect(banner).not_to_contain_text(words)
    live(wall)


def test_a_server_started_while_redis_is_away_calls_positions_unknown_in_one_line(
    running_system: RunningSystem, screens: Screens
) -> None:
    _allow_a_server_away(screens)
    desk = screens.open("desk1", "desk")
    strip, feeds = desk.locator(f"#{Desk.TRUTH}"), desk.locator(f"#{Desk.FEEDS}")
    with running_system.kept_down("redis"):
        running_system.kill("web")
        expect(strip).to_have_text("服务启动以来 Redis 不可用：单位位置未知，评级和推荐暂停")
        expect(feeds).to_contain_text("位置未知")
    expect(strip).to_be_empty()
    expect(feeds).not_to_contain_text("未知")


def test_a_page_that_was_refused_its_layout_loads_itself_again(
    running_system: RunningSystem, screens: Screens
) -> None:
    _allow_a_server_away(screens)
    screens.allow(r"^log: fetch error")
    screens.allow(r"^failed: .* net::ERR_ABORTED")  # whatever was on its way when the page was loaded again
    wall = screens.open("wall", "wall")
    # The server goes away between the page and what Dash asks for next; a wall has nobody to press "reload".
    wall.context.route("**/_dash-layout", lambda route: route.abort("connectionrefused"), times=1)
    wall.reload()
    expect(wall.locator("._dash-loading")).to_have_count(1)
    live(wall)
