"""From an alarm on the desk to the dispatch, by keyboard alone, as a browser sees it: what the system adds to a person.

A call about a fire comes in through the API while the storm runs. The clock starts when its line stands on the
officer's list and ends when the desk says who was sent. Two ways: `Enter`, `D`; and by the command bar, typed at
the speed of a trained hand. The time somebody needs to read and to decide is not in it. Bar: 5 s for a trained officer.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from statistics import median

import httpx
from playwright.sync_api import Page

from access.demo import DEMO_PASSWORD
from benchmarks.running import started
from benchmarks.screens import DESK_SIZE, browser, face
from dashboard.ids import Desk

BAR_S = 5.0
KEYSTROKE_MS = 90
"""A practised typist."""
BEGIN = (102.700, 25.000)
APART_DEG = 0.006
"""Further than a call joins: each call is an incident of its own."""


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--alarms", type=int, default=10, help="for each of the two ways")
    parser.add_argument("--units", type=int, default=1300)
    options = parser.parse_args(arguments)
    given = {
        "CC_MODE": "drill",
        "CC_DRILL_SPEED": "1",
        "UNITS": str(options.units),
        "CC_LOG_LEVEL": "WARNING",
    }
    with started(given) as (url, folder), browser() as chromium:
        page = face(chromium, url, "desk1", DEMO_PASSWORD, "/desk/", DESK_SIZE)
        time.sleep(20)  # positions and coverage settle
        with device(url, folder) as client:
            for way, act in (("Enter, D", by_keys), ("command bar", by_command)):
                times = [one(page, client, act, f"{way}-{n}", n) for n in range(options.alarms)]
                print(
                    f"alarm on the desk -> dispatched, {way}: p50 {median(times):.2f} s, slowest {max(times):.2f} s "
                    f"of {len(times)} (bar {BAR_S:g} s)",
                    flush=True,
                )


def device(url: str, folder: Path) -> httpx.Client:
    token = (folder / "secrets" / "replayer-token").read_text().strip()
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=30)


def one(page: Page, client: httpx.Client, act: Callable[[Page, str], None], key: str, n: int) -> float:
    """Seconds of one alarm, with a desk on which nothing is open."""
    for _ in range(3):
        page.keyboard.press("Escape")
    now = datetime.fromisoformat(client.get("/api/v1/clock").json()["now"])
    place = (
        BEGIN[0] + APART_DEG * (n % 10),
        BEGIN[1] + APART_DEG * (n // 10 + (5 if key.startswith("c") else 0)),
    )
    call = {
        "category": "fire",
        "place": {"lon": place[0], "lat": place[1], "crs": "WGS-84"},
        "caller": "benchmark",
        "text": key,
        "received_at": now.isoformat(),
    }
    taken = client.post("/api/v1/calls", json=call, headers={"Idempotency-Key": f"alarm-{abs(hash(key))}"})
    if taken.is_error:
        raise RuntimeError(f"{place}: {taken.text}")
    answer = taken.json()
    incident = answer["incident_id"]
    page.wait_for_selector(f"#{Desk.QUEUE} [data-incident='{incident}']", timeout=30_000)
    began = time.perf_counter()
    act(page, answer["incident_number"])
    page.wait_for_selector(f"#{Desk.PANEL} [data-incident='{incident}'] .assigned li", timeout=30_000)
    return time.perf_counter() - began


def by_keys(page: Page, _number: str) -> None:
    # Priority 1 with nobody sent stands first: Enter opens it.
    page.keyboard.press("Enter")
    page.wait_for_selector(f"#{Desk.PANEL} .best [data-do=dispatch]", timeout=30_000)
    page.keyboard.press("d")


def by_command(page: Page, number: str) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type(number[-9:], delay=KEYSTROKE_MS)  # day and number: units have four digits too
    page.keyboard.press("Enter")
    page.wait_for_selector(f"#{Desk.PANEL} .best [data-do=dispatch]", timeout=30_000)
    page.keyboard.press("Control+k")
    page.keyboard.type("cj", delay=KEYSTROKE_MS)
    page.keyboard.press("Enter")


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
