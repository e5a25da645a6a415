"""A long-lived RQ worker: it holds the road network, so it does not fork."""

from __future__ import annotations

from types import FrameType
from typing import Any

from redis import Redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer
from rq.timeouts import JobTimeoutException, UnixSignalDeathPenalty

from jobs.context import WorkerContext, bind
from jobs.names import BACKGROUND_QUEUE, DISPATCH_QUEUE, GRADING_QUEUE


class OverdueJob(BaseException):
    """A job's time is up. No Exception: a rule's failure and a catalogue's refusal are caught as such, and the end of
    the job that met them is neither."""


class _TimeLimit(UnixSignalDeathPenalty):
    def handle_death_penalty(self, signum: int, frame: FrameType | None) -> Any:
        try:
            super().handle_death_penalty(signum, frame)  # type: ignore[no-untyped-call]
        except JobTimeoutException as error:
            raise OverdueJob(str(error)) from error


class LongLivedWorker(SimpleWorker):
    """Looks for Redis again every second after losing it, instead of backing off to a minute; what takes too long
    ends the job and nothing else."""

    max_connection_wait_time = 1.0
    death_penalty_class = _TimeLimit


def order(dispatch_first: bool) -> list[str]:
    """The queues that a worker takes from, the first with work in it first."""
    if dispatch_first:
        return [DISPATCH_QUEUE, GRADING_QUEUE]
    return [GRADING_QUEUE, DISPATCH_QUEUE, BACKGROUND_QUEUE]


def work(context: WorkerContext, connection: Redis, name: str, dispatch_first: bool) -> None:
    """Works until it is told to stop. Two kinds of worker prefer different queues, so that a storm of
    readings never keeps an officer waiting for advice, and either can do the other's work. What looks at the whole
    force is left to those that do not prefer dispatch: a deployment needs one of them.

    `connection` must have no socket timeout (RQ blocks on it) and be opened in this process.
    """
    bind(context)
    queues = [
        Queue(queue, connection=connection, serializer=JSONSerializer) for queue in order(dispatch_first)
    ]
    worker = LongLivedWorker(queues, connection=connection, serializer=JSONSerializer, name=name)
    worker.log_job_description = False
    worker.work(logging_level="WARNING")
