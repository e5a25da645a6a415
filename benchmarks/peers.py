"""Other alert servers to measure beside: brought to this machine, started on loopback, ended again.

Nothing of them is part of the project or of its environment: Alerta goes into a virtual environment of its own
under build/, Alertmanager is Debian's package.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from bootstrap.embedded import EmbeddedServers
from bootstrap.settings import REPOSITORY

PEERS = REPOSITORY / "build" / "peers"
ALERTA = ("alerta-server==9.1.0", "gunicorn", "psycopg2-binary", "setuptools<81")
"""The last: Alerta looks for its plugins with pkg_resources, which later ones lack."""
STARTS_WITHIN_S = 60


class PeerMissingError(Exception):
    """This peer cannot be had here; the message says why."""


@contextmanager
def alerta(folder: Path) -> Iterator[str]:
    """Alerta on an empty PostgreSQL of its own, gunicorn with two workers: its address."""
    programs = _alerta_programs()
    with EmbeddedServers(folder / "alerta") as servers:
        environment = {"DATABASE_URL": servers.database_url, "SECRET_KEY": "measured on loopback"}
        # Each worker makes the tables; two at once fail in each other's way, and gunicorn then ends.
        for workers in (1, 2):
            port = _free_port()
            command = [
                str(programs / "gunicorn"),
                f"--workers={workers}",
                f"--bind=127.0.0.1:{port}",
                "--log-level=error",
                "alerta:create_app()",
            ]
            log = folder / f"alerta-{workers}.log"
            with _running(command, log, environment):
                url = f"http://127.0.0.1:{port}"
                _wait_for(url + "/_", log)
                if workers == 2:
                    yield url


@contextmanager
def alertmanager(folder: Path, webhook: str) -> Iterator[str]:
    """Debian's Alertmanager with one receiver and everything else at its defaults: its address."""
    program = _alertmanager_program()
    port = _free_port()
    configuration = folder / "alertmanager.yml"
    configuration.write_text(
        "route: {receiver: measured}\n"
        f"receivers: [{{name: measured, webhook_configs: [{{url: '{webhook}'}}]}}]\n"
    )
    command = [
        str(program),
        f"--config.file={configuration}",
        f"--storage.path={folder / 'alertmanager'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
        "--log.level=error",
    ]
    with _running(command, folder / "alertmanager.log", {}):
        url = f"http://127.0.0.1:{port}"
        _wait_for(url + "/-/ready", folder / "alertmanager.log")
        yield url


def _alerta_programs() -> Path:
    home = PEERS / "alerta"
    if not (home / "complete").exists():
        shutil.rmtree(home, ignore_errors=True)
        print(f"  making an environment for {ALERTA[0]} under build/ …", flush=True)
        _run([sys.executable, "-m", "venv", str(home)])
        _run([str(home / "bin" / "pip"), "--disable-pip-version-check", "install", "-q", *ALERTA])
        (home / "complete").touch()
    return home / "bin"


def _alertmanager_program() -> Path:
    """Installed with apt where we may; a machine of somebody's own is told what is missing instead."""
    name = "prometheus-alertmanager"
    if shutil.which(name) is None:
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            raise PeerMissingError(f"{name} is not installed (Debian: apt install {name})")
        print(f"  installing Debian's {name} …", flush=True)
        # In run level 1 Debian starts no service after installing it.
        _run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", name], {"RUNLEVEL": "1"})
    found = shutil.which(name)
    if found is None:
        raise PeerMissingError(f"{name} is installed and not on the PATH")
    return Path(found)


def _run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
    given = os.environ | {"DEBIAN_FRONTEND": "noninteractive"} | dict(environment or {})
    try:
        done = subprocess.run(command, env=given, capture_output=True, text=True, timeout=300)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PeerMissingError(f"{command[0]}: {error}") from error
    if done.returncode:
        raise PeerMissingError(f"{' '.join(command[:3])} ended with {done.returncode}: {done.stderr[-300:]}")


@contextmanager
def _running(command: Sequence[str], log: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """The program in a session of its own, ended with all its children."""
    with log.open("w") as output:
        process = subprocess.Popen(
            command, env=os.environ | environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_for(url: str, log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < deadline:
        try:
            if httpx.get(url, timeout=5).status_code < 500:
                return
        except httpx.TransportError:
            pass  # not listening yet
        time.sleep(0.2)
    raise PeerMissingError(f"did not answer within {STARTS_WITHIN_S} s: {log.read_text()[-500:]}")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
