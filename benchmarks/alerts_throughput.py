"""Readings through HTTP in batches, RQ and the rules until they are committed: how many a second, how fast.

Three loads on the whole running system, the load generator on the same machine:
hold      2,000 readings/s for a while; bar: as many graded as sent, and what waits does not grow
half      1,000 readings/s; from the beginning of a reading's POST to the journal row of the alert it opens
          (`recorded_at`, the database's clock on the same machine); bar: p99 < 500 ms
ceiling   as fast as four senders get answers; what is graded then, the rest that waited included

Each gauge reports once a second. Some pass a grade and then jitter 1 cm around it, a twentieth of what was sent
is sent again: each gauge that passed has exactly one alert of the rule that grades it, whatever jitters.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import orjson
import psutil
import psycopg

from benchmarks.made_up_city import catalogue_of, point_id, reading
from benchmarks.running import RunningSystem, system_in_service

GAUGES = 4_000
BATCH = 200
RISING_A_SECOND = 6
SENT_AGAIN = 0.05
LOWEST_GRADE_CM = 5.0
DRAINED_WITHIN_S = 120
SENDERS = 4

Gauge = int


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=40, help="how long each load lasts")
    seconds = parser.parse_args(arguments).seconds
    with (
        tempfile.TemporaryDirectory(prefix="command-centre-bench-") as folder,
        system_in_service(catalogue_of(GAUGES, Path(folder))) as system,
    ):
        asyncio.run(_measure(system, seconds))


@dataclass
class Load:
    """One load: what was sent, and what was waiting at each second of it."""

    name: str
    began: float
    sent: int = 0
    accepted: int = 0
    duplicates: int = 0
    refused: int = 0
    waiting: list[int] = field(default_factory=list)
    lasted_s: float = 0.0
    graded: int = 0


class City:
    """All gauges, what each says next, and which of them passed a grade when."""

    def __init__(self, system: RunningSystem) -> None:
        self.rng = random.Random(3)
        self.high: set[Gauge] = set()
        self.posted_at: dict[str, float] = {}
        """Wall time at which the POST of a gauge's first high reading began."""
        self.client = httpx.AsyncClient(
            base_url=system.url,
            timeout=60,
            headers={"Authorization": f"Bearer {system.token}", "Content-Type": "application/json"},
        )
        self._sent: deque[dict[str, Any]] = deque(maxlen=4 * BATCH)

    async def post(self, gauges: Sequence[Gauge], rising: set[Gauge], load: Load) -> None:
        """One batch: a reading of each of these gauges, and some that were sent before."""
        now, posted = datetime.now(UTC), time.time()
        batch = [reading(gauge, now, self._depth_cm(gauge, rising, posted)) for gauge in gauges]
        again = self.rng.sample(list(self._sent), int(SENT_AGAIN * len(gauges))) if self._sent else []
        answer = await self.client.post("/api/v1/readings", content=orjson.dumps({"readings": batch + again}))
        load.sent += len(batch)
        if answer.status_code != 200:
            load.refused += len(batch)
            return
        said = answer.json()
        load.accepted += said["accepted"]
        load.duplicates += said["duplicates"]
        self._sent.extend(batch)

    def _depth_cm(self, gauge: Gauge, rising: set[Gauge], posted: float) -> float:
        if gauge in rising and gauge not in self.high:
            self.high.add(gauge)
            self.posted_at[point_id(gauge)] = posted
            return LOWEST_GRADE_CM + 0.5
        if gauge in self.high:
            return LOWEST_GRADE_CM + self.rng.uniform(-1, 1)
        return 1 + self.rng.uniform(-0.5, 0.5)

    def rising(self, among: Sequence[Gauge]) -> set[Gauge]:
        dry = [gauge for gauge in among if gauge not in self.high]
        return set(self.rng.sample(dry, min(RISING_A_SECOND, len(dry))))


class Journal:
    """What the database says was taken in and graded."""

    def __init__(self, system: RunningSystem) -> None:
        self._connection = psycopg.connect(str(system.settings.database_url), autocommit=True)

    def waiting(self) -> int:
        """Readings that were taken in and not graded yet."""
        row = self._connection.execute(
            "SELECT coalesce(sum((data->>'accepted')::int), 0) FROM journal WHERE type = 'readings.ingested'"
            " AND seq > (SELECT seq FROM cursors WHERE name = 'grading')"
        ).fetchone()
        assert row is not None
        return int(row[0])

    def alerts(self) -> list[tuple[str, float, str]]:
        """Point, second of the journal row, and which rule, of every alert that was opened."""
        rows = self._connection.execute(
            "SELECT changes->'alerts'->0, extract(epoch FROM recorded_at) FROM journal"
            " WHERE type = 'alert.opened' ORDER BY seq"
        ).fetchall()
        return [(alert["point_id"], float(at), alert.get("rule_id", "")) for alert, at in rows]

    async def drained(self) -> float:
        """Waits until nothing waits; seconds that took."""
        began = time.monotonic()
        while await asyncio.to_thread(self.waiting):
            if time.monotonic() - began > DRAINED_WITHIN_S:
                raise TimeoutError(f"found {self.waiting()} readings not graded, expected none")
            await asyncio.sleep(0.05)
        return time.monotonic() - began

    def close(self) -> None:
        self._connection.close()


async def _measure(system: RunningSystem, seconds: int) -> None:
    city, journal = City(system), Journal(system)
    try:
        await _steady(city, journal, "warm-up", 1_000, 5)
        await journal.drained()
        print(
            f"load generator on the same machine, {GAUGES} gauges, batches of {BATCH}, "
            f"{SENT_AGAIN:.0%} sent twice, {RISING_A_SECOND} gauges a second pass a grade and jitter 1 cm around it"
        )
        for name, rate in (("hold", 2_000), ("half", 1_000)):
            psutil.cpu_percent()
            before = len(city.posted_at)
            load = await _steady(city, journal, name, rate, seconds)
            busy = psutil.cpu_percent()
            await journal.drained()
            _print(load, rate, busy)
            risen = dict(list(city.posted_at.items())[before:])
            _print_latency(risen, journal.alerts(), bar_ms=500 if name == "half" else None)
        _print_ceiling(*await _ceiling(city, journal, max(10, seconds // 2)))
        _print_alerts(city, journal)
    finally:
        await city.client.aclose()
        journal.close()


async def _steady(city: City, journal: Journal, name: str, rate: int, seconds: int) -> Load:
    """`rate` gauges, each once a second, in batches evenly spaced over the second."""
    load = Load(name, time.monotonic())
    # A batch that is late must not delay the next ones: devices do not wait for each other.
    posts: set[asyncio.Task[None]] = set()
    turns = rate // BATCH
    watching = asyncio.create_task(_watch(journal, load))
    for second in range(seconds):
        rising = city.rising(range(rate))
        for turn in range(turns):
            due = load.began + second + turn / turns
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            post = asyncio.create_task(city.post(range(turn * BATCH, (turn + 1) * BATCH), rising, load))
            posts.add(post)
            post.add_done_callback(posts.discard)
    await asyncio.gather(*posts)
    load.lasted_s = max(seconds, time.monotonic() - load.began)
    watching.cancel()
    load.waiting.append(await asyncio.to_thread(journal.waiting))
    load.graded = load.accepted - load.waiting[-1]
    return load


async def _watch(journal: Journal, load: Load) -> None:
    while True:
        await asyncio.sleep(1)
        load.waiting.append(await asyncio.to_thread(journal.waiting))


async def _ceiling(city: City, journal: Journal, seconds: int) -> tuple[Load, float]:
    """Senders that post the next batch as soon as the last was answered; how long what waited took."""
    load = Load("ceiling", time.monotonic())

    async def send(part: int) -> None:
        own = range(part * GAUGES // SENDERS, (part + 1) * GAUGES // SENDERS)
        first = 0
        while time.monotonic() - load.began < seconds:
            gauges = own[first : first + BATCH]
            await city.post(gauges, set(), load)
            first = (first + BATCH) % len(own)

    await asyncio.gather(*(send(part) for part in range(SENDERS)))
    load.lasted_s = time.monotonic() - load.began
    load.waiting.append(await asyncio.to_thread(journal.waiting))
    return load, await journal.drained()


def _print(load: Load, rate: int, busy_percent: float) -> None:
    quarters = [load.waiting[len(load.waiting) * k // 4 - 1] for k in (1, 2, 3, 4)]
    print(f"{load.name}: {rate} readings/s for {load.lasted_s:.0f} s")
    print(
        f"  accepted    {load.accepted / load.lasted_s:7.0f} /s (bar {rate})   {load.duplicates} duplicates told "
        f"apart   {load.refused} refused"
    )
    print(
        f"  graded      {load.graded / load.lasted_s:7.0f} /s   waiting at each quarter {quarters}, at most "
        f"{max(load.waiting)} (a tenth of a second is {rate // 10})"
    )
    print(f"  machine     {psutil.cpu_count()} processors, {busy_percent:.0f} % busy")


def _print_latency(
    risen: dict[str, float], alerts: Sequence[tuple[str, float, str]], bar_ms: float | None
) -> None:
    first: dict[str, float] = {}
    for point, at, _ in alerts:
        first.setdefault(point, at)
    latency = [1000 * (first[point] - posted) for point, posted in risen.items() if point in first]
    p50, p90, p99 = np.percentile(latency, [50, 90, 99])
    bar = f" (bar {bar_ms:.0f})" if bar_ms else ""
    print(
        f"  posted -> alert committed, ms   p50 {p50:.0f}   p90 {p90:.0f}   p99 {p99:.0f}{bar}   "
        f"max {max(latency):.0f}   {len(latency)} alerts, {len(risen) - len(latency)} never came"
    )


def _print_ceiling(load: Load, drain_s: float) -> None:
    print(f"ceiling: {SENDERS} senders as fast as they are answered, {load.lasted_s:.0f} s")
    print(f"  accepted    {load.accepted / load.lasted_s:7.0f} /s   {load.refused} refused")
    print(
        f"  graded      {load.accepted / (load.lasted_s + drain_s):7.0f} /s until nothing waits "
        f"({load.waiting[-1]} waited at the end, {drain_s:.1f} s more)"
    )


def _print_alerts(city: City, journal: Journal) -> None:
    opened = journal.alerts()
    lives = [(point, rule) for point, _, rule in opened]
    passed, alarmed = set(city.posted_at), {point for point, _ in lives}
    print(
        f"alerts: {len(passed)} gauges passed a grade, {len(passed & alarmed)} have an alert, "
        f"{len(alarmed - passed)} have one and did not pass; {len(lives)} lives, "
        f"{len(lives) - len(set(lives))} of them a second one of the same rule at the same gauge (bar 0)"
    )
    by_rule: dict[str, int] = {}
    for _, rule in lives:
        by_rule[rule] = by_rule.get(rule, 0) + 1
    if set(by_rule) != {""}:
        print("  by rule     " + "   ".join(f"{rule} {count}" for rule, count in sorted(by_rule.items())))


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
