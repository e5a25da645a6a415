"""Double dispatch under attack: 200 commits at once on 20 units, the processes that make them killed at random.

Eight processes dispatch as a web process does (the same operation on the same PostgreSQL, here its own), 25 threads
each, every thread one or two of the units to an incident of its own; some send the same command twice. In most rounds
one process is killed with SIGKILL in the middle. After each round nobody may have a unit that another has: of each
unit at most one assignment was made in the round, it is the open one that the unit names, the journal tells of exactly
these, and each that was acknowledged is there. Bar: zero, over 1,000 rounds.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from sqlalchemy import text

from bootstrap.embedded import EmbeddedServers
from bootstrap.settings import Settings, load_settings
from bootstrap.wiring import Parts, wire
from core.actor import CITY, Actor, Permission, Role
from core.errors import CommandCentreError
from core.geo import LonLat
from operations.dispatch_units import DispatchUnits, dispatch_units
from operations.register_units import RegisterUnits, UnitRegistration, register_units
from operations.stand_down_unit import StandDownUnit, stand_down_unit
from operations.take_call import TakeCall, take_call
from store.database import make_engine
from store.migrate import migrate

UNITS = 20
PROCESSES = 8
THREADS = 25
KILLED_SHARE = 0.75
"""In so many rounds one process is killed."""
REPEATED_SHARE = 0.2
OFFICER = Actor("attacker", "attacker", Role.DUTY_OFFICER, CITY, frozenset(Permission))
EXPECTED = ("UnitTakenError", "ConflictError", "UnavailableError")


@dataclass
class Tally:
    """What all rounds came to. `faults` says in words what must not be."""

    rounds: int = 0
    commits: int = 0
    acknowledged: int = 0
    killed: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1000)
    rounds = parser.parse_args(arguments).rounds
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="command-centre-bench-") as folder,
        EmbeddedServers(Path(folder)) as servers,
    ):
        settings = load_settings(
            data_dir=Path(folder),
            mode="live",
            database_url=servers.database_url,
            redis_url=servers.redis_url,
        )
        tally = attack(settings, rounds, PROCESSES, THREADS)
    print(f"{PROCESSES * THREADS} commits at once on {UNITS} units, {tally.rounds} rounds")
    print(f"  commits     {tally.commits:8d} begun   {tally.acknowledged:8d} units sent and acknowledged")
    print(f"  refused     {', '.join(f'{n} {what}' for what, n in sorted(tally.refused.items()))}")
    print(f"  killed      {tally.killed:8d} processes")
    print(f"  faults      {len(tally.faults):8d} (bar 0: double dispatches, lost or invented ones)")
    print(f"  duration    {time.monotonic() - began:8.0f} s")
    for fault in tally.faults[:20]:
        print(f"    {fault}")
    if tally.faults:
        raise SystemExit(1)


def attack(settings: Settings, rounds: int, processes: int, threads: int, seed: int = 4) -> Tally:
    """Runs the rounds against an empty database and audits each."""
    engine = make_engine(str(settings.database_url))
    migrate(engine)
    engine.dispose()
    parts = wire(settings, with_roads=False)
    incidents = _prepare(parts, processes * threads)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["bootstrap.wiring"])
    tally = Tally()
    dice = random.Random(seed)
    attackers = [_Attacker(context, settings) for _ in range(processes)]
    try:
        for _ in range(rounds):
            _round(parts, attackers, incidents, threads, dice, tally)
    finally:
        for attacker in attackers:
            attacker.end()
        parts.close()
    return tally


class _Attacker:
    """One process that dispatches when told, and is started again when it was killed."""

    def __init__(self, context: Any, settings: Settings) -> None:
        self._context = context
        self._settings = settings
        self.start()

    def start(self) -> None:
        self.pipe, theirs = self._context.Pipe()
        self.process = self._context.Process(target=_serve, args=(theirs, self._settings), daemon=True)
        self.process.start()
        theirs.close()
        self._ready = False

    def until_ready(self) -> None:
        """Waits until a process that was just started takes commands."""
        if not self._ready:
            self.pipe.recv()
            self._ready = True

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


def _serve(pipe: Connection, settings: Settings) -> None:
    """The attacking process: each message is a list of commands to run at once; answers them as they come."""
    parts = wire(settings, with_roads=False)
    lock = threading.Lock()

    def run(command: DispatchUnits, gate: threading.Barrier) -> None:
        gate.wait()
        try:
            answer = ("sent", [a.assignment_id for a in dispatch_units(parts.ports, OFFICER, command)])
        except CommandCentreError as error:
            answer = ("refused", [type(error).__name__])
        with lock:
            pipe.send(answer)

    pipe.send(("ready", []))
    while True:
        commands = pipe.recv()
        gate = threading.Barrier(len(commands))
        running = [threading.Thread(target=run, args=(command, gate)) for command in commands]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
        pipe.send(("done", []))


def _prepare(parts: Parts, how_many: int) -> list[str]:
    """The units, and as many incidents, a kilometre apart so that no call joins another."""
    net = min(parts.ports.catalogue.nets)
    units = tuple(
        UnitRegistration(
            f"u{n:02d}", f"测{n:02d}", net, "car", frozenset({"police", "traffic_control"}), "530111"
        )
        for n in range(UNITS)
    )
    register_units(parts.ports, OFFICER, RegisterUnits(units))
    now = datetime.now(UTC)
    incidents = []
    for n in range(how_many):
        place = LonLat(102.65 + n % 20 * 0.01, 24.95 + n // 20 * 0.01)
        call = TakeCall(f"attack {n}", "traffic", place, "", "", now)
        incidents.append(take_call(parts.ports, OFFICER, call).incident_id)
    return incidents


def _round(
    parts: Parts,
    attackers: Sequence[_Attacker],
    incidents: Sequence[str],
    threads: int,
    dice: random.Random,
    tally: Tally,
) -> None:
    for attacker in attackers:
        attacker.until_ready()
    before = parts.store.head()
    shuffled = iter(dice.sample(list(incidents), len(incidents)))
    for attacker in attackers:
        commands: list[DispatchUnits] = []
        while len(commands) < threads:
            if commands and dice.random() < REPEATED_SHARE:
                commands.append(commands[-1])
                continue
            wanted = dice.sample(range(UNITS), dice.choice((1, 1, 2)))
            commands.append(DispatchUnits(next(shuffled), tuple(f"u{n:02d}" for n in wanted)))
        attacker.pipe.send(commands)
        tally.commits += len(commands)
    acknowledged: set[str] = set()
    busy = list(attackers)
    doomed = dice.choice(busy) if dice.random() < KILLED_SHARE else None
    # Among the first answers: while the units change hands.
    kill_after, answers = dice.randrange(UNITS), 0
    while busy:
        if doomed is not None and answers >= kill_after:
            doomed.process.kill()
            doomed.process.join()
            tally.killed += 1
            doomed = None
        for pipe in wait([attacker.pipe for attacker in busy], timeout=0.01):
            attacker = next(one for one in busy if one.pipe is pipe)
            try:
                what, told = attacker.pipe.recv()
            except (EOFError, OSError):
                # Killed: what it had not told any more may or may not stand; the audit sees which.
                busy.remove(attacker)
                attacker.pipe.close()
                attacker.start()
                continue
            answers += 1
            if what == "done":
                busy.remove(attacker)
            elif what == "sent":
                acknowledged.update(told)
            else:
                tally.refused.update(told)
                tally.faults += [f"found {error}" for error in told if error not in EXPECTED]
    _let_backends_end(parts)
    tally.acknowledged += len(acknowledged)
    tally.faults += _audit(parts, before, acknowledged)
    _take_back(parts)
    parts.redis.flushdb()
    tally.rounds += 1


def _let_backends_end(parts: Parts) -> None:
    """A killed process's last statements may still be running in the server."""
    asked = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() AND state <> 'idle'"
    )
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with parts.engine.connect() as connection:
            if connection.execute(asked).scalar_one() == 0:
                return
        time.sleep(0.01)
    raise RuntimeError("found transactions still running after 30 s, expected all to have ended")


def _audit(parts: Parts, before: int, acknowledged: set[str]) -> list[str]:
    """What is wrong after a round, in words."""
    with parts.store.transaction() as tx:
        standing = list(tx.open_assignments())
        units = {unit.unit_id: unit for unit in tx.units()}
    told: Counter[str] = Counter()
    ids: set[str] = set()
    for row in parts.store.journal_after(before, 100_000):
        if row.event.type == "units.dispatched":
            told.update(row.event.data["callsigns"])
            ids.update(str(a["assignment_id"]) for a in row.event.changes["assignments"])
    faults = [f"{callsign} was sent {n} times" for callsign, n in told.items() if n > 1]
    holders = Counter(assignment.unit_id for assignment in standing)
    faults += [f"{unit_id} is in {n} open assignments" for unit_id, n in holders.items() if n > 1]
    faults += [f"{a} was acknowledged and is not there" for a in acknowledged - ids]
    open_ids = {assignment.assignment_id for assignment in standing}
    faults += [f"{a} stands and is not in the journal" for a in open_ids - ids]
    faults += [f"{a} is in the journal and does not stand" for a in ids - open_ids]
    named = {unit.assignment_id for unit in units.values() if unit.assignment_id is not None}
    if named != open_ids:
        faults.append(f"units name {sorted(named)}, open are {sorted(open_ids)}")
    return faults


def _take_back(parts: Parts) -> None:
    with parts.store.transaction() as tx:
        standing = list(tx.open_assignments())
    for assignment in standing:
        stand_down_unit(parts.ports, OFFICER, StandDownUnit(assignment.assignment_id, "next round"))


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
