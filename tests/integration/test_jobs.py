"""Work through real queues: collapsed, done, lost and found again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from time import sleep

import pytest
from prometheus_client import REGISTRY
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from bootstrap.embedded import EmbeddedServers
from core.errors import ClockSetBackError
from jobs import tasks
from jobs.context import WorkerContext, bind, bound
from jobs.names import BACKGROUND_QUEUE, DISPATCH_QUEUE, GRADING_QUEUE, LAST_SWEEP_KEY, waiting_key
from jobs.queue import SEEK_AGAIN_S, WAITING_MS, RqWorkQueue
from jobs.scheduler import JsonCronScheduler, tick_forever
from jobs.worker import LongLivedWorker, order
from live.doorbell import RedisDoorbell
from live.health import HealthMonitor
from live.positions import RedisPositionBoard
from live.redis_client import connect
from operations.find_lost_work import find_lost_work
from operations.ports import Ports
from tests.conftest import Bench
from tests.integration.desk_work import called, fix, reading, register, seen_at, send, types

DEAD_REDIS = "redis://127.0.0.1:9/0"


@pytest.fixture
def connection(servers: EmbeddedServers, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[Redis]:
    """What a worker works on; this process is bound to the bench as a worker would be."""
    monkeypatch.setattr("jobs.context._context", [])
    client = Redis.from_url(servers.redis_url)
    bind(WorkerContext(bench.ports, client))
    yield client
    client.close()


def queue(connection: Redis, name: str) -> Queue:
    return Queue(name, connection=connection, serializer=JSONSerializer)


def waiting(connection: Redis) -> dict[str, int]:
    return {name: len(queue(connection, name)) for name in (GRADING_QUEUE, DISPATCH_QUEUE)}


def work_off(connection: Redis) -> list[str]:
    """A real worker does all that waits; the ids of what failed."""
    queues = [queue(connection, name) for name in order(dispatch_first=False)]
    worker = LongLivedWorker(queues, connection=connection, serializer=JSONSerializer)
    worker.log_job_description = False
    worker.work(burst=True, logging_level="CRITICAL")
    return [job_id for q in queues for job_id in q.failed_job_registry.get_job_ids()]


def away(ports: Ports) -> Ports:
    """The same ports with Redis out of reach."""
    dead = connect(DEAD_REDIS)
    return replace(ports, doorbell=RedisDoorbell(dead), work=RqWorkQueue(dead))


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_many_requests_for_the_same_work_are_one_waiting_job(bench: Bench, connection: Redis) -> None:
    for _ in range(50):
        bench.ports.work.grade_readings()
        bench.ports.work.recommend_units("one")
    bench.ports.work.recommend_units("other")
    assert waiting(connection) == {GRADING_QUEUE: 1, DISPATCH_QUEUE: 2}


def test_what_an_officer_asks_for_goes_before_all_that_waits(bench: Bench, connection: Redis) -> None:
    for incident_id in ("one", "two", "three"):
        bench.ports.work.recommend_units(incident_id)
    bench.ports.work.recommend_units("three", at_once=True)
    bench.ports.work.recommend_units("three", at_once=True)
    waits = [job.args[0] for job in queue(connection, DISPATCH_QUEUE).jobs]
    assert waits == ["three", "one", "two", "three"]


def test_a_worker_for_dispatch_takes_nothing_that_looks_at_the_whole_force() -> None:
    assert BACKGROUND_QUEUE not in order(dispatch_first=True)
    assert order(dispatch_first=True)[0] == DISPATCH_QUEUE
    assert set(order(dispatch_first=False)) == {GRADING_QUEUE, DISPATCH_QUEUE, BACKGROUND_QUEUE}
    assert order(dispatch_first=False)[-1] == BACKGROUND_QUEUE


def test_who_has_nobody_is_sought_for_again_at_a_pace_and_behind_everything(
    bench: Bench, connection: Redis
) -> None:
    incident_id = called(bench.ports).incident_id
    assert work_off(connection) == []
    assert bench.store.incidents_without_advice() == []
    assert list(bench.store.incidents_advised_nobody()) == [incident_id]
    for _ in range(5):
        find_lost_work(bench.ports)
    assert waiting(connection) == {GRADING_QUEUE: 0, DISPATCH_QUEUE: 0}
    (job,) = queue(connection, BACKGROUND_QUEUE).jobs
    assert job.args == [incident_id] and 0 < job.get_ttl() <= SEEK_AGAIN_S
    work_off(connection)
    find_lost_work(bench.ports)
    assert len(queue(connection, BACKGROUND_QUEUE)) == 0, "it was sought a moment ago"

    register(bench.ports, 1)
    seen_at(bench.ports, fix("u000", bench.clock.now()))
    connection.delete(waiting_key(f"seek-again:{incident_id}"))  # as after two seconds
    find_lost_work(bench.ports)
    work_off(connection)
    assert list(bench.store.incidents_advised_nobody()) == []


def sleep_through_everything() -> None:
    """As code does that takes whatever a rule or a file raises for its own failure."""
    with suppress(Exception):
        sleep(4)


def test_a_job_whose_time_is_up_ends_even_where_every_exception_is_caught(
    bench: Bench, connection: Redis
) -> None:
    asked = f"{__name__}.{sleep_through_everything.__name__}"
    job = queue(connection, GRADING_QUEUE).enqueue(asked, job_timeout=1)
    assert work_off(connection) == [job.id]
    bench.ports.work.grade_readings()
    work_off(connection)
    assert waiting(connection)[GRADING_QUEUE] == 0, "the worker goes on"


def test_jobs_carry_ids_as_json(bench: Bench, connection: Redis) -> None:
    bench.ports.work.recommend_units("one")
    (job,) = queue(connection, DISPATCH_QUEUE).jobs
    assert job.data == b'["jobs.tasks.recommend_units", null, ["one"], {}]'


def test_a_job_that_begins_takes_its_mark_so_that_later_requests_are_heard(
    bench: Bench, connection: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes in while a job works may be too late for it: it must get a job of its own."""
    queued_meanwhile = []

    def grade(ports: Ports) -> int:
        bench.ports.work.grade_readings()
        queued_meanwhile.append(waiting(connection)[GRADING_QUEUE])
        return 0

    bench.ports.work.grade_readings()
    connection.delete(f"rq:queue:{GRADING_QUEUE}")  # a worker took it
    monkeypatch.setattr("operations.grade_readings.grade_readings", grade)
    tasks.grade_readings()
    assert queued_meanwhile == [1]


@pytest.mark.parametrize("work", ["grade", "recommend:one"])
def test_a_mark_that_is_lost_with_its_job_expires_by_itself(
    bench: Bench, connection: Redis, work: str
) -> None:
    bench.ports.work.grade_readings()
    bench.ports.work.recommend_units("one")
    assert 0 < connection.pttl(waiting_key(work)) <= WAITING_MS


def test_a_worker_grades_opens_and_advises(bench: Bench, connection: Redis) -> None:
    register(bench.ports, 2)
    seen_at(bench.ports, *(fix(f"u{n:03d}", bench.clock.now()) for n in range(2)))
    send(bench.ports, reading(bench.ports, 60))
    assert work_off(connection) == []
    assert types(bench.ports)[1:] == [
        "readings.ingested",
        "alert.opened",
        "incident.opened",
        "readings.graded",
        "recommendation.made",
    ]
    (advice,) = bench.store.snapshot(bench.clock.now()).recommendations
    assert [c.unit_id for c in advice.candidates] == ["u000", "u001"]
    assert waiting(connection) == {GRADING_QUEUE: 0, DISPATCH_QUEUE: 0}
    assert list(connection.scan_iter("cc:waiting:*")) == []


def test_a_job_that_fails_is_kept_and_the_others_go_on(bench: Bench, connection: Redis) -> None:
    bench.ports.work.recommend_units("no such incident")
    called(bench.ports)
    (failed,) = work_off(connection)
    kept = queue(connection, DISPATCH_QUEUE).fetch_job(failed)
    assert kept is not None and kept.args == ["no such incident"]
    assert types(bench.ports) == ["call.taken", "recommendation.made"]


def test_the_same_job_twice_is_harmless(bench: Bench, connection: Redis) -> None:
    send(bench.ports, reading(bench.ports, 60))
    assert (tasks.grade_readings(), tasks.grade_readings()) == (1, 0)
    assert types(bench.ports).count("alert.opened") == 1


def test_while_redis_is_away_the_desk_works_and_what_it_could_not_queue_is_found_afterwards(
    bench: Bench, connection: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    not_queued = counted("cc_work_not_queued_total", work="grade")
    not_advised = counted("cc_work_not_queued_total", work="recommend")
    not_rung = counted("cc_doorbell_not_rung_total")
    register(bench.ports, 2)  # one for each incident: who has nobody is sought for again every second
    seen_at(bench.ports, fix("u000", bench.clock.now()), fix("u001", bench.clock.now()))

    assert send(away(bench.ports), reading(bench.ports, 60)).accepted == 1
    incident_id = called(away(bench.ports)).incident_id

    assert waiting(connection) == {GRADING_QUEUE: 0, DISPATCH_QUEUE: 0}
    assert counted("cc_work_not_queued_total", work="grade") == not_queued + 1
    assert counted("cc_work_not_queued_total", work="recommend") == not_advised + 1
    assert counted("cc_doorbell_not_rung_total") == not_rung + 2
    assert "the scheduler will" in caplog.text and "doorbell not rung" in caplog.text

    find_lost_work(bench.ports)
    find_lost_work(bench.ports)
    assert waiting(connection) == {GRADING_QUEUE: 1, DISPATCH_QUEUE: 1}
    assert work_off(connection) == []
    assert types(bench.ports).count("alert.opened") == 1
    advised = {advice.incident_id for advice in bench.store.snapshot(bench.clock.now()).recommendations}
    assert incident_id in advised and len(advised) == 2
    find_lost_work(bench.ports)
    assert waiting(connection) == {GRADING_QUEUE: 0, DISPATCH_QUEUE: 0}, "nothing is lost any more"


def test_the_scheduler_queues_a_sweep_that_our_workers_can_read(bench: Bench, connection: Redis) -> None:
    send(away(bench.ports), reading(bench.ports, 8))
    scheduler = JsonCronScheduler(connection, logging_level="WARNING")
    scheduler.register(tasks.sweep, DISPATCH_QUEUE, interval=1, ttl=5, result_ttl=0, failure_ttl=60)
    assert len(scheduler.enqueue_jobs()) == 1
    assert scheduler.enqueue_jobs() == [], "not due again within the second"
    assert work_off(connection) == []
    assert connection.hget(LAST_SWEEP_KEY, "network") == b"straight-line"
    assert connection.hget(LAST_SWEEP_KEY, "synthetic") == b"0"
    assert bench.store.grading_lag().batches == 0, "the sweep found what was lost, and it was graded"


def test_the_scheduler_keeps_alerts_and_judges_by_the_clock_through_our_workers(
    bench: Bench, connection: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = []
    for module, name in (
        ("keep_alerts", "keep_alerts"),
        ("watch_silence", "watch_silence"),
        ("judge_calls", "judge_calls"),
        ("propose_response_levels", "propose_response_levels"),
        ("clear_left_behind", "clear_left_behind"),
        ("watch_statuses", "watch_statuses"),
        ("expire_cap", "expire_cap"),
        ("watch_geofences", "watch_geofences"),
        ("watch_units", "watch_units"),
        ("watch_reliefs", "watch_reliefs"),
        ("record_tracks", "record_tracks"),
        ("measure_coverage", "measure_coverage"),
    ):
        monkeypatch.setattr(f"operations.{module}.{name}", lambda _ports, name=name: done.append(name))
    monkeypatch.setattr(
        "operations.forget_tracks.forget_tracks", lambda _ports, _before: done.append("forget_tracks")
    )
    monkeypatch.setattr(JsonCronScheduler, "start", JsonCronScheduler.enqueue_jobs)
    tick_forever(connection, track_days=7)
    assert work_off(connection) == []
    assert sorted(done) == [
        "clear_left_behind",
        "expire_cap",
        "forget_tracks",
        "judge_calls",
        "keep_alerts",
        "measure_coverage",
        "propose_response_levels",
        "record_tracks",
        "watch_geofences",
        "watch_reliefs",
        "watch_silence",
        "watch_statuses",
        "watch_units",
    ]


def test_what_fails_by_the_clock_keeps_nothing_else_from_its_turn_and_is_kept(
    bench: Bench, connection: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = []

    def fails(_ports: Ports) -> int:
        raise ZeroDivisionError("a fault")

    monkeypatch.setattr("operations.watch_silence.watch_silence", fails)
    monkeypatch.setattr("operations.clear_left_behind.clear_left_behind", done.append)
    with pytest.raises(ExceptionGroup, match="by the clock"):
        tasks.judge_by_the_clock()
    assert done == [bench.ports]


@pytest.mark.parametrize(
    ("task", "step"),
    [
        (tasks.keep_alerts, "keep_alerts.keep_alerts"),
        (tasks.watch_geofences, "watch_geofences.watch_geofences"),
        (tasks.watch_units, "watch_units.watch_units"),
        (tasks.watch_reliefs, "watch_reliefs.watch_reliefs"),
        (tasks.judge_by_the_clock, "watch_silence.watch_silence"),
        (partial(tasks.judge_calls, "01J"), "judge_calls.judge_calls"),
    ],
)
def test_what_comes_by_turns_waits_for_the_next_one_where_a_drill_is_begun_anew_under_it(
    bench: Bench, connection: Redis, monkeypatch: pytest.MonkeyPatch, task: Callable[[], None], step: str
) -> None:
    asked = []

    def set_back(ports: Ports, *_: str) -> None:
        asked.append(ports)
        raise ClockSetBackError("set back")

    monkeypatch.setattr(f"operations.{step}", set_back)
    task()
    assert asked == [bench.ports]


def test_a_call_has_its_rules_judged_by_a_worker_once_however_often_it_was_asked(
    bench: Bench, connection: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = []
    monkeypatch.setattr(
        "operations.judge_calls.judge_calls", lambda _ports, incident_id: judged.append(incident_id)
    )
    taken = called(bench.ports)
    bench.ports.work.judge_calls(taken.incident_id)
    assert work_off(connection) == []
    assert judged == [taken.incident_id]


def test_a_process_that_is_no_worker_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.context._context", [])
    with pytest.raises(RuntimeError, match="worker"):
        bound()


def test_without_a_road_network_the_health_of_every_screen_says_so(bench: Bench, connection: Redis) -> None:
    tasks.sweep()
    health = HealthMonitor(
        bench.store,
        bench.redis,
        RedisPositionBoard(bench.redis),
        LAST_SWEEP_KEY,
        lambda: 0,
        lambda: [],
        lambda: None,
        lambda: 0,
    )
    network = health.look(None, 0)["network"]
    assert network == {"name": "straight-line", "synthetic": False, "straight_line": True}
