"""The doorbell: a Redis message that carries a journal sequence number, nothing else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import redis.asyncio as aioredis
from prometheus_client import Counter
from redis import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

CHANNEL = "cc:journal"

not_rung = Counter("cc_doorbell_not_rung", "Commits whose doorbell Redis did not carry; readers poll instead")


class RedisDoorbell:
    """Fulfils operations.ports.Doorbell."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def ring(self, seq: int) -> None:
        try:
            self._redis.publish(CHANNEL, seq)
        except RedisError as error:
            # Chosen degradation: the journal is read once a second without it.
            not_rung.inc()
            log.warning("doorbell not rung for journal row %d: %s", seq, error)


async def listen(redis_url: str, rung: Callable[[], None]) -> None:
    """Calls `rung` at every ring, for ever; looks for Redis again every second while it is away."""
    while True:
        client = aioredis.Redis.from_url(redis_url)
        try:
            async with client.pubsub() as subscription:
                await subscription.subscribe(CHANNEL)
                async for message in subscription.listen():
                    if message["type"] == "message":
                        rung()
        except (RedisError, OSError) as error:
            log.warning("doorbell out of reach, reading the journal every second: %s", error)
            await asyncio.sleep(1)
        finally:
            await client.aclose()
