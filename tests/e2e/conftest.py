"""A browser on the running system, and pages of it that must not complain."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from access.demo import DEMO_PASSWORD
from access.words import LANGUAGE_COOKIE
from tests.running_system import RunningSystem

Face = Literal["wall", "desk", "m"]
PATIENCE_MS = 30_000
"""Two cores run the whole system and the browser at once; what takes longer than this has failed."""
SIZE: dict[Face, tuple[int, int]] = {"wall": (1280, 720), "desk": (1280, 720), "m": (390, 844)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("e2e")


class Screens:
    """Opens faces in the browser and keeps what they complain about."""

    def __init__(self, browser: Browser, base_url: str) -> None:
        self._browser, self._base_url = browser, base_url
        self._contexts: list[BrowserContext] = []
        self.complaints: list[str] = []
        """Errors and warnings of the console, exceptions, requests that failed or were refused."""
        self._allowed: list[str] = []

    def allow(self, pattern: str) -> None:
        """From now on complaints that match are expected; say beside the call why they cannot be avoided."""
        self._allowed.append(pattern)

    def unexpected(self) -> list[str]:
        """The complaints that nothing allows."""
        return [c for c in self.complaints if not any(re.search(a, c) for a in self._allowed)]

    def open(self, login: str, face: Face, language: str = "zh") -> Page:
        """Signs in by the form in a browser of one's own and waits until the face is live."""
        if face == "wall":
            # What the browser itself says of a page that nobody has touched yet; the wall says it too.
            self.allow(r"^warning: The AudioContext was not allowed to start")
        page = self.open_page(login, f"/{face}/", language, SIZE[face], touch=face == "m")
        live(page)
        return page

    def open_page(
        self,
        login: str,
        path: str,
        language: str = "zh",
        size: tuple[int, int] = (1280, 720),
        touch: bool = False,
        script: str = "",
    ) -> Page:
        """Signs in by the form in a browser of one's own, on the way to this path; `script` runs before the page's."""
        width, height = size
        context = self._browser.new_context(
            base_url=self._base_url,
            viewport={"width": width, "height": height},
            has_touch=touch,
            reduced_motion="reduce",
        )
        self._contexts.append(context)
        if script:
            context.add_init_script(script)
        context.add_cookies([{"name": LANGUAGE_COOKIE, "value": language, "url": self._base_url}])
        context.set_default_timeout(PATIENCE_MS)
        page = self.watched(context)
        page.goto(f"/login?next={path}")
        form = page.locator("form.sign-in")
        form.locator("input[name=login]").fill(login)
        form.locator("input[name=password]").fill(DEMO_PASSWORD)
        form.locator("[type=submit]").click()
        return page

    def watched(self, context: BrowserContext) -> Page:
        """A page of this context whose complaints are kept."""
        page = context.new_page()
        keep = self.complaints.append
        page.on("console", lambda m: keep(f"{m.type}: {m.text}") if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: keep(f"exception: {error}"))
        page.on("requestfailed", lambda request: keep(f"failed: {request.url} {request.failure}"))
        page.on("response", lambda r: keep(f"refused: {r.status} {r.url}") if r.status >= 400 else None)
        return page

    def report(self) -> str:
        """What every page shows and what was complained about: for a failure that comes once in a hundred runs."""
        shown = [
            f"{page.url} link={page.evaluate('document.documentElement.dataset.link')} toasts="
            f"{page.locator('.toast').all_inner_texts()}"
            for context in self._contexts
            for page in context.pages
            if not page.is_closed()
        ]
        return "\n".join([*shown, "complaints:", *self.complaints])

    def close(self) -> None:
        for context in self._contexts:
            context.close()


def live(page: Page) -> None:
    """Waits until the face has its snapshot."""
    expect(page.locator("html[data-link=online]")).to_be_attached()


def _chromium(playwright: Playwright) -> str | None:
    """Debian's Chromium where there is one, else Playwright's own."""
    own = playwright.chromium.executable_path
    return shutil.which("chromium") or (own if Path(own).exists() else None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # One for each module: its event loop would be in the way of tests elsewhere that run one of their own.
    with sync_playwright() as playwright:
        program = _chromium(playwright)
        if program is None:
            missing = "no Chromium; `make chromium` installs one"
            if os.environ.get("CI"):
                pytest.fail(missing)
            pytest.skip(missing)
        expect.set_options(timeout=PATIENCE_MS)
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


_SHOWN = pytest.StashKey[Screens]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    opened = item.stash.get(_SHOWN, None)
    if report.failed and report.when == "call" and opened is not None:
        try:
            said = opened.report()
        except PlaywrightError as error:
            said = f"the pages could not be asked: {error}"
        report.sections.append(("what the screens showed", said))
    return report


@pytest.fixture
def screens(
    request: pytest.FixtureRequest, browser: Browser, running_system: RunningSystem
) -> Iterator[Screens]:
    """Faces of the running system; in the end nothing may have complained."""
    opened = Screens(browser, running_system.base_url)
    request.node.stash[_SHOWN] = opened
    yield opened
    unexpected = opened.unexpected()
    opened.close()
    assert unexpected == []
