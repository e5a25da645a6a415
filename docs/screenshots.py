"""Takes the pictures of the documentation: every face, both languages, its own size, from the replayed storm.

Run: make screenshots. Starts a system of its own, lets the storm rise, dispatches from the desk as an officer
would, and waits until units have arrived, so that what the pictures show has happened.
"""

from __future__ import annotations

import time
from pathlib import Path

from playwright.sync_api import Browser, Page

from access.demo import DEMO_PASSWORD
from benchmarks.running import started
from benchmarks.screens import browser
from dashboard.ids import Desk, Replay

IMAGES = Path(__file__).resolve().parent / "images"
SPEED = 5
ATTENDED_S = 90
"""Wall seconds that the officer attends to the queue: about eight minutes of the storm."""
SETTLES_MS = 8_000
"""Until labels and charts stand still."""
JPEG_QUALITY = 72

FACES = {
    "wall": ("wall", "/wall/", 3840, 2160),
    "desk": ("desk2", "/desk/", 1600, 900),
    "phone": ("phone", "/m/", 390, 844),
    "analysis": ("analyst", "/analysis/", 1600, 900),
    "replay": ("desk1", "/replay/", 1600, 900),
    "handover": ("desk1", "/handover/", 1600, 900),
}
NOT_LIVE = ("/analysis/", "/replay/", "/handover/")
"""Pages that show what was."""


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    given = {"CC_MODE": "drill", "CC_DRILL_SPEED": str(SPEED), "CC_LOG_LEVEL": "WARNING"}
    with started(given) as (url, _), browser() as chromium:
        officer = signed_in(chromium, url, "desk1", "/desk/", 1600, 900, "zh")
        print(f"{url}: dispatching whatever comes for {ATTENDED_S} s", flush=True)
        attend(officer, ATTENDED_S)
        for language in ("zh", "en"):
            for face, (login, path, width, height) in FACES.items():
                page = signed_in(chromium, url, login, path, width, height, language)
                if face == "desk":
                    open_first(page)
                elif face == "replay":
                    look_back(page)
                take(page, IMAGES / f"{face}-{language}.jpg")


def signed_in(
    chromium: Browser, url: str, login: str, path: str, width: int, height: int, language: str
) -> Page:
    """A page of a face with its live state, in pixels of `width` by `height`."""
    page = chromium.new_context(viewport={"width": width, "height": height}).new_page()
    page.goto(f"{url}/language/{language}?next=/login")
    page.goto(f"{url}/login?next={path}")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", DEMO_PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**" + path)
    # On a busy machine the snapshot takes its time.
    if path not in NOT_LIVE:
        page.wait_for_selector("html[data-link=online]", state="attached", timeout=60_000)
    page.wait_for_timeout(SETTLES_MS)
    return page


def open_first(page: Page) -> None:
    """Opens what needs a person most."""
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"#{Desk.PANEL} .incident", timeout=45_000)
    page.wait_for_timeout(1_500)


def look_back(page: Page) -> None:
    """The newest second that is kept, and then what needed a person most."""
    page.wait_for_selector("html[data-replay=paused]", state="attached", timeout=60_000)
    page.keyboard.press("End")
    page.wait_for_timeout(SETTLES_MS)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"#{Replay.PANEL} .incident", timeout=45_000)
    page.wait_for_timeout(1_500)


def attend(page: Page, seconds: float) -> None:
    """Acknowledges the first of the queue and sends the recommended unit there again and again, as an attentive officer
    would."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        page.keyboard.press("Escape")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_timeout(2_500)
        page.keyboard.press("a")
        if page.locator(f"#{Desk.PANEL} .best [data-do=dispatch]").count():
            page.keyboard.press("d")
        page.wait_for_timeout(1_000)


def take(page: Page, file: Path) -> None:
    page.screenshot(path=file, type="jpeg", quality=JPEG_QUALITY)
    page.context.close()
    print(f"{file.name}: {file.stat().st_size / 1000:.0f} kB", flush=True)


if __name__ == "__main__":
    main()
