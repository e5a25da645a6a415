"""Beside Alerta and Alertmanager in one run: new alerts and duplicates a second, time to the first notification.

The same events to each, one system after the other on the same machine, from the same load generator with the same
number of connections, after a warm-up. So many points pass a threshold (new alerts), then say so again (duplicates).
Each gets them the way it wants them:
ours           readings in batches; counted when the alert is committed in the journal
Alerta         POST /alert for each; counted when it answers, it has committed then. It has no batches and grades
               nothing: the sender tells it the severity. Its PostgreSQL is set as ours (fsync, synchronous commit).
Alertmanager   POST /api/v2/alerts in batches; counted when it answers. It keeps alerts in memory, not in a database.
Ours is also measured with one reading in each request, which nobody needs to do, to separate rules from batches.
First notification: ours a WebSocket event; Alertmanager's a webhook with its default grouping.
Bars: at least ten times Alerta on both, and notified before Alertmanager's default grouping is.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

import httpx
import orjson
import psutil
from websockets.sync.client import connect
from websockets.typing import Origin

from benchmarks.alerts_throughput import Journal
from benchmarks.made_up_city import catalogue_of, point_id, reading
from benchmarks.peers import PeerMissingError, alerta, alertmanager
from benchmarks.running import RunningSystem, system_in_service

BATCH = 100
CONNECTIONS = 8
WARM_UP = 200
DEPTH_CM = 40.0
"""A grade that opens an alert and no incident: the peers know no incidents."""
NOTIFIED_WITHIN_S = 90

Bodies = Sequence[bytes]
Settled = Callable[[], Awaitable[None]]


@dataclass
class Row:
    """What one system did; None is not measured."""

    name: str
    new_a_second: float | None = None
    duplicates_a_second: float | None = None
    first_notified_s: float | None = None
    note: str = ""


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=2_000, help="points that pass a threshold")
    events = parser.parse_args(arguments).events
    with tempfile.TemporaryDirectory(prefix="command-centre-bench-") as name:
        folder = Path(name)
        rows = [*_ours(folder, events), _alerta(folder, events), _alertmanager(folder, events)]
    _print(rows, events)


# ---------------------------------------------------------------- the three


def _ours(folder: Path, events: int) -> list[Row]:
    batched = Row("ours, batches of 100", note="graded, journalled, pushed to screens")
    single = Row("ours, one reading a request", note="the same")
    first, half = WARM_UP + 1, events
    with system_in_service(catalogue_of(WARM_UP + 1 + 2 * half, folder)) as system:
        batched.first_notified_s = _our_first_notification(system)
        headers = {"Authorization": f"Bearer {system.token}"}
        journal = Journal(system)
        post = _poster(system.url + "/api/v1/readings", headers)

        async def settled(points: range) -> None:
            await journal.drained()
            opened = {point for point, _, _ in await asyncio.to_thread(journal.alerts)}
            missing = {point_id(n) for n in points} - opened
            if missing:
                raise RuntimeError(f"found no alert at {len(missing)} points, expected one at each")

        def bodies(points: range, size: int) -> Bodies:
            now = datetime.now(UTC)
            return [
                orjson.dumps({"readings": [reading(n, now, DEPTH_CM) for n in points[k : k + size]]})
                for k in range(0, len(points), size)
            ]

        asyncio.run(_timed(post, bodies(range(1, first), BATCH), journal.drained))
        for row, size, points in (
            (batched, BATCH, range(first, first + half)),
            (single, 1, range(first + half, first + 2 * half)),
        ):
            done = lambda points=points: settled(points)  # noqa: E731
            row.new_a_second = events / asyncio.run(_timed(post, bodies(points, size), done))
            # A second reading of the same grade at another instant: what a gauge that is under water says.
            row.duplicates_a_second = events / asyncio.run(_timed(post, bodies(points, size), done))
        lives = journal.alerts()
        batched.note += f"; {len(lives)} alerts for {len({(p, r) for p, _, r in lives})} points and rules"
        journal.close()
    return [batched, single]


def _our_first_notification(system: RunningSystem) -> float:
    headers = {"Cookie": system.cookie_header}
    with (
        connect(
            system.socket_url, additional_headers=headers, origin=Origin(system.url), max_size=None
        ) as live,
        httpx.Client(headers={"Authorization": f"Bearer {system.token}"}) as client,
    ):
        live.recv(timeout=30)  # the snapshot
        began = time.monotonic()
        sent = {"readings": [reading(0, datetime.now(UTC), DEPTH_CM)]}
        client.post(system.url + "/api/v1/readings", json=sent).raise_for_status()
        while time.monotonic() - began < NOTIFIED_WITHIN_S:
            frame = live.recv(timeout=NOTIFIED_WITHIN_S)
            if isinstance(frame, str) and orjson.loads(frame).get("type") == "alert.opened":
                return time.monotonic() - began
    raise TimeoutError("the WebSocket told of no alert")


def _alerta(folder: Path, events: int) -> Row:
    row = Row("Alerta 9.1, 2 gunicorn workers", note="no notification of its own without a plugin")

    def bodies(points: range) -> Bodies:
        return [
            orjson.dumps(
                {
                    "environment": "Production",
                    "service": ["waterlogging"],
                    "resource": point_id(n),
                    "event": "waterlogging",
                    "severity": "minor",
                    "value": f"{DEPTH_CM} cm",
                    "text": "waterlogging",
                }
            )
            for n in points
        ]

    try:
        with alerta(folder) as url:
            post = _poster(url + "/alert", {})
            asyncio.run(_timed(post, bodies(range(WARM_UP)), None))
            points = range(WARM_UP, WARM_UP + events)
            row.new_a_second = events / asyncio.run(_timed(post, bodies(points), None))
            row.duplicates_a_second = events / asyncio.run(_timed(post, bodies(points), None))
            kept = httpx.get(url + "/alerts/count", timeout=30).json()["total"]
            if kept != WARM_UP + events:
                raise RuntimeError(f"Alerta keeps {kept} alerts, expected {WARM_UP + events}")
    except PeerMissingError as error:
        row.note = f"not measured: {error}"
    return row


def _alertmanager(folder: Path, events: int) -> Row:
    row = Row("Alertmanager (Debian)", note="in memory; default group_wait 30 s")

    def bodies(points: range) -> Bodies:
        alerts = [
            {"labels": {"alertname": "waterlogging", "point": point_id(n), "severity": "minor"}}
            for n in points
        ]
        return [orjson.dumps(alerts[k : k + BATCH]) for k in range(0, len(alerts), BATCH)]

    try:
        with _webhook() as (url_of_ours, arrived), alertmanager(folder, url_of_ours) as url:
            post = _poster(url + "/api/v2/alerts", {})
            began = time.monotonic()
            asyncio.run(_timed(post, bodies(range(1)), None))
            try:
                row.first_notified_s = arrived.get(timeout=NOTIFIED_WITHIN_S) - began
            except Empty:
                row.note += f"; no webhook within {NOTIFIED_WITHIN_S} s"
            asyncio.run(_timed(post, bodies(range(1, WARM_UP)), None))
            points = range(WARM_UP, WARM_UP + events)
            row.new_a_second = events / asyncio.run(_timed(post, bodies(points), None))
            row.duplicates_a_second = events / asyncio.run(_timed(post, bodies(points), None))
    except PeerMissingError as error:
        row.note = f"not measured: {error}"
    return row


# ---------------------------------------------------------------- the load generator


def _poster(url: str, headers: dict[str, str]) -> Callable[[httpx.AsyncClient, bytes], Awaitable[None]]:
    async def post(client: httpx.AsyncClient, body: bytes) -> None:
        answer = await client.post(url, content=body, headers={"Content-Type": "application/json", **headers})
        if not answer.is_success:
            raise RuntimeError(f"{url}: found {answer.status_code} {answer.text[:200]}, expected success")

    return post


async def _timed(
    post: Callable[[httpx.AsyncClient, bytes], Awaitable[None]], bodies: Bodies, settled: Any
) -> float:
    """Seconds from the first request until all were answered and `settled` says that all is kept."""
    waiting = list(reversed(bodies))
    limits = httpx.Limits(max_connections=CONNECTIONS)
    async with httpx.AsyncClient(timeout=60, limits=limits) as client:

        async def send() -> None:
            while waiting:
                await post(client, waiting.pop())

        began = time.monotonic()
        await asyncio.gather(*(send() for _ in range(CONNECTIONS)))
        if settled is not None:
            await settled()
        return time.monotonic() - began


@contextmanager
def _webhook() -> Iterator[tuple[str, Queue[float]]]:
    """A receiver on loopback: its address, and when each notification arrived (monotonic)."""
    arrived: Queue[float] = Queue()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            arrived.put(time.monotonic())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Says nothing on the console."""

    with ExitStack() as stack:
        server = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), Receiver))
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        stack.callback(thread.join, 5)
        stack.callback(server.shutdown)
        yield f"http://127.0.0.1:{server.server_address[1]}/", arrived


# ---------------------------------------------------------------- the table


def _print(rows: Sequence[Row], events: int) -> None:
    print(
        f"{events} points pass a threshold, then say so again; {CONNECTIONS} connections, load generator on the "
        f"same machine, {psutil.cpu_count()} processors"
    )
    print(f"  {'':<31}{'new/s':>8}{'dupl./s':>9}{'first told':>12}")
    for row in rows:
        figures = [
            "–" if value is None else form.format(value)
            for value, form in (
                (row.new_a_second, "{:.0f}"),
                (row.duplicates_a_second, "{:.0f}"),
                (row.first_notified_s, "{:.2f} s"),
            )
        ]
        print(f"  {row.name:<31}{figures[0]:>8}{figures[1]:>9}{figures[2]:>12}   {row.note}")
    ours, single, theirs, manager = rows
    for what, mine, one, other in (
        ("new alerts", ours.new_a_second, single.new_a_second, theirs.new_a_second),
        (
            "duplicates",
            ours.duplicates_a_second,
            single.duplicates_a_second,
            theirs.duplicates_a_second,
        ),
    ):
        if mine and one and other:
            print(
                f"  {what}: {mine / other:.0f} times Alerta in batches (bar 10), "
                f"{one / other:.1f} times with one reading a request"
            )
    if ours.first_notified_s and manager.first_notified_s:
        print(
            f"  first notification: {ours.first_notified_s * 1000:.0f} ms, Alertmanager's after "
            f"{manager.first_notified_s:.1f} s (bar: before it)"
        )


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
