"""The whole system in service, in a folder of its own, for measuring: started, signed in to, stopped."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from access.commands import add_user, create_token
from access.demo import REPLAYER_PERMISSIONS
from bootstrap.embedded import with_servers
from bootstrap.settings import REPOSITORY, Settings, load_settings
from bootstrap.users import access_for
from bootstrap.wiring import wire
from core.actor import CITY

LOGIN = "measurer"


@dataclass(frozen=True)
class RunningSystem:
    """Where it answers, a device token for everything a device may do, and a duty officer's cookies."""

    settings: Settings
    url: str
    token: str
    cookies: Mapping[str, str]

    @property
    def socket_url(self) -> str:
        return self.url.replace("http", "ws", 1) + "/ws/live"

    @property
    def cookie_header(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())


@contextmanager
def system_in_service(catalogue_dir: Path, more: Mapping[str, str] | None = None) -> Iterator[RunningSystem]:
    """Web, two workers, scheduler and their own PostgreSQL and Redis in live mode, with a device token; `more` are
    further settings."""
    given = {
        **(more or {}),
        "CC_MODE": "live",
        "CC_CATALOGUE_DIR": str(catalogue_dir),
        "CC_LOG_LEVEL": "WARNING",
    }
    with started(given) as (url, folder):
        settings = with_servers(load_settings(data_dir=folder, mode="live", catalogue_dir=catalogue_dir))
        password = secrets.token_urlsafe(16)
        parts = wire(settings, with_roads=False)
        access = access_for(parts)
        add_user(access, LOGIN, LOGIN, "duty_officer", password, CITY)
        token = create_token(access, LOGIN, sorted(REPLAYER_PERMISSIONS), CITY)[0]
        parts.close()
        with httpx.Client(base_url=url) as client:
            client.post("/login", data={"login": LOGIN, "password": password}, headers={"Origin": url})
            yield RunningSystem(settings, url, token, dict(client.cookies))


@contextmanager
def started(given: Mapping[str, str], within_s: float = 120) -> Iterator[tuple[str, Path]]:
    """`app.py run` in an empty data folder on a free port, with these settings: its address and folder."""
    folder = Path(tempfile.mkdtemp(prefix="command-centre-bench-"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "CC_DATA_DIR": str(folder),
        "CC_PORT": str(port),
        **given,
    }
    output = (folder / "output.log").open("w")
    system = subprocess.Popen(
        [sys.executable, str(REPOSITORY / "app.py"), "run"], env=environment, stdout=output, stderr=output
    )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(system, url, folder, within_s)
        yield url, folder
    finally:
        system.send_signal(signal.SIGTERM)
        system.wait(30)
        output.close()
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(system: subprocess.Popen[bytes], url: str, folder: Path, within_s: float) -> None:
    """Until everything is up, which the last line of the welcome says."""
    deadline = time.monotonic() + within_s
    while "Ctrl-C" not in (folder / "output.log").read_text():
        if system.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the system did not start:\n{(folder / 'output.log').read_text()[-2000:]}")
        time.sleep(0.2)
    httpx.get(url + "/api/v1/health").raise_for_status()
