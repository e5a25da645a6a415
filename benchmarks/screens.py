"""Browsers on the running system, for measuring: Chromium without a GPU, faces signed in, what a page spends."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

WALL_SIZE = (3840, 2160)
DESK_SIZE = (1600, 900)
PHONE_SIZE = (390, 844)
MB = 1_000_000


@contextmanager
def browser(*arguments: str) -> Iterator[Browser]:
    """Debian's Chromium where it is installed, else Playwright's own; drawn by the processor."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required", *arguments],
        )
        yield chromium
        chromium.close()


def face(chromium: Browser, url: str, login: str, password: str, path: str, size: tuple[int, int]) -> Page:
    """A face with its live state, signed in by the form in a context of its own."""
    context = chromium.new_context(viewport={"width": size[0], "height": size[1]}, has_touch=path == "/m/")
    page = context.new_page()
    page.goto(f"{url}/login?next={path}")
    page.fill("form.sign-in input[name=login]", login)
    page.fill("form.sign-in input[name=password]", password)
    page.click("form.sign-in [type=submit]")
    page.wait_for_selector("html[data-link=online]", state="attached", timeout=150_000)
    return page


@dataclass(frozen=True)
class Spent:
    """What a page has used since it was opened: seconds of its main thread, bytes of its heap."""

    main_thread_s: float
    """Processor time of all tasks, so that others who keep the processors busy are not in it."""

    heap_bytes: float
    nodes: float
    listeners: float


class Gauge:
    """Reads a page's counters through the DevTools protocol."""

    def __init__(self, page: Page) -> None:
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def read(self, collected: bool = False) -> Spent:
        """With `collected` the garbage is collected first, so that the heap holds what is kept."""
        if collected:
            self._session.send("HeapProfiler.collectGarbage")
        answer: dict[str, Any] = self._session.send("Performance.getMetrics")
        found = {metric["name"]: float(metric["value"]) for metric in answer["metrics"]}
        return Spent(
            found["TaskDuration"], found["JSHeapUsedSize"], found["Nodes"], found["JSEventListeners"]
        )
