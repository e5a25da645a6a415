"""The board of 5,200 units on a desk: how long until its rows are there, and how smoothly they scroll.

A browser scrolls the whole board up and down while positions and statuses arrive; measured are the times between
two frames. The browser draws by the processor and shares it with the system: a desk with a graphics card is faster.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from statistics import median

from access.demo import DEMO_PASSWORD
from benchmarks.running import started
from benchmarks.screens import DESK_SIZE, browser, face
from dashboard.ids import Desk

SCROLL = """ms => new Promise(done => {
  const board = "#" + window.cc.ids.BOARD_UNITS;
  const body = document.querySelector(`${board} .ag-body-viewport, ${board} .ag-grid-viewport`);
  const frames = [], began = performance.now();
  let last = began, down = 1;
  const step = now => {
    frames.push(now - last);
    last = now;
    body.scrollTop += 240 * down;
    if (body.scrollTop + body.clientHeight >= body.scrollHeight - 4 || body.scrollTop <= 0) down = -down;
    if (now - began < ms) requestAnimationFrame(step); else done(frames.slice(1));
  };
  requestAnimationFrame(step);
})"""


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--units", type=int, default=5200)
    parser.add_argument("--seconds", type=float, default=15)
    options = parser.parse_args(arguments)
    given = {
        "CC_MODE": "drill",
        "CC_DRILL_SPEED": "5",
        "UNITS": str(options.units),
        "CC_LOG_LEVEL": "WARNING",
    }
    with started(given) as (url, _), browser() as chromium:
        page = face(chromium, url, "desk1", DEMO_PASSWORD, "/desk/", DESK_SIZE)
        time.sleep(20)
        began = time.perf_counter()
        page.keyboard.press("l")
        page.wait_for_selector(f"#{Desk.BOARD_UNITS} .ag-row", timeout=60_000)
        opened_s = time.perf_counter() - began
        time.sleep(6)
        still = sorted(page.evaluate(SCROLL.replace("240", "0"), options.seconds * 1000))
        moving = sorted(page.evaluate(SCROLL, options.seconds * 1000))
        rows = page.evaluate("window.cc.state.units.size")
        drawn = page.locator(f"#{Desk.BOARD_UNITS} .ag-row").count()
    print(f"{rows:,} rows, first of them seen after {opened_s:.2f} s; {drawn} elements drawn")
    for what, frames in (("at rest", still), ("scrolling", moving)):
        print(
            f"{what}: {len(frames) / options.seconds:.0f} frames a second, between two p50 {median(frames):.0f} ms, "
            f"p95 {frames[int(len(frames) * 0.95)]:.0f} ms, p99 {frames[int(len(frames) * 0.99)]:.0f} ms"
        )


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
