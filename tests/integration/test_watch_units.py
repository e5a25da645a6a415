"""What positions and the clock say about units on assignments, over the real database and Redis."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.geo import LonLat
from dispatch.fixes import FROZEN_AFTER_S
from dispatch.model import Assignment, AssignmentStatus, UnitStatus
from live.positions import RedisPositionBoard
from operations.forget_tracks import forget_tracks
from operations.ports import Ports
from operations.record_tracks import record_tracks
from operations.watch_statuses import watch_statuses
from operations.watch_units import watch_units
from store import tables as t
from tests.conftest import Bench
from tests.integration.desk_work import (
    SOMEWHERE,
    at_once,
    called,
    fix,
    journal,
    raised,
    register,
    says,
    seen_at,
    sent_to,
    somebody,
    take_back,
    types,
)

A_DEGREE_M = 111_195.0


def away(metres: float) -> LonLat:
    """A place so far north of the incident."""
    return LonLat(SOMEWHERE.lon, SOMEWHERE.lat + metres / A_DEGREE_M)


@pytest.fixture
def sent(bench: Bench) -> Assignment:
    """u000, 2 km away and with a route, sent to an incident."""
    register(bench.ports, 2)
    seen_at(bench.ports, fix("u000", bench.clock.now(), away(2000)))
    [assignment] = sent_to(bench.ports, called(bench.ports).incident_id, "u000")
    with bench.ports.store.transaction() as tx:
        routed = replace(assignment, path=(away(2000), SOMEWHERE), travel_time_s=240.0)
        tx.save_assignment(routed)
    return routed


@pytest.fixture
def drive(bench: Bench) -> Callable[[float, float], None]:
    def drove(seconds: float, metres: float) -> None:
        """So much later the unit is so far away, and it is looked at."""
        bench.clock.advance(seconds)
        seen_at(bench.ports, fix("u000", bench.clock.now(), away(metres)))
        watch_units(bench.ports)

    return drove


def counts(bench: Bench) -> dict[str, int]:
    """How many units' fixes are to be believed, as the health frame tells it."""
    return RedisPositionBoard(bench.redis).everything().counts(time.time())


def now(ports: Ports, assignment: Assignment) -> Assignment:
    with ports.store.transaction() as tx:
        return tx.assignment(assignment.assignment_id)


def test_a_unit_that_drives_is_en_route_and_on_scene_by_its_fixes(
    bench: Bench, sent: Assignment, drive: Callable[[float, float], None]
) -> None:
    drive(10, 1900)
    assert now(bench.ports, sent).status is AssignmentStatus.DISPATCHED, "so little may be its patrol"
    drive(30, 1600)
    assert now(bench.ports, sent).status is AssignmentStatus.EN_ROUTE
    drive(60, 500)
    drive(30, 90)
    arrived_at = bench.clock.now()
    assignment = now(bench.ports, sent)
    assert (assignment.status, assignment.on_scene_at) == (AssignmentStatus.ON_SCENE, arrived_at)
    assert assignment.entered_at == arrived_at
    told = [row.event for row in journal(bench.ports) if row.event.type == "assignment.advanced"]
    assert [(e.data["milestone"], e.data["by"]) for e in told] == [("en_route", "gps"), ("on_scene", "gps")]
    before = len(journal(bench.ports))
    drive(10, 95)
    drive(10, 150)
    assert len(journal(bench.ports)) == before, "on the edge it neither comes nor goes"
    drive(10, 230)
    assert types(bench.ports)[before:] == ["unit.left"]
    assert now(bench.ports, sent).left_at == bench.clock.now()
    drive(10, 50)
    assert types(bench.ports)[before:] == ["unit.left", "unit.entered"]
    assert now(bench.ports, sent).on_scene_at == arrived_at, "the milestone is the first arrival"


def test_a_button_that_was_faster_stands_and_is_told_as_one(
    bench: Bench, sent: Assignment, drive: Callable[[float, float], None]
) -> None:
    bench.clock.advance(20)
    says(bench.ports, "u000", UnitStatus.ON_SCENE)
    pressed_at = bench.clock.now()
    drive(60, 20)
    assert now(bench.ports, sent).on_scene_at == pressed_at
    told = [row.event.data["by"] for row in journal(bench.ports) if row.event.type == "assignment.advanced"]
    assert told == ["button"]


def test_an_arrival_that_was_cut_off_in_the_middle_is_finished_by_the_next_look(
    bench: Bench, sent: Assignment
) -> None:
    entered_at = bench.clock.now()
    with bench.ports.store.transaction() as tx:
        tx.save_assignment(replace(sent, entered_at=entered_at))
    seen_at(bench.ports, fix("u000", entered_at + timedelta(seconds=60), away(10)))
    bench.clock.advance(60)
    watch_units(bench.ports)
    assert now(bench.ports, sent).on_scene_at == entered_at


def test_two_workers_that_look_at_once_tell_it_once(bench: Bench, sent: Assignment) -> None:
    bench.clock.advance(200)
    seen_at(bench.ports, fix("u000", bench.clock.now(), away(20)))
    assert raised(at_once(*[lambda: watch_units(bench.ports)] * 4)) == []
    seen = types(bench.ports)
    assert (seen.count("unit.entered"), seen.count("assignment.advanced")) == (1, 1)


def test_a_fix_older_than_the_dispatch_is_no_arrival(bench: Bench) -> None:
    register(bench.ports, 1)
    seen_at(bench.ports, fix("u000", bench.clock.now(), SOMEWHERE))
    bench.clock.advance(60)
    [assignment] = sent_to(bench.ports, called(bench.ports).incident_id, "u000")
    watch_units(bench.ports)
    assert now(bench.ports, assignment).status is AssignmentStatus.DISPATCHED


def test_a_doubted_jump_onto_the_scene_is_no_arrival_until_others_agree(
    bench: Bench, sent: Assignment, drive: Callable[[float, float], None]
) -> None:
    drive(5, 1990)
    for seconds, far in ((1, 10), (1, 12)):
        bench.clock.advance(seconds)
        here = LonLat(SOMEWHERE.lon, SOMEWHERE.lat + far / A_DEGREE_M)
        assert seen_at(bench.ports, fix("u000", bench.clock.now(), here)) == 0
        watch_units(bench.ports)
    assert now(bench.ports, sent).status is AssignmentStatus.DISPATCHED
    assert bench.ports.positions.newest(["u000"])["u000"].place.lat == pytest.approx(away(1990).lat, abs=1e-6)
    assert counts(bench)["outlier"] == 1
    drive(1, 14)
    assert now(bench.ports, sent).status is AssignmentStatus.ON_SCENE
    assert counts(bench)["outlier"] == 0


def test_an_overdue_unit_is_told_once_for_each_milestone_and_forgiven_when_it_comes(
    bench: Bench, sent: Assignment
) -> None:
    limits = bench.ports.catalogue.units.limits
    bench.clock.advance(limits.turn_out_s)
    watch_units(bench.ports)
    assert now(bench.ports, sent).overdue is None
    bench.clock.advance(1)
    for _ in range(3):
        watch_units(bench.ports)
    assert now(bench.ports, sent).overdue == "not_en_route"
    says(bench.ports, "u000", UnitStatus.EN_ROUTE)
    assert now(bench.ports, sent).overdue is None
    bench.clock.advance(240 * limits.travel_factor + 1)
    for _ in range(3):
        watch_units(bench.ports)
    told = [row.event.data for row in journal(bench.ports) if row.event.type == "assignment.overdue"]
    assert [data["waits_for"] for data in told] == ["not_en_route", "not_on_scene"]
    take_back(bench.ports, somebody(), sent.assignment_id)
    watch_units(bench.ports)
    assert types(bench.ports).count("assignment.overdue") == 2


def test_a_unit_that_stays_too_long_in_a_status_is_told_once_until_it_changes(bench: Bench) -> None:
    register(bench.ports, 3)
    limits = bench.ports.catalogue.units.limits.at_most_s

    def told() -> list[tuple[str, str]]:
        rows = [row.event for row in journal(bench.ports) if row.event.type == "unit.overdue"]
        return [(str(event.data["callsign"]), str(event.data["status"])) for event in rows]

    for status in (UnitStatus.ON_BREAK, UnitStatus.OUT_OF_SERVICE):
        says(bench.ports, "u001", status)
        bench.clock.advance(limits[status])
        watch_statuses(bench.ports)
        before = len(told())
        bench.clock.advance(1)
        for _ in range(3):
            watch_statuses(bench.ports)
        assert told()[before:] == [("巡001", status.value)]
    with bench.ports.store.transaction() as tx:
        unit = tx.lock_units(["u001"])["u001"]
        assert unit.overdue_status_at == unit.status_at
    says(bench.ports, "u001", UnitStatus.AVAILABLE)
    with bench.ports.store.transaction() as tx:
        unit = tx.lock_units(["u001"])["u001"]
        assert unit.overdue_status_at != unit.status_at


def test_registering_a_shift_again_changes_nothing_after_an_alarm(bench: Bench) -> None:
    register(bench.ports, 2)
    says(bench.ports, "u001", UnitStatus.ON_BREAK)
    bench.clock.advance(bench.ports.catalogue.units.limits.at_most_s[UnitStatus.ON_BREAK] + 1)
    watch_statuses(bench.ports)
    before = len(journal(bench.ports))
    told = register(bench.ports, 2)[1]
    assert told.overdue_status_at == told.status_at, "screens are told what stands"
    assert len(journal(bench.ports)) == before, "and every screen is not loaded anew for nothing"


def test_an_alarm_of_one_run_of_a_drill_does_not_silence_the_next_one(bench: Bench) -> None:
    register(bench.ports, 2)
    begin = bench.clock.now()
    told = []
    for _ in range(2):
        bench.clock.advance((begin - bench.clock.now()).total_seconds())
        with bench.store.transaction() as tx:
            tx.end_everything_open(begin, reason="again")
        says(bench.ports, "u001", UnitStatus.ON_BREAK)
        bench.clock.advance(bench.ports.catalogue.units.limits.at_most_s[UnitStatus.ON_BREAK] + 1)
        watch_statuses(bench.ports)
        told.append(types(bench.ports).count("unit.overdue"))
    assert told == [1, 2]


def test_a_frozen_receiver_is_found_shown_and_not_believed(bench: Bench, sent: Assignment) -> None:
    says(bench.ports, "u000", UnitStatus.EN_ROUTE)

    for _ in range(int(FROZEN_AFTER_S) // 10 + 2):
        bench.clock.advance(10)
        seen_at(bench.ports, fix("u000", bench.clock.now(), away(2000)))
        watch_units(bench.ports)
    assert counts(bench) == {"with_fix": 1, "stale": 0, "frozen": 1, "outlier": 0}
    bench.clock.advance(10)
    seen_at(bench.ports, fix("u000", bench.clock.now(), away(1900)))
    watch_units(bench.ports)
    assert counts(bench)["frozen"] == 0


# ---------------------------------------------------------------- tracks


def track(bench: Bench) -> list[tuple[str, float]]:
    with bench.store.engine.connect() as connection:
        rows = connection.execute(t.tracks.select().order_by(t.tracks.c.unit_id, t.tracks.c.at))
        return [(row.unit_id, round((row.lat - SOMEWHERE.lat) * A_DEGREE_M)) for row in rows]


def test_a_track_is_thinned_and_a_unit_that_stays_is_noted_every_five_minutes(bench: Bench) -> None:
    register(bench.ports, 2)
    for second in range(0, 601, 5):  # u000 drives 10 m/s, u001 stands
        seen_at(
            bench.ports,
            fix("u000", bench.clock.now(), away(second * 10)),
            fix("u001", bench.clock.now(), away(0)),
        )
        record_tracks(bench.ports)
        assert record_tracks(bench.ports) == 0, "done twice it writes nothing twice"
        bench.clock.advance(5)
    driven = [metres for unit, metres in track(bench) if unit == "u000"]
    assert driven == list(range(0, 6001, 150))
    assert len([unit for unit, _ in track(bench) if unit == "u001"]) == 3


def test_what_redis_forgot_about_tracks_is_written_without_harm(bench: Bench) -> None:
    register(bench.ports, 1)
    seen_at(bench.ports, fix("u000", bench.clock.now(), away(0)))
    assert record_tracks(bench.ports) == 1
    bench.redis.delete("cc:tracked")
    assert record_tracks(bench.ports) == 1
    assert len(track(bench)) == 1


def test_old_tracks_are_forgotten(bench: Bench) -> None:
    register(bench.ports, 1)
    seen_at(bench.ports, fix("u000", bench.clock.now(), away(0)))
    record_tracks(bench.ports)
    assert forget_tracks(bench.ports, datetime.now(UTC) - timedelta(days=1)) == 0
    assert forget_tracks(bench.ports, datetime.now(UTC) + timedelta(seconds=1)) == 1
    assert track(bench) == []
