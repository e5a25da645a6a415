"""RQ's cron: what must happen again and again is queued from here."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from redis import Redis
from rq import Queue
from rq.cron import CronJob, CronScheduler
from rq.serializers import JSONSerializer
from rq.utils import now

from jobs.names import DISPATCH_QUEUE
from jobs.tasks import measure_coverage, sweep

SWEEP_EVERY_S = 1
COVERAGE_EVERY_S = 5
"""Units move all the time; after a dispatch or change of status it is measured at once."""


class JsonCronScheduler(CronScheduler):
    """RQ's cron with our serializer: RQ's own pickles its jobs, and what can be unpickled can run anything."""

    def enqueue_jobs(self) -> list[CronJob]:
        """Queues what is due."""
        due = [job for job in self.get_jobs() if job.should_run()]
        for job in due:
            queue = Queue(job.queue_name, connection=self.connection, serializer=JSONSerializer)
            queue.enqueue(cast("Callable[..., object]", job.func), **job.job_options)
            job.set_enqueue_time(now())
        return due


def tick_forever(connection: Redis) -> None:
    """Queues the sweep every second and coverage every five until told to stop. What nobody took for 5 s is
    dropped: the next one does its work. Ends when Redis goes away; the supervisor starts it again."""
    scheduler = JsonCronScheduler(connection, logging_level="WARNING")
    scheduler.register(sweep, DISPATCH_QUEUE, interval=SWEEP_EVERY_S, ttl=5, result_ttl=0, failure_ttl=60)
    scheduler.register(
        measure_coverage, DISPATCH_QUEUE, interval=COVERAGE_EVERY_S, ttl=5, result_ttl=0, failure_ttl=60
    )
    scheduler.start()  # type: ignore[no-untyped-call]
