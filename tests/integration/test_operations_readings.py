"""Readings from the door to the grade, on a real database: nothing lost, nothing twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from types import TracebackType
from typing import Any

import pytest
from sqlalchemy import text

from alerts.model import Passability, PointState, Reading
from core.actor import Actor, Permission, Role
from core.errors import ConflictError, InvalidInputError, NotFoundError, PermissionDeniedError
from operations.close_incident import CloseIncident, close_incident
from operations.grade_readings import grade_readings
from operations.ingest_readings import IngestReadings, ingest_readings
from operations.open_incident import CITY_TIME
from operations.ports import Ports
from operations.queries import incident_detail
from operations.report_passability import ReportPassability, report_passability
from operations.store import Transaction
from tests.conftest import Bench
from tests.integration.desk_work import (
    POINT,
    at_once,
    close_road,
    journal,
    raised,
    reading,
    send,
    somebody,
    types,
    until,
)


def rows(bench: Bench, asked: str) -> list[Any]:
    with bench.store.engine.connect() as connection:
        return list(connection.execute(text(asked)))


def open_incidents(bench: Bench) -> list[Any]:
    return rows(bench, "SELECT point_id, title_zh, origin FROM incidents WHERE status <> 'closed'")


# ---------------------------------------------------------------- the door


def test_accepted_duplicates_and_quarantined_add_up_to_what_was_sent(bench: Bench) -> None:
    ports = bench.ports
    stored = reading(ports, 12)
    send(ports, stored)
    batch = (
        stored,  # again
        replace(stored, value=13),  # contradicts what is stored
        reading(ports, 20, 1),
        reading(ports, 20, 1),  # twice in one batch
        reading(ports, 21, 1),  # contradicts its own batch
        reading(ports, 5, point_id="KM02"),
        reading(ports, 5, point_id="nobody's"),
        reading(ports, 5, 61),
        reading(ports, 5, 60),  # just within the tolerance
        reading(ports, -0.1, 2),
        reading(ports, 1000.1, 3),
        reading(ports, float("nan"), 4),
        reading(ports, float("inf"), 5),
        reading(ports, float("-inf"), 6),
    )
    result = send(ports, *batch)
    assert (result.accepted, result.duplicates) == (3, 2)
    assert result.accepted + result.duplicates + len(result.quarantined) == len(batch)
    assert sorted(item.reason for item in result.quarantined) == sorted(
        ["contradiction"] * 2 + ["unknown-point", "future"] + ["implausible"] * 5
    )
    kept = rows(bench, "SELECT reason, detail FROM quarantine")
    assert len(kept) == len(result.quarantined)
    assert all("found" in row.detail and "expected" in row.detail for row in kept)


def test_a_reading_older_than_a_day_is_late_and_set_aside(bench: Bench) -> None:
    result = send(bench.ports, reading(bench.ports, 80, -86_401), reading(bench.ports, 3, -86_400))
    assert (result.accepted, [item.reason for item in result.quarantined]) == (1, ["late"])
    grade_readings(bench.ports)
    assert "alert.opened" not in types(bench.ports)


def test_the_same_batch_again_is_harmless_and_journals_nothing(bench: Bench) -> None:
    batch = [reading(bench.ports, depth, seconds) for seconds, depth in enumerate([3, 8, 60])]
    first = send(bench.ports, *batch)
    before = types(bench.ports)
    again = send(bench.ports, *batch)
    assert (first.accepted, again.accepted, again.duplicates) == (3, 0, 3)
    assert types(bench.ports) == before
    assert grade_readings(bench.ports) == 3


def test_the_instant_counts_not_the_zone_it_is_written_in(bench: Bench) -> None:
    utc = reading(bench.ports, 8)
    send(bench.ports, utc)
    assert send(bench.ports, replace(utc, observed_at=utc.observed_at.astimezone(CITY_TIME))).duplicates == 1


def test_a_contradiction_does_not_change_what_is_stored(bench: Bench) -> None:
    stored = reading(bench.ports, 12)
    send(bench.ports, stored)
    send(bench.ports, replace(stored, value=99))
    assert [row.value for row in rows(bench, "SELECT value FROM readings")] == [12]


def test_an_empty_batch_is_no_event(bench: Bench) -> None:
    result = send(bench.ports)
    assert (result.accepted, result.duplicates, result.quarantined) == (0, 0, ())
    assert types(bench.ports) == []


def test_what_text_columns_cannot_hold_is_refused_in_words_and_changes_nothing(bench: Bench) -> None:
    with pytest.raises(InvalidInputError):
        send(bench.ports, reading(bench.ports, 8), reading(bench.ports, 8, point_id="KM\x0001"))
    assert types(bench.ports) == [] and rows(bench, "SELECT 1 FROM readings") == []


def test_two_batches_at_once_with_the_same_readings_in_opposite_order_do_not_lock_each_other(
    bench: Bench,
) -> None:
    batch = [reading(bench.ports, 8, s) for s in range(9)]
    with bench.store.engine.connect() as third, ThreadPoolExecutor(2) as threads:
        # Both wait for the reading in the middle; when it goes, each wants what the other has.
        third.execute(
            text(
                "INSERT INTO readings (run, point_id, observed_at, value, batch_id) VALUES (0, :p, :o, 8, '')"
            ),
            {"p": batch[4].point_id, "o": batch[4].observed_at},
        )
        sent = [threads.submit(send, bench.ports, *b) for b in (batch, batch[::-1])]
        until(lambda: rows(bench, "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'")[1:])
        third.rollback()
        results = [one.result(timeout=10) for one in sent]
    assert sorted((r.accepted, r.duplicates) for r in results) == [(0, 9), (9, 0)]


# ---------------------------------------------------------------- the rules


def test_a_heavy_grade_opens_an_alert_and_its_incident_and_asks_for_advice(bench: Bench) -> None:
    send(bench.ports, reading(bench.ports, 55))
    grade_readings(bench.ports)
    assert types(bench.ports) == ["readings.ingested", "alert.opened", "incident.opened", "readings.graded"]
    (alert,) = bench.store.snapshot(bench.clock.now()).alerts
    (incident,) = bench.store.snapshot(bench.clock.now()).incidents
    assert alert.incident_id == incident.incident_id
    assert (incident.point_id, incident.origin, incident.number) == (POINT, "alert", "20260818-0001")
    assert incident.opened_at == bench.clock.now()
    assert bench.redis.exists(f"cc:waiting:recommend:{incident.incident_id}")


@pytest.mark.parametrize("depth_cm", [5, 30, 49.9])
def test_a_lesser_grade_opens_an_alert_only(bench: Bench, depth_cm: float) -> None:
    send(bench.ports, reading(bench.ports, depth_cm))
    grade_readings(bench.ports)
    assert len(bench.store.snapshot(bench.clock.now()).alerts) == 1
    assert open_incidents(bench) == []


def test_an_alert_rises_falls_and_clears_as_one_life(bench: Bench) -> None:
    for minute, depth_cm in enumerate([6, 35, 55, 40, 40, 40, 40, 40, 40, 40, 0, 0, 0, 0, 0, 0, 0]):
        send(bench.ports, reading(bench.ports, depth_cm, 60 * minute - 3600))
    grade_readings(bench.ports)
    assert [t for t in types(bench.ports) if t.startswith("alert.")] == [
        "alert.opened",
        "alert.raised",
        "alert.raised",
        "alert.lowered",
        "alert.cleared",
    ]
    assert len(rows(bench, "SELECT 1 FROM alerts")) == 1


def test_readings_of_one_batch_are_graded_in_the_order_of_their_instants(bench: Bench) -> None:
    send(bench.ports, reading(bench.ports, 0, 0), reading(bench.ports, 60, -60))
    grade_readings(bench.ports)
    (alert,) = bench.store.snapshot(bench.clock.now()).alerts
    assert alert.opened_at == bench.clock.now() - timedelta(seconds=60)


def test_a_late_reading_is_kept_but_not_graded(bench: Bench) -> None:
    send(bench.ports, reading(bench.ports, 6, 0))
    grade_readings(bench.ports)
    assert send(bench.ports, reading(bench.ports, 90, -60)).accepted == 1
    assert grade_readings(bench.ports) == 1
    assert [t for t in types(bench.ports) if t.startswith("alert.")] == ["alert.opened"]


def test_more_batches_than_fit_a_transaction_are_all_graded(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("operations.grade_readings.READINGS_A_TRANSACTION", 5)
    for start in range(0, 40, 4):
        send(bench.ports, *(reading(bench.ports, 8, s - 100) for s in range(start, start + 4)))
    send(bench.ports, *(reading(bench.ports, 8, s) for s in range(20)))  # alone larger than the limit
    assert grade_readings(bench.ports) == 60
    assert grade_readings(bench.ports) == 0
    assert bench.store.grading_lag().batches == 0


def test_workers_that_grade_at_once_grade_everything_exactly_once(bench: Bench) -> None:
    points = sorted(bench.ports.catalogue.points)
    for second in range(30):
        send(bench.ports, *(reading(bench.ports, 60 if second > 9 else 0, second - 60, p) for p in points))
    answers = at_once(*[lambda: grade_readings(bench.ports)] * 4)
    assert raised(answers) == []
    assert sum(answers) == 30 * len(points)
    assert types(bench.ports).count("alert.opened") == len(points)
    assert types(bench.ports).count("incident.opened") == len(points)
    assert len(open_incidents(bench)) == len(points)


class DyingStore:
    """A store whose worker dies just before the commit, so many times."""

    def __init__(self, store: Any, deaths: int) -> None:
        self._store = store
        self.deaths = deaths

    def transaction(self, *args: Any, **kwargs: Any) -> AbstractContextManager[Transaction]:
        inner = self._store.transaction(*args, **kwargs)
        store = self

        class Dying(AbstractContextManager):  # type: ignore[type-arg]
            def __enter__(self) -> Transaction:
                return inner.__enter__()

            def __exit__(
                self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
            ) -> bool | None:
                if kind is None and store.deaths:
                    store.deaths -= 1
                    killed = KeyboardInterrupt()
                    inner.__exit__(KeyboardInterrupt, killed, None)
                    raise killed
                return inner.__exit__(kind, error, at)

        return Dying()


def test_a_worker_that_dies_before_its_commit_leaves_the_work_to_the_next_one(bench: Bench) -> None:
    send(bench.ports, reading(bench.ports, 55))
    dying: Ports = replace(bench.ports, store=DyingStore(bench.store, deaths=1))
    with pytest.raises(KeyboardInterrupt):
        grade_readings(dying)
    assert types(bench.ports) == ["readings.ingested"]
    assert bench.store.grading_lag().batches == 1
    assert grade_readings(bench.ports) == 1
    assert types(bench.ports).count("alert.opened") == types(bench.ports).count("incident.opened") == 1
    assert bench.store.grading_lag().batches == 0


def test_the_lag_tells_how_many_batches_wait_and_since_when(bench: Bench) -> None:
    assert bench.store.grading_lag().oldest_recorded_at is None
    send(bench.ports, reading(bench.ports, 8))
    send(bench.ports, reading(bench.ports, 8, 1))
    lag = bench.store.grading_lag()
    assert lag.batches == 2
    assert lag.oldest_recorded_at == journal(bench.ports)[0].recorded_at


# ---------------------------------------------------------------- passability


def test_a_closed_road_opens_one_incident_whatever_its_depth(bench: Bench) -> None:
    state = close_road(bench.ports)
    assert state.passability is Passability.CLOSED
    assert types(bench.ports) == ["passability.changed", "incident.opened"]
    assert [row.origin for row in open_incidents(bench)] == ["closure"]


@pytest.mark.parametrize("passability", [Passability.SLOW, Passability.OPEN])
def test_a_road_that_can_be_driven_opens_none(bench: Bench, passability: Passability) -> None:
    close_road(bench.ports, passability=passability)
    assert open_incidents(bench) == []


def test_repeated_and_older_reports_change_nothing(bench: Bench) -> None:
    close_road(bench.ports)
    close_road(bench.ports)
    late = ReportPassability(POINT, Passability.OPEN, bench.clock.now() - timedelta(seconds=1), "gate")
    device = replace(somebody(), role=Role.DEVICE)
    assert report_passability(bench.ports, device, late).after.passability is Passability.CLOSED
    # Who presses a button is not told that it was done.
    with pytest.raises(ConflictError, match="later"):
        report_passability(bench.ports, somebody(), late)
    assert types(bench.ports) == ["passability.changed", "incident.opened"]


def test_a_device_whose_clock_runs_ahead_does_not_silence_the_officer_after_it(bench: Bench) -> None:
    close_road(bench.ports, seconds=55)
    bench.clock.advance(5)
    assert close_road(bench.ports, passability=Passability.OPEN).passability is Passability.OPEN


def test_while_the_clock_stands_still_the_last_word_counts(bench: Bench) -> None:
    close_road(bench.ports)
    assert close_road(bench.ports, passability=Passability.OPEN).passability is Passability.OPEN


def stated(bench: Bench, passability: Passability, by: Actor | None = None, **fields: Any) -> PointState:
    report = ReportPassability(POINT, passability, bench.clock.now(), "desk", **fields)
    return report_passability(bench.ports, by or somebody(), report).after


@pytest.mark.parametrize(
    ("was", "wanted"),
    [
        (Passability.CLOSED, Passability.SLOW),
        (Passability.CLOSED, Passability.OPEN),
        (Passability.SLOW, Passability.OPEN),
    ],
)
def test_who_opens_a_road_with_water_on_it_says_why(
    bench: Bench, was: Passability, wanted: Passability
) -> None:
    send(bench.ports, reading(bench.ports, 30))
    grade_readings(bench.ports)
    stated(bench, was)
    before = types(bench.ports)
    for note in (None, " \u202e"):
        with pytest.raises(
            InvalidInputError, match=r"note: found none.* 30 cm stands there / 此处仍有积水 30 cm"
        ):
            stated(bench, wanted, note=note)
    assert types(bench.ports) == before
    assert stated(bench, wanted, note="现场已抽干").passability is wanted
    (row,) = [r.event for r in journal(bench.ports) if r.event.data.get("to") == wanted]
    assert (row.data["note"], row.data["from"]) == ("现场已抽干", was)


def test_no_reason_is_asked_for_what_is_dry_or_closed_further_or_stated_by_a_device(bench: Bench) -> None:
    stated(bench, Passability.CLOSED)
    assert stated(bench, Passability.OPEN).passability is Passability.OPEN
    send(bench.ports, reading(bench.ports, 30))
    grade_readings(bench.ports)
    for further in (Passability.SLOW, Passability.CLOSED, Passability.CLOSED):
        assert stated(bench, further).passability is further
    device = replace(somebody("路侧检测器"), role=Role.DEVICE)
    assert stated(bench, Passability.OPEN, device).passability_note is None


def test_a_slip_is_taken_back_only_while_nobody_has_stated_otherwise(bench: Bench) -> None:
    stated(bench, Passability.CLOSED)
    back = stated(bench, Passability.OPEN, instead_of=Passability.CLOSED)
    assert back.passability is Passability.OPEN
    with pytest.raises(ConflictError, match="desk has stated otherwise"):
        stated(bench, Passability.SLOW, instead_of=Passability.CLOSED)


def test_an_unknown_point_and_a_future_instant_are_refused(bench: Bench) -> None:
    with pytest.raises(NotFoundError, match="nobody's"):
        close_road(bench.ports, "nobody's")
    with pytest.raises(InvalidInputError, match="observed_at"):
        close_road(bench.ports, seconds=61)


@pytest.mark.parametrize("closed_first", [True, False])
def test_one_flood_is_one_incident_whether_the_closure_or_the_grade_came_first(
    bench: Bench, closed_first: bool
) -> None:
    def water() -> None:
        send(bench.ports, reading(bench.ports, 60))
        grade_readings(bench.ports)

    steps = [lambda: close_road(bench.ports), water]
    for step in steps if closed_first else steps[::-1]:
        step()
    assert len(open_incidents(bench)) == 1
    assert types(bench.ports).count("incident.opened") == 1


def test_after_the_incident_was_closed_the_next_flood_opens_another(bench: Bench) -> None:
    close_road(bench.ports)
    (first,) = bench.store.snapshot(bench.clock.now()).incidents
    close_incident(bench.ports, somebody(), CloseIncident(first.incident_id))
    send(bench.ports, reading(bench.ports, 60))
    grade_readings(bench.ports)
    assert len(open_incidents(bench)) == 1


@pytest.mark.parametrize("known_before", [True, False], ids=["a point seen before", "a point never seen"])
def test_the_gauge_and_the_officer_in_the_same_moment_make_one_incident_and_lose_nothing(
    bench: Bench, known_before: bool
) -> None:
    """The grade and the closure each look for an open incident and find none; only one may open it."""
    points = sorted(bench.ports.catalogue.points)[:8]
    if known_before:
        send(bench.ports, *(reading(bench.ports, 1, -60, point) for point in points))
        grade_readings(bench.ports)
    send(bench.ports, *(reading(bench.ports, 60, 0, point) for point in points))
    answers = at_once(
        lambda: grade_readings(bench.ports), *(lambda p=p: close_road(bench.ports, p) for p in points)
    )
    assert raised(answers) == []
    assert sorted(row.point_id for row in open_incidents(bench)) == points
    states = bench.store.snapshot(bench.clock.now()).point_states
    assert {(s.value, s.grade_code, s.passability) for s in states} == {(60, "heavy", Passability.CLOSED)}


def test_two_officers_close_one_road_in_the_same_moment_and_one_incident_is_opened(bench: Bench) -> None:
    answers = at_once(*(lambda s=s: close_road(bench.ports, seconds=s) for s in range(6)))
    assert raised(answers) == []
    assert len(open_incidents(bench)) == 1


def test_a_report_about_a_point_does_not_disturb_what_the_gauge_knows(bench: Bench) -> None:
    send(bench.ports, Reading(POINT, bench.clock.now(), 33))
    grade_readings(bench.ports)
    after = close_road(bench.ports)
    assert (after.value, after.grade_code, after.passability_by) == (33, "medium", "交警")


def test_the_desk_may_look_at_an_incident_while_the_rules_hold_its_point(bench: Bench) -> None:
    close_road(bench.ports)
    (incident,) = bench.store.snapshot(bench.clock.now()).incidents
    send(bench.ports, reading(bench.ports, 60))
    grade_readings(bench.ports)
    with bench.store.engine.begin() as grading:
        grading.execute(text("SELECT 1 FROM point_states FOR UPDATE"))
        grading.execute(text("SELECT 1 FROM alerts FOR UPDATE"))
        grading.execute(text("SET LOCAL lock_timeout = '1s'"))
        detail = at_once(lambda: incident_detail(bench.ports, somebody(), incident.incident_id))[0]
    assert detail["incident"]["incident_id"] == incident.incident_id
    assert (detail["point"]["point_id"], detail["alert"]["grade_code"]) == (POINT, "heavy")


def test_readings_are_reported_and_graded_only_by_who_may(bench: Bench) -> None:
    with pytest.raises(PermissionDeniedError):
        ingest_readings(
            bench.ports,
            somebody(without=Permission.REPORT_READINGS),
            IngestReadings((reading(bench.ports, 8),)),
        )
    with pytest.raises(PermissionDeniedError):
        grade_readings(bench.ports, somebody(without=Permission.GRADE))
    report = ReportPassability(POINT, Passability.CLOSED, bench.clock.now(), "x")
    for actor in (somebody(without=Permission.SET_PASSABILITY), somebody(jurisdiction="530103")):
        with pytest.raises(PermissionDeniedError):
            report_passability(bench.ports, actor, report)
    assert types(bench.ports) == []
