"""Hands work to the workers: by id, at most one waiting job for each piece of work."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from prometheus_client import Counter
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer

from jobs.names import BACKGROUND_QUEUE, DISPATCH_QUEUE, GRADING_QUEUE, waiting_key

log = logging.getLogger(__name__)

WAITING_MS = 2_000
"""After this a waiting mark is forgotten, so that work lost with Redis or a queue is queued again."""

SEEK_AGAIN_S = 2
"""An incident that nobody was found for is sought for again this often: each time all units are looked at."""

KEPT_FAILURES_S = 86_400

_NO_OPTIONS: Mapping[str, Any] = MappingProxyType({})

not_queued = Counter(
    "cc_work_not_queued", "Work that Redis did not take; the scheduler finds it again", ["work"]
)


class RqWorkQueue:
    """Fulfils operations.ports.WorkQueue.

    Many requests collapse into one waiting job; the job takes its mark away before it looks at the
    database, so a request that comes later is never swallowed by one that has begun.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def grade_readings(self) -> None:
        self._enqueue(GRADING_QUEUE, "jobs.tasks.grade_readings", "grade")

    def recommend_units(self, incident_id: str, at_once: bool = False) -> None:
        # A mark of its own: the same advice may be waiting already, behind many others.
        work = f"recommend-at-once:{incident_id}" if at_once else f"recommend:{incident_id}"
        self._enqueue(
            DISPATCH_QUEUE, "jobs.tasks.recommend_units", work, incident_id, options={"at_front": at_once}
        )

    def seek_again(self, incident_id: str) -> None:
        # The mark stays until it expires, and the job is dropped when nobody took it by then: what is sought in vain
        # neither piles up nor is sought all the time.
        self._enqueue(
            BACKGROUND_QUEUE,
            "jobs.tasks.recommend_units",
            f"seek-again:{incident_id}",
            incident_id,
            options={"ttl": SEEK_AGAIN_S},
        )

    def route_assignment(self, assignment_id: str) -> None:
        self._enqueue(DISPATCH_QUEUE, "jobs.tasks.route_assignment", f"route:{assignment_id}", assignment_id)

    def judge_calls(self, incident_id: str) -> None:
        self._enqueue(GRADING_QUEUE, "jobs.tasks.judge_calls", f"calls:{incident_id}", incident_id)

    def measure_coverage(self) -> None:
        self._enqueue(BACKGROUND_QUEUE, "jobs.tasks.measure_coverage", "coverage")

    def _enqueue(
        self, queue: str, function: str, work: str, *arguments: Any, options: Mapping[str, Any] = _NO_OPTIONS
    ) -> None:
        try:
            if self._redis.set(waiting_key(work), 1, nx=True, px=WAITING_MS):
                Queue(queue, connection=self._redis, serializer=JSONSerializer).enqueue_call(
                    function, args=arguments, result_ttl=0, failure_ttl=KEPT_FAILURES_S, **options
                )
        except RedisError as error:
            # Chosen degradation: what was committed stays true, the scheduler queues it again.
            not_queued.labels(work.partition(":")[0]).inc()
            log.warning("could not queue %s, the scheduler will: %s", work, error)
