"""An officer's click -> the advice on a WebSocket client, through web, Redis, an RQ worker and PostgreSQL.

5,200 units report their position every 5 s (1,040/s), a flood has closed every monitored road, incidents wait. The
click is the desk's own request for advice over HTTP; the time until the `recommendation.made` event of that incident
arrives on a WebSocket client is what is measured; then, in a browser on a desk, the time from the click on "compute
again" until the new advice is painted. Load generator and browser run on the same machine. Bar: p99 < 150 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import random
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import httpx
import numpy as np
import orjson
import psutil
from websockets.asyncio.client import connect

from benchmarks.moving import Moving
from benchmarks.networks import city_network
from benchmarks.running import RunningSystem, system_in_service
from benchmarks.screens import DESK_SIZE, browser
from bootstrap.catalogue import CATALOGUE_DIR, load_catalogue
from core.geo import BoundingBox
from dashboard.ids import Desk

UNITS = 5_200
UNIT_PERIOD_S = 5
INCIDENTS = 40
CITY = BoundingBox(102.66, 24.95, 102.80, 25.08)
CATEGORIES = ("traffic", "fire", "medical", "public_security")
SETTLES_S = 8.0
BETWEEN_S = 0.15
BAR_MS = 150.0
CLICK_AND_SEE = """([panel, incident]) => new Promise((done) => {
  const within = `#${panel} [data-incident='${incident}']`;
  const made = () => (document.querySelector(`${within} [data-tick=stale]`) || { dataset: {} }).dataset.at;
  const before = made(), began = performance.now();
  const seen = new MutationObserver(() => {
    if (!made() || made() === before) return;
    seen.disconnect();
    requestAnimationFrame(() => done(performance.now() - began));
  });
  seen.observe(document.getElementById(panel), { childList: true, subtree: true, attributes: true });
  document.querySelector(`${within} [data-do=recommend]`).click();
})"""


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clicks", type=int, default=300)
    parser.add_argument("--network", type=Path, help="a stored network; default: see benchmarks/networks.py")
    parser.add_argument("--on-screen", type=int, default=100, help="clicks in the browser")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="command-centre-bench-") as folder:
        stored = options.network
        if stored is None:
            stored = Path(folder) / "network.npz"
            city_network().save(stored)
        with system_in_service(CATALOGUE_DIR, {"CC_ROAD_NETWORK": str(stored)}) as system:
            incidents = asyncio.run(_measure(system, options.clicks))
            _measure_on_screen(system, incidents, options.on_screen)


class _Click(NamedTuple):
    """Seconds from the click to the advice, to the answer of its request, and from the making of the advice to its
    arrival; and whether it names anybody."""

    took_s: float
    answered_s: float
    since_made_s: float
    is_filled: bool


class _Desk:
    """The load, the clicks and the stop-watch."""

    def __init__(self, system: RunningSystem) -> None:
        self.system = system
        self.rng = random.Random(7)
        self.devices = httpx.AsyncClient(
            base_url=system.url,
            headers={"Authorization": f"Bearer {system.token}", "Content-Type": "application/json"},
            timeout=30,
        )
        self.officer = httpx.AsyncClient(
            base_url=system.url, cookies=dict(system.cookies), headers={"Origin": system.url}, timeout=30
        )
        self.waiting: dict[str, asyncio.Future[tuple[float, float, bool]]] = {}
        self.over = False
        self.refused = 0

    async def listen(self, ready: asyncio.Event) -> None:
        headers = {"Cookie": self.system.cookie_header, "Origin": self.system.url}
        async with connect(
            self.system.socket_url, additional_headers=headers, max_size=None, compression=None
        ) as live:
            async for frame in live:
                if isinstance(frame, bytes):
                    continue
                event = orjson.loads(frame)
                if event["kind"] == "snapshot":
                    ready.set()
                if event["kind"] != "event" or event["type"] != "recommendation.made":
                    continue
                asked = self.waiting.pop(event["subject"], None)
                if asked is not None and not asked.done():
                    (advice,) = event["changes"]["recommendations"]
                    filled = any(c["need"] is not None for c in advice["candidates"])
                    made_at = datetime.fromisoformat(event["at"]).timestamp()
                    asked.set_result((time.perf_counter(), time.time() - made_at, filled))

    async def prepare(self) -> list[str]:
        """Units, the flood, and incidents that wait; answers the incidents' ids."""
        net = "station_base"
        units = [
            {
                "unit_id": f"u{i}",
                "callsign": f"测-{i:04d}",
                "net": net,
                "kind": "car",
                "capabilities": ["police", "traffic_control", "rescue", "first_aid"],
                "jurisdiction": "530111",
                "synthetic": True,
            }
            for i in range(UNITS)
        ]
        (await self.devices.put("/api/v1/units", content=orjson.dumps({"units": units}))).raise_for_status()
        self.places = [self._somewhere() for _ in range(UNITS)]
        await self._report(range(UNITS))
        now = datetime.now(UTC).isoformat()
        flooded = [
            {"point_id": p.point_id, "passability": "closed", "observed_at": now, "source": "benchmark"}
            for p in load_catalogue().points.values()
            if p.road_kind is not None
        ]
        answer = await self.devices.post("/api/v1/passability", content=orjson.dumps(flooded))
        answer.raise_for_status()
        print(f"{len(flooded)} monitored roads closed")
        found = []
        for n in range(INCIDENTS):
            lon, lat = self._somewhere()
            call = {
                "category": CATEGORIES[n % len(CATEGORIES)],
                "place": {"lon": lon, "lat": lat, "crs": "WGS-84"},
                "caller": "benchmark",
                "text": "benchmark",
                "received_at": datetime.now(UTC).isoformat(),
            }
            answer = await self.devices.post(
                "/api/v1/calls", content=orjson.dumps(call), headers={"Idempotency-Key": f"click-{n}"}
            )
            if not answer.is_success:
                raise RuntimeError(f"a call was refused: {answer.text}")
            found.append(answer.json()["incident_id"])
        return list(dict.fromkeys(found))

    def _somewhere(self) -> tuple[float, float]:
        return self.rng.uniform(CITY.west, CITY.east), self.rng.uniform(CITY.south, CITY.north)

    async def _report(self, numbers: range) -> None:
        now = datetime.now(UTC).isoformat()
        fixes = []
        for i in numbers:
            lon, lat = self.places[i]
            fixes.append(
                {
                    "unit_id": f"u{i}",
                    # About a place of its own: a jump across the city is doubted.
                    "lon": lon + self.rng.uniform(-5e-4, 5e-4),
                    "lat": lat + self.rng.uniform(-5e-4, 5e-4),
                    "heading_deg": self.rng.randrange(360),
                    "speed_kmh": 20,
                    "fixed_at": now,
                }
            )
        for first in range(0, len(fixes), 1000):
            body = orjson.dumps({"crs": "WGS-84", "positions": fixes[first : first + 1000]})
            answer = await self.devices.post("/api/v1/positions", content=body)
            self.refused += answer.status_code != 200

    async def positions(self) -> None:
        """A fifth of a second's share of all units every 200 ms."""
        shares, turn, began = UNIT_PERIOD_S * 5, 0, time.monotonic()
        while not self.over:
            await self._report(range(turn % shares, UNITS, shares))
            turn += 1
            await asyncio.sleep(max(0.0, turn * 0.2 - (time.monotonic() - began)))

    async def callback(self) -> str:
        """The output that the desk's request for advice is bound to."""
        answer = await self.officer.get("/desk/_dash-dependencies")
        for found in answer.raise_for_status().json():
            if [i["id"] for i in found["inputs"]] == [Desk.ASK_RECOMMEND]:
                return str(found["output"])
        raise LookupError(Desk.ASK_RECOMMEND)

    async def click(self, output: str, incident_id: str, number: int) -> _Click:
        """One click, until its advice has arrived."""
        component, prop = output.split(".", 1)
        asked = {
            "output": output,
            "outputs": {"id": component, "property": prop},
            "inputs": [
                {
                    "id": Desk.ASK_RECOMMEND,
                    "property": "data",
                    "value": {"incident_id": incident_id, "nonce": f"n{number}"},
                }
            ],
            "changedPropIds": [f"{Desk.ASK_RECOMMEND}.data"],
        }
        arrived = asyncio.get_running_loop().create_future()
        self.waiting[incident_id] = arrived
        began = time.perf_counter()
        answer = await self.officer.post("/desk/_dash-update-component", json=asked)
        answer.raise_for_status()
        answered_s = time.perf_counter() - began
        at, since_made_s, filled = await asyncio.wait_for(arrived, 10)
        return _Click(at - began, answered_s, since_made_s, filled)


def _measure_on_screen(system: RunningSystem, incidents: Sequence[str], clicks: int) -> None:
    """The same click in a browser, while units report as often as before."""
    moving = Moving(system.settings, UNIT_PERIOD_S)
    moving.start()
    took: list[float] = []
    try:
        with browser() as chromium:
            context = chromium.new_context(viewport={"width": DESK_SIZE[0], "height": DESK_SIZE[1]})
            for name, value in system.cookies.items():
                context.add_cookies([{"name": name, "value": value, "url": system.url}])
            page = context.new_page()
            page.goto(f"{system.url}/desk/")
            page.wait_for_selector("html[data-link=online]", state="attached", timeout=60_000)
            psutil.cpu_percent()
            for number in range(clicks):
                incident = incidents[number % len(incidents)]
                page.evaluate("id => cc.open(id)", incident)
                page.wait_for_selector(
                    f"#{Desk.PANEL} [data-incident='{incident}'] .best [data-do=recommend]", timeout=30_000
                )
                page.wait_for_timeout(400)  # what opening it asked for has come
                took.append(page.evaluate(CLICK_AND_SEE, [Desk.PANEL, incident]))
            busy = psutil.cpu_percent()
    finally:
        moving.stop()
    p50, p90, p99 = np.percentile(took, [50, 90, 99])
    print(f"click -> new advice painted on a desk in Chromium without a GPU, {clicks} clicks")
    print(
        f"  latency ms  p50 {p50:6.0f}   p90 {p90:6.0f}   p99 {p99:6.0f} (bar {BAR_MS:.0f})   max {max(took):6.0f}"
    )
    print(f"  machine     {psutil.cpu_count()} processors, {busy:.0f} % busy, browser included")


async def _measure(system: RunningSystem, clicks: int) -> list[str]:
    desk = _Desk(system)
    ready = asyncio.Event()
    listening = asyncio.create_task(desk.listen(ready))
    await asyncio.wait_for(ready.wait(), 30)
    incidents = await desk.prepare()
    reporting = asyncio.create_task(desk.positions())
    output = await desk.callback()
    await asyncio.sleep(SETTLES_S)
    gc.collect()
    gc.freeze()
    psutil.cpu_percent()
    found: list[_Click] = []
    for number in range(clicks):
        found.append(await desk.click(output, incidents[number % len(incidents)], number))
        await asyncio.sleep(BETWEEN_S)
    busy = psutil.cpu_percent()
    desk.over = True
    await reporting
    listening.cancel()
    await desk.devices.aclose()
    await desk.officer.aclose()
    took = [click.took_s for click in found]
    p50, p90, p99 = np.percentile(took, [50, 90, 99]) * 1000
    answered, since_made = (
        np.percentile(column, [50, 99]) * 1000
        for column in ([c.answered_s for c in found], [c.since_made_s for c in found])
    )
    print(f"click -> advice on a WebSocket client, {UNITS} units, {len(incidents)} incidents waiting")
    named = sum(click.is_filled for click in found)
    print(
        f"  clicks      {clicks:7d}   {named} answered with a unit   {desk.refused} position batches refused"
    )
    print(
        f"  latency ms  p50 {p50:6.0f}   p90 {p90:6.0f}   p99 {p99:6.0f} (bar {BAR_MS:.0f})   "
        f"max {max(took) * 1000:6.0f}"
    )
    print(
        f"  of which    request answered after p50 {answered[0]:.0f}, p99 {answered[1]:.0f} ms; from advice made to "
        f"its arrival p50 {since_made[0]:.0f}, p99 {since_made[1]:.0f} ms"
    )
    print(f"  machine     {psutil.cpu_count()} processors, {busy:.0f} % busy")
    return incidents


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
