"""Reading posted -> alert on a WebSocket client, through the real system, under the load of a storm.

1,000 gauges report once a second in batches of 100 while 5,200 units report their position every 5 s
(1,040/s). Each second some gauges pass a grade for the first time; the time from the beginning of that
reading's POST to the `alert.opened` event on a WebSocket client is what is measured. The load generator runs
on the same machine. Bars: p50 < 300 ms, p99 < 1 s.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import httpx
import numpy as np
import orjson
import psutil
from websockets.asyncio.client import connect

from benchmarks.made_up_city import catalogue_of, point_id, reading
from benchmarks.running import RunningSystem, system_in_service

POINTS = 1_000
BATCH = 100
UNITS = 5_200
UNIT_PERIOD_S = 5
RISING_A_SECOND = 6
WARM_UP_S = 5


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="how long the load lasts")
    seconds = parser.parse_args(arguments).seconds
    with tempfile.TemporaryDirectory(prefix="command-centre-bench-") as folder:
        catalogue = catalogue_of(POINTS, Path(folder))
        with system_in_service(catalogue) as system:
            asyncio.run(_measure(system, seconds))


class _Storm:
    """The load and the stop-watch: when each point's first high reading was posted, when its alert came."""

    def __init__(self, system: RunningSystem, seconds: int) -> None:
        self.system = system
        self.seconds = seconds
        self.rng = random.Random(2)
        self.posted_at: dict[str, float] = {}
        self.latency_s: list[float] = []
        self.high: set[int] = set()
        self.sent = {"readings": 0, "positions": 0}
        self.refused = 0
        self.began = time.monotonic()
        self.client = httpx.AsyncClient(
            base_url=system.url, headers={"Authorization": f"Bearer {system.token}"}, timeout=30
        )

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
                if event["kind"] == "event" and event["type"] == "alert.opened":
                    posted = self.posted_at.pop(event["changes"]["alerts"][0]["point_id"], None)
                    if posted is not None and posted - self.began > WARM_UP_S:
                        self.latency_s.append(time.monotonic() - posted)

    async def readings(self) -> None:
        """Ten batches of 100 a second, evenly spaced."""
        part = 0
        while (elapsed := time.monotonic() - self.began) < self.seconds:
            if part % (POINTS // BATCH) == 0:
                low = [i for i in range(POINTS) if i not in self.high]
                self.rising = set(self.rng.sample(low, min(RISING_A_SECOND, len(low))))
            first = part % (POINTS // BATCH) * BATCH
            await self._post_batch(range(first, first + BATCH))
            part += 1
            await asyncio.sleep(max(0.0, part * BATCH / POINTS - (time.monotonic() - self.began)))
        self.measured_s = elapsed

    async def _post_batch(self, numbers: range) -> None:
        now = datetime.now(UTC)
        batch = []
        for number in numbers:
            if number in self.rising and number not in self.high:
                self.high.add(number)
                self.posted_at[point_id(number)] = time.monotonic()
            # Held above the grade and jittering: a storm is mostly readings that change nothing.
            depth = (40 if number in self.high else 1) + self.rng.uniform(-0.5, 0.5)
            batch.append(reading(number, now, depth))
        answer = await self.client.post("/api/v1/readings", content=orjson.dumps({"readings": batch}))
        self.refused += answer.status_code != 200
        self.sent["readings"] += BATCH

    async def positions(self) -> None:
        """A fifth of a second's share of all units every 200 ms."""
        shares, turn = UNIT_PERIOD_S * 5, 0
        while time.monotonic() - self.began < self.seconds:
            now = datetime.now(UTC).isoformat()
            fixes = [
                {
                    "unit_id": f"u{i}",
                    # Each about a place of its own: a jump across the city is doubted.
                    "lon": 102.7 + i % 72 / 720 + self.rng.random() / 1000,
                    "lat": 25.0 + i // 72 / 1460 + self.rng.random() / 1000,
                    "heading_deg": self.rng.randrange(360),
                    "speed_kmh": 20,
                    "fixed_at": now,
                }
                for i in range(turn % shares, UNITS, shares)
            ]
            body = orjson.dumps({"crs": "WGS-84", "positions": fixes})
            answer = await self.client.post("/api/v1/positions", content=body)
            self.refused += answer.status_code != 200
            self.sent["positions"] += len(fixes)
            turn += 1
            await asyncio.sleep(max(0.0, turn * 0.2 - (time.monotonic() - self.began)))

    async def register(self) -> None:
        units = [
            {
                "unit_id": f"u{i}",
                "callsign": f"测-{i:04d}",
                "net": "station_base",
                "kind": "car",
                "capabilities": ["police", "traffic_control"],
                "jurisdiction": "530111",
                "synthetic": True,
            }
            for i in range(UNITS)
        ]
        answer = await self.client.put("/api/v1/units", content=orjson.dumps({"units": units}))
        answer.raise_for_status()


async def _measure(system: RunningSystem, seconds: int) -> None:
    storm = _Storm(system, seconds)
    storm.client.headers["Content-Type"] = "application/json"
    await storm.register()
    ready = asyncio.Event()
    listening = asyncio.create_task(storm.listen(ready))
    await asyncio.wait_for(ready.wait(), 30)
    psutil.cpu_percent()
    storm.began = time.monotonic()
    await asyncio.gather(storm.readings(), storm.positions())
    busy = psutil.cpu_percent()
    await asyncio.sleep(3)
    listening.cancel()
    await storm.client.aclose()
    _print(storm, busy)


def _print(storm: _Storm, busy_percent: float) -> None:
    p50, p90, p99 = np.percentile(storm.latency_s, [50, 90, 99]) * 1000
    print(
        f"reading posted -> alert on a WebSocket client, {storm.seconds} s, load generator on the same machine"
    )
    print(
        f"  sent        {storm.sent['readings'] / storm.measured_s:7.0f} readings/s   "
        f"{storm.sent['positions'] / storm.measured_s:7.0f} positions/s   {storm.refused} refused"
    )
    print(f"  alerts      {len(storm.latency_s):7d} measured     {len(storm.posted_at)} never came")
    print(
        f"  latency ms  p50 {p50:6.0f} (bar 300)   p90 {p90:6.0f}   p99 {p99:6.0f} (bar 1000)   "
        f"max {max(storm.latency_s) * 1000:6.0f}"
    )
    print(f"  machine     {psutil.cpu_count()} processors, {busy_percent:.0f} % busy")


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
