"""Looking back: the past as it is replayed is what a live face was shown at that very instant."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest

from alerts.model import Passability
from core.actor import CITY, Actor, Permission
from core.errors import InvalidInputError, NotFoundError, PermissionDeniedError
from core.events import Event
from core.geo import LonLat
from live.replay import past_frame
from operations.adopt_catalogue import adopt_catalogue
from operations.answer_assistance import AnswerAssistance, answer_assistance
from operations.catalogue import CatalogueSeen
from operations.close_road import CloseRoad, close_road
from operations.keep_keyframe import KEPT_EVERY, keep_keyframe
from operations.past_state import IDS, by_id, fold, picture
from operations.ports import Ports
from operations.queries import incident_detail, snapshot_state
from operations.reopen_road import ReopenRoad, reopen_road
from operations.replay import (
    past_alert,
    past_incident,
    replay_period,
    replay_rows,
    replay_state,
    replay_whereabouts,
)
from operations.report_passability import ReportPassability, report_passability
from operations.set_drill_time import SetDrillTime, set_drill_time
from operations.stored import TrackPoint, Whereabouts
from tests.conftest import STORM, Bench
from tests.integration.desk_work import (
    GUANDU,
    PANLONG,
    SOMEWHERE,
    called,
    fix,
    register,
    sent_to,
    somebody,
)
from tests.integration.test_store_stream import RandomWalk, two_districts

__all__ = ["two_districts"]

State = dict[str, list[Any]]


class Drill(RandomWalk):
    """The same, with closures, requests for units of others, edits of the catalogue and keyframes."""

    def __init__(self, ports: Ports, bench: Bench, seed: int) -> None:
        super().__init__(ports, bench.clock, seed)
        self.steps += [self.close_road, self.reopen_road, *[self.ask] * 6, self.answer, self.edit, self.keep]

    def close_road(self) -> None:
        closes = timedelta(minutes=self.dice.randint(1, 20))
        place = LonLat(self.dice.uniform(102.6, 102.9), 25.0)
        key = str(self.dice.random())
        command = CloseRoad(key, "x", "road", "closed", self.clock.now() + closes, place)
        close_road(self.ports, somebody(), command)

    def reopen_road(self) -> None:
        with self.ports.store.transaction() as tx:
            closure = self.dice.choice(tx.closures_in_force(self.clock.now()))
        reopen_road(self.ports, somebody(), ReopenRoad(closure.closure_id))

    def ask(self) -> None:
        unit = self.dice.choice([u for u in self._units() if u.jurisdiction == PANLONG])
        asking, incident_id = somebody("官渡", GUANDU), self._incident().incident_id
        sent_to(self.ports, incident_id, unit.unit_id, by=asking, because="local_knowledge")

    def answer(self) -> None:
        with self.ports.store.transaction() as tx:
            request = self.dice.choice(tx.assistance_waiting())
        command = AnswerAssistance(request.request_id, self.dice.choice([True, False]))
        answer_assistance(self.ports, somebody("盘龙", PANLONG), command)

    def edit(self) -> None:
        adopt_catalogue(self.ports, CatalogueSeen(str(self.dice.random()), "v", {}))

    def keep(self) -> None:
        keep_keyframe(self.ports)


def shown(state: Any) -> State:
    """A snapshot's state in one order, as it goes over the wire."""
    plain = orjson.loads(orjson.dumps(state))
    return {kind: sorted(plain[kind], key=lambda one: str(one[name])) for kind, name in IDS.items()}


def live(ports: Ports, actor: Actor) -> State:
    return shown(snapshot_state(ports, actor)["state"])


VIEWERS = [somebody(jurisdiction=code) for code in (CITY, GUANDU, PANLONG)]


def begin(ports: Ports, bench: Bench) -> None:
    """A drill begun anew at the clock's instant."""
    now = bench.clock.now()
    set_drill_time(ports, somebody(), SetDrillTime("storm", now, 1, now, restart=True))


@pytest.mark.parametrize("seed", range(4))
def test_the_past_replayed_is_what_a_live_face_was_shown_at_that_instant(
    two_districts: Ports, bench: Bench, seed: int
) -> None:
    """At many instants of a drill, in every jurisdiction, whatever happened later."""
    drill = Drill(two_districts, bench, seed)
    drill.go(10)
    begin(two_districts, bench)
    taken: list[tuple[datetime, int, list[State]]] = []
    for _ in range(30):
        drill.go(6)
        seq = two_districts.store.head()
        taken.append((bench.clock.now(), seq, [live(two_districts, viewer) for viewer in VIEWERS]))
        bench.clock.advance(0.001)  # what comes next is later, however little
    drill.go(10)
    for at, seq, states in taken:
        for viewer, expected in zip(VIEWERS, states, strict=True):
            then = replay_state(two_districts, viewer, at)
            assert shown(then["state"]) == expected, at
            assert then["seq"] <= seq
    everything = {kind for _, _, states in taken for kind in IDS if states[0][kind]}
    assert everything == set(IDS), "a walk on which too little happens proves nothing"


def test_rows_played_on_from_a_seek_make_every_later_instant(two_districts: Ports, bench: Bench) -> None:
    """What the page does: one state, then the rows; each at its second."""
    begin(two_districts, bench)
    drill = Drill(two_districts, bench, 7)
    drill.go(20)
    began, viewer = bench.clock.now(), VIEWERS[0]
    bench.clock.advance(0.001)
    later = []
    for _ in range(10):
        drill.go(8)
        later.append((bench.clock.now(), live(two_districts, viewer)))
        bench.clock.advance(0.001)
    for at, expected in later:
        states = by_id(replay_state(two_districts, viewer, began)["state"])
        rows = replay_rows(two_districts, viewer, replay_state(two_districts, viewer, began)["seq"], at)
        assert [row.seq for row in rows] == sorted(row.seq for row in rows)
        assert all(began < row.known_at <= at for row in rows if row.known_at)
        assert shown(picture(fold(states, rows), at, viewer)) == expected


def test_with_keyframes_and_without_the_past_is_the_same(two_districts: Ports, bench: Bench) -> None:
    begin(two_districts, bench)
    drill = Drill(two_districts, bench, 11)
    instants = []
    for _ in range(8):
        bench.clock.advance(KEPT_EVERY.total_seconds())
        drill.go(8)
        instants.append(bench.clock.now())
        assert keep_keyframe(two_districts), "ten minutes and news: one is due"
        assert not keep_keyframe(two_districts), "nothing new: none is"
    drill.go(5)
    kept = [shown(replay_state(two_districts, VIEWERS[0], at)["state"]) for at in instants]
    with bench.store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM keyframes")
    assert kept == [shown(replay_state(two_districts, VIEWERS[0], at)["state"]) for at in instants]


def test_in_service_looking_back_begins_with_the_first_keyframe(bench: Bench) -> None:
    ports = replace(bench.ports, mode="live")
    assert replay_period(ports, VIEWERS[0])["since"] is None
    with pytest.raises(InvalidInputError, match="nothing yet"):
        replay_state(ports, VIEWERS[0], STORM)
    register(ports, 2)
    assert keep_keyframe(ports)
    incident_id = called(ports).incident_id
    expected = live(ports, VIEWERS[0])
    at = bench.clock.now()
    bench.clock.advance(60)
    called(ports)
    assert replay_period(ports, VIEWERS[0])["since"] == STORM.isoformat()
    assert shown(replay_state(ports, VIEWERS[0], at)["state"]) == expected
    assert [i["incident_id"] for i in expected["incidents"]] == [incident_id]


def test_a_row_is_known_when_it_was_committed_not_when_it_tells_of(bench: Bench) -> None:
    """A device whose clock is an hour ahead, and a reading that comes late, shift nobody's past."""
    with bench.store.transaction() as tx:
        tx.record(Event("test.one", STORM + timedelta(hours=1), "t", "ahead"))
    bench.clock.advance(1)
    with bench.store.transaction() as tx:
        tx.record(Event("test.one", STORM - timedelta(hours=1), "t", "late"))
    bench.clock.advance(-30)  # another machine's clock is behind
    with bench.store.transaction() as tx:
        tx.record(Event("test.one", STORM, "t", "behind"))
    rows = bench.store.journal_after(0, 10)
    assert [row.known_at for row in rows] == [STORM + timedelta(seconds=s) for s in (0, 1, 1)]


def test_one_second_is_told_from_the_next(bench: Bench) -> None:
    begin(bench.ports, bench)
    bench.clock.advance(10)
    taken = called(bench.ports)
    opened = bench.clock.now()
    bench.clock.advance(100)

    def known(at: datetime) -> list[str]:
        return [i["incident_id"] for i in replay_state(bench.ports, VIEWERS[0], at)["state"]["incidents"]]

    assert known(opened - timedelta(milliseconds=1)) == []
    assert known(opened) == [taken.incident_id]
    with pytest.raises(NotFoundError):
        past_incident(bench.ports, VIEWERS[0], taken.incident_id, opened - timedelta(seconds=1))


def test_what_is_jumped_to_is_where_each_incident_began_whoever_reported_it(bench: Bench) -> None:
    begin(bench.ports, bench)
    bench.clock.advance(10)
    by_call, called_at = called(bench.ports), bench.clock.now()
    bench.clock.advance(10)
    joining = called(bench.ports, place=SOMEWHERE)
    assert joining.joined
    road = next(p for p in bench.ports.catalogue.points.values() if p.road_kind is not None)
    bench.clock.advance(10)
    closed = ReportPassability(road.point_id, Passability.CLOSED, bench.clock.now(), "bulletin")
    report_passability(bench.ports, somebody(), closed)
    with bench.store.transaction() as tx:
        by_road = tx.open_incidents_at([road.point_id])[road.point_id]

    def marks(jurisdiction: str) -> list[tuple[str, str, str]]:
        found = replay_period(bench.ports, somebody(jurisdiction=jurisdiction))["marks"]
        return [(mark["kind"], mark["id"], mark["at"]) for mark in found]

    assert marks(CITY) == [
        ("incidents", by_call.incident_id, called_at.isoformat()),
        ("incidents", by_road.incident_id, bench.clock.now().isoformat()),
    ]
    assert not [mark for mark in marks(PANLONG) if mark[1] == by_call.incident_id]


def test_an_incident_then_is_told_without_what_came_later(bench: Bench) -> None:
    begin(bench.ports, bench)
    register(bench.ports, 2)
    taken = called(bench.ports)
    bench.clock.advance(5)
    sent_to(bench.ports, taken.incident_id, "u000")
    before, at = incident_detail(bench.ports, VIEWERS[0], taken.incident_id), bench.clock.now()
    bench.clock.advance(5)
    sent_to(bench.ports, taken.incident_id, "u001")
    then = past_incident(bench.ports, VIEWERS[0], taken.incident_id, at)
    for part in ("incident", "assignments", "recommendation", "point", "alert", "assistance", "timeline"):
        assert orjson.loads(orjson.dumps(then[part])) == orjson.loads(orjson.dumps(before[part])), part


@pytest.mark.parametrize(
    "ask",
    [
        lambda ports, actor: replay_period(ports, actor),
        lambda ports, actor: replay_state(ports, actor, STORM),
        lambda ports, actor: replay_rows(ports, actor, 0, STORM),
        lambda ports, actor: replay_whereabouts(ports, actor, STORM),
        lambda ports, actor: past_incident(ports, actor, "x", STORM),
        lambda ports, actor: past_alert(ports, actor, "x", STORM),
    ],
)
def test_who_may_not_look_back_is_refused(bench: Bench, ask: Callable[[Ports, Actor], Any]) -> None:
    with pytest.raises(PermissionDeniedError):
        ask(bench.ports, somebody(without=Permission.VIEW_REPLAY))


def test_the_future_and_what_was_before_the_run_are_refused(bench: Bench) -> None:
    begin(bench.ports, bench)
    for at in (STORM - timedelta(seconds=1), STORM + timedelta(seconds=1)):
        with pytest.raises(InvalidInputError, match="expected an instant within"):
            replay_state(bench.ports, VIEWERS[0], at)


def test_units_are_where_their_tracks_say_and_others_units_are_not_told(bench: Bench) -> None:
    begin(bench.ports, bench)
    register(bench.ports, 2)
    track = [("u000", 0, SOMEWHERE), ("u000", 20, LonLat(102.76, 25.02)), ("u001", -400, SOMEWHERE)]
    with bench.store.transaction() as tx:
        tx.store_track([fix(unit, STORM + timedelta(seconds=s), place) for unit, s, place in track])
    (found,) = replay_whereabouts(bench.ports, VIEWERS[0], STORM + timedelta(seconds=10))
    assert found.after is not None
    assert (found.before.place, found.after.place) == (SOMEWHERE, LonLat(102.76, 25.02))
    (still,) = replay_whereabouts(bench.ports, VIEWERS[0], STORM + timedelta(seconds=25))
    assert still.after is None
    assert replay_whereabouts(bench.ports, VIEWERS[2], STORM + timedelta(seconds=10)) == []


def lon_at(seconds: float, gap_s: float) -> float:
    """Where a unit is so long after a point of its track, the next of which lies `gap_s` later and 0.01° east."""
    before, after = (TrackPoint(STORM + timedelta(seconds=s), p, 370) for s, p in ((0, WEST), (gap_s, EAST)))
    frame = past_frame([Whereabouts(7, GUANDU, before, after)], STORM + timedelta(seconds=seconds))
    assert struct.unpack_from("<dII", frame) == ((STORM.timestamp() + seconds) * 1000, 1, 1)
    index, heading, lon, lat = struct.unpack_from("<HHii", frame, 16)
    assert (index, heading, lat) == (7, 10, 25_000_000)
    return float(lon) / 1e6


WEST, EAST = LonLat(102.70, 25.0), LonLat(102.71, 25.0)


def test_between_two_points_a_unit_moves_evenly() -> None:
    assert [lon_at(s, 20) for s in (0, 5, 10, 20)] == [102.7, 102.7025, 102.705, 102.71]


def test_after_a_rest_a_unit_sets_off_shortly_before_its_next_point() -> None:
    assert [lon_at(s, 300) for s in (0, 100, 270, 285, 300)] == [102.7, 102.7, 102.7, 102.705, 102.71]
