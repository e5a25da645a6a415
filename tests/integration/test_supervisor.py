"""The supervisor as a person meets it: a process of its own, with children that do nothing but live."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from os import kill
from pathlib import Path
from textwrap import dedent
from time import monotonic, sleep

import psutil
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PARENT = dedent(
    """
    import sys
    from pathlib import Path
    from bootstrap.child import ChildSpec
    from bootstrap.supervisor import Supervisor, SupervisionError

    def child(name, program, **how):
        return ChildSpec(name, (sys.executable, "-u", "-c", program), **how)

    LIVES = "import time; print('hello', flush=True); time.sleep(600)"
    GRANDCHILD = "import subprocess; subprocess.run(['sleep', '600'])"
    STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    STORM = "print('WARNING rain:\\\\n  line 12: heavy\\\\nafter it')"
    FAILS = "print('no table'); raise SystemExit(3)"
    specs = {
        "two": [child("first", LIVES), child("second", LIVES)],
        "family": [child("elder", GRANDCHILD)],
        "stubborn": [child("mule", STUBBORN, grace_s=0.5)],
        "failing-step": [child("first", LIVES), child("tables", FAILS, kind="step")],
        "crashing": [child("wreck", "print('why it fell'); raise SystemExit(7)")],
        "task": [child("storm", STORM, kind="task"), child("first", LIVES)],
    }[sys.argv[2]]
    try:
        Supervisor(Path(sys.argv[1])).run(specs, lambda say: say("all up"))
    except SupervisionError as error:
        print(error.message)
        raise SystemExit(1)
    """
)


class Run:
    """A supervisor process on a folder, its console in a file."""

    def __init__(self, folder: Path, what: str) -> None:
        self.folder = folder
        self.console = folder / f"console-{monotonic()}"
        with self.console.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", PARENT, str(folder / "data"), what],
                cwd=REPOSITORY,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.console.read_text()

    def processes(self) -> dict[str, int]:
        file = self.folder / "data" / "run" / "processes.json"
        return {n: entry["pid"] for n, entry in json.loads(file.read_text()).items()} if file.exists() else {}

    def until(self, happened: Callable[[], bool], within_s: float = 10) -> None:
        deadline = monotonic() + within_s
        while not happened():
            assert monotonic() < deadline, f"did not happen within {within_s} s; said:\n{self.said()}"
            sleep(0.02)

    def until_up(self) -> None:
        self.until(lambda: "all up" in self.said())


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], Run]]:
    runs: list[Run] = []

    def started(what: str) -> Run:
        runs.append(Run(tmp_path, what))
        return runs[-1]

    yield started
    for run in runs:
        run.process.terminate()
        run.process.wait(10)


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_a_killed_child_comes_back_and_it_is_said(start: Callable[[str], Run]) -> None:
    run = start("two")
    run.until_up()
    before = run.processes()
    kill(before["second"], signal.SIGKILL)
    run.until(lambda: "second is back" in run.said())
    after = run.processes()
    assert "✗ second ended (signal SIGKILL)" in run.said()
    assert "restart no. 1 in 0.2 s" in run.said()
    assert after["second"] != before["second"]
    assert after["first"] == before["first"]
    kill(after["second"], signal.SIGKILL)
    run.until(lambda: "restart no. 2 in 0.4 s" in run.said())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_all_in_reverse_and_leaves_nobody(
    start: Callable[[str], Run], number: signal.Signals
) -> None:
    run = start("two")
    run.until_up()
    pids = run.processes()
    assert set(pids) == {"supervisor", "first", "second"}
    run.process.send_signal(number)
    assert run.process.wait(10) == 0
    assert not any(alive(pid) for pid in pids.values())
    assert run.processes() == {}
    assert run.said().rstrip().endswith("stopped 已停止")


def test_grandchildren_go_with_their_parent(start: Callable[[str], Run]) -> None:
    run = start("family")
    run.until_up()
    elder = psutil.Process(run.processes()["elder"])
    run.until(lambda: bool(elder.children()))
    grandchild = elder.children()[0].pid
    run.process.terminate()
    run.process.wait(10)
    run.until(lambda: not alive(grandchild))


def test_a_child_that_ignores_sigterm_is_killed_after_its_grace(start: Callable[[str], Run]) -> None:
    run = start("stubborn")
    run.until_up()
    mule = run.processes()["mule"]
    sleep(0.2)  # let it install its handler
    run.process.terminate()
    assert run.process.wait(10) == 0
    assert not alive(mule)
    assert "mule did not stop in time and was killed" in run.said()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child's life to its parent's")
def test_children_die_when_the_supervisor_is_killed(start: Callable[[str], Run]) -> None:
    run = start("two")
    run.until_up()
    pids = run.processes()
    run.process.kill()
    run.process.wait(10)
    run.until(lambda: not any(alive(pid) for pid in pids.values()))


def test_a_run_after_a_killed_one_starts_as_if_nothing_had_been(start: Callable[[str], Run]) -> None:
    killed = start("two")
    killed.until_up()
    killed.process.kill()
    killed.process.wait(10)
    again = start("two")
    again.until_up()


def test_a_second_run_on_the_same_folder_is_refused_with_who_holds_it(start: Callable[[str], Run]) -> None:
    first = start("two")
    first.until_up()
    second = start("two")
    assert second.process.wait(10) == 1
    assert f"already running: process {first.process.pid} since" in second.said()
    assert "CC_DATA_DIR and CC_PORT" in second.said()
    assert alive(first.processes()["first"])


def test_a_step_that_fails_ends_the_run_with_its_last_lines(start: Callable[[str], Run]) -> None:
    run = start("failing-step")
    assert run.process.wait(10) == 1
    assert "tables ended with exit code 3" in run.said()
    assert "no table" in run.said()
    assert "all up" not in run.said()


def test_a_task_that_has_finished_is_not_started_again(start: Callable[[str], Run]) -> None:
    run = start("task")
    run.until(lambda: "storm has finished" in run.said())
    assert "storm | WARNING rain:\nstorm |   line 12: heavy\n" in run.said(), "and what belongs to it"
    assert "after it" not in run.said()
    assert "storm" not in run.processes()


def test_the_console_stays_calm_and_the_log_file_has_the_lines(start: Callable[[str], Run]) -> None:
    run = start("two")
    run.until_up()
    log = run.folder / "data" / "logs" / "first.log"
    run.until(lambda: log.exists() and "first | hello" in log.read_text())
    assert "hello" not in run.said()


def test_a_crash_shows_the_childs_last_lines(start: Callable[[str], Run]) -> None:
    run = start("crashing")
    run.until(lambda: "✗ wreck ended (exit code 7)" in run.said() and "why it fell" in run.said())
