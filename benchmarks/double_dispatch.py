"""Double dispatch under attack: 200 commits at once on 20 units, the processes that make them killed at random.

Eight processes dispatch as a web process does (the same operation on the same PostgreSQL, here its own), 25 threads
each, every thread one or two of the units to an incident of its own; some send the same command twice. In most rounds
one process is killed in the middle, in turns from outside (stopped first, so that the transactions it has open in that
instant can be counted, then SIGKILL) and by itself within milliseconds of a COMMIT. After each round nobody may have a
unit that another has: of each unit at most one assignment was made in the round, it is the open one that the unit
names, the journal tells of exactly these, and each that was acknowledged is there. What a process committed and could
not say any more is counted as well. Bar: zero, over 1,000 rounds; runs with different seeds may be added up.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from sqlalchemy import event, text

from bootstrap.embedded import EmbeddedServers
from bootstrap.settings import Settings, load_settings
from bootstrap.wiring import Parts, wire
from core.actor import CITY, Actor, Permission, Role
from core.errors import CommandCentreError
from core.geo import LonLat
from operations.dispatch_units import DispatchUnits, dispatch_units
from operations.register_units import RegisterUnits, UnitRegistration, register_units
from operations.take_back_units import take_back_units
from operations.take_call import TakeCall, take_call
from store.database import SqlStore, make_engine
from store.migrate import migrate

UNITS = 20
PROCESSES = 8
THREADS = 25
CONNECTIONS = 20
KILLED_SHARE = 0.75
"""In so many rounds one process is killed."""
AROUND_A_COMMIT_S = 0.004
"""A COMMIT takes some two milliseconds: a process that is to die in one dies at most so long after it has begun."""
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
    killed_inside: int = 0
    """Of those killed from outside the ones that had a transaction open in that instant."""
    open_at_kill: int = 0
    """How many transactions that were."""
    killed_committing: int = 0
    """Those that died within milliseconds of a COMMIT."""
    unheard: int = 0
    """Units sent whose winner was killed before it could say so; they stand, as the journal says."""
    refused: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=4, help="another seed, another attack")
    options = parser.parse_args(arguments)
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
        tally = attack(settings, options.rounds, PROCESSES, THREADS, options.seed)
    print(
        f"{PROCESSES * THREADS} commits at once on {UNITS} units, {tally.rounds} rounds, seed {options.seed}"
    )
    print(f"  commits     {tally.commits:8d} begun   {tally.acknowledged:8d} units sent and acknowledged")
    print(f"  refused     {', '.join(f'{n} {what}' for what, n in sorted(tally.refused.items()))}")
    print(
        f"  killed      {tally.killed:8d} processes: {tally.killed_committing} around a COMMIT, {tally.killed_inside} "
        f"with {tally.open_at_kill} transactions open; {tally.unheard} units sent that nobody was told of any more"
    )
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
    # What an attacker would import itself each time it is started again.
    context.set_forkserver_preload(["bootstrap.wiring", "sqlalchemy.dialects.postgresql.psycopg", "psycopg"])
    tally = Tally()
    dice = random.Random(seed)
    attackers = [_Attacker(context, settings, number) for number in range(processes)]
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

    def __init__(self, context: Any, settings: Settings, number: int) -> None:
        self._context = context
        self._settings = settings
        self._number = number
        self._starts = 0
        self.start()

    def start(self) -> None:
        self.pipe, theirs = self._context.Pipe()
        self._starts += 1
        self.name = f"attacker {self._number}.{self._starts}"
        self.process = self._context.Process(
            target=_serve, args=(theirs, self._settings, self.name), daemon=True
        )
        self.process.start()
        theirs.close()
        self._ready = False

    def until_ready(self) -> None:
        """Waits until a process that was just started takes commands."""
        if not self._ready:
            self.pipe.recv()
            self._ready = True

    def kill(self, parts: Parts) -> int:
        """Kills the process; answers how many transactions it had open in that instant."""
        assert self.process.pid is not None
        os.kill(self.process.pid, signal.SIGSTOP)
        with parts.engine.connect() as connection:
            found = int(connection.execute(_OPEN_TRANSACTIONS, {"name": self.name}).scalar_one())
        self.process.kill()
        self.process.join()
        return found

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


_OPEN_TRANSACTIONS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = :name AND xact_start IS NOT NULL"
)


def _serve(pipe: Connection, settings: Settings, name: str) -> None:
    """The attacking process: each message is a list of commands to run at once; answers them as they come."""
    parts = wire(settings, with_roads=False)
    # As many connections as a web process may have, but kept: opening them anew would be most of a round.
    url = f"{settings.database_url}?application_name={name.replace(' ', '%20')}"
    engine = make_engine(url, pool_size=CONNECTIONS, max_overflow=0)
    parts = replace(parts, ports=replace(parts.ports, store=SqlStore(engine)))
    lock = threading.Lock()
    deaths: list[float] = []

    @event.listens_for(engine, "commit")
    def committing(_connection: object) -> None:
        if deaths:
            threading.Timer(deaths.pop(), os.kill, (os.getpid(), signal.SIGKILL)).start()

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
        commands, deaths[:] = pipe.recv()
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
    doomed = dice.choice(attackers) if dice.random() < KILLED_SHARE else None
    dies_committing = doomed is not None and dice.random() < 0.5
    for attacker in attackers:
        commands: list[DispatchUnits] = []
        while len(commands) < threads:
            if commands and dice.random() < REPEATED_SHARE:
                commands.append(commands[-1])
                continue
            wanted = dice.sample(range(UNITS), dice.choice((1, 1, 2)))
            units = tuple(f"u{n:02d}" for n in wanted)
            commands.append(DispatchUnits(next(shuffled), units, override_reason="benchmark"))
        death_s = [dice.uniform(0, AROUND_A_COMMIT_S)] if dies_committing and attacker is doomed else []
        attacker.pipe.send((commands, death_s))
        tally.commits += len(commands)
    acknowledged: set[str] = set()
    busy = list(attackers)
    # Among the first answers: while the units change hands.
    kill_after, answers = dice.randrange(UNITS), 0
    while busy:
        if doomed is not None and not dies_committing and answers >= kill_after:
            still_open = doomed.kill(parts)
            tally.killed += 1
            tally.killed_inside += still_open > 0
            tally.open_at_kill += still_open
            doomed = None
        for pipe in wait([attacker.pipe for attacker in busy], timeout=0.01):
            attacker = next(one for one in busy if one.pipe is pipe)
            try:
                what, told = attacker.pipe.recv()
            except (EOFError, OSError):
                # Killed: what it had not told any more may or may not stand; the audit sees which.
                if dies_committing:
                    tally.killed += 1
                    tally.killed_committing += 1
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
    if doomed is not None and dies_committing:
        doomed.process.join(2 * AROUND_A_COMMIT_S)
        if not doomed.process.is_alive():  # it had answered everything before it died
            tally.killed += 1
            tally.killed_committing += 1
            doomed.pipe.close()
            doomed.start()
    _let_backends_end(parts)
    tally.acknowledged += len(acknowledged)
    faults, unheard = _audit(parts, before, acknowledged)
    tally.faults += faults
    tally.unheard += unheard
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


def _audit(parts: Parts, before: int, acknowledged: set[str]) -> tuple[list[str], int]:
    """What is wrong after a round, in words; and how many units were sent of which nobody was told."""
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
    return faults, len(open_ids - acknowledged)


def _take_back(parts: Parts) -> None:
    with parts.store.transaction() as tx:
        standing = list(tx.open_assignments())
    for assignment in standing:
        take_back_units(parts.ports, OFFICER, [assignment.assignment_id])


if __name__ == "__main__":
    import sys

    # By the module's own name: the attackers look up there what they run.
    from benchmarks.double_dispatch import main as attack_by_name

    attack_by_name(sys.argv[1:])
