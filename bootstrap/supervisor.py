"""The one parent process: starts its children in order, restarts what crashes, stops all in reverse."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Any

import psutil
from rich.console import Console
from rich.text import Text

from bootstrap.child import Child, ChildSpec, Say
from core.errors import CommandCentreError

BACK_OFF_FIRST_S = 0.2
BACK_OFF_MOST_S = 5.0
HEALTHY_AFTER_S = 30.0
POLL_S = 0.05
CRASHES_BEFORE_READY = 6


class SupervisionError(CommandCentreError):
    """What was to be started did not start; the message says which part, and its last lines."""

    code = "supervision"


class AlreadyRunningError(SupervisionError):
    """Another process holds this data folder."""


@dataclass
class _Post:
    """A child and what the supervisor remembers about its crashes; instants of the monotonic clock."""

    child: Child
    crashes_in_a_row: int = 0
    restarts: int = 0
    restart_at_s: float | None = None
    returning: bool = False
    finished: bool = False


class Supervisor:
    """Holds a data folder and the processes of it; `run` is called once, from the main thread."""

    def __init__(self, data_dir: Path, console: Console | None = None) -> None:
        self._data_dir = data_dir
        self._console = console or Console(highlight=False, soft_wrap=True)
        self._posts: list[_Post] = []
        self._stopping = Event()
        self._hurry = Event()

    def run(self, specs: Iterable[ChildSpec], when_ready: Callable[[Say], None] | None = None) -> None:
        """Start the children in order, call `when_ready`, then keep them until a signal says stop.

        `specs` may be a generator: each is asked for when the folder is held and the one before it is up.
        Raises AlreadyRunningError, or SupervisionError when a child does not start (the others are stopped).
        """
        with hold(self._data_dir), self._signals():
            end_leftovers(self._data_dir, self.say)
            try:
                for spec in specs:
                    self._bring_up(spec)
                    if self._stopping.is_set():
                        return
                if when_ready:
                    when_ready(self.say)
                while not self._stopping.wait(POLL_S):
                    self._tend()
            finally:
                self._stop_all()

    def say(self, line: str, style: str = "") -> None:
        """One line on the console, as it is (no markup)."""
        self._console.print(Text(line, style=style))

    def _bring_up(self, spec: ChildSpec) -> None:
        post = _Post(Child(spec, self._data_dir / "logs", self.say))
        title = spec.title or spec.name
        began = time.monotonic()
        self._posts.append(post)
        self._start(post)
        with self._console.status(title) if self._console.is_terminal else nullcontext():
            while not self._stopping.is_set() and not self._is_up(post):
                if (
                    post.crashes_in_a_row >= CRASHES_BEFORE_READY
                    or time.monotonic() - began > spec.ready_within_s
                ):
                    raise SupervisionError(
                        _with_lines(
                            f"{title} did not start within {time.monotonic() - began:.1f} s", post.child
                        )
                    )
                self._stopping.wait(POLL_S)
                self._tend()
        if not self._stopping.is_set():
            self.say(f"✓ {title}  {time.monotonic() - began:.1f} s", "green")

    def _is_up(self, post: _Post) -> bool:
        if post.child.spec.kind != "step":
            return post.restart_at_s is None and post.child.is_ready()
        how = post.child.ended()
        if how and post.child.exit_code:
            raise SupervisionError(_with_lines(f"{post.child.spec.name} ended with {how}", post.child))
        return how is not None

    def _tend(self) -> None:
        """One look at every child: note who ended, start again who has waited long enough."""
        for post in self._posts:
            if post.finished or post.child.spec.kind == "step":
                continue
            if post.restart_at_s is not None:
                if time.monotonic() >= post.restart_at_s:
                    self._start(post)
            elif how := post.child.ended():
                self._note_end(post, how)
            elif post.returning and post.child.is_ready():
                post.returning = False
                self.say(f"✓ {post.child.spec.name} is back", "green")

    def _note_end(self, post: _Post, how: str) -> None:
        name, lived_s = post.child.spec.name, time.time() - post.child.started_at_s
        if post.child.spec.kind == "task" and post.child.exit_code == 0:
            post.finished = True
            self.say(f"✓ {name} has finished", "green")
        else:
            post.crashes_in_a_row = 1 if lived_s > HEALTHY_AFTER_S else post.crashes_in_a_row + 1
            wait_s = min(BACK_OFF_FIRST_S * 2 ** (post.crashes_in_a_row - 1), BACK_OFF_MOST_S)
            post.restarts, post.returning = post.restarts + 1, True
            post.restart_at_s = time.monotonic() + wait_s
            ended = f"✗ {name} ended ({how}) after {lived_s:.1f} s"
            self.say(f"{ended}; restart no. {post.restarts} in {wait_s:.1f} s", "bold red")
            if post.child.exit_code and post.child.exit_code > 0:
                self.say(
                    _with_lines(f"  its last lines ({self._data_dir}/logs/{name}.log)", post.child), "dim"
                )
        self._record()

    def _start(self, post: _Post) -> None:
        post.restart_at_s = None
        try:
            post.child.start()
        except OSError as error:
            raise SupervisionError(f"{post.child.spec.name} cannot be run: {error}") from error
        self._record()

    def _record(self) -> None:
        """Write run/processes.json: name → pid and started_at of what runs, the supervisor included."""
        running: dict[str, dict[str, Any]] = {
            "supervisor": _entry(os.getpid(), psutil.Process().create_time())
        }
        for post in self._posts:
            if post.child.pid is not None:
                running[post.child.spec.name] = _entry(post.child.pid, post.child.started_at_s)
        draft = _processes_file(self._data_dir).with_suffix(".draft")
        draft.write_text(json.dumps(running, indent=1))
        draft.replace(_processes_file(self._data_dir))

    def _stop_all(self) -> None:
        if self._posts:
            self.say("stopping … 正在停止 …")
        for post in reversed(self._posts):
            if not post.child.stop(at_once=self._hurry.is_set):
                self.say(f"{post.child.spec.name} did not stop in time and was killed", "yellow")
        _processes_file(self._data_dir).unlink(missing_ok=True)
        if self._posts:
            self.say("stopped 已停止")

    @contextmanager
    def _signals(self) -> Iterator[None]:
        def stop(_number: int, _frame: FrameType | None) -> None:
            if self._stopping.is_set():
                self._hurry.set()  # asked a second time: the grace is over
            self._stopping.set()

        before = {n: signal.signal(n, stop) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


@contextmanager
def hold(data_dir: Path) -> Iterator[None]:
    """Keep this data folder for this process; AlreadyRunningError when another one has it."""
    run_dir = data_dir / "run"
    run_dir.mkdir(parents=True, exist_ok=True)
    with (run_dir / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = running_processes(data_dir).get("supervisor")
            who = f"process {holder['pid']} since {holder['started_at']}" if holder else "another process"
            raise AlreadyRunningError(
                f"already running: {who} holds {data_dir}. Stop it with Ctrl-C, or set CC_DATA_DIR and "
                "CC_PORT to run a second one beside it."
            ) from error
        yield


def running_processes(data_dir: Path) -> dict[str, dict[str, Any]]:
    """Name → {"pid", "started_at"} of a supervisor's processes, empty when none was recorded."""
    try:
        recorded: dict[str, dict[str, Any]] = json.loads(_processes_file(data_dir).read_text())
    except FileNotFoundError:
        return {}
    return recorded


def end_leftovers(data_dir: Path, say: Say) -> None:
    """End what a supervisor left behind that was killed where the kernel does not tie children to it.

    Only processes whose id *and* start match the record: an id may belong to somebody else by now.
    """
    for name, entry in running_processes(data_dir).items():
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(entry["pid"])
            ended = process.status() == psutil.STATUS_ZOMBIE
            if (
                not ended
                and abs(process.create_time() - datetime.fromisoformat(entry["started_at"]).timestamp()) < 2
            ):
                say(f"ending {name} (process {process.pid}), left behind by a run that was killed")
                process.terminate()
                try:
                    process.wait(10)
                except psutil.TimeoutExpired:
                    process.kill()


def _processes_file(data_dir: Path) -> Path:
    return data_dir / "run" / "processes.json"


def _entry(pid: int, started_at_s: float) -> dict[str, Any]:
    return {"pid": pid, "started_at": datetime.fromtimestamp(started_at_s, UTC).isoformat()}


def _with_lines(message: str, child: Child) -> str:
    return "\n".join([message, *(f"    {line}" for line in child.last_lines)])
