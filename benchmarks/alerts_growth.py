"""What one reading costs, taken in and graded, as points and rules grow; in process, on a real PostgreSQL.

Cost is processor time, of this process and of the database, so that nothing else on the machine is counted.
Points: the same work each time (batches of 100 readings of 100 points, every hundredth passes a grade or falls below
it) in cities of 100, 1,000 and 10,000 points. Each batch is taken in and graded in one transaction each.
Rules: 10 to 500 in a city of 1,000 points, each rule but the one that grades watching a share of its own, so that
every point is looked at by two. Bar for both: flat, the most cost a reading no more than a quarter more than the
fewest. Then what no index can help against: all rules watch the same points, and none of them is reached.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import psutil
from redis import Redis
from sqlalchemy import Engine, text

from alerts.model import Reading
from alerts.rules import Rule, Watch
from benchmarks.in_process import GAUGES, ports_on
from benchmarks.made_up_city import catalogue_of, point_id
from bootstrap.catalogue import load_catalogue
from bootstrap.embedded import EmbeddedServers
from core.clock import FixedClock
from live.redis_client import connect
from operations.catalogue import Catalogue
from operations.grade_readings import grade_readings
from operations.ingest_readings import IngestReadings, ingest_readings
from operations.ports import Ports
from store.database import make_engine
from store.metadata import metadata
from store.migrate import migrate

CITIES = (100, 1_000, 10_000)
RULES = (10, 50, 100, 500)
POINTS_FOR_RULES = 1_000
BATCH = 100
WARM_UP = 10
CHANGING = 0.01
PATTERN = "waterlogging-heavy-soon"
"""The rule of the catalogue that the made-up ones are copies of."""
BEGAN = datetime(2026, 8, 18, 1, 20, tzinfo=UTC)
DRY_CM, WET_CM = 1.0, 40.0


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--batches", type=int, default=200, help="batches of 100 readings for each row")
    batches = parser.parse_args(arguments).batches
    with (
        tempfile.TemporaryDirectory(prefix="command-centre-bench-") as name,
        _centre(Path(name)) as centre,
    ):
        _print_points(Path(name), centre, batches)
        _print_rules(Path(name), centre, batches)


@dataclass(frozen=True)
class Centre:
    """A PostgreSQL and a Redis of its own, and what their work costs."""

    engine: Engine
    redis: Redis
    postgres: psutil.Process

    def empty(self) -> None:
        self.redis.flushall()
        kept = {"journal_head", "cursors", "drill_clock"}
        with self.engine.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                if table.name not in kept:
                    connection.execute(table.delete())
            connection.execute(text("UPDATE journal_head SET seq = 0"))
            connection.execute(text("UPDATE cursors SET seq = 0"))
        self.settle()

    def settle(self) -> None:
        """What the database would otherwise do by itself some time later."""
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))

    def processor_s(self) -> float:
        """Seconds of processor time that this process and every process of the database have used."""
        used = time.process_time()
        for process in (self.postgres, *self.postgres.children()):
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                used += times.user + times.system
        return used


@contextmanager
def _centre(folder: Path) -> Iterator[Centre]:
    with EmbeddedServers(folder / "data") as servers:
        engine = make_engine(servers.database_url)
        migrate(engine)
        redis = connect(servers.redis_url)
        pid = servers.children["postgres"].pid
        assert pid is not None, "it answers"
        yield Centre(engine, redis, psutil.Process(pid))
        redis.close()
        engine.dispose()


def _print_points(folder: Path, centre: Centre, batches: int) -> None:
    print(f"points: batches of {BATCH} readings, processor time of this process and PostgreSQL, µs a reading")
    print(f"  {'points':>8}{'cost':>8}{'of 100':>8}")
    first = None
    for points in CITIES:
        catalogue = load_catalogue(catalogue_of(points, folder / str(points)))
        cost = cost_of_readings(catalogue, centre, batches)
        first = first or cost
        print(f"  {points:>8}{cost:>8.0f}{cost / first:>8.2f}", flush=True)


def _print_rules(folder: Path, centre: Centre, batches: int) -> None:
    catalogue = load_catalogue(catalogue_of(POINTS_FOR_RULES, folder / "rules"))
    print(f"rules: {POINTS_FOR_RULES} points, the same; rules made after {_pattern(catalogue).rule_id}")
    print(f"  {'rules':>8}{'own share':>11}{'of 10':>8}{'all watch all':>15}{'µs a rule more':>16}")
    first = least = None
    for count in RULES:
        shared = cost_of_readings(_with_rules(catalogue, count, True), centre, batches)
        # Five hundred rules at every point are fifty times the work of ten, so fewer batches.
        few = max(10, batches * RULES[0] // count)
        everywhere = cost_of_readings(_with_rules(catalogue, count, False), centre, few, changing=0.0)
        first, least = first or shared, least or everywhere
        more = f"{(everywhere - least) / (count - RULES[0]):.1f}" if count > RULES[0] else "–"
        print(f"  {count:>8}{shared:>11.0f}{shared / first:>8.2f}{everywhere:>15.0f}{more:>16}", flush=True)


def _pattern(catalogue: Catalogue) -> Rule:
    """One with conditions in CEL where the catalogue has it: those cost more than a table's thresholds."""
    return catalogue.rules.get(PATTERN) or _grading(catalogue)


def _grading(catalogue: Catalogue) -> Rule:
    return next(rule for rule in catalogue.rules.values() if rule.grades_point)


def _with_rules(catalogue: Catalogue, count: int, shares: bool) -> Catalogue:
    """The rule that grades and `count` - 1 copies of the pattern, each for its share of the points or for all."""
    grading, pattern, copies = _grading(catalogue), _pattern(catalogue), count - 1
    rules = {grading.rule_id: grading}
    for number in range(copies):
        own = frozenset(point_id(n) for n in range(number, len(catalogue.points), copies))
        rule = replace(
            pattern,
            rule_id=f"made-up-{number}",
            watches=Watch(point_ids=own if shares else frozenset()),
            grades_point=False,
            inhibited_by=(),
        )
        rules[rule.rule_id] = rule
    return replace(catalogue, rules=rules)


def cost_of_readings(catalogue: Catalogue, centre: Centre, batches: int, changing: float = CHANGING) -> float:
    """Microseconds of processor time a reading takes to be taken in and graded, after every point was seen.

    `changing` is the share of readings that pass a grade or fall below it.
    """
    centre.empty()
    clock = FixedClock(BEGAN)
    ports = ports_on(centre.engine, centre.redis, clock, catalogue)
    points = len(catalogue.points)
    rng = random.Random(4)
    depth_cm = [DRY_CM] * points
    for first in range(0, points, 1_000):
        _send(ports, [Reading(point_id(n), BEGAN, DRY_CM) for n in range(first, min(first + 1_000, points))])
    grade_readings(ports, GAUGES)
    centre.settle()
    before = 0.0
    for turn in range(-WARM_UP, batches):
        if turn == 0:
            before = centre.processor_s()
        clock.advance(1)
        gauges = [(turn * BATCH + k) % points for k in range(BATCH)]
        for gauge in rng.sample(gauges, int(changing * BATCH)):
            depth_cm[gauge] = WET_CM if depth_cm[gauge] == DRY_CM else DRY_CM
        now = clock.now()
        _send(ports, [Reading(point_id(n), now, depth_cm[n] + rng.uniform(-0.5, 0.5)) for n in gauges])
        if (found := grade_readings(ports, GAUGES)) != BATCH:
            raise RuntimeError(f"graded {found} readings, expected {BATCH}")
    return (centre.processor_s() - before) / batches / BATCH * 1e6


def _send(ports: Ports, readings: Sequence[Reading]) -> None:
    result = ingest_readings(ports, GAUGES, IngestReadings(tuple(readings)))
    if result.accepted != len(readings):
        raise RuntimeError(
            f"accepted {result.accepted} of {len(readings)} readings: {result.quarantined[:1]}"
        )


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
