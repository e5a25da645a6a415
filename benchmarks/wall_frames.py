"""5,200 units that all move once a second, on a 4K wall that Chromium draws without a GPU, in a storm.

The drill's storm runs beside it, so that the lists, tables and labels of a wall change as they do. Once a second the
place of every unit is put on the position board. In the page: the time of the main thread for each position frame
(whatever it does: Dash, lists, labels and painting included), frames a second by requestAnimationFrame, and the time
from the server's making of a frame to the painted picture that holds it. Browser, system and load share the machine.
Bars: main thread <= 80 ms a frame, >= 55 frames/s, server -> pixel p99 < 150 ms.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from collections.abc import Sequence
from multiprocessing.context import SpawnProcess
from typing import Any

import numpy as np
import psutil

from access.demo import DEMO_PASSWORD
from benchmarks.running import started
from benchmarks.screens import WALL_SIZE, Gauge, browser, face
from bootstrap.embedded import with_servers
from bootstrap.settings import Settings, load_settings
from bootstrap.wiring import Parts, wire
from core.geo import LonLat
from dispatch.fixes import Fix

BARS = {"main thread ms": 80.0, "frames/s": 55.0, "server -> pixel p99 ms": 150.0}
SETTLES_S = 15.0
STEP_DEG = 0.0001
"""Some ten metres: what a car drives in a second."""

_SPAWNED = multiprocessing.get_context("spawn")

WATCH = """() => {
  const seen = (window.__seen = { frames: 0, js: [], late: [], shown: 0 });
  const take = cc.units.frame, redraw = cc.CanvasLayer.prototype.redraw;
  let made = null;
  cc.units.frame = (buffer) => {
    const began = performance.now();
    take(buffer);
    seen.frames += 1;
    made = new DataView(buffer).getFloat64(0, true);
    seen.js.push(performance.now() - began);
  };
  cc.CanvasLayer.prototype.redraw = function () {
    const began = performance.now();
    redraw.call(this);
    if (this.paneName !== "cc-units" || made === null) return;
    seen.js[seen.js.length - 1] += performance.now() - began;
    const of = made;
    made = null;
    // After this frame is painted the next begins: what was drawn can be seen then.
    requestAnimationFrame(() => seen.late.push(Date.now() - of));
  };
  const count = () => { seen.shown += 1; requestAnimationFrame(count); };
  requestAnimationFrame(count);
}"""


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--units", type=int, default=5200)
    parser.add_argument("--scene", choices=("cycling", "city"), default="cycling")
    parser.add_argument("--storm-speed", type=int, default=1, help="how many times as fast as it was")
    options = parser.parse_args(arguments)
    given = {
        "CC_MODE": "drill",
        "CC_DRILL_SPEED": str(options.storm_speed),
        "UNITS": str(options.units),
        "CC_LOG_LEVEL": "WARNING",
    }
    if options.scene == "city":
        given["CC_SCENE_CITY_S"] = "3600"
    with started(given) as (url, folder), browser() as chromium:
        moving = Moving(with_servers(load_settings(data_dir=folder)))
        moving.start()
        try:
            page = face(chromium, url, "wall", DEMO_PASSWORD, "/wall/", WALL_SIZE)
            page.wait_for_timeout(SETTLES_S * 1000)
            gauge = Gauge(page)
            page.evaluate(WATCH)
            psutil.cpu_percent()
            before, began = gauge.read(), time.monotonic()
            page.wait_for_timeout(options.seconds * 1000)
            took_s = time.monotonic() - began
            after, seen = gauge.read(), page.evaluate("window.__seen")
            drawn = page.evaluate("cc.units.count()")
        finally:
            moving.stop()
        _print(seen, after.main_thread_s - before.main_thread_s, took_s, drawn, psutil.cpu_percent())


class Moving(SpawnProcess):
    """Puts every unit a few metres further once a second, straight on the position board.

    A process of its own: in a thread it would hold up those who measure, by the interpreter's lock.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(daemon=True)
        self._settings = settings
        self._over = _SPAWNED.Event()

    def stop(self) -> None:
        self._over.set()
        self.join(10)

    def run(self) -> None:
        parts: Parts = wire(self._settings, with_roads=False)
        turn, began, board = 0, time.monotonic(), parts.board
        ids: list[str] = []
        while not self._over.wait(max(0.0, turn - (time.monotonic() - began))):
            turn += 1
            if turn % 10 == 1:  # the shift may only just be coming in
                with parts.store.transaction() as tx:
                    ids = [unit.unit_id for unit in tx.units()]
            parts.refresh_clock()
            now = parts.ports.clock.now()
            step = STEP_DEG if turn % 20 < 10 else -STEP_DEG
            known = board.newest(ids)
            fixes = []
            for number, unit_id in enumerate(ids):
                stood = known.get(unit_id)
                place = (
                    stood.place if stood else LonLat(102.66 + number % 72 / 500, 24.96 + number // 72 / 550)
                )
                fixes.append(Fix(unit_id, LonLat(place.lon + step, place.lat), 90.0, 36.0, now))
            board.put(fixes, now)


def _print(seen: dict[str, Any], main_thread_s: float, took_s: float, drawn: int, busy: float) -> None:
    per_frame = main_thread_s / seen["frames"] * 1000
    js50, js99 = np.percentile(seen["js"], [50, 99])
    late = np.percentile(seen["late"], [50, 90, 99])
    print(
        f"wall of {WALL_SIZE[0]} x {WALL_SIZE[1]}, {drawn:,} units, {seen['frames'] / took_s:.2f} position frames/s"
    )
    print(
        f"  main thread ms a frame    {per_frame:7.1f} (bar {BARS['main thread ms']:.0f})   everything the page does"
    )
    print(f"  of it units               {js50:7.1f} median   {js99:.1f} p99")
    print(f"  frames/s                  {seen['shown'] / took_s:7.1f} (bar {BARS['frames/s']:.0f})")
    print(
        f"  server -> pixel ms        p50 {late[0]:6.0f}   p90 {late[1]:6.0f}   p99 {late[2]:6.0f} "
        f"(bar {BARS['server -> pixel p99 ms']:.0f})   max {max(seen['late']):6.0f}"
    )
    print(f"  machine                   {psutil.cpu_count()} processors, {busy:.0f} % busy, browser included")


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
