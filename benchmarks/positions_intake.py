"""Positions in -> the frame on a WebSocket client, through the real system, at 2,000 a second from 5,200 units.

Each unit reports every 2.6 s, moved by some 15 m. What is measured is the time from the beginning of a report's
sending to the binary frame that holds its place. `--by api` posts batches of 200 to our API; `--by jt808` holds one
TCP connection for each unit and sends JT/T 808 locations, one to a frame. The load generator runs on the same machine.
The rate is of answers between the warm-up and the end of the sending; above what is sent it made up for the warm-up.
Bars: all are accepted, nothing waits behind, p99 < 1 s.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import math
import resource
import socket
import struct
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

import httpx
import numpy as np
import orjson
import psutil
import psycopg
from redis import Redis
from rq import Queue
from websockets.asyncio.client import connect

from benchmarks.running import RunningSystem, system_in_service
from bootstrap.settings import REPOSITORY
from intake.jt808.frames import FrameCutter, Header, make_frame, read_frame

UNITS = 5_200
A_SECOND = 2_000
BATCH = 200
WARM_UP_S = 5
STEP_DEG = 0.00015
BEIJING = timezone(timedelta(hours=8))
_UNITS_OF_FRAME = np.dtype([("index", "<u2"), ("heading", "<u2"), ("lon", "<i4"), ("lat", "<i4")])


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="how long the load lasts")
    parser.add_argument("--by", choices=("api", "jt808"), default="api", help="how the positions are sent")
    options = parser.parse_args(arguments)
    given = {}
    if options.by == "jt808":
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        given["CC_JT808_PORTS"] = str(_free_port())
    with system_in_service(REPOSITORY / "catalogue", given) as system:
        port = int(given.get("CC_JT808_PORTS", 0))
        asyncio.run(_measure(system, options.seconds, port))


@dataclass
class _Load:
    """Where each unit is, what was sent and not seen yet, and the stop-watch."""

    system: RunningSystem
    seconds: int
    began: float = 0.0
    waiting: dict[int, tuple[int, int, float]] = field(default_factory=dict)
    """Index -> (lon, lat in millionths, when its sending began), the newest report of each unit."""
    index_of: dict[str, int] = field(default_factory=dict)
    latency_s: list[float] = field(default_factory=list)
    superseded: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    taken_while_sending: int = 0
    """Accepted answers between the warm-up and the end of the sending: the rate is of these alone."""
    sending_over: bool = False
    unanswered: int = 0
    """When the sending ended."""
    furthest_behind_s: float = 0.0

    def place(self, number: int, turn: int) -> tuple[int, int]:
        """Millionths of a degree: each unit goes round a small circle of its own."""
        angle = turn * 0.15
        lon = 102.66 + (number % 72) * 0.002 + STEP_DEG * 6 * math.cos(angle)
        lat = 24.96 + (number // 72) * 0.0018 + STEP_DEG * 6 * math.sin(angle)
        return round(lon * 1e6), round(lat * 1e6)

    def sending(self, number: int, turn: int, at: float) -> tuple[int, int]:
        lon, lat = self.place(number, turn)
        index = self.index_of[f"u{number}"]
        if index in self.waiting and self.measuring:
            self.superseded += 1
        self.waiting[index] = (lon, lat, at)
        return lon, lat

    @property
    def measuring(self) -> bool:
        return time.monotonic() - self.began > WARM_UP_S

    def seen(self, frame: bytes) -> None:
        now = time.monotonic()
        for index, _, lon, lat in np.frombuffer(frame[16:], _UNITS_OF_FRAME).tolist():
            sent = self.waiting.get(index)
            if sent is not None and sent[:2] == (lon, lat):
                del self.waiting[index]
                if sent[2] - self.began > WARM_UP_S:
                    self.latency_s.append(now - sent[2])

    def taken(self, accepted: int, refused: int) -> None:
        self.outcomes["accepted"] += accepted
        self.outcomes["not accepted"] += refused
        if self.measuring and not self.sending_over:
            self.taken_while_sending += accepted

    async def pace(self, done: int, a_second: float) -> None:
        """Waits until `done` should have been sent; notes how far behind the schedule this is."""
        ahead_s = done / a_second - (time.monotonic() - self.began)
        if self.measuring:
            self.furthest_behind_s = max(self.furthest_behind_s, -ahead_s)
        await asyncio.sleep(max(0.0, ahead_s))


async def _measure(system: RunningSystem, seconds: int, jt808_port: int) -> None:
    load = _Load(system, seconds)
    headers = {"Authorization": f"Bearer {system.token}", "Content-Type": "application/json"}
    async with httpx.AsyncClient(base_url=system.url, headers=headers, timeout=120) as client:
        await _register(client, jt808_port)
        terminals = await _signed_in(jt808_port) if jt808_port else []
        ready = asyncio.Event()
        listening = asyncio.create_task(_listen(load, ready))
        await asyncio.wait_for(ready.wait(), 30)
        # Thousands of connections of its own: looking through them for garbage would delay the stop-watch.
        gc.collect()
        gc.freeze()
        psutil.cpu_percent()
        load.began = time.monotonic()
        await (_send_by_jt808(load, terminals) if jt808_port else _send_by_api(load, client))
        load.sending_over, load.unanswered = True, load.sent - load.outcomes.total()
        busy, took_s = psutil.cpu_percent(), time.monotonic() - load.began
        await asyncio.sleep(3)
        listening.cancel()
        stopped_s = await asyncio.to_thread(_stop_gateway) if terminals else None
        for terminal in terminals:
            assert terminal.counting is not None
            terminal.counting.cancel()
            terminal.writer.close()
    _print(load, took_s, busy, "JT/T 808" if jt808_port else "API")
    if stopped_s is not None:
        print(
            f"  stop        {stopped_s:7.1f} s from SIGTERM to the gateway's end, {UNITS:,} terminals connected"
        )


def _stop_gateway() -> float:
    """Seconds until the gateway has ended; the supervisor starts it again."""
    (gateway,) = (p for p in psutil.Process().children(recursive=True) if "gateway" in p.cmdline())
    began = time.monotonic()
    gateway.terminate()
    gateway.wait(60)
    return time.monotonic() - began


async def _register(client: httpx.AsyncClient, jt808_port: int) -> None:
    units = [
        {
            "unit_id": f"u{i}",
            "callsign": f"测-{i:04d}",
            "net": "station_base",
            "kind": "car",
            "capabilities": ["police"],
            "jurisdiction": "530111",
            "synthetic": True,
        }
        for i in range(UNITS)
    ]
    (await client.put("/api/v1/units", content=orjson.dumps({"units": units}))).raise_for_status()
    if jt808_port:
        owned = [{"protocol": "jt808", "terminal_id": _number(i), "unit_id": f"u{i}"} for i in range(UNITS)]
        answer = await client.put("/api/v1/terminals", content=orjson.dumps({"terminals": owned}))
        answer.raise_for_status()


async def _listen(load: _Load, ready: asyncio.Event) -> None:
    headers = {"Cookie": load.system.cookie_header, "Origin": load.system.url}
    async with connect(
        load.system.socket_url, additional_headers=headers, max_size=None, compression=None
    ) as live:
        async for frame in live:
            if isinstance(frame, bytes):
                load.seen(frame)
            elif not ready.is_set():
                snapshot = orjson.loads(frame)
                load.index_of = {u["unit_id"]: u["index"] for u in snapshot["state"]["units"]}
                ready.set()


async def _send_by_api(load: _Load, client: httpx.AsyncClient) -> None:
    """Batches of 200, evenly spaced; each is answered before the next is sent, or the schedule falls behind."""
    sent = 0
    while time.monotonic() - load.began < load.seconds:
        await load.pace(sent, A_SECOND)
        at, fixed_at = time.monotonic(), datetime.now(UTC).isoformat()
        positions = []
        for n in range(sent, sent + BATCH):
            lon, lat = load.sending(n % UNITS, n // UNITS, at)
            positions.append(
                {
                    "unit_id": f"u{n % UNITS}",
                    "lon": lon / 1e6,
                    "lat": lat / 1e6,
                    "heading_deg": 90,
                    "speed_kmh": 20,
                    "fixed_at": fixed_at,
                }
            )
        body = orjson.dumps({"crs": "WGS-84", "positions": positions})
        answer = (await client.post("/api/v1/positions", content=body)).raise_for_status().json()
        load.taken(answer["accepted"], answer["stale"] + len(answer["quarantined"]))
        sent += BATCH
    load.sent = sent


# ---------------------------------------------------------------- JT/T 808


@dataclass
class _Terminal:
    """One unit's connection; counts the answers that say that a position was stored."""

    header: Header
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    counting: asyncio.Task[None] | None = None

    def frame(self, message_id: int, body: bytes) -> bytes:
        return make_frame(Header(message_id, self.header.terminal_id, 1, None), body)

    async def answer(self) -> bytes:
        cutter = FrameCutter()
        while True:
            for piece in cutter.feed(await self.reader.read(1024)):
                assert piece is not None
                return read_frame(piece).body

    async def sign_in(self) -> None:
        self.writer.write(self.frame(0x0100, bytes(4) + b"BENCH".ljust(32, b"\0") + b"\1" + b"x" * 8))
        registered = await self.answer()
        assert registered[2] == 0, f"refused with {registered[2]}"
        self.writer.write(self.frame(0x0102, registered[3:]))
        assert (await self.answer())[-1] == 0

    async def count(self, load: _Load) -> None:
        cutter = FrameCutter()
        while data := await self.reader.read(4096):
            for piece in cutter.feed(data):
                stored = piece is not None and read_frame(piece).body[-1] == 0
                load.taken(int(stored), int(not stored))


def _number(unit: int) -> str:
    return f"139{unit:08d}"


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


async def _signed_in(port: int) -> list[_Terminal]:
    terminals: list[_Terminal] = []
    await asyncio.sleep(5)  # the gateway reads the registry every five seconds
    for first in range(0, UNITS, 100):

        async def one(unit: int) -> _Terminal:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            terminal = _Terminal(Header(0, _number(unit), 0), reader, writer)
            await terminal.sign_in()
            return terminal

        terminals += await asyncio.gather(*(one(unit) for unit in range(first, min(first + 100, UNITS))))
    return terminals


async def _send_by_jt808(load: _Load, terminals: list[_Terminal]) -> None:
    for terminal in terminals:
        terminal.counting = asyncio.create_task(terminal.count(load))
    sent, at_once = 0, 20
    while time.monotonic() - load.began < load.seconds:
        await load.pace(sent, A_SECOND)
        at = time.monotonic()
        time_bcd = bytes.fromhex(datetime.now(BEIJING).strftime("%y%m%d%H%M%S"))
        for n in range(sent, sent + at_once):
            lon, lat = load.sending(n % UNITS, n // UNITS, at)
            body = struct.pack(">IIIIHHH", 0, 0b11, lat, lon, 1890, 200, 90) + time_bcd
            terminals[n % UNITS].writer.write(terminals[n % UNITS].frame(0x0200, body))
        sent += at_once
    load.sent = sent


# ---------------------------------------------------------------- what is printed


def _print(load: _Load, took_s: float, busy_percent: float, by: str) -> None:
    settings = load.system.settings
    with psycopg.connect(str(settings.database_url)) as connection:
        row = connection.execute("SELECT count(*), max(recorded_at) FROM tracks").fetchone()
    assert row is not None
    redis = Redis.from_url(str(settings.redis_url))
    queued = sum(len(Queue(queue, connection=redis)) for queue in ("alerts", "dispatch", "background"))
    if not load.latency_s:
        raise SystemExit(f"nothing was seen; answers: {dict(load.outcomes)}")
    p50, p90, p99 = np.percentile(load.latency_s, [50, 90, 99]) * 1000
    print(f"positions by {by} -> binary frame on a WebSocket client, {load.seconds} s, {UNITS:,} units")
    print(
        f"  taken       {load.taken_while_sending / (took_s - WARM_UP_S):7.0f} positions/s (bar {A_SECOND:,})   "
        f"{load.sent:,} sent, {load.outcomes['accepted']:,} accepted, {load.outcomes['not accepted']} not"
    )
    print(
        f"  backlog     {load.furthest_behind_s * 1000:7.0f} ms behind the schedule at most   "
        f"{load.unanswered} unanswered when the sending ended   "
        f"{queued} jobs queued at the end"
    )
    print(
        f"  seen        {len(load.latency_s):7d} measured   {load.superseded} replaced before a frame   "
        f"{len(load.waiting)} never came"
    )
    print(
        f"  latency ms  p50 {p50:6.0f}   p90 {p90:6.0f}   p99 {p99:6.0f} (bar 1000)   "
        f"max {max(load.latency_s) * 1000:6.0f}"
    )
    print(f"  tracks      {row[0]:7d} points ({row[0] / took_s:.0f}/s)")
    print(f"  machine     {psutil.cpu_count()} processors, {busy_percent:.0f} % busy")


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
