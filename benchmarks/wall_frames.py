"""5,200 units that all move once a second, on a 4K wall that Chromium draws without a GPU, in a storm.

The drill's storm runs beside it, so that the lists, tables and labels of a wall change as they do. Once a second the
place of every unit is put on the position board. In the page: the time of the main thread for each position frame
(whatever it does: Dash, lists, labels and painting included), frames a second by requestAnimationFrame, and the time
from the server's making of a frame to the painted picture that holds it. Browser, system and load share the machine.
Bars: main thread <= 80 ms a frame, >= 55 frames/s, server -> pixel p99 < 150 ms.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import psutil

from access.demo import DEMO_PASSWORD
from benchmarks.moving import Moving
from benchmarks.running import started
from benchmarks.screens import WALL_SIZE, Gauge, browser, face
from bootstrap.embedded import with_servers
from bootstrap.settings import load_settings

BARS = {"main thread ms": 80.0, "frames/s": 55.0, "server -> pixel p99 ms": 150.0}
SETTLES_S = 15.0

WATCH = """() => {
  const seen = (window.__seen = { frames: 0, js: [], late: [], apart: [], shown: 0 });
  const take = cc.units.frame, { redraw, arrived } = cc.PenLayer.prototype;
  const spent = (work) => {
    const began = performance.now();
    work();
    if (seen.js.length) seen.js[seen.js.length - 1] += performance.now() - began;
  };
  let made = null, written = null;
  cc.units.frame = (buffer) => {
    seen.frames += 1;
    seen.js.push(0);
    spent(() => take(buffer));
    made = new DataView(buffer).getFloat64(0, true);
  };
  cc.PenLayer.prototype.redraw = function () {
    if (!this.busy) written = made;
    spent(() => redraw.call(this));
  };
  cc.PenLayer.prototype.arrived = function (picture) {
    spent(() => arrived.call(this, picture));
    seen.apart.push(picture.took);
    const of = written;
    if (of === null) return;
    if (of === made) made = null;
    written = null;
    // The picture is handed in with the frame that begins now; after it is painted the next begins, and it can be seen.
    requestAnimationFrame(() => requestAnimationFrame(() => seen.late.push(Date.now() - of)));
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


def _print(seen: dict[str, Any], main_thread_s: float, took_s: float, drawn: int, busy: float) -> None:
    per_frame = main_thread_s / seen["frames"] * 1000
    js50, js99 = np.percentile(seen["js"], [50, 99])
    apart50, apart99 = np.percentile(seen["apart"], [50, 99])
    late = np.percentile(seen["late"], [50, 90, 99])
    print(
        f"wall of {WALL_SIZE[0]} x {WALL_SIZE[1]}, {drawn:,} units, {seen['frames'] / took_s:.2f} position frames/s"
    )
    print(
        f"  main thread ms a frame    {per_frame:7.1f} (bar {BARS['main thread ms']:.0f})   everything the page does"
    )
    print(f"  of it units               {js50:7.1f} median   {js99:.1f} p99")
    print(f"  beside it, in a worker    {apart50:7.1f} median   {apart99:.1f} p99")
    print(f"  frames/s                  {seen['shown'] / took_s:7.1f} (bar {BARS['frames/s']:.0f})")
    print(
        f"  server -> pixel ms        p50 {late[0]:6.0f}   p90 {late[1]:6.0f}   p99 {late[2]:6.0f} "
        f"(bar {BARS['server -> pixel p99 ms']:.0f})   max {max(seen['late']):6.0f}"
    )
    print(f"  machine                   {psutil.cpu_count()} processors, {busy:.0f} % busy, browser included")


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
