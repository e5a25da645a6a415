"""One child process: it cannot outlive its parent, its output is kept, it is stopped as a whole group."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from logging import Formatter, LogRecord
from logging.handlers import RotatingFileHandler
from pathlib import Path
from threading import Thread
from typing import IO, Literal

LOG_BYTES = 10_000_000
LOG_FILES = 3
_ALARMING = re.compile(r"\b(WARNING|ERROR|CRITICAL|FATAL|PANIC)\b")
_PR_SET_PDEATHSIG = 1
# Loaded before any fork: nothing may be imported between fork and exec.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None

Say = Callable[[str], None]


@dataclass(frozen=True)
class ChildSpec:
    """What to run and how to treat it; `command` is the program and its arguments."""

    name: str
    command: tuple[str, ...]
    title: str = ""
    """What a person reads while it starts; the name when empty."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Added to the parent's environment."""
    user: str | None = None
    """Run as this user instead of the parent's."""
    before_start: Callable[[], None] | None = None
    """Called before each start, the first and every restart."""
    ready: Callable[[], bool] | None = None
    """Asked until it answers true; ready at once when None."""
    ready_within_s: float = 60
    kind: Literal["service", "task", "step"] = "service"
    """A service is restarted whenever it ends; a task unless it ended with 0; a step must end with 0 before
    the next child starts."""
    console: Literal["quiet", "warnings", "all"] = "warnings"
    """Which of its lines reach the console; the log file gets all."""
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGKILL
    """What the kernel sends it when the parent dies without stopping it (Linux)."""
    grace_s: float = 8
    """How long it may take to stop before it is killed."""


class Child:
    """A running (or ended) process of a ChildSpec; start it from the main thread.

    The kernel sends the orphan signal when the *thread* that started the child ends.
    """

    def __init__(self, spec: ChildSpec, log_dir: Path, say: Say) -> None:
        self.spec = spec
        self.last_lines: deque[str] = deque(maxlen=12)
        self.started_at_s = 0.0
        self._say = say
        self._process: subprocess.Popen[str] | None = None
        self._reader: Thread | None = None
        log_dir.mkdir(parents=True, exist_ok=True)
        self._log = RotatingFileHandler(
            log_dir / f"{spec.name}.log",
            maxBytes=LOG_BYTES,
            backupCount=LOG_FILES,
            encoding="utf-8",
            delay=True,
        )
        self._log.setFormatter(Formatter("%(asctime)s %(name)s | %(message)s"))

    @property
    def pid(self) -> int | None:
        """The process id, None before the first start and after it was reaped."""
        return self._process.pid if self._process and self._process.returncode is None else None

    @property
    def exit_code(self) -> int | None:
        """None while it runs; minus the signal's number when a signal ended it."""
        return self._process.poll() if self._process else None

    def start(self) -> None:
        """Start the process in a session of its own, once the one before has ended.

        Raises OSError when the program cannot be run.
        """
        if self._process:
            self._process.wait()  # reaped: PostgreSQL takes an unreaped postmaster for a running one
        if self.spec.before_start:
            self.spec.before_start()
        self.last_lines.clear()
        self.started_at_s = time.time()
        self._process = subprocess.Popen(
            self.spec.command,
            env={**os.environ, **self.spec.env},
            user=self.spec.user,
            group=self.spec.user,
            extra_groups=[] if self.spec.user else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            preexec_fn=self._tie_to(os.getpid()),
        )
        assert self._process.stdout is not None
        self._reader = Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        self._reader.start()

    def is_ready(self) -> bool:
        """It runs and its own check, if it has one, says yes."""
        return self.exit_code is None and (self.spec.ready is None or self.spec.ready())

    def ended(self) -> str | None:
        """How it ended ("exit code 3", "signal SIGKILL"), None while it runs. Kills what it left."""
        code = self.exit_code
        if code is None:
            return None
        self._signal_group(signal.SIGKILL)
        if self._reader:
            self._reader.join(1)
        return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"

    def stop(self, *, at_once: Callable[[], bool] = lambda: False) -> bool:
        """End it and its group: its stop signal, then SIGKILL after the grace. True if it went by itself.

        `at_once` is asked while waiting: when it answers true the rest of the grace is not given.
        """
        if not self._process:
            return True
        deadline = time.monotonic() + self.spec.grace_s
        if self.exit_code is None:
            # The leader alone first: it decides in which order its own children go.
            self._process.send_signal(self.spec.stop_signal)
        while self.exit_code is None and time.monotonic() < deadline and not at_once():
            time.sleep(0.02)
        willing = self.exit_code is not None
        self._signal_group(signal.SIGKILL)
        self._process.wait()
        self.ended()
        self._log.close()
        return willing

    def _signal_group(self, number: signal.Signals) -> None:
        assert self._process is not None
        with suppress(
            ProcessLookupError, PermissionError
        ):  # the group is empty; macOS says so by PermissionError
            os.killpg(self._process.pid, number)

    def _tie_to(self, parent: int) -> Callable[[], None] | None:
        if _libc is None:
            return None
        libc, number = _libc, int(self.spec.orphan_signal)

        def tie() -> None:
            libc.prctl(_PR_SET_PDEATHSIG, number)
            if os.getppid() != parent:  # it died before the call above
                os._exit(1)

        return tie

    def _read(self, output: IO[str]) -> None:
        with output:
            tells = False
            for raw in output:
                line = raw.rstrip()
                self.last_lines.append(line)
                self._log.emit(LogRecord(self.spec.name, 20, "", 0, line, None, None))
                wanted = self.spec.console
                # Lines set in after an alarming one belong to it: where in which file, found and expected.
                tells = bool(_ALARMING.search(line)) or (tells and line.startswith("  "))
                if wanted == "all" or (wanted == "warnings" and tells):
                    self._say(f"{self.spec.name} | {line}")
