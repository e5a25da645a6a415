"""The scheduler process: RQ's cron over this deployment's Redis."""

from __future__ import annotations

import logging

from redis import Redis

from bootstrap.settings import Settings
from jobs.scheduler import tick_forever as tick
from live.redis_client import translated


def tick_forever(settings: Settings) -> None:
    """Queues what recurs until told to stop. Raises UnavailableError when Redis goes away."""
    logging.basicConfig(level=settings.log_level, format="%(levelname)s %(name)s: %(message)s")
    with translated():
        tick(Redis.from_url(str(settings.redis_url)), settings.track_days)
