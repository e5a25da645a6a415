"""The central contract: the state as of row N, and every row after it, make the state as of row M."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from alerts.model import Outcome, Passability
from core.actor import CITY, Actor
from core.clock import FixedClock
from core.errors import CommandCentreError, UnavailableError
from core.events import Event, JournalRow
from core.geo import LonLat
from dispatch.model import UnitStatus
from live.frames import event_frame
from operations.acknowledge_alert import AcknowledgeAlert, acknowledge_alert
from operations.all_clear_alert import AllClearAlert, all_clear_alert
from operations.catalogue import StandingCatalogue
from operations.close_incident import CloseIncident, close_incident
from operations.escalate_alert import EscalateAlert, escalate_alert
from operations.grade_readings import grade_readings
from operations.keep_alerts import keep_alerts
from operations.open_incident import CITY_TIME
from operations.ports import Ports
from operations.propose_response_levels import propose_response_levels
from operations.queries import snapshot_state
from operations.recommend_units import recommend_units
from operations.record_status import RecordStatus, record_status
from operations.register_units import RegisterUnits, register_units
from operations.set_response_level import SetResponseLevel, set_response_level
from operations.shelve_alert import ShelveAlert, shelve_alert
from operations.transaction import committed
from operations.unacknowledge_alert import UnacknowledgeAlert, unacknowledge_alert
from operations.unshelve_alert import UnshelveAlert, unshelve_alert
from store.database import SqlStore, make_engine
from tests.conftest import STORM, Bench
from tests.integration.desk_work import (
    GUANDU,
    PANLONG,
    at_once,
    called,
    close_road,
    fix,
    journal,
    raised,
    reading,
    register,
    registration,
    seen_at,
    send,
    sent_to,
    somebody,
    take_back,
    until,
)
from tests.response_rule import response_rule

IDS = {
    "alerts": "alert_id",
    "incidents": "incident_id",
    "units": "unit_id",
    "assignments": "assignment_id",
    "recommendations": "incident_id",
    "points": "point_id",
    "response_levels": "jurisdiction",
}
"""As in docs/live-protocol.md."""

State = dict[str, dict[str, dict[str, Any]]]


class Screen:
    """A browser that follows the protocol to the letter."""

    def __init__(self, ports: Ports, actor: Actor) -> None:
        self._ports = ports
        self._actor = actor
        self._jurisdiction_of = {p.point_id: p.jurisdiction for p in ports.catalogue.points.values()}
        self.reloads = 0
        self.take_snapshot()

    def take_snapshot(self) -> None:
        snapshot = orjson.loads(orjson.dumps(snapshot_state(self._ports, self._actor)))
        self.seq: int = snapshot["seq"]
        self.state: State = {
            kind: {one[IDS[kind]]: one for one in states} for kind, states in snapshot["state"].items()
        }

    def catch_up(self) -> None:
        for row in self._ports.store.journal_after(self.seq, 10_000):
            self.hear(row)

    def hear(self, row: JournalRow) -> None:
        if row.seq <= self.seq:
            return
        assert row.seq == self.seq + 1
        self.seq = row.seq
        if row.event.reload:
            self.reloads += 1
            self.take_snapshot()
            return
        frame = orjson.loads(event_frame(row, self._actor.jurisdiction, self._jurisdiction_of))
        for kind, states in frame["changes"].items():
            for one in states:
                if kind == "depths":
                    self.state["points"][one["point_id"]].update(one)
                else:
                    self.state[kind][one[IDS[kind]]] = one


class RandomWalk:
    """A desk on which everything happens that can, decided by a seed."""

    def __init__(self, ports: Ports, clock: FixedClock, seed: int) -> None:
        self.dice = random.Random(seed)
        self.ports = ports
        self.clock = clock
        self.points = [*sorted(ports.catalogue.points)[:6], "KM20", "KM22"]
        self.steps: list[Callable[[], Any]] = [
            *[self.water] * 4,
            *[self.grade] * 3,
            self.road,
            self.call,
            *[self.advise] * 2,
            *[self.dispatch] * 3,
            *[self.status] * 4,
            self.stand_down,
            self.close,
            self.acknowledge,
            *[self.officer] * 3,
            self.timers,
            self.response,
            self.register,
        ]

    def go(self, steps: int) -> None:
        for _ in range(steps):
            self.clock.advance(self.dice.uniform(0, 40))
            try:
                self.dice.choice(self.steps)()
            except (CommandCentreError, IndexError):
                continue  # refused, or nothing there to do it with

    def water(self) -> None:
        points = self.dice.sample(self.points, 3)
        send(self.ports, *(reading(self.ports, round(self.dice.uniform(0, 90), 2), 0, p) for p in points))

    def grade(self) -> None:
        grade_readings(self.ports)

    def road(self) -> None:
        close_road(self.ports, self.dice.choice(self.points), self.dice.choice(list(Passability)))

    def call(self) -> None:
        place = LonLat(self.dice.uniform(102.6, 102.9), self.dice.uniform(24.9, 25.1))
        called(self.ports, place=place, category=self.dice.choice(["traffic", "fire", "crowd"]))

    def advise(self) -> None:
        for unit in self._units():
            seen_at(
                self.ports, fix(unit.unit_id, self.clock.now(), LonLat(self.dice.uniform(102.6, 102.9), 25))
            )
        recommend_units(self.ports, self._incident().incident_id)

    def dispatch(self) -> None:
        unit_ids = self.dice.sample([unit.unit_id for unit in self._units()], self.dice.randint(1, 2))
        sent_to(self.ports, self._incident().incident_id, *unit_ids, because="local_knowledge")

    def status(self) -> None:
        # Devices write the city's zone, the database answers in UTC.
        at = self.clock.now().astimezone(CITY_TIME)
        unit = self.dice.choice(self._units())
        wanted = self.dice.choice([s for s in UnitStatus if s is not UnitStatus.DISPATCHED])
        record_status(self.ports, somebody(), RecordStatus(unit.unit_id, wanted, at, "button"))

    def stand_down(self) -> None:
        with self.ports.store.transaction() as tx:
            assignment = self.dice.choice(tx.open_assignments())
        take_back(self.ports, somebody(), assignment.assignment_id)

    def close(self) -> None:
        close_incident(self.ports, somebody(), CloseIncident(self._incident().incident_id, "x"))

    def acknowledge(self) -> None:
        alerts = self.ports.store.snapshot(self.clock.now()).alerts
        acknowledge_alert(self.ports, somebody(), AcknowledgeAlert(self.dice.choice(alerts).alert_id))

    def officer(self) -> None:
        alert_id = self.dice.choice(self.ports.store.open_alerts()).alert_id
        act: Callable[[], Any] = self.dice.choice(
            [
                lambda: escalate_alert(self.ports, somebody(), EscalateAlert(alert_id)),
                lambda: shelve_alert(self.ports, somebody(), ShelveAlert(alert_id, 2, "x")),
                lambda: unshelve_alert(self.ports, somebody(), UnshelveAlert(alert_id)),
                lambda: unacknowledge_alert(self.ports, somebody(), UnacknowledgeAlert(alert_id)),
                lambda: all_clear_alert(
                    self.ports, somebody(), AllClearAlert(alert_id, self.dice.choice(list(Outcome)), "x")
                ),
            ]
        )
        act()

    def timers(self) -> None:
        keep_alerts(self.ports)
        propose_response_levels(self.ports)

    def response(self) -> None:
        where = self.dice.choice([CITY, GUANDU, PANLONG])
        step = self.dice.choice([None, "standby", "IV", "III"])
        set_response_level(self.ports, somebody(), SetResponseLevel(where, step, "x"))

    def register(self) -> None:
        number = self.dice.randrange(8)
        new = registration(
            number,
            net=min(self.ports.catalogue.nets),
            callsign=f"巡{self.dice.randrange(100)}",
            jurisdiction=(GUANDU, PANLONG)[number % 2],
        )
        register_units(self.ports, somebody(), RegisterUnits((new,)))

    def _incident(self) -> Any:
        return self.dice.choice(self.ports.store.snapshot(self.clock.now()).incidents)

    def _units(self) -> Any:
        with self.ports.store.transaction() as tx:
            return tx.units()


class TwoDistricts:
    """West of 102.74 is Panlong, the rest Guandu."""

    def names(self) -> Mapping[str, tuple[str, str]]:
        return {CITY: ("昆明市", "Kunming"), PANLONG: ("盘龙区", "Panlong"), GUANDU: ("官渡区", "Guandu")}

    def jurisdiction_of(self, place: LonLat) -> str | None:
        return PANLONG if place.lon < 102.74 else GUANDU


@pytest.fixture
def two_districts(bench: Bench) -> Ports:
    catalogue = bench.ports.catalogue
    rules = {**catalogue.rules, "flood-response": response_rule()}
    ports = replace(
        bench.ports, areas=TwoDistricts(), catalogues=StandingCatalogue(replace(catalogue, rules=rules))
    )
    for number in range(6):
        register_units(
            ports,
            somebody(),
            RegisterUnits(
                (
                    registration(
                        number,
                        net=min(ports.catalogue.nets),
                        jurisdiction=(GUANDU, PANLONG)[number % 2],
                    ),
                )
            ),
        )
    return ports


def by_id(states: Mapping[str, Mapping[str, Any]]) -> dict[str, list[Any]]:
    return {kind: [found[key] for key in sorted(found)] for kind, found in states.items()}


@pytest.mark.parametrize("seed", range(3))
def test_a_snapshot_and_the_rows_after_it_make_the_next_snapshot_in_every_jurisdiction(
    two_districts: Ports, bench: Bench, seed: int
) -> None:
    walk = RandomWalk(two_districts, bench.clock, seed)
    viewers = [somebody(jurisdiction=code) for code in (CITY, GUANDU, PANLONG)]
    screens = [Screen(two_districts, viewer) for viewer in viewers]
    for _ in range(4):
        walk.go(30)
        for screen, viewer in zip(screens, viewers, strict=True):
            screen.catch_up()
            fresh = Screen(two_districts, viewer)
            assert screen.seq == fresh.seq
            assert by_id(screen.state) == by_id(fresh.state)
    everything = by_id(screens[0].state)
    assert all(everything[kind] for kind in IDS), "a walk on which too little happens proves nothing"
    assert sum(screen.reloads for screen in screens), "registrations were among the steps"


def test_a_snapshot_taken_in_the_middle_of_commits_is_of_one_row(two_districts: Ports, bench: Bench) -> None:
    """Readers take snapshots while writers commit: whichever N they get, the rows after it complete it."""
    stop = []

    def write(seed: int) -> None:
        walk = RandomWalk(two_districts, FixedClock(STORM), seed)
        walk.ports = two_districts
        walk.go(60)
        stop.append(seed)

    def read() -> list[Screen]:
        taken = []
        while len(stop) < 3:
            taken.append(Screen(two_districts, somebody()))
        return taken

    answers = at_once(*(lambda seed=seed: write(seed) for seed in range(3)), read)
    assert raised(answers) == []
    screens: list[Screen] = answers[3][-40:]
    fresh = Screen(two_districts, somebody())
    for screen in screens:
        screen.catch_up()
        assert by_id(screen.state) == by_id(fresh.state)
    assert len(screens) > 3


def test_many_writers_leave_no_hole_and_rows_become_visible_in_their_order(bench: Bench) -> None:
    done: list[int] = []
    seen: list[int] = []

    def read() -> None:
        while True:
            finished = len(done) == 8
            seen.extend(row.seq for row in bench.store.journal_after(seen[-1] if seen else 0, 1000))
            if finished:
                return

    def write(writer: int) -> None:
        for number in range(25):
            try:
                with bench.store.transaction() as tx:
                    tx.record(Event("test.one", STORM, "t", f"{writer}.{number}"))
                    if number % 3 == 0:
                        tx.record(Event("test.two", STORM, "t", f"{writer}.{number}"))
                    if number % 10 == 9:
                        raise LookupError
            except LookupError:
                continue
        done.append(writer)

    answers = at_once(*(lambda w=w: write(w) for w in range(8)), read)
    assert raised(answers) == []
    assert seen == list(range(1, 8 * (23 + 8) + 1)), (
        "a reader that asks for everything after N misses nothing"
    )
    assert bench.store.head() == len(seen) == len(journal(bench.ports))
    per_writer: dict[str, list[int]] = {}
    for row in journal(bench.ports):
        writer, _, number = row.event.subject.partition(".")
        per_writer.setdefault(writer, []).append(int(number))
    assert all(numbers == sorted(numbers) for numbers in per_writer.values())


def test_what_raises_is_undone_with_its_journal_row_and_rings_no_bell(bench: Bench) -> None:
    heard = bench.redis.pubsub(ignore_subscribe_messages=True)
    heard.subscribe("cc:journal")
    until(lambda: heard.subscribed)
    heard.get_message(timeout=1)
    with pytest.raises(LookupError), committed(bench.ports) as tx:
        tx.record(Event("test.one", STORM, "t", "x"))
        tx.quarantine([], "t", STORM)
        raise LookupError
    assert bench.store.head() == 0 == len(journal(bench.ports))
    with committed(bench.ports) as tx:
        tx.record(Event("test.one", STORM, "t", "x"))
    message = heard.get_message(timeout=2)
    heard.close()
    assert message is not None and message["data"] == b"1", "the first bell is that of the commit"


def test_an_event_comes_back_from_the_journal_as_it_was_recorded(bench: Bench) -> None:
    event = Event(
        "test.one",
        STORM,
        "actor",
        "subject",
        data={"水": [1, 2.5, None], "nested": {"a": True}},
        changes={"units": [{"unit_id": "u"}]},
        origin="10.0.0.1",
        reload=True,
    )
    with bench.store.transaction() as tx:
        tx.record(event)
    (row,) = journal(bench.ports)
    assert (row.seq, row.event) == (1, event)
    assert row.recorded_at.tzinfo is not None


def test_the_rows_about_a_subject_are_the_newest_oldest_first(bench: Bench) -> None:
    with bench.store.transaction() as tx:
        for number in range(6):
            tx.record(Event("test.one", STORM, "t", "ab"[number % 2], data={"n": number}))
    found = bench.store.journal_of(["a"], limit=2)
    assert [row.event.data["n"] for row in found] == [2, 4]


def test_what_was_closed_long_ago_leaves_the_snapshot(bench: Bench) -> None:
    incident_id = called(bench.ports).incident_id
    recommend_units(bench.ports, incident_id)
    close_incident(bench.ports, somebody(), CloseIncident(incident_id))
    assert len(snapshot_state(bench.ports, somebody())["state"]["incidents"]) == 1
    bench.clock.advance(3601)
    state = snapshot_state(bench.ports, somebody())["state"]
    assert state["incidents"] == state["recommendations"] == []


def test_a_database_that_is_away_is_named_so(bench: Bench) -> None:
    engine = make_engine("postgresql://nobody@127.0.0.1:9/none")
    with pytest.raises(UnavailableError, match="database"):
        SqlStore(engine).head()
    with pytest.raises(UnavailableError), SqlStore(engine).transaction():
        pass
    engine.dispose()


def test_a_killed_connection_is_named_so_and_the_next_call_works(bench: Bench) -> None:
    with pytest.raises(UnavailableError), bench.store.transaction() as tx:
        pid = tx.connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with bench.store.engine.begin() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        tx.units()
    register(bench.ports, 1)
    assert bench.store.head() == 1
