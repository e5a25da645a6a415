"""What a face weighs and when it is useful: bytes over the wire, and seconds until there is something to act on.

Each face is opened in a browser that has never seen it, over loopback, from the storm in the middle of the day. Useful
means: the list says what needs a person (or that nothing does) and the base map is drawn. The browser, the system and
its load share the machine. Bars: desk 3 s, phone 2 s and 700 kB.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Sequence
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser

from access.demo import DEMO_PASSWORD
from benchmarks.running import started
from benchmarks.screens import DESK_SIZE, PHONE_SIZE, WALL_SIZE, browser
from dashboard.ids import Desk, Phone, Wall

FACES = {
    "phone": ("phone", "/m/", PHONE_SIZE, Phone.QUEUE, 2.0),
    "desk": ("desk1", "/desk/", DESK_SIZE, Desk.QUEUE, 3.0),
    "wall": ("wall", "/wall/", WALL_SIZE, Wall.QUEUE, None),
    "analysis": ("analyst", "/analysis/", DESK_SIZE, None, None),
}
PHONE_BAR_KB = 700
HEAVIEST = 6
LONGEST_S = 90
USEFUL = """queue => {
  const list = document.getElementById(queue);
  const drawn = window.cc && window.cc.base && window.cc.base.data.main_roads.length > 0;
  return drawn && list && list.querySelector(".rows, .card-row, .row, .state");
}"""


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--times", type=int, default=3, help="how often each face is opened afresh")
    parser.add_argument("--units", type=int, default=1300)
    options = parser.parse_args(arguments)
    given = {
        "CC_MODE": "drill",
        "CC_DRILL_SPEED": "20",
        "UNITS": str(options.units),
        "CC_LOG_LEVEL": "WARNING",
    }
    with started(given) as (url, _), browser() as chromium:
        time.sleep(15)  # the storm has begun and the first list is full
        for face in FACES:
            seen = [opened(chromium, url, face) for _ in range(options.times)]
            tell(face, seen)


def opened(chromium: Browser, url: str, face: str) -> tuple[float, float, dict[str, int]]:
    """Seconds to the first paint and until it is useful, and bytes over the wire by path, in a fresh browser."""
    login, path, (width, height), queue, _ = FACES[face]
    context = chromium.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    page.goto(f"{url}/login")
    page.request.post(
        f"{url}/login", form={"login": login, "password": DEMO_PASSWORD}, headers={"Origin": url}
    )
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    asked: dict[str, str] = {}
    weighed: dict[str, int] = defaultdict(int)

    def asks(event: dict[str, Any]) -> None:
        asked[event["requestId"]] = urlsplit(event["request"]["url"]).path

    def ends(event: dict[str, Any]) -> None:
        weighed[asked.get(event["requestId"], "?")] += int(event["encodedDataLength"])

    session.on("Network.requestWillBeSent", asks)
    session.on("Network.loadingFinished", ends)
    began = time.perf_counter()
    page.goto(f"{url}{path}", wait_until="commit")
    if queue is None:
        page.wait_for_selector(".headline > div, .state", timeout=60_000)
    else:
        # Asked from here: the page's policy forbids what Playwright would poll with inside it.
        while not page.evaluate(USEFUL, queue):
            if time.perf_counter() - began > LONGEST_S:
                raise RuntimeError(f"{face}: found nothing to act on within {LONGEST_S} s")
            time.sleep(0.02)
    useful_s = time.perf_counter() - began
    page.wait_for_timeout(1_500)
    first_ms = page.evaluate(
        "(performance.getEntriesByName('first-contentful-paint')[0] || {startTime: NaN}).startTime"
    )
    context.close()
    return first_ms / 1000, useful_s, dict(weighed)


def tell(face: str, seen: list[tuple[float, float, dict[str, int]]]) -> None:
    *_, bar_s = FACES[face]
    weighed = seen[0][2]
    total_kb = sum(weighed.values()) / 1000
    bar = f" (bar {bar_s:g} s)" if bar_s else ""
    weight = f" (bar {PHONE_BAR_KB} kB)" if face == "phone" else ""
    print(
        f"{face}: first paint {median(s[0] for s in seen):.2f} s, useful {median(s[1] for s in seen):.2f} s, "
        f"slowest {max(s[1] for s in seen):.2f} s{bar}; {total_kb:,.0f} kB compressed in {len(weighed)} files{weight}",
        flush=True,
    )
    for path, size in sorted(weighed.items(), key=lambda item: -item[1])[:HEAVIEST]:
        print(f"    {size / 1000:8,.0f} kB  {path}")


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
