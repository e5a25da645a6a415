"""A real storm, 126 gauges and 10,131 readings, through intake and rules, against an oracle that knows no states."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from alerts.model import Reading, Severity
from alerts.rules import Rule
from benchmarks import floodnet
from bootstrap.catalogue import load_catalogue
from operations.catalogue import Catalogue, StandingCatalogue
from operations.grade_readings import grade_readings
from operations.ingest_readings import IngestReadings, ingest_readings
from operations.watch_silence import watch_silence
from tests.conftest import Bench
from tests.integration.desk_work import journal, somebody

MINUTE = timedelta(minutes=1)
AT_ONCE = dict.fromkeys(Severity, timedelta(0))
"""The all-clear follows the water: each event is a life of its own."""
ALARMS = ("alert.opened", "alert.raised")


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    found = shared_data / "floodnet-storm"
    if not found.is_dir():
        pytest.skip(f"no storm at {found}")
    return found


# ---------------------------------------------------------------- the oracle


@dataclass(frozen=True)
class Life:
    """One event at one gauge: when it began, the grades it called people for in their order, when it ended."""

    began_at: datetime
    called_for: tuple[str, ...]
    ended_at: datetime | None


Series = Sequence[tuple[datetime, float]]


@dataclass(frozen=True)
class Oracle:
    """What should have happened, asked of the whole series at each instant instead of a memory carried along.

    A grade stands at an instant when the water reached its threshold without a break for the on-delay, and has
    not been more than the set-back below it without a break for the off-delay since.
    """

    thresholds_cm: Mapping[str, float]
    set_back_cm: float
    on_delay: timedelta
    off_delay: timedelta

    def lives(self, series: Series) -> list[Life]:
        lowest, *higher = self.thresholds_cm
        found = []
        for began, ended in self.stands(series, lowest):
            during = series[began : ended if ended is not None else len(series)]
            called = [lowest]
            for grade in higher:
                if any(self.held(series, began + k, grade) for k in range(len(during))):
                    called.append(grade)
            found.append(
                Life(
                    series[began][0],
                    self.as_called(series, began, len(during), called),
                    self.at(series, ended),
                )
            )
        return found

    def as_called(self, series: Series, began: int, length: int, grades: Sequence[str]) -> tuple[str, ...]:
        """Those grades without the ones that a higher one overtook: water that leaps is announced once."""
        first = {
            grade: next(k for k in range(length) if self.held(series, began + k, grade)) for grade in grades
        }
        return tuple(
            grade
            for number, grade in enumerate(grades)
            if all(first[grade] < first[later] for later in grades[number + 1 :])
        )

    def stands(self, series: Series, grade: str) -> list[tuple[int, int | None]]:
        """Index of the reading at which the grade began to stand and of the one at which it no longer did."""
        found = []
        k = 0
        while k < len(series):
            if self.held(series, k, grade):
                ended = next((e for e in range(k + 1, len(series)) if self.gone(series, k, e, grade)), None)
                found.append((k, ended))
                if ended is None:
                    break
                k = ended
            k += 1
        return found

    def held(self, series: Series, at: int, grade: str) -> bool:
        """Whether some run of readings that ends here reached the threshold for as long as the on-delay."""
        return self._a_run(series, 0, at, self.on_delay, lambda cm: cm >= self.thresholds_cm[grade])

    def gone(self, series: Series, since: int, at: int, grade: str) -> bool:
        below = self.thresholds_cm[grade] - self.set_back_cm
        return self._a_run(series, since + 1, at, self.off_delay, lambda cm: cm < below)

    @staticmethod
    def _a_run(
        series: Series, first: int, at: int, lasting: timedelta, fits: Callable[[float], bool]
    ) -> bool:
        return any(
            series[at][0] - series[start][0] >= lasting and all(fits(cm) for _, cm in series[start : at + 1])
            for start in range(first, at + 1)
            if fits(series[start][1])
        )

    @staticmethod
    def at(series: Series, index: int | None) -> datetime | None:
        return None if index is None else series[index][0]


# ---------------------------------------------------------------- the storm through the program


def grading_rule(catalogue: Catalogue) -> Rule:
    return next(rule for rule in catalogue.rules.values() if rule.grades_point)


def in_new_york(bench: Bench, folder: Path, **changed: Any) -> Bench:
    """The centre with the storm's gauges and the rule that grades depth, changed as a test wants it."""
    catalogue = bench.ports.catalogue
    rule = replace(grading_rule(catalogue), **{"clears_itself_after": AT_ONCE, **changed})
    city = replace(catalogue, points=floodnet.points(folder), rules={rule.rule_id: rule})
    return replace(bench, ports=replace(bench.ports, catalogues=StandingCatalogue(city)))


def replayed(bench: Bench, storm: Sequence[Reading]) -> None:
    """Each minute's readings as one batch, taken in and graded before the next; nothing may be put aside."""
    for batch in floodnet.by_minute(storm):
        bench.clock.advance((batch[-1].observed_at - bench.clock.now()).total_seconds())
        result = ingest_readings(bench.ports, somebody(), IngestReadings(tuple(batch)))
        assert (result.accepted, result.quarantined) == (len(batch), ()), result
        assert grade_readings(bench.ports) == len(batch)


def lives_of(bench: Bench) -> dict[str, list[Life]]:
    """What the journal tells of each gauge's alerts, oldest first."""
    rows: dict[str, list[Any]] = defaultdict(list)
    for row in journal(bench.ports):
        if row.event.type.startswith("alert."):
            rows[row.event.subject].append(row.event)
    found: dict[str, list[Life]] = defaultdict(list)
    for events in rows.values():
        assert [event.type for event in events].count("alert.opened") == 1, events
        [alert] = events[0].changes["alerts"]
        found[alert["point_id"]].append(
            Life(
                events[0].at,
                tuple(event.data["grade"] for event in events if event.type in ALARMS),
                next((event.at for event in events if event.type == "alert.cleared"), None),
            )
        )
    return {point: sorted(lives, key=lambda life: life.began_at) for point, lives in found.items()}


def series_of(storm: Sequence[Reading]) -> dict[str, list[tuple[datetime, float]]]:
    found: dict[str, list[tuple[datetime, float]]] = defaultdict(list)
    for reading in storm:
        found[reading.point_id].append((reading.observed_at, reading.value))
    return found


def oracle_of(bench: Bench) -> Oracle:
    rule, table = grading_rule(bench.ports.catalogue), bench.ports.catalogue.waterlogging
    return Oracle(table.thresholds("depth_cm"), table.set_back["depth_cm"], rule.on_delay, rule.off_delay)


def expected(bench: Bench, storm: Sequence[Reading]) -> dict[str, list[Life]]:
    oracle = oracle_of(bench)
    return {point: lives for point, series in series_of(storm).items() if (lives := oracle.lives(series))}


def jittered(storm: Sequence[Reading], cm: float) -> list[Reading]:
    """The storm as a worse gauge would tell it: up to `cm` off either way."""
    rng = random.Random(5)
    return [replace(r, value=round(max(0.0, r.value + rng.uniform(-cm, cm)), 2)) for r in storm]


# ---------------------------------------------------------------- what must hold


@pytest.mark.slow
@pytest.mark.parametrize(
    ("on_delay", "jitter_cm"),
    [(0 * MINUTE, 0.0), (0 * MINUTE, 1.0), (2 * MINUTE, 1.0)],
    ids=["at once", "at once, jittering 1 cm more", "after two minutes, jittering 1 cm more"],
)
def test_every_event_is_one_life_of_one_alert_and_no_jitter_alarms_again(
    bench: Bench, folder: Path, on_delay: timedelta, jitter_cm: float
) -> None:
    bench = in_new_york(bench, folder, on_delay=on_delay)
    storm = jittered(floodnet.readings(folder), jitter_cm)
    assert (len(storm), len(bench.ports.catalogue.points)) == (10_131, 126)
    replayed(bench, storm)
    found, wanted = lives_of(bench), expected(bench, storm)
    assert found == wanted
    alarms = sum(len(life.called_for) for lives in wanted.values() for life in lives)
    assert len(wanted) > 90 and alarms > 120, "the oracle found no storm"
    # What a rule without set-back and delays would have called people for in the same storm.
    assert alarms < (0.7 if jitter_cm else 1.0) * upward_crossings(bench, storm)


def upward_crossings(bench: Bench, storm: Sequence[Reading]) -> int:
    thresholds = oracle_of(bench).thresholds_cm.values()
    return sum(
        before < threshold <= after
        for series in series_of(storm).values()
        for (_, before), (_, after) in pairwise([(None, 0.0), *series])
        for threshold in thresholds
    )


@pytest.mark.slow
def test_until_somebody_gives_the_all_clear_only_a_higher_grade_alarms_again(
    bench: Bench, folder: Path
) -> None:
    bench = in_new_york(bench, folder, clears_itself_after=None)
    storm = floodnet.readings(folder)
    replayed(bench, storm)
    order = list(oracle_of(bench).thresholds_cm)
    wanted = {}
    for point, lives in expected(bench, storm).items():
        called = [grade for life in lives for grade in life.called_for]
        records = [
            g for k, g in enumerate(called) if order.index(g) > max(map(order.index, called[:k]), default=-1)
        ]
        wanted[point] = [Life(lives[0].began_at, tuple(records), None)]
    assert lives_of(bench) == wanted
    assert any(len(lives) > 1 for lives in expected(bench, storm).values()), "no gauge had a second event"


def test_the_storm_sent_again_and_late_changes_nothing(bench: Bench, folder: Path) -> None:
    bench = in_new_york(bench, folder)
    first_hours = floodnet.readings(folder)[:2_000]
    replayed(bench, first_hours)
    before = lives_of(bench)
    assert before
    for batch in floodnet.by_minute(first_hours)[::10]:
        again = ingest_readings(bench.ports, somebody(), IngestReadings(tuple(batch)))
        assert (again.accepted, again.duplicates) == (0, len(batch))
    assert grade_readings(bench.ports) == 0
    assert lives_of(bench) == before


# ---------------------------------------------------------------- gauges that say nothing


def silences(series: Series, looks: Sequence[datetime], levels: Mapping[str, float]) -> list[list[Any]]:
    """What should be called for at one gauge: each time it is looked at, how long nothing was heard of it."""
    found: list[list[Any]] = []
    heard = [at for at, _ in series]
    for before, look in pairwise([datetime.min.replace(tzinfo=looks[0].tzinfo), *looks]):
        last = max((at for at in heard if at <= look), default=looks[0])
        level = [code for code, least in levels.items() if (look - last).total_seconds() >= least]
        if last > before or not found:
            found.append([])  # it spoke: whatever follows is another silence
        if level and all(code != level[-1] for code, _ in found[-1]):
            found[-1].append((level[-1], look))
    return [silence for silence in found if silence]


@pytest.mark.slow
def test_every_gauge_that_fell_silent_is_found_once_for_each_silence(bench: Bench, folder: Path) -> None:
    catalogue = load_catalogue()
    rule = replace(catalogue.rules["gauge-silent"], clears_itself_after=AT_ONCE, escalation=())
    city = replace(catalogue, points=floodnet.points(folder), rules={rule.rule_id: rule})
    bench = replace(bench, ports=replace(bench.ports, catalogues=StandingCatalogue(city)))
    storm = floodnet.readings(folder)
    looks = []
    batches = floodnet.by_minute(storm)
    for number, batch in enumerate(batches):
        replayed(bench, batch)
        if number % 5 == 0 or number == len(batches) - 1:
            watch_silence(bench.ports)
            looks.append(bench.clock.now())
    levels = {"silent": 900.0, "dead": 3600.0}
    received: dict[str, list[tuple[datetime, float]]] = defaultdict(list)
    for batch in batches:
        for one in batch:
            received[one.point_id].append((batch[-1].observed_at, one.value))
    wanted = {p: found for p in city.points if (found := silences(received[p], looks, levels))}
    called: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for row in journal(bench.ports):
        if row.event.type in ALARMS:
            [alert] = row.event.changes["alerts"]
            called[alert["point_id"]][alert["alert_id"]].append((row.event.data["grade"], row.event.at))
    assert {point: list(lives.values()) for point, lives in called.items()} == wanted
    assert len(wanted) > 100, "hardly a gauge fell silent"
