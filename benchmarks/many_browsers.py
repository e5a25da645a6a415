"""500 browsers on one web process, some of which read nothing: how late frames are, and what waits on the server.

5,200 units move once a second, so that every position frame holds all of them (62 kB), and a gauge reports every
100 ms, so that events travel beside them. Each client speaks the live protocol over a socket of its own and notes when
the last byte of a frame arrives; the frame says when it was made. Slow clients stop reading after their snapshot.
Clients, load and system share the machine. Bars: p99 < 100 ms, no queue that grows, and none of it worse by slow ones.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import gc
import secrets
import struct
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from urllib.parse import urlsplit

import httpx
import numpy as np
import orjson
import psutil

from access.commands import create_token
from benchmarks.moving import Moving
from benchmarks.running import RunningSystem, system_in_service
from bootstrap.catalogue import CATALOGUE_DIR, load_catalogue
from bootstrap.supervisor import running_processes
from bootstrap.users import access_for
from bootstrap.wiring import wire
from core.actor import CITY, Permission

UNITS = 5_200
BAR_MS = 100.0
JOIN_AT_ONCE = 20
SETTLES_S = 10.0
READING_EVERY_S = 0.1
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Client(asyncio.Protocol):
    """One browser's socket: the handshake, the server's frames, nothing kept but when they came."""

    def __init__(self, system: RunningSystem, slow: bool) -> None:
        self._system, self._slow = system, slow
        self._data = bytearray()
        self._upgraded = False
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lost = False
        self.late_s: list[float] = []
        self.events: list[tuple[int, float]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        host = urlsplit(self._system.url).netloc
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        transport.write(
            f"GET /ws/live HTTP/1.1\r\nHost: {host}\r\nOrigin: {self._system.url}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Cookie: {self._system.cookie_header}\r\n\r\n".encode()
        )

    def connection_lost(self, error: Exception | None) -> None:
        self.lost = True
        if not self.ready.done():
            self.ready.set_exception(ConnectionError("lost before its snapshot"))

    def data_received(self, data: bytes) -> None:
        now = time.time()
        self._data += data
        if not self._upgraded:
            head, end, rest = self._data.partition(b"\r\n\r\n")
            if not end:
                return
            if b" 101 " not in head.split(b"\r\n")[0]:
                raise ConnectionError(f"found {bytes(head[:60])!r}, expected 101")
            self._data, self._upgraded = bytearray(rest), True
        while (frame := self._next()) is not None:
            self._take(*frame, now)

    def _next(self) -> tuple[int, bytes] | None:
        """The next whole frame of the server (RFC 6455, unmasked), or None."""
        data = self._data
        if len(data) < 2:
            return None
        length, begins = data[1] & 0x7F, 2
        if length == 126:
            begins = 4
        elif length == 127:
            begins = 10
        if len(data) < begins:
            return None
        if begins > 2:
            length = int.from_bytes(data[2:begins], "big")
        if len(data) < begins + length:
            return None
        opcode, payload = data[0] & 0x0F, bytes(data[begins : begins + min(length, 200)])
        del data[: begins + length]
        return opcode, payload

    def _take(self, opcode: int, begins: bytes, now: float) -> None:
        if opcode == PING:
            mask = secrets.token_bytes(4)
            masked = bytes(b ^ mask[i % 4] for i, b in enumerate(begins))
            self._transport.write(bytes([0x80 | PONG, 0x80 | len(begins)]) + mask + masked)
        elif opcode == BINARY:
            self.late_s.append(now - struct.unpack_from("<d", begins)[0] / 1000)
        elif opcode == TEXT and begins.startswith(b'{"kind":"event"'):
            seq = int(begins.split(b'"seq":', 1)[1].split(b",", 1)[0])
            self.events.append((seq, now))
        if not self.ready.done():
            self.ready.set_result(None)
            if self._slow:
                self._transport.pause_reading()


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clients", type=int, default=500)
    parser.add_argument("--slow", type=int, default=20, help="how many of them read nothing")
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args(arguments)
    with system_in_service(CATALOGUE_DIR) as system:
        asyncio.run(_measure(system, options))


async def _measure(system: RunningSystem, options: argparse.Namespace) -> None:
    parts = wire(system.settings, with_roads=False)
    token = create_token(access_for(parts), "counters", [Permission.VIEW_METRICS], CITY)[0]
    parts.engine.dispose()
    headers = {"Authorization": f"Bearer {system.token}", "Content-Type": "application/json"}
    async with httpx.AsyncClient(base_url=system.url, headers=headers, timeout=120) as devices:
        await _register(devices)
        moving = Moving(system.settings)
        moving.start()
        try:
            clients = await _joined(system, options.clients, options.slow)
            await asyncio.sleep(SETTLES_S)
            # Five hundred browsers do not stop together because a load generator looks through its memory.
            gc.collect()
            gc.freeze()
            gc.disable()
            for client in clients:
                client.late_s.clear()
                client.events.clear()
            counters = [await _counters(system, token)]
            psutil.cpu_percent()
            end = time.monotonic() + options.seconds
            while time.monotonic() < end:
                await _report(devices)
                await asyncio.sleep(READING_EVERY_S)
                if time.monotonic() > end - options.seconds + 5 * len(counters):
                    counters.append(await _counters(system, token))
            busy = psutil.cpu_percent()
            rss = psutil.Process(running_processes(system.settings.data_dir)["web"]["pid"]).memory_info().rss
        finally:
            moving.stop()
        _print(clients, options, counters, rss, busy)
        for client in clients:
            client._transport.abort()


async def _register(devices: httpx.AsyncClient) -> None:
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
    (await devices.put("/api/v1/units", content=orjson.dumps({"units": units}))).raise_for_status()


async def _joined(system: RunningSystem, count: int, slow: int) -> list[Client]:
    """All of them, some at a time: a snapshot of 5,200 units is more than a megabyte. The slow ones come first."""
    found: list[Client] = []
    host, _, port = urlsplit(system.url).netloc.partition(":")
    loop = asyncio.get_running_loop()
    for first in range(0, count, JOIN_AT_ONCE):
        some = []
        for number in range(first, min(first + JOIN_AT_ONCE, count)):
            made = partial(Client, system, number < slow)
            some.append((await loop.create_connection(made, host, int(port)))[1])
        await asyncio.wait_for(asyncio.gather(*(client.ready for client in some)), 60)
        found += some
    return found


async def _report(devices: httpx.AsyncClient) -> None:
    point = next(iter(load_catalogue().points))
    reading = {
        "point_id": point,
        "observed_at": datetime.now(UTC).isoformat(),
        "depth_cm": 5 + (time.time() * 10 % 10) / 10,
    }
    (await devices.post("/api/v1/readings", content=orjson.dumps({"readings": [reading]}))).raise_for_status()


async def _counters(system: RunningSystem, token: str) -> dict[str, float]:
    async with httpx.AsyncClient(base_url=system.url, headers={"Authorization": f"Bearer {token}"}) as admin:
        lines = (await admin.get("/api/v1/metrics")).raise_for_status().text.splitlines()
    found = (line.rsplit(" ", 1) for line in lines if line.startswith("cc_live_"))
    return {name: float(value) for name, value in found}


def _print(
    clients: Sequence[Client],
    options: argparse.Namespace,
    counters: Sequence[dict[str, float]],
    rss: int,
    busy: float,
) -> None:
    fast = [client for number, client in enumerate(clients) if number >= options.slow]
    late = np.concatenate([client.late_s for client in fast]) * 1000
    p50, p90, p99 = np.percentile(late, [50, 90, 99])
    frames = np.array([len(client.late_s) for client in fast]) / options.seconds
    came: dict[int, list[float]] = {}
    for client in fast:
        for seq, at in client.events:
            came.setdefault(seq, []).append(at)
    spread = [(max(at) - min(at)) * 1000 for at in came.values() if len(at) == len(fast)]
    queues = [int(found["cc_live_longest_queue"]) for found in counters]
    print(f"{len(clients)} browsers on one web process, {options.slow} read nothing, {UNITS:,} units")
    print(
        f"  frame -> browser ms   p50 {p50:6.0f}   p90 {p90:6.0f}   p99 {p99:6.0f} (bar {BAR_MS:.0f})   "
        f"max {late.max():6.0f}"
    )
    print(f"  frames/s a browser    {frames.min():.2f} to {frames.max():.2f} of 1.25")
    if spread:
        print(
            f"  events                {len(spread)} reached all; first to last browser ms p50 "
            f"{np.percentile(spread, 50):.0f}   p99 {np.percentile(spread, 99):.0f}"
        )
    print(f"  longest queue, texts  {queues}, every 5 s")
    print(
        f"  lost                  {sum(c.lost for c in fast)} fast, "
        f"{sum(c.lost for c in clients[: options.slow])} of {options.slow} slow (cut off); frames replaced "
        f"{counters[-1]['cc_live_frames_replaced_total'] - counters[0]['cc_live_frames_replaced_total']:.0f}"
    )
    print(
        f"  machine               {psutil.cpu_count()} processors, {busy:.0f} % busy; web RSS {rss / 1e6:.0f} MB"
    )


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
