"""A click on dispatch at a desk -> seen on wall, desk and phone, in browsers, through the real worker.

One after another, somebody calls from Guandu, the worker advises, the officer opens the incident and clicks. In each of
the three pages an observer notes when the incident's row first names the unit, and when it first says in how many
minutes it arrives, which the worker has to work out by road. The three browsers, drawn by the processor, and the whole
system share the machine. Bar: p99 < 500 ms.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Sequence
from contextlib import suppress

import numpy as np
import psutil
from playwright.sync_api import Error, Page

from access.demo import DEMO_PASSWORD
from access.permissions import ROLES
from benchmarks.running import started
from benchmarks.screens import DESK_SIZE, PHONE_SIZE, WALL_SIZE, browser, face
from bootstrap.embedded import with_servers
from bootstrap.settings import load_settings
from bootstrap.wiring import Parts, wire
from core.actor import CITY, Actor, Role
from core.errors import CommandCentreError
from core.geo import LonLat
from dashboard.ids import Desk, Phone, Wall
from operations.close_incident import CloseIncident, close_incident
from operations.take_call import TakeCall, take_call

BAR_MS = 500.0
SMALL_WALL = (1920, 1080)
GUANDU = (102.72, 24.98, 102.77, 25.03)
"""West, south, east, north of a part of Guandu that has units and roads."""
TIMES_OUT_MS = 15_000

WATCH = """([queue, callsign]) => {
  const seen = (window.__seen = { who: null, eta: null });
  const look = () => {
    const row = [...document.querySelectorAll(`#${queue} .row, #${queue} .card, #${queue} [data-incident]`)]
      .find((found) => found.textContent.includes(callsign));
    if (!row) return;
    const paint = (what) => {
      if (seen[what] !== null) return;
      seen[what] = 0;
      requestAnimationFrame(() => { seen[what] = Date.now(); });
    };
    paint("who");
    if (row.querySelector('[data-tick="until"]')) paint("eta");
  };
  if (window.__observer) window.__observer.disconnect();
  window.__observer = new MutationObserver(look);
  window.__observer.observe(document.getElementById(queue), { childList: true, subtree: true, characterData: true });
}"""
CLICK = """(panel) => {
  const button = document.querySelector(`#${panel} .best [data-do=dispatch]`);
  const at = Date.now();
  button.click();
  return at;
}"""


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clicks", type=int, default=100)
    parser.add_argument(
        "--at-most-s", type=float, default=180.0, help="ends after so many seconds of clicking"
    )
    parser.add_argument("--wall-4k", action="store_true", help="a wall of 3840 x 2160 instead of 1920 x 1080")
    options = parser.parse_args(arguments)
    given = {
        "CC_MODE": "drill",
        "CC_DRILL_SPEED": "1",
        "UNITS": "1300",
        "CC_LOG_LEVEL": "WARNING",
        "CC_SCENE_CITY_S": "3600",
    }
    with started(given) as (url, folder), browser() as chromium:
        parts = wire(with_servers(load_settings(data_dir=folder)), with_roads=False)
        size = WALL_SIZE if options.wall_4k else SMALL_WALL
        pages = {
            "desk": (face(chromium, url, "desk1", DEMO_PASSWORD, "/desk/", DESK_SIZE), Desk.QUEUE),
            "wall": (face(chromium, url, "wall", DEMO_PASSWORD, "/wall/", size), Wall.QUEUE),
            "phone": (face(chromium, url, "phone", DEMO_PASSWORD, "/m/", PHONE_SIZE), Phone.QUEUE),
        }
        office = _Office(parts)
        took: dict[tuple[str, str], list[float]] = {(f, w): [] for f in pages for w in ("who", "eta")}
        psutil.cpu_percent()
        missed, end = 0, time.monotonic() + options.at_most_s
        for number in range(options.clicks):
            if time.monotonic() > end:
                break
            missed += not _click(office, {name: (p, str(q)) for name, (p, q) in pages.items()}, number, took)
        _print(took, missed, size, psutil.cpu_percent())


class _Office:
    """Calls that come in, and incidents closed again, so that the lists stay short."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._actor = Actor("bench", "bench", Role.DUTY_OFFICER, CITY, ROLES[Role.DUTY_OFFICER])
        self._rng = random.Random(11)

    def call(self, number: int) -> str:
        self._parts.refresh_clock()
        west, south, east, north = GUANDU
        place = LonLat(self._rng.uniform(west, east), self._rng.uniform(south, north))
        now = self._parts.ports.clock.now()
        command = TakeCall(f"faces-{number}", "traffic", place, "benchmark", "benchmark", now)
        return take_call(self._parts.ports, self._actor, command).incident_id

    def close(self, incident_id: str) -> None:
        with suppress(CommandCentreError):
            close_incident(self._parts.ports, self._actor, CloseIncident(incident_id, None))


def _click(
    office: _Office,
    pages: dict[str, tuple[Page, str]],
    number: int,
    took: dict[tuple[str, str], list[float]],
) -> bool:
    """One incident from its call to its end; False when a face never showed it."""
    incident_id = office.call(number)
    desk = pages["desk"][0]
    try:
        desk.wait_for_function(
            "(id) => cc.state.recommendations.has(id)", arg=incident_id, timeout=TIMES_OUT_MS
        )
        desk.evaluate("(id) => cc.open(id)", incident_id)
        button = f"#{Desk.PANEL} [data-incident='{incident_id}'] .best [data-do=dispatch]"
        desk.wait_for_selector(button, timeout=TIMES_OUT_MS)
        unit = desk.get_attribute(button, "data-unit")
        callsign = desk.evaluate("(id) => cc.state.units.get(id).callsign", unit)
        for page, queue in pages.values():
            page.evaluate(WATCH, [queue, callsign])
        at = desk.evaluate(CLICK, str(Desk.PANEL))
        for page, _ in pages.values():
            page.wait_for_function("() => window.__seen.eta", timeout=TIMES_OUT_MS)
        for name, (page, _) in pages.items():
            for what, seen_at in page.evaluate("window.__seen").items():
                took[name, what].append(seen_at - at)
    except Error as error:
        print(f"  click {number}: {str(error).splitlines()[0]}", flush=True)
        return False
    finally:
        desk.keyboard.press("Escape")
        office.close(incident_id)
        time.sleep(0.3)
    return True


def _print(took: dict[tuple[str, str], list[float]], missed: int, size: tuple[int, int], busy: float) -> None:
    count = len(took["desk", "eta"])
    if count == 0:
        raise SystemExit(f"nothing was seen, {missed} clicks in vain")
    print(
        f"a click on dispatch -> seen, {count} clicks, {missed} not seen in time, wall {size[0]} x {size[1]}"
    )
    for what, words in (("who", "the unit is named"), ("eta", "and its minutes by road")):
        for face_name in ("desk", "wall", "phone"):
            p50, p90, p99 = np.percentile(took[face_name, what], [50, 90, 99])
            print(
                f"  {words:26}{face_name:8} ms  p50 {p50:5.0f}   p90 {p90:5.0f}   p99 {p99:5.0f} "
                f"(bar {BAR_MS:.0f})   max {max(took[face_name, what]):5.0f}"
            )
    print(f"  machine     {psutil.cpu_count()} processors, {busy:.0f} % busy, three browsers included")


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
