"""The clock of a drill: set, paused, begun again on an empty table, and refused where it must be."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event, Timer, current_thread
from typing import Any

import pytest

from core.errors import ConflictError, InvalidInputError, UnavailableError
from core.geo import LonLat
from dispatch.model import UnitStatus
from operations.acknowledge_alert import AcknowledgeAlert, acknowledge_alert
from operations.grade_readings import grade_readings
from operations.queries import snapshot_state
from operations.set_drill_time import SetDrillTime, set_drill_time
from operations.take_call import TakeCall, take_call
from store.clock import DrillClock
from tests.conftest import STORM, Bench
from tests.integration.desk_work import (
    SOMEWHERE,
    at_once,
    called,
    close_road,
    fix,
    journal,
    raised,
    reading,
    register,
    says,
    seen_at,
    send,
    sent_to,
    somebody,
    types,
    until,
)

WALL = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def set_to(bench: Bench, minutes: float, speed: float = 1, wall_s: float = 0, restart: bool = False) -> Any:
    command = SetDrillTime(
        "storm", STORM + timedelta(minutes=minutes), speed, WALL + timedelta(seconds=wall_s), restart
    )
    return set_drill_time(bench.ports, somebody(), command)


def test_a_drill_runs_from_its_anchor_at_its_speed(bench: Bench) -> None:
    set_to(bench, 0, speed=60)
    drill = bench.store.drill_time()
    assert drill is not None
    assert drill.at(WALL + timedelta(seconds=10)) == STORM + timedelta(minutes=10)
    assert types(bench.ports) == ["drill.time_set"]


def test_every_process_follows_the_committed_time(bench: Bench) -> None:
    clock = DrillClock(bench.store.drill_time)
    try:
        assert abs((clock.now() - datetime.now(UTC)).total_seconds()) < 5, "no drill: the wall's time"
        set_to(bench, 0, speed=0)
        until(lambda: clock.now() == STORM, within_s=2)
    finally:
        clock.stop()


def test_what_the_clock_of_an_ended_run_let_in_is_not_written_into_the_next(bench: Bench) -> None:
    """Else a depth from the evening silences its gauge all day: everything after it seems to come late."""
    set_to(bench, 400, speed=0)
    clock = DrillClock(bench.store.drill_time)
    clock.stop()  # a process that has not looked at the drill's time again yet
    bench.store.tell_drill_time_to(clock.follow)
    ports = replace(bench.ports, clock=clock)
    evening = reading(ports, 70)
    set_to(bench, 0, speed=0, wall_s=1, restart=True)
    with pytest.raises(UnavailableError, match="again"):
        send(ports, evening)
    (odd,) = send(ports, evening).quarantined
    assert odd.reason == "future"
    assert send(ports, reading(ports, 70)).accepted == 1


def test_a_clock_that_was_stopped_reads_no_more_so_that_its_connection_can_be_closed(bench: Bench) -> None:
    reading_now, go_on = Event(), Event()
    under_way = 0

    def read() -> Any:
        nonlocal under_way
        if current_thread().name != "drill-clock":
            return None
        under_way += 1
        reading_now.set()
        go_on.wait(10)
        under_way -= 1
        return None

    clock = DrillClock(read)
    assert reading_now.wait(10)
    Timer(0.2, go_on.set).start()
    clock.stop()
    assert under_way == 0


def test_a_clock_goes_on_as_last_known_while_the_database_is_away(bench: Bench) -> None:
    set_to(bench, 0, speed=0)
    away = False

    def read() -> Any:
        if away:
            raise UnavailableError("away")
        return bench.store.drill_time()

    clock = DrillClock(read)
    clock.stop()
    away = True
    clock.refresh()
    assert clock.now() == STORM


@pytest.mark.parametrize("speed", [-1, 600.1, float("nan"), float("inf")])
def test_a_speed_out_of_range_is_refused(bench: Bench, speed: float) -> None:
    with pytest.raises(InvalidInputError, match="speed"):
        set_to(bench, 0, speed=speed)
    assert bench.store.drill_time() is None


def test_going_forward_or_pausing_needs_no_restart_and_going_back_does(bench: Bench) -> None:
    set_to(bench, 0, speed=60)
    set_to(bench, 10, speed=0, wall_s=10)  # where it was by then
    set_to(bench, 30, speed=60, wall_s=20)
    with pytest.raises(ConflictError, match="restart"):
        set_to(bench, 29, wall_s=21)
    drill = bench.store.drill_time()
    assert drill is not None and drill.anchor_at == STORM + timedelta(minutes=30)


def test_a_live_centre_has_no_drill_clock(bench: Bench) -> None:
    live = replace(bench, ports=replace(bench.ports, mode="live"))
    with pytest.raises(ConflictError, match="live"):
        set_to(live, 0, restart=True)
    assert types(bench.ports) == []


def flood(bench: Bench) -> list[str]:
    """A storm with everything open that can be; the grades the points got."""
    called_in = called(bench.ports)
    sent_to(bench.ports, called_in.incident_id, "u000")
    says(bench.ports, "u000", UnitStatus.EN_ROUTE)
    send(bench.ports, reading(bench.ports, 60), reading(bench.ports, 35, point_id="KM02"))
    close_road(bench.ports, "KM03")
    grade_readings(bench.ports)
    seen_at(bench.ports, fix("u000", bench.clock.now()))
    return sorted(a.grade_code for a in bench.store.snapshot(bench.clock.now()).alerts)


def test_a_restart_empties_the_table_and_the_same_storm_comes_again(bench: Bench) -> None:
    register(bench.ports, 2)
    set_to(bench, 0, restart=True)
    first = flood(bench)
    acknowledge_alert(
        bench.ports,
        somebody(),
        AcknowledgeAlert(bench.store.snapshot(bench.clock.now()).alerts[0].alert_id),
    )
    send(bench.ports, reading(bench.ports, 70, 1))  # not graded any more
    set_to(bench, 0, restart=True)

    state = snapshot_state(bench.ports, somebody())["state"]
    assert (state["alerts"], state["incidents"], state["assignments"]) == ([], [], [])
    assert {p["depth_cm"] for p in state["points"]} == {None}
    assert {p["passability"] for p in state["points"]} == {"open"}
    assert {u["status"] for u in state["units"]} == {"available"}
    assert bench.ports.positions.newest(["u000"]) == {}
    assert bench.store.grading_lag().batches == 0

    assert flood(bench) == first == ["heavy", "medium"]
    assert min(i.number for i in bench.store.snapshot(bench.clock.now()).incidents) == "20260818-0001"
    assert types(bench.ports).count("drill.began") == 2
    assert journal(bench.ports)[-1].seq == len(journal(bench.ports)), "the journal keeps all of it"


def test_a_key_of_the_run_before_is_free_again(bench: Bench) -> None:
    command = TakeCall("k", "traffic", SOMEWHERE, "市民", "有车祸", bench.clock.now())
    set_to(bench, 0, restart=True)
    before = take_call(bench.ports, somebody(), command)
    set_to(bench, 0, restart=True)
    after = take_call(bench.ports, somebody(), command)
    assert not after.repeated and after.incident_id != before.incident_id


def test_a_restart_in_the_middle_of_everything_locks_nothing_and_leaves_nothing_of_the_run_before(
    bench: Bench,
) -> None:
    register(bench.ports, 4)
    points = sorted(bench.ports.catalogue.points)

    def storm(seed: int) -> None:
        dice = random.Random(seed)
        for second in range(8):
            incident_id = called(bench.ports, place=LonLat(102.75 + seed / 1000, 25.02)).incident_id
            send(bench.ports, *(reading(bench.ports, 60, second - 30 + seed / 10, p) for p in points))
            close_road(bench.ports, dice.choice(points), seconds=second + seed / 10)
            grade_readings(bench.ports)
            try:
                sent_to(bench.ports, incident_id, f"u{seed:03d}")
                says(bench.ports, f"u{seed:03d}", UnitStatus.AVAILABLE)
            except ConflictError:
                continue  # the restart was faster

    def restart() -> None:
        for _ in range(6):
            set_to(bench, 0, restart=True)

    assert raised(at_once(*(lambda s=s: storm(s) for s in range(4)), restart)) == []
    set_to(bench, 0, restart=True)
    with bench.store.transaction() as tx:
        assert tx.open_incidents_at(points) == {}
        assert tx.open_alerts_at(points) == []
        assert tx.open_assignments() == []
        assert {unit.assignment_id for unit in tx.units()} == {None}
    assert bench.store.incidents_without_advice() == []
    rows = journal(bench.ports)
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
