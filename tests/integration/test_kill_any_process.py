"""kill -9 of any one process during the replay: back by itself, nothing acknowledged lost, nothing done twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import count
from threading import Event, Lock, Thread
from time import monotonic, sleep
from typing import Any

import httpx
import pytest

from access.sessions import COOKIE
from bootstrap.catalogue import load_catalogue
from dashboard.ids import Desk
from tests.live_client import LiveClient
from tests.running_system import SPEED, RunningSystem

Json = dict[str, Any]

BACK_WITHIN_S = 30
CLOCKS_FOLLOW_S = 1.0
"""Every process has read a new drill time after this."""
PARTS = ("database", "redis", "rules", "worker", "scheduler")
SHOWN = {
    "alerts": "SELECT alert_id AS id FROM alerts WHERE status <> 'cleared'",
    "incidents": "SELECT incident_id AS id FROM incidents WHERE status <> 'closed'",
    "assignments": "SELECT assignment_id AS id FROM assignments WHERE status NOT IN ('cleared', 'stood_down')",
}
"""What a screen of the whole city holds, and where that is in the database."""
HEAVY_CM = 62.0
"""Opens an alert and an incident where there is none."""


class Sender(Thread):
    """Sends again and again; each request the very same one until it is answered, as a device does."""

    def __init__(self, system: RunningSystem, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self.system = system
        self.over = Event()
        self.resting = Lock()
        """Whoever holds it keeps the sender from asking anything new."""
        self.refused: list[str] = []
        """Answers below 500 that were no success: there may be none."""

    def run(self) -> None:
        while not self.over.wait(0.1):
            with self.resting:
                self.send_one()

    def send_one(self) -> None:
        raise NotImplementedError

    def until_answered(self, ask: Callable[[], httpx.Response]) -> Json | None:
        """The answer; None when the test is over or the request was refused."""
        while not self.over.is_set():
            try:
                answer = ask()
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.is_success:
                found: Json = answer.json()
                return found
            if answer is not None and answer.status_code < 500:
                self.refused.append(f"{answer.request.url} {answer.status_code} {answer.text}")
                return None
            self.over.wait(0.1)
        return None


class Gauges(Sender):
    """A device that posts readings and calls."""

    def __init__(self, system: RunningSystem) -> None:
        super().__init__(system, "gauges")
        self.device = system.device()
        self.readings: dict[tuple[str, datetime], float] = {}
        """Acknowledged."""
        self.calls: dict[str, str] = {}
        """Text of each acknowledged call to the incident it was answered with."""
        self._points = sorted(
            (p for p in load_catalogue().points.values() if p.road_kind is not None), key=lambda p: p.point_id
        )
        self._turns = count()
        self._wet = 0

    def begin_again(self) -> None:
        """Every point is dry."""
        self._wet = 0

    def send_one(self) -> None:
        turn = next(self._turns)
        clock = self.until_answered(lambda: self.device.get("/api/v1/clock"))
        if clock is None:
            return
        at = clock["now"]
        # One more point under water every few turns, so that alerts and incidents open all the time.
        self._wet += turn % 4 == 0
        points = [self._points[(turn + k) % min(self._wet + 1, len(self._points))] for k in (0, 1)]
        readings = [
            {"point_id": p.point_id, "observed_at": at, "depth_cm": HEAVY_CM} for p in dict.fromkeys(points)
        ]
        answer = self.until_answered(
            lambda: self.device.post("/api/v1/readings", json={"readings": readings})
        )
        if answer is not None:
            self.refused += [str(item) for item in answer["quarantined"]]
            for reading in readings:
                self.readings[reading["point_id"], datetime.fromisoformat(at)] = HEAVY_CM
        if turn % 5 == 0:
            self._call(turn, at)

    def _call(self, turn: int, at: str) -> None:
        text = f"kill test {id(self)} call {turn}"
        place = self._points[turn % len(self._points)].place
        call = {
            "category": "traffic",
            "place": {"lon": place.lon, "lat": place.lat, "crs": "WGS-84"},
            "caller": "test",
            "text": text,
            "received_at": at,
        }
        key = {"Idempotency-Key": text.replace(" ", "-")}
        answer = self.until_answered(lambda: self.device.post("/api/v1/calls", json=call, headers=key))
        if answer is not None:
            self.calls[text] = answer["incident_id"]


class Officer(Sender):
    """A duty officer who dispatches the recommended unit to whatever waits, with the requests of the desk."""

    def __init__(self, system: RunningSystem, screen: LiveClient) -> None:
        super().__init__(system, "officer")
        headers = {"Cookie": f"{COOKIE}={system.cookie('desk1')}", "Origin": system.base_url}
        self.desk = httpx.Client(base_url=system.base_url, headers=headers, timeout=10)
        self.screen = screen
        self.dispatched: dict[tuple[str, str], str] = {}
        """Acknowledged: (incident, unit) to the assignment."""
        self.tried: set[str] = set()
        self._output = self._output_of(Desk.ASK_DISPATCH)

    def _output_of(self, asked: str) -> str:
        for callback in self.desk.get("/desk/_dash-dependencies").raise_for_status().json():
            if [i["id"] for i in callback["inputs"]] == [asked]:
                return str(callback["output"])
        raise LookupError(asked)

    def send_one(self) -> None:
        if self.over.wait(0.5):
            return
        for incident in list(self.screen.state["incidents"].values()):
            advice = self.screen.state["recommendations"].get(incident["incident_id"])
            if incident["status"] == "open" and advice and incident["incident_id"] not in self.tried:
                self.tried.add(incident["incident_id"])
                for candidate in advice["candidates"][:1]:
                    self._dispatch(incident["incident_id"], candidate["unit_id"])
                return

    def _dispatch(self, incident_id: str, unit_id: str) -> None:
        """Until it is said to be done or not possible; "a part is away" is neither."""
        component, prop = self._output.split(".", 1)
        request = {"incident_id": incident_id, "unit_ids": [unit_id], "nonce": "n"}
        asked = {
            "output": self._output,
            "outputs": {"id": component, "property": prop},
            "inputs": [{"id": Desk.ASK_DISPATCH, "property": "data", "value": request}],
            "changedPropIds": [f"{Desk.ASK_DISPATCH}.data"],
        }
        while not self.over.is_set():
            answer = self.until_answered(lambda: self.desk.post("/desk/_dash-update-component", json=asked))
            if answer is None:
                return
            notice = answer["response"][Desk.OUTCOME]["data"]
            if notice["kind"] == "done":
                [assignment_id] = notice["undo"]
                self.dispatched[incident_id, unit_id] = assignment_id
                return
            if "暂不可用" not in notice["text"]:
                return
            self.over.wait(0.2)


@dataclass
class Storm:
    """The storm running, with everybody who works and watches while processes are killed."""

    system: RunningSystem
    screen: LiveClient
    gauges: Gauges
    officer: Officer

    def work_goes_on(self) -> None:
        """Waits until more of everything has been acknowledged than now."""
        readings, calls = len(self.gauges.readings), len(self.gauges.calls)
        dispatched = len(self.officer.dispatched)
        self.system.until(
            lambda: (
                len(self.gauges.readings) > readings + 4
                and len(self.gauges.calls) > calls
                and len(self.officer.dispatched) > dispatched
            ),
            BACK_WITHIN_S,
            "readings, calls and dispatches acknowledged",
        )

    def heals(self) -> None:
        """Waits until a health frame that comes from now on says that every part is well."""
        began = monotonic()
        self.system.until(
            lambda: self.screen.told_since(began, lambda h: all(h[p]["ok"] for p in PARTS)),
            BACK_WITHIN_S,
            "a screen told that all is well",
        )


@pytest.fixture(scope="module")
def centre(running_system: RunningSystem) -> Iterator[Storm]:
    with ExitStack() as stack:
        screen = stack.enter_context(running_system.live("desk1"))
        gauges = Gauges(running_system)
        stack.callback(gauges.device.close)
        officer = Officer(running_system, screen)
        stack.callback(officer.desk.close)
        for sender in (gauges, officer):
            sender.start()
            stack.callback(sender.join, 15)
            stack.callback(sender.over.set)
        yield Storm(running_system, screen, gauges, officer)


@pytest.fixture
def storm(centre: Storm) -> Storm:
    """The storm begun afresh: everything that is to go wrong at a point has yet to."""
    with centre.gauges.resting, centre.officer.resting:
        centre.system.begin_drill("09:05:00", SPEED)
        sleep(CLOCKS_FOLLOW_S)
        centre.gauges.begin_again()
    return centre


@pytest.mark.parametrize(
    ("part", "with_it", "told"),
    [
        ("web", (), None),
        ("worker-1", ("worker-2",), "worker"),
        ("scheduler", (), "scheduler"),
        ("redis", (), "redis"),
        ("postgres", (), "database"),
    ],
    ids=["web", "worker", "scheduler", "redis", "postgres"],
)
def test_it_comes_back_and_nothing_acknowledged_is_lost_or_done_twice(
    storm: Storm, part: str, with_it: tuple[str, ...], told: str | None
) -> None:
    system, screen = storm.system, storm.screen
    losses, snapshots = screen.losses, screen.snapshots

    storm.work_goes_on()
    dispatched = len(storm.officer.dispatched)
    system.until(lambda: len(storm.officer.dispatched) > dispatched, BACK_WITHIN_S, "one more dispatch")
    killed = system.kill(part)
    system.until(lambda: system.pid(part) not in (None, killed), BACK_WITHIN_S, f"{part} started again")
    system.until(lambda: f"✗ {part} ended (signal SIGKILL)" in system.said(), 5, "word of it on the console")

    if told is None:
        system.until(lambda: screen.snapshots > snapshots, BACK_WITHIN_S, "the screen with a new snapshot")
        assert screen.losses > losses
    else:
        # Killed as soon as it is back, so that the screens cannot miss it.
        began = monotonic()
        with system.kept_down(part, *with_it):
            system.until(
                lambda: screen.told_since(began, lambda health: not health[told]["ok"]),
                BACK_WITHIN_S,
                f"a screen told that {part} is away",
            )
    storm.heals()
    storm.work_goes_on()
    nothing_is_lost(storm)
    nothing_is_twice(storm)
    the_screen_is_right(storm)


def nothing_is_lost(storm: Storm) -> None:
    """Every acknowledged call, reading and dispatch is there; every reading is graded."""
    system = storm.system
    readings, calls = dict(storm.gauges.readings), dict(storm.gauges.calls)
    dispatched = dict(storm.officer.dispatched)
    stored = {
        (row["point_id"], row["observed_at"]): row
        for row in system.rows(
            "SELECT point_id, observed_at, value, seq FROM readings"
            " LEFT JOIN journal ON subject = batch_id AND type = 'readings.ingested'"
        )
    }
    assert {key: stored[key]["value"] for key in readings if key in stored} == readings
    newest = max(stored[key]["seq"] for key in readings)
    system.until(
        lambda: system.rows("SELECT seq FROM cursors WHERE name = 'grading' AND seq >= %s", newest),
        BACK_WITHIN_S,
        "the acknowledged readings graded",
    )
    taken: dict[str, list[str]] = {text: [] for text in calls}
    for row in system.rows("SELECT text, incident_id FROM calls JOIN incidents USING (incident_id)"):
        if row["text"] in taken:
            taken[row["text"]].append(row["incident_id"])
    assert taken == {text: [incident_id] for text, incident_id in calls.items()}
    sent: dict[tuple[str, str], list[str]] = {pair: [] for pair in dispatched}
    for row in system.rows("SELECT incident_id, unit_id, assignment_id FROM assignments"):
        if (row["incident_id"], row["unit_id"]) in sent:
            sent[row["incident_id"], row["unit_id"]].append(row["assignment_id"])
    assert sent == {pair: [assignment_id] for pair, assignment_id in dispatched.items()}
    assert storm.gauges.refused == storm.officer.refused == []


def nothing_is_twice(storm: Storm) -> None:
    """No two alerts or incidents about one thing at one time, no unit sent twice, no hole in the journal."""
    for doubled in (
        "SELECT a.alert_id FROM alerts a JOIN alerts b USING (run, rule_id, subject_id)"
        " WHERE a.alert_id < b.alert_id AND a.opened_at < coalesce(b.cleared_at, 'infinity')"
        " AND b.opened_at < coalesce(a.cleared_at, 'infinity')",
        "SELECT a.incident_id FROM incidents a JOIN incidents b USING (run, category, point_id)"
        " WHERE a.incident_id < b.incident_id AND a.opened_at < coalesce(b.closed_at, 'infinity')"
        " AND b.opened_at < coalesce(a.closed_at, 'infinity')",
        "SELECT subject FROM journal WHERE type IN ('alert.opened', 'incident.opened', 'call.taken')"
        " GROUP BY type, subject HAVING count(*) > 1",
        "SELECT unit_id FROM assignments WHERE status NOT IN ('cleared', 'stood_down')"
        " GROUP BY unit_id HAVING count(*) > 1",
        "SELECT unit_id FROM units u FULL JOIN (SELECT unit_id, assignment_id FROM assignments"
        " WHERE status NOT IN ('cleared', 'stood_down')) a USING (unit_id)"
        " WHERE u.assignment_id IS DISTINCT FROM a.assignment_id",
    ):
        assert storm.system.rows(doubled) == [], doubled
    [journal] = storm.system.rows(
        "SELECT count(*) AS rows, min(j.seq) AS first, max(j.seq) AS last, max(h.seq) AS head"
        " FROM journal j, journal_head h"
    )
    assert journal == {**journal, "first": 1, "rows": journal["last"], "head": journal["last"]}


def the_screen_is_right(storm: Storm) -> None:
    """The screen followed without a gap and shows what the database holds."""
    assert storm.screen.out_of_order == []
    for kind in SHOWN:
        storm.system.until(partial(shows, storm, kind), 10, f"{kind} on the screen as in the database")


def shows(storm: Storm, kind: str) -> bool:
    """Are the open ones on the screen those of the database, at this moment?"""
    return {row["id"] for row in storm.system.rows(SHOWN[kind])} == set(storm.screen.state[kind])
