"""One RQ worker process: its ports, its road network, its two queues."""

from __future__ import annotations

import logging
import os

from redis import Redis

from bootstrap.promptness import answer_promptly
from bootstrap.settings import Settings
from bootstrap.wiring import wire
from jobs.context import WorkerContext
from jobs.worker import work as work_on
from live.redis_client import translated


def work(settings: Settings, name: str) -> None:
    """Works until told to stop. Workers with an even number prefer dispatch, the others grading.

    Raises UnavailableError when Redis is away at the start.
    """
    logging.basicConfig(level=settings.log_level, format="%(levelname)s %(name)s: %(message)s")
    parts = wire(settings, with_roads=True)
    answer_promptly()
    number = int("".join(filter(str.isdigit, name)) or 1)
    blocking = Redis.from_url(str(settings.redis_url))
    with translated():
        work_on(
            WorkerContext(parts.ports, parts.redis), blocking, _unique(name), dispatch_first=number % 2 == 0
        )


def _unique(name: str) -> str:
    """RQ refuses a name that a killed worker left registered, so the process id is part of it."""
    return f"{name}.{os.getpid()}"
