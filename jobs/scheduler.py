"""RQ's cron: what must happen again and again is queued from here."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from redis import Redis
from rq import Queue
from rq.cron import CronJob, CronScheduler
from rq.serializers import JSONSerializer
from rq.utils import now

from jobs.names import BACKGROUND_QUEUE, DISPATCH_QUEUE, GRADING_QUEUE
from jobs.tasks import (
    forget_tracks,
    judge_by_the_clock,
    keep_alerts,
    keep_keyframe,
    measure_coverage,
    record_tracks,
    sweep,
    watch_geofences,
    watch_reliefs,
    watch_units,
)

SWEEP_EVERY_S = 1
KEEP_ALERTS_EVERY_S = 1
WATCH_GEOFENCES_EVERY_S = 5
JUDGE_BY_THE_CLOCK_EVERY_S = 10
WATCH_UNITS_EVERY_S = 1
WATCH_RELIEFS_EVERY_S = 5
TRACKS_EVERY_S = 3
COVERAGE_EVERY_S = 5
KEYFRAME_EVERY_S = 10
FORGET_EVERY_S = 3600
"""Wall time: what is due is found by the city's clock whenever somebody looks."""


class JsonCronScheduler(CronScheduler):
    """RQ's cron with our serializer: RQ's own pickles its jobs, and what can be unpickled can run anything."""

    def enqueue_jobs(self) -> list[CronJob]:
        """Queues what is due."""
        due = [job for job in self.get_jobs() if job.should_run()]
        for job in due:
            queue = Queue(job.queue_name, connection=self.connection, serializer=JSONSerializer)
            queue.enqueue(cast("Callable[..., object]", job.func), args=job.args, **job.job_options)
            job.set_enqueue_time(now())
        return due


def tick_forever(connection: Redis, track_days: int) -> None:
    """Queues what recurs until told to stop. A job nobody took for 5 s is dropped: the next one does its work.
    Ends when Redis goes away; the supervisor starts it again. `track_days`: how long tracks are kept."""
    scheduler = JsonCronScheduler(connection, logging_level="WARNING")
    for job, queue, every_s in (
        (sweep, DISPATCH_QUEUE, SWEEP_EVERY_S),
        (keep_alerts, GRADING_QUEUE, KEEP_ALERTS_EVERY_S),
        (watch_units, DISPATCH_QUEUE, WATCH_UNITS_EVERY_S),
        (watch_geofences, BACKGROUND_QUEUE, WATCH_GEOFENCES_EVERY_S),
        (watch_reliefs, BACKGROUND_QUEUE, WATCH_RELIEFS_EVERY_S),
        (judge_by_the_clock, GRADING_QUEUE, JUDGE_BY_THE_CLOCK_EVERY_S),
        (measure_coverage, BACKGROUND_QUEUE, COVERAGE_EVERY_S),
        (record_tracks, BACKGROUND_QUEUE, TRACKS_EVERY_S),
        (keep_keyframe, BACKGROUND_QUEUE, KEYFRAME_EVERY_S),
    ):
        scheduler.register(job, queue, interval=every_s, ttl=5, result_ttl=0, failure_ttl=60)
    scheduler.register(
        forget_tracks,
        BACKGROUND_QUEUE,
        args=(track_days,),
        interval=FORGET_EVERY_S,
        result_ttl=0,
        failure_ttl=60,
    )
    scheduler.start()  # type: ignore[no-untyped-call]
