"""While a part is away the wall says which and what that means; when it is back the wall stops saying so."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from dashboard.ids import Wall
from tests.e2e.conftest import Screens, live
from tests.running_system import RunningSystem


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
        # The browser itself writes these when a server cannot be reached; no script can prevent it. The page
        # is asked for when the socket stays away: a redirection would say that the session has ended.
        screens.allow(r"^error: WebSocket connection to '[^']+/ws/live' failed: ")
        screens.allow(r"^failed: [^ ]+ net::ERR_(CONNECTION_(REFUSED|RESET|CLOSED)|EMPTY_RESPONSE)")
        screens.allow(
            r"^error: Failed to load resource: net::ERR_(CONNECTION_(REFUSED|RESET|CLOSED)|EMPTY_RESPONSE)"
        )
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
