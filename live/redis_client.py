"""Redis clients that fail fast, and one name for their ways of being away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis
from redis.exceptions import ConnectionError, ResponseError, TimeoutError

from core.errors import UnavailableError


def connect(redis_url: str) -> Redis:
    """A client for short commands: it would rather fail in 2 s than keep a request waiting."""
    return Redis.from_url(redis_url, socket_timeout=2, socket_connect_timeout=2)


@contextmanager
def translated() -> Iterator[None]:
    """Turns Redis being away (or still loading) into UnavailableError."""
    try:
        yield
    except (ConnectionError, TimeoutError) as error:
        raise UnavailableError(f"Redis 不可用 / Redis is away: {error.__class__.__name__}") from error
    except ResponseError as error:
        if str(error).startswith("LOADING"):
            raise UnavailableError("Redis 正在启动 / Redis is starting") from error
        raise
