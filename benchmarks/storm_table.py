"""How good each rule of the catalogue was in a real storm: FloodNet's 126 gauges in New York, 30 October 2025.

All readings go through intake and rules in their own time, every five minutes somebody looks at silent gauges. Then,
from the journal and the readings alone, for each rule about water: of its first calls (`alert.opened`), how many were
followed by 30 cm (medium) or 50 cm (heavy) at the same gauge within an hour, how long before, and how many times a
gauge reached that depth without the rule having called within the hour before. A call while the water stood that high
already is late, neither right nor wrong. The gauges are not Kunming's: figures tell rules apart, not cities.
"""

from __future__ import annotations

import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

from alerts.model import WATERLOGGING, Reading
from benchmarks import floodnet
from benchmarks.in_process import GAUGES, ports_on
from bootstrap.catalogue import load_catalogue
from bootstrap.embedded import EmbeddedServers
from core.clock import FixedClock
from live.redis_client import connect
from operations.grade_readings import grade_readings
from operations.ingest_readings import IngestReadings, ingest_readings
from operations.ports import Ports
from operations.watch_silence import watch_silence
from store.database import make_engine
from store.migrate import migrate

DEPTHS_CM = {"30 cm": 30.0, "50 cm": 50.0}
WITHIN = timedelta(hours=1)
EVENTS_APART = timedelta(minutes=30)
"""Depths reached again sooner than this belong to the same event."""
LOOKS_EVERY = 5

Event = tuple[datetime, datetime]
"""First and last instant at which the depth stood at a gauge."""


@dataclass(frozen=True)
class Call:
    """The beginning of one alert."""

    point_id: str
    at: datetime


@dataclass(frozen=True)
class Score:
    """How a rule's calls compare with one depth."""

    right: int
    wrong: int
    late: int
    missed: int
    leads_min: Sequence[float]


def main(arguments: Sequence[str] = ()) -> int:
    folder = floodnet.storm_folder()
    if folder is None:
        print("skipped: no storm here; set COMMAND_CENTRE_SHARED to the folder of shared data")
        return 0
    storm = floodnet.readings(folder)
    with (
        tempfile.TemporaryDirectory(prefix="command-centre-bench-") as name,
        _centre(Path(name), folder) as (ports, clock),
    ):
        _replay(ports, clock, storm)
        calls = _calls(ports)
    series: dict[str, list[tuple[datetime, float]]] = defaultdict(list)
    for reading in storm:
        series[reading.point_id].append((reading.observed_at, reading.value))
    print(f"{len(storm)} readings of {len(series)} gauges")
    for depth, at_least_cm in DEPTHS_CM.items():
        _print(depth, {p: events_of(values, at_least_cm) for p, values in series.items()}, calls)
    return 0


@contextmanager
def _centre(folder: Path, storm: Path) -> Iterator[tuple[Ports, FixedClock]]:
    """The catalogue's rules over the storm's gauges."""
    clock = FixedClock(floodnet.readings(storm)[0].observed_at)
    with EmbeddedServers(folder) as servers:
        engine = make_engine(servers.database_url)
        migrate(engine)
        redis = connect(servers.redis_url)
        catalogue = replace(load_catalogue(), points=floodnet.points(storm))
        yield ports_on(engine, redis, clock, catalogue), clock
        redis.close()
        engine.dispose()


def _replay(ports: Ports, clock: FixedClock, storm: Sequence[Reading]) -> None:
    for number, batch in enumerate(floodnet.by_minute(storm)):
        clock.advance((batch[-1].observed_at - clock.now()).total_seconds())
        ingest_readings(ports, GAUGES, IngestReadings(tuple(batch)))
        grade_readings(ports, GAUGES)
        if number % LOOKS_EVERY == 0:
            watch_silence(ports, GAUGES)


def _calls(ports: Ports) -> dict[str, list[Call]]:
    """The beginning of every alert about water at a gauge, by rule."""
    found: dict[str, list[Call]] = {}
    seq = 0
    while rows := ports.store.journal_after(seq, 5_000):
        seq = rows[-1].seq
        for row in rows:
            if row.event.type == "alert.opened":
                [alert] = row.event.changes["alerts"]
                if alert["category"] != WATERLOGGING:
                    continue  # it says something about the gauge, not about the water
                found.setdefault(alert["rule_id"], []).append(Call(alert["point_id"], row.event.at))
    return found


def events_of(series: Sequence[tuple[datetime, float]], at_least_cm: float) -> list[Event]:
    """When the water stood this high at a gauge."""
    found: list[Event] = []
    for at, depth_cm in series:
        if depth_cm < at_least_cm:
            continue
        if found and at - found[-1][1] < EVENTS_APART:
            found[-1] = (found[-1][0], at)
        else:
            found.append((at, at))
    return found


def scored(calls: Sequence[Call], events: Mapping[str, Sequence[Event]]) -> Score:
    """Each call against the next event at its gauge, each event against the first call within the hour before."""
    right = wrong = late = 0
    for call in calls:
        mine = events.get(call.point_id, ())
        if any(began <= call.at <= ended for began, ended in mine):
            late += 1
        elif any(timedelta(0) < began - call.at <= WITHIN for began, _ in mine):
            right += 1
        else:
            wrong += 1
    leads = []
    missed = 0
    for point, mine in events.items():
        for began, _ in mine:
            before = [
                began - c.at for c in calls if c.point_id == point and timedelta(0) < began - c.at <= WITHIN
            ]
            if before:
                leads.append(max(before).total_seconds() / 60)
            else:
                missed += 1
    return Score(right, wrong, late, missed, sorted(leads))


def _print(depth: str, events: Mapping[str, Sequence[Event]], calls: Mapping[str, Sequence[Call]]) -> None:
    count = sum(map(len, events.values()))
    print(f"{depth}: {count} events at {sum(map(bool, events.values()))} gauges")
    print(
        f"  {'rule':<26}{'alerts':>7}{'gauges':>7}{'right':>6}{'wrong':>6}{'late':>5}{'precision':>10}"
        f"{'warned of':>11}{'lead median':>12}{'least':>7}"
    )
    for rule_id, made in sorted(calls.items()):
        score = scored(made, events)
        decided = score.right + score.wrong
        precision = f"{score.right / decided:.0%}" if decided else "–"
        leads = score.leads_min
        lead = f"{median(leads):.0f} min" if leads else "–"
        least = f"{leads[0]:.0f} min" if leads else "–"
        print(
            f"  {rule_id:<26}{len(made):>7}{len({c.point_id for c in made}):>7}{score.right:>6}{score.wrong:>6}"
            f"{score.late:>5}{precision:>10}{f'{count - score.missed} of {count}':>11}{lead:>12}{least:>7}"
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
