"""kill -9 of workers and Redis while a storm comes in: every acknowledged reading is graded, no alert is twice."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any

import httpx
import psycopg
import pytest
import yaml
from psycopg.rows import dict_row

from alerts.rules import Rule
from benchmarks.made_up_city import catalogue_of, point_id, reading
from benchmarks.running import RunningSystem, system_in_service
from bootstrap.catalogue import load_catalogue
from bootstrap.supervisor import running_processes

GAUGES = 200
SENDERS = 4
PERIOD_S = 0.25
"""Each gauge reports so often: 800 readings a second."""
RISES_EVERY = 0.05
"""Chance that a gauge's next reading takes it one step up."""
STEPS_CM = (1.0, 6.0, 33.0, 53.0)
"""Dry, and above each grade by more than the jitter."""
JITTER_CM = 1.0
KILLED = (
    ("worker-1",),
    ("redis",),
    ("worker-2",),
    ("worker-1", "worker-2"),
    ("redis", "worker-1"),
    ("redis", "worker-1", "worker-2"),
)
BETWEEN_KILLS_S = 3.0
SETTLED_WITHIN_S = 60


class Gauges(Thread):
    """Some gauges that each report in order; a batch is sent again until it is answered, as a gateway does."""

    def __init__(self, system: RunningSystem, numbers: range) -> None:
        super().__init__(name=f"gauges {numbers}", daemon=True)
        self.numbers = numbers
        self.over = Event()
        self.acknowledged: dict[str, list[tuple[datetime, float]]] = {point_id(n): [] for n in numbers}
        self.sent_again = 0
        self.refused: list[str] = []
        self._rng = random.Random(numbers.start)
        self._step = dict.fromkeys(numbers, 0)
        self._client = httpx.Client(
            base_url=system.url, headers={"Authorization": f"Bearer {system.token}"}, timeout=10
        )

    def run(self) -> None:
        with self._client:
            while not self.over.wait(PERIOD_S):
                self._report()

    def _report(self) -> None:
        now = datetime.now(UTC)
        batch = [reading(number, now, self._depth_cm(number)) for number in self.numbers]
        while True:
            try:
                answer = self._client.post("/api/v1/readings", json={"readings": batch})
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.is_success:
                break
            if answer is not None and answer.status_code < 500:
                self.refused.append(answer.text)
                return
            self.sent_again += 1
            sleep(0.1)
        self.refused += [str(item) for item in answer.json()["quarantined"]]
        for sent in batch:
            self.acknowledged[sent["point_id"]].append((now, sent["depth_cm"]))

    def _depth_cm(self, number: int) -> float:
        if self._rng.random() < RISES_EVERY:
            self._step[number] = min(self._step[number] + 1, len(STEPS_CM) - 1)
        return max(0.0, STEPS_CM[self._step[number]] + self._rng.uniform(-JITTER_CM, JITTER_CM))


@dataclass
class Storm:
    """The system after its parts were killed again and again while gauges reported."""

    system: RunningSystem
    rule: Rule
    acknowledged: dict[str, list[tuple[datetime, float]]] = field(default_factory=dict)
    sent_again: int = 0
    refused: list[str] = field(default_factory=list)
    kills: int = 0

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        with psycopg.connect(str(self.system.settings.database_url), row_factory=dict_row) as connection:
            return connection.execute(query, values).fetchall()

    def until(self, happened: Callable[[], Any], what: str) -> None:
        deadline = monotonic() + SETTLED_WITHIN_S
        while not happened():
            assert monotonic() < deadline, f"within {SETTLED_WITHIN_S} s: not {what}"
            sleep(0.1)

    def kill(self, *names: str) -> None:
        """kill -9 of these parts in one moment."""
        data_dir = self.system.settings.data_dir
        self.until(lambda: set(names) <= set(running_processes(data_dir)), f"{names} running")
        before = {name: int(running_processes(data_dir)[name]["pid"]) for name in names}
        for pid in before.values():
            os.kill(pid, signal.SIGKILL)
            self.kills += 1
        self.until(lambda: self._are_back(before), f"{names} started again")

    def _are_back(self, before: dict[str, int]) -> bool:
        running = running_processes(self.system.settings.data_dir)
        return all(name in running and int(running[name]["pid"]) != pid for name, pid in before.items())


def escalating_fast(catalogue_dir: Path) -> None:
    """Minutes of the grading rule's escalation become seconds, so that timers run out between the kills."""
    file = catalogue_dir / "rules" / "waterlogging-depth.yaml"
    rule = yaml.safe_load(file.read_text(encoding="utf-8"))
    for step in rule["escalation"]:
        step["after_min"] /= 60
    file.write_text(yaml.safe_dump(rule, allow_unicode=True), encoding="utf-8")


@pytest.fixture(scope="module")
def storm() -> Iterator[Storm]:
    # Not pytest's own folder: PostgreSQL without root must pass through every folder above.
    with TemporaryDirectory(prefix="command-centre-") as folder:
        catalogue_dir = catalogue_of(GAUGES, Path(folder))
        escalating_fast(catalogue_dir)
        rule = next(r for r in load_catalogue(catalogue_dir).rules.values() if r.grades_point)
        with system_in_service(catalogue_dir) as system:
            storm = Storm(system, rule)
            share = GAUGES // SENDERS
            senders = [Gauges(system, range(k * share, (k + 1) * share)) for k in range(SENDERS)]
            for sender in senders:
                sender.start()
            try:
                for names in KILLED:
                    sleep(BETWEEN_KILLS_S)
                    storm.kill(*names)
                sleep(BETWEEN_KILLS_S)
            finally:
                for sender in senders:
                    sender.over.set()
                for sender in senders:
                    sender.join(30)
            for sender in senders:
                storm.acknowledged |= sender.acknowledged
                storm.sent_again += sender.sent_again
                storm.refused += sender.refused
            yield storm


def expected_alarms(storm: Storm) -> dict[str, list[tuple[str, datetime]]]:
    """What each gauge's readings ask for: every grade at the first reading that reached it, none twice.

    Water only rises here, and jitter stays above the grade below: nothing is lowered or cleared.
    """
    levels = [(level.code, level.thresholds["depth_cm"]) for level in storm.rule.levels]
    found: dict[str, list[tuple[str, datetime]]] = {}
    for point, series in storm.acknowledged.items():
        reached = -1
        for at, depth_cm in series:
            now = sum(depth_cm >= threshold for _, threshold in levels) - 1
            if now > reached:
                reached = now
                found.setdefault(point, []).append((levels[now][0], at))
    return found


# ---------------------------------------------------------------- what must hold


def graded(storm: Storm) -> dict[tuple[str, datetime], float]:
    """Waits until every acknowledged reading is graded; answers them as they are stored."""
    wanted = {(point, at) for point, series in storm.acknowledged.items() for at, _ in series}
    stored = {
        (row["point_id"], row["observed_at"]): row
        for row in storm.rows(
            "SELECT point_id, observed_at, value, seq FROM readings"
            " LEFT JOIN journal ON subject = batch_id AND type = 'readings.ingested'"
        )
    }
    newest = max(row["seq"] for key, row in stored.items() if key in wanted)
    storm.until(
        lambda: storm.rows("SELECT 1 FROM cursors WHERE name = 'grading' AND seq >= %s", newest),
        "the acknowledged readings graded",
    )
    return {key: stored[key]["value"] for key in wanted if key in stored}


@pytest.mark.slow
def test_no_acknowledged_reading_is_lost_or_left_without_its_grade(storm: Storm) -> None:
    wanted = {(point, at): cm for point, series in storm.acknowledged.items() for at, cm in series}
    assert storm.kills == sum(map(len, KILLED)) and len(wanted) > 5_000 and storm.refused == []
    assert graded(storm) == wanted
    last = {point: series[-1] for point, series in storm.acknowledged.items()}
    states = storm.rows("SELECT point_id, last_observed_at, value FROM point_states")
    assert {s["point_id"]: (s["last_observed_at"], s["value"]) for s in states} == last


@pytest.mark.slow
def test_every_alarm_is_there_at_its_reading_and_none_is_twice(storm: Storm) -> None:
    graded(storm)
    alarms: dict[str, list[tuple[str, datetime]]] = {}
    for row in storm.rows(
        "SELECT changes->'alerts'->0->>'point_id' AS point, data->>'grade' AS grade, at FROM journal"
        " WHERE type IN ('alert.opened', 'alert.raised') AND changes->'alerts'->0->>'rule_id' = %s ORDER BY seq",
        storm.rule.rule_id,
    ):
        alarms.setdefault(row["point"], []).append((row["grade"], row["at"]))
    wanted = expected_alarms(storm)
    assert sum(map(len, wanted.values())) > 200, "too little happened to prove anything"
    assert alarms == wanted
    for doubled in (
        "SELECT rule_id, subject_id FROM alerts WHERE status <> 'cleared' GROUP BY 1, 2 HAVING count(*) > 1",
        "SELECT subject FROM journal WHERE type IN ('alert.opened', 'incident.opened')"
        " GROUP BY type, subject HAVING count(*) > 1",
        "SELECT point_id FROM incidents WHERE status <> 'closed' AND point_id IS NOT NULL"
        " GROUP BY category, point_id HAVING count(*) > 1",
    ):
        assert storm.rows(doubled) == [], doubled
    [journal] = storm.rows(
        "SELECT count(*) AS rows, min(j.seq) AS first, max(j.seq) AS last, max(h.seq) AS head"
        " FROM journal j, journal_head h"
    )
    assert journal == {**journal, "first": 1, "rows": journal["last"], "head": journal["last"]}


@pytest.mark.slow
def test_every_timer_ran_on_and_told_each_level_of_the_command_tree_once(storm: Storm) -> None:
    graded(storm)
    steps = {step.to.value: step.after for step in storm.rule.escalation}
    storm.until(
        lambda: (
            not storm.rows(
                "SELECT 1 FROM alerts WHERE rule_id = %s AND escalate_at IS NOT NULL", storm.rule.rule_id
            )
        ),
        "every level told of every alert that nobody acknowledged",
    )
    told: dict[str, list[str]] = {}
    early = []
    for row in storm.rows(
        "SELECT type, at, subject, changes->'alerts'->0 AS alert FROM journal"
        " WHERE type = 'alert.escalated' AND changes->'alerts'->0->>'rule_id' = %s ORDER BY seq",
        storm.rule.rule_id,
    ):
        told.setdefault(row["subject"], []).append(row["alert"]["told"])
        if row["at"] < datetime.fromisoformat(row["alert"]["alarmed_at"]) + steps[row["alert"]["told"]]:
            early.append(row)
    alerts = storm.rows("SELECT alert_id FROM alerts WHERE rule_id = %s", storm.rule.rule_id)
    assert told == {alert["alert_id"]: list(steps) for alert in alerts}
    assert early == []
