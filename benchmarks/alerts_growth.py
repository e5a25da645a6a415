"""What one reading costs, taken in and graded, as points and rules grow; in process, on a real PostgreSQL.

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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from redis import Redis
from sqlalchemy import Engine, text

from alerts.model import Reading
from alerts.rules import Rule, Watch
from benchmarks.made_up_city import JURISDICTION, catalogue_of, point_id
from bootstrap.catalogue import load_catalogue
from bootstrap.embedded import EmbeddedServers
from core.actor import CITY, Actor, Permission, Role
from core.clock import FixedClock
from core.geo import LonLat
from jobs.queue import RqWorkQueue
from live.doorbell import RedisDoorbell
from live.positions import RedisPositionBoard
from live.redis_client import connect
from operations.catalogue import Catalogue
from operations.grade_readings import grade_readings
from operations.ingest_readings import IngestReadings, ingest_readings
from operations.ports import Ports
from roads.straight_line import StraightLineTravelTimes
from store.database import SqlStore, make_engine
from store.metadata import metadata
from store.migrate import migrate

CITIES = (100, 1_000, 10_000)
RULES = (10, 50, 100, 500)
ROUNDS = 3
POINTS_FOR_RULES = 1_000
BATCH = 100
CHANGING = 0.01
PATTERN = "waterlogging-heavy-soon"
"""The rule of the catalogue that the made-up ones are copies of."""
BEGAN = datetime(2026, 8, 18, 1, 20, tzinfo=UTC)
DRY_CM, WET_CM = 1.0, 40.0

GAUGES = Actor(
    "gauges", "gauges", Role.DEVICE, CITY, frozenset({Permission.REPORT_READINGS, Permission.GRADE})
)


class _OneDistrict:
    """Areas that are not what is measured."""

    def jurisdiction_of(self, place: LonLat) -> str | None:
        return JURISDICTION


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--batches", type=int, default=100, help="batches of 100 readings in each of three rounds"
    )
    batches = parser.parse_args(arguments).batches
    with (
        tempfile.TemporaryDirectory(prefix="command-centre-bench-") as name,
        _servers(Path(name)) as (
            engine,
            redis,
        ),
    ):
        _print_points(Path(name), engine, redis, batches)
        _print_rules(Path(name), engine, redis, batches)


@contextmanager
def _servers(folder: Path) -> Iterator[tuple[Engine, Redis]]:
    with EmbeddedServers(folder / "data") as servers:
        engine = make_engine(servers.database_url)
        migrate(engine)
        redis = connect(servers.redis_url)
        yield engine, redis
        redis.close()
        engine.dispose()


def _print_points(folder: Path, engine: Engine, redis: Redis, batches: int) -> None:
    print(f"points: batches of {BATCH} readings, µs a reading")
    print(f"  {'points':>8}{'taken in':>10}{'graded':>9}{'together':>10}{'of 100':>8}")
    cities = {n: load_catalogue(catalogue_of(n, folder / str(n))) for n in CITIES}
    costs = least_costs(cities, engine, redis, batches)
    for points, (taken_in, graded) in costs.items():
        together = taken_in + graded
        print(
            f"  {points:>8}{taken_in:>10.0f}{graded:>9.0f}{together:>10.0f}"
            f"{together / sum(costs[CITIES[0]]):>8.2f}"
        )


def _print_rules(folder: Path, engine: Engine, redis: Redis, batches: int) -> None:
    catalogue = load_catalogue(catalogue_of(POINTS_FOR_RULES, folder / "rules"))
    pattern = _pattern(catalogue)
    print(
        f"rules: {POINTS_FOR_RULES} points, µs a reading taken in and graded; rules made after {pattern.rule_id}"
    )
    print(f"  {'rules':>8}{'own share':>11}{'of 10':>8}{'all watch all':>15}{'µs a rule more':>16}")
    own = least_costs({n: _with_rules(catalogue, n, True) for n in RULES}, engine, redis, batches)
    # Five hundred rules at every point are fifty times the work of ten, so fewer batches.
    everywhere = least_costs(
        {n: _with_rules(catalogue, n, False) for n in RULES}, engine, redis, max(10, batches // 10), 0.0
    )
    few = RULES[0]
    for count in RULES:
        shared, all_of_all = sum(own[count]), sum(everywhere[count])
        more = f"{(all_of_all - sum(everywhere[few])) / (count - few):.1f}" if count > few else "–"
        print(
            f"  {count:>8}{shared:>11.0f}{shared / sum(own[few]):>8.2f}{all_of_all:>15.0f}{more:>16}",
        )


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


def least_costs(
    catalogues: Mapping[int, Catalogue],
    engine: Engine,
    redis: Redis,
    batches: int,
    changing: float = CHANGING,
) -> dict[int, tuple[float, float]]:
    """The least cost of each in a few rounds over all, so that what else the machine does hits them alike."""
    rounds = [
        {n: cost_of_readings(city, engine, redis, batches, changing) for n, city in catalogues.items()}
        for _ in range(ROUNDS)
    ]
    return {n: min((costs[n] for costs in rounds), key=sum) for n in catalogues}


def cost_of_readings(
    catalogue: Catalogue, engine: Engine, redis: Redis, batches: int, changing: float
) -> tuple[float, float]:
    """Microseconds a reading to take in and to grade, after every point was seen: what a quarter of the batches
    stayed under, which whatever else the machine does disturbs less than the median.

    `changing` is the share of readings that pass a grade or fall below it.
    """
    _empty(engine, redis)
    clock = FixedClock(BEGAN)
    ports = Ports(
        store=SqlStore(engine),
        clock=clock,
        doorbell=RedisDoorbell(redis),
        work=RqWorkQueue(redis),
        positions=RedisPositionBoard(redis),
        travel_times=StraightLineTravelTimes(),
        areas=_OneDistrict(),
        catalogue=catalogue,
    )
    points = len(catalogue.points)
    rng = random.Random(4)
    depth_cm = [DRY_CM] * points
    for first in range(0, points, 1_000):
        _send(ports, [Reading(point_id(n), BEGAN, DRY_CM) for n in range(first, min(first + 1_000, points))])
    grade_readings(ports, GAUGES)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    taken_in, graded = [], []
    for turn in range(batches + 10):
        clock.advance(1)
        gauges = [(turn * BATCH + k) % points for k in range(BATCH)]
        for gauge in rng.sample(gauges, int(changing * BATCH)):
            depth_cm[gauge] = WET_CM if depth_cm[gauge] == DRY_CM else DRY_CM
        batch = [Reading(point_id(n), clock.now(), depth_cm[n] + rng.uniform(-0.5, 0.5)) for n in gauges]
        began = time.perf_counter()
        _send(ports, batch)
        between = time.perf_counter()
        found = grade_readings(ports, GAUGES)
        ended = time.perf_counter()
        if found != BATCH:
            raise RuntimeError(f"graded {found} readings, expected {BATCH}")
        if turn >= 10:  # the first ones warm caches up
            taken_in.append((between - began) / BATCH * 1e6)
            graded.append((ended - between) / BATCH * 1e6)
    return sorted(taken_in)[batches // 4], sorted(graded)[batches // 4]


def _send(ports: Ports, readings: Sequence[Reading]) -> None:
    result = ingest_readings(ports, GAUGES, IngestReadings(tuple(readings)))
    if result.accepted != len(readings):
        raise RuntimeError(
            f"accepted {result.accepted} of {len(readings)} readings: {result.quarantined[:1]}"
        )


def _empty(engine: Engine, redis: Redis) -> None:
    redis.flushall()
    with engine.begin() as connection:
        kept = {"journal_head", "cursors", "drill_clock"}
        for table in reversed(metadata.sorted_tables):
            if table.name not in kept:
                connection.execute(table.delete())
        connection.execute(text("UPDATE journal_head SET seq = 0"))
        connection.execute(text("UPDATE cursors SET seq = 0"))


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
