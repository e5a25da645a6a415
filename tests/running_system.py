"""The whole system as `app.py run` starts it, in a folder and on a port of its own, for the tests that need it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any, Self, TypeVar
from zoneinfo import ZoneInfo

import httpx
import psutil
import psycopg
import pytest
from psycopg.rows import dict_row

from access.demo import DEMO_PASSWORD
from access.sessions import COOKIE
from bootstrap.embedded import embedded_url
from bootstrap.settings import REPOSITORY, load_settings
from bootstrap.supervisor import running_processes
from tests.live_client import LiveClient

UNITS = 120
SPEED = 20
"""Scenario seconds in a second: units arrive after seconds and the storm lasts as long as the tests."""
STARTS_WITHIN_S = 120
KUNMING = ZoneInfo("Asia/Shanghai")

T = TypeVar("T")


class RunningSystem:
    """`app.py run` as a process of its own, from its start until `stop`."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self._console = data_dir / "console"
        with socket.socket() as chosen:
            chosen.bind(("127.0.0.1", 0))
            self.base_url = f"http://127.0.0.1:{chosen.getsockname()[1]}"
        self._began = monotonic()
        self.first_alert_s = 0.0
        """Seconds from the start until a WebSocket client knew of an alert."""
        self.first_movement_s = 0.0
        """Seconds from the start until a WebSocket client saw units move."""
        with self._console.open("w") as console:
            self.process = subprocess.Popen(
                [sys.executable, "app.py", "run"],
                cwd=REPOSITORY,
                env=self._environment(),
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _environment(self) -> dict[str, str]:
        own = ("DATABASE_URL", "REDIS_URL")
        kept = {k: v for k, v in os.environ.items() if k not in own and not k.startswith("CC_")}
        return {
            **kept,
            "CC_DATA_DIR": str(self.data_dir),
            "CC_PORT": self.base_url.rsplit(":", 1)[1],
            "CC_DRILL_SPEED": str(SPEED),
            "UNITS": str(UNITS),
        }

    def __enter__(self) -> Self:
        try:
            self.until(self._signs_in, STARTS_WITHIN_S, "the wall signs in")
            with self.live("wall") as wall:
                self.until(lambda: wall.state["alerts"], STARTS_WITHIN_S, "a first alert")
                self.first_alert_s = monotonic() - self._began
                self.until(lambda: wall.moved, STARTS_WITHIN_S, "units that move")
                self.first_movement_s = monotonic() - self._began
        except BaseException:
            self.process.kill()  # the kernel ends its children with it
            self.process.wait()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Ctrl-C; asserts that it ends in good order and leaves nobody behind."""
        left = [entry["pid"] for entry in running_processes(self.data_dir).values()]
        self.process.send_signal(signal.SIGINT)
        try:
            code = self.process.wait(60)
        finally:
            self.process.kill()
            self.process.wait()
        assert code == 0, f"ended with {code}; said:\n{self.said()}"
        assert not [pid for pid in left if psutil.pid_exists(pid)], self.said()

    def said(self) -> str:
        """Its console so far."""
        return self._console.read_text()

    # -- waiting -----------------------------------------------------------------------------------

    def until(self, happened: Callable[[], T | None], within_s: float, what: str) -> T:
        """Waits for a true answer and gives it back; what the system said is in the failure."""
        deadline = monotonic() + within_s
        while not (found := happened()):
            assert self.process.poll() is None, f"ended while waiting for {what}; said:\n{self.said()}"
            assert monotonic() < deadline, f"within {within_s:g} s: not {what}; said:\n{self.said()}"
            sleep(0.05)
        return found

    # -- people ------------------------------------------------------------------------------------

    def cookie(self, login: str) -> str:
        """A new session of a demo account, as the value of the session's cookie."""
        answer = httpx.post(
            f"{self.base_url}/login",
            data={"login": login, "password": DEMO_PASSWORD},
            headers={"Origin": self.base_url},
        )
        assert answer.status_code == 303, f"sign-in of {login}: {answer.status_code}"
        return answer.cookies[COOKIE]

    def _signs_in(self) -> bool:
        try:
            return bool(self.cookie("wall"))
        except httpx.TransportError:
            return False

    @contextmanager
    def live(self, login: str) -> Iterator[LiveClient]:
        """A client of the live protocol, signed in, that reconnects until it is left."""
        with LiveClient(self.base_url, f"{COOKIE}={self.cookie(login)}") as client:
            yield client

    # -- devices -----------------------------------------------------------------------------------

    def device(self) -> httpx.Client:
        """A client of the intake API with the replayer's token; close it."""
        token = (self.data_dir / "secrets" / "replayer-token").read_text().strip()
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=self.base_url, headers=headers, timeout=10)

    def clock(self) -> dict[str, Any]:
        """What GET /api/v1/clock answers."""
        with self.device() as device:
            clock: dict[str, Any] = device.get("/api/v1/clock").raise_for_status().json()
        return clock

    def now(self) -> datetime:
        """The city's instant."""
        return datetime.fromisoformat(self.clock()["now"])

    def begin_drill(self, at: str, speed: float) -> None:
        """Ends everything open and starts the storm again at this time of its day, HH:MM:SS."""
        day = self.now().astimezone(KUNMING)
        instant = datetime.combine(day.date(), time.fromisoformat(at), KUNMING)
        with self.device() as device:
            device.post(
                "/api/v1/drill/time", json=_drill_time(instant, speed, restart=True)
            ).raise_for_status()

    def set_speed(self, speed: float) -> None:
        """From now on the drill runs this fast."""

        def is_set() -> bool:
            clock = self.clock()
            # A little ahead: time never goes back, and the request itself takes time.
            ahead = timedelta(seconds=max(clock["speed"], 1) * 0.5)
            at = datetime.fromisoformat(clock["now"]) + ahead
            return device.post("/api/v1/drill/time", json=_drill_time(at, speed)).status_code == 200

        with self.device() as device:
            self.until(is_set, 10, f"the drill at {speed:g}×")

    def take_call(self, key: str, category: str, lon: float, lat: float, text: str) -> dict[str, Any]:
        """A telephone call through the intake, place in WGS-84; answers its ids."""
        call = {
            "category": category,
            "place": {"lon": lon, "lat": lat, "crs": "WGS-84"},
            "caller": "test",
            "text": text,
            "received_at": self.now().isoformat(),
        }
        with self.device() as device:
            answer = device.post("/api/v1/calls", json=call, headers={"Idempotency-Key": key})
        taken: dict[str, Any] = answer.raise_for_status().json()
        return taken

    # -- what is true ------------------------------------------------------------------------------

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Rows of the database itself."""
        url = embedded_url(load_settings(data_dir=self.data_dir), "postgres")
        with psycopg.connect(url, row_factory=dict_row) as connection:
            return connection.execute(query, values).fetchall()

    # -- its parts -----------------------------------------------------------------------------------

    def pid(self, name: str) -> int | None:
        """The process id of one of its parts, None while it is down."""
        found = running_processes(self.data_dir).get(name)
        return int(found["pid"]) if found else None

    def kill(self, name: str) -> int:
        """kill -9 of one part; answers the process id that it had."""
        pid = self.until(lambda: self.pid(name), 20, f"{name} running")
        os.kill(pid, signal.SIGKILL)
        return pid

    @contextmanager
    def kept_down(self, *names: str) -> Iterator[None]:
        """Kills these parts again and again as soon as they are back, until the block ends."""
        over = Event()

        def keep_down() -> None:
            while not over.wait(0.02):
                for name in names:
                    if (pid := self.pid(name)) is not None:
                        with suppress(ProcessLookupError):
                            os.kill(pid, signal.SIGKILL)

        killer = Thread(target=keep_down, name="killer", daemon=True)
        killer.start()
        try:
            yield
        finally:
            over.set()
            killer.join()

    @contextmanager
    def without_roads(self) -> Iterator[None]:
        """Takes the road network and the roads of the base map away until the block ends; the drill, which has
        loaded it, moves its units on."""
        away = [self.data_dir / "roads.npz", self.data_dir / "basemap" / "main_roads.geojson"]
        try:
            for file in away:
                file.rename(file.with_suffix(".away"))
            self._restart_workers()
            yield
        finally:
            for file in away:
                file.with_suffix(".away").rename(file)
            self._restart_workers()

    def _restart_workers(self) -> None:
        before = [self.kill(name) for name in ("worker-1", "worker-2")]
        for name, old in zip(("worker-1", "worker-2"), before, strict=True):
            self.until(lambda name=name, old=old: self.pid(name) not in (None, old), 20, f"{name} again")


def _drill_time(at: datetime, speed: float, restart: bool = False) -> dict[str, Any]:
    scenario = load_settings().drill_scenario
    return {"scenario": scenario, "at": at.isoformat(), "speed": speed, "restart": restart}


@pytest.fixture(scope="session")
def running_system() -> Iterator[RunningSystem]:
    """One system for the whole test run, shared: a test works on incidents of its own."""
    # Not pytest's own folder: PostgreSQL without root must pass through every folder above.
    with TemporaryDirectory(prefix="command-centre-") as folder, RunningSystem(Path(folder)) as system:
        yield system
