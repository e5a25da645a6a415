"""The embedded servers: what was answered with success is there after a stop and after kill -9."""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections.abc import Iterator
from os import kill
from pathlib import Path
from time import monotonic, sleep

import psutil
import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from bootstrap.embedded import EmbeddedServers, with_servers
from bootstrap.settings import load_settings
from bootstrap.supervisor import AlreadyRunningError
from core.errors import UnavailableError


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    # Not tmp_path: PostgreSQL without root must pass through every folder above; pytest closes its own.
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    path = Path(tempfile.mkdtemp(prefix="command-centre-"))
    yield path
    shutil.rmtree(path)


def write(servers: EmbeddedServers) -> None:
    with psycopg.connect(servers.database_url) as connection:
        connection.execute("CREATE TABLE note (text text)")
        connection.execute("INSERT INTO note VALUES ('昆明')")
    with redis.Redis.from_url(servers.redis_url) as client:
        client.set("note", "昆明")
        # everysec: only what was synced is promised
        deadline = monotonic() + 5
        while client.info("persistence")["aof_pending_bio_fsync"] and monotonic() < deadline:
            sleep(0.05)


def read(servers: EmbeddedServers) -> tuple[str, str]:
    with psycopg.connect(servers.database_url) as connection:
        row = connection.execute("SELECT text FROM note").fetchone()
    with redis.Redis.from_url(servers.redis_url, decode_responses=True) as client:
        return (row[0] if row else "", client.get("note"))


def test_data_survives_kill_9_of_both_and_then_a_stop(folder: Path) -> None:
    with EmbeddedServers(folder) as servers:
        write(servers)
        # An open session: its backend outlives the postmaster for a moment and holds the shared memory.
        with psycopg.connect(servers.database_url) as session:
            for child in servers.children.values():
                assert child.pid
                kill(child.pid, signal.SIGKILL)
            servers.restart("postgres")
            servers.restart("redis")
            with pytest.raises(psycopg.OperationalError):
                session.execute("SELECT 1")
        assert read(servers) == ("昆明", "昆明")
        pids = [child.pid for child in servers.children.values()]
    assert not any(psutil.pid_exists(pid) for pid in pids if pid)
    with EmbeddedServers(folder) as servers:
        assert read(servers) == ("昆明", "昆明")


def test_a_process_id_that_belongs_to_someone_else_now_does_not_prevent_a_start(folder: Path) -> None:
    with EmbeddedServers(folder):
        pass
    (folder / "postgres" / "postmaster.pid").write_text(
        f"{psutil.Process().ppid()}\n{folder}\n0\n5432\n\n\n\n"
    )
    with EmbeddedServers(folder) as servers, psycopg.connect(servers.database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_the_servers_are_durable_on_loopback_only_and_want_the_password(folder: Path) -> None:
    with EmbeddedServers(folder) as servers:
        with psycopg.connect(servers.database_url) as connection:
            for name, value in {
                "fsync": "on",
                "synchronous_commit": "on",
                "listen_addresses": "127.0.0.1",
                "server_encoding": "UTF8",
                "TimeZone": "UTC",
            }.items():
                assert connection.execute("SELECT current_setting(%s)", [name]).fetchone() == (value,)
        port = servers.redis_url.rsplit(":", 1)[1].removesuffix("/0")
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(servers.database_url.replace("postgres:", "postgres:not-"))
        with (
            redis.Redis(port=int(port), retry=Retry(NoBackoff(), 0)) as stranger,
            pytest.raises(redis.AuthenticationError),
        ):
            stranger.ping()
        with redis.Redis.from_url(servers.redis_url, decode_responses=True) as client:
            assert client.config_get("append*")["appendonly"] == "yes"
            assert client.config_get("bind") == {"bind": "127.0.0.1"}


def test_a_role_alone_finds_the_running_servers_of_its_folder_or_says_what_to_do(folder: Path) -> None:
    settings = load_settings(data_dir=folder)
    with pytest.raises(UnavailableError, match="DATABASE_URL is not set"):
        with_servers(settings)
    with EmbeddedServers(folder) as servers:
        found = with_servers(settings)
        assert (found.database_url, found.redis_url) == (servers.database_url, servers.redis_url)
        with pytest.raises(AlreadyRunningError):
            EmbeddedServers(folder).start()
    with pytest.raises(UnavailableError, match="make run"):
        with_servers(settings)
