"""How often one sender may ask the API: a token bucket for each, kept in Redis so that all web processes share it."""

from __future__ import annotations

import asyncio
import logging
import math
import time

from prometheus_client import Counter
from redis.exceptions import RedisError
from starlette.types import ASGIApp, Receive, Scope, Send
from throttled import RateLimiterType, RedisStore, Throttled, rate_limiter
from throttled.exceptions import StoreUnavailableError

from core.actor import current_actor
from core.errors import CommandCentreError
from intake.problems import API_PREFIX, Problems

log = logging.getLogger(__name__)

ANSWERS_WITHIN_S = 0.25
ASK_AGAIN_AFTER_S = 5.0
BURST_S = 2
"""So many seconds' worth of requests may come at once."""

not_limited = Counter(
    "cc_api_requests_not_limited", "API requests let through uncounted because Redis was away"
)


class TooManyRequestsError(CommandCentreError):
    """The sender asks more often than this server answers one; details hold `retry_after_s`."""

    code = "too-many-requests"
    status = 429


class RequestLimit:
    """Pure-ASGI middleware inside the guard: a request to the API over the sender's limit is answered 429, counted
    like every refusal, with Retry-After. One request may carry thousands of readings and counts as one."""

    def __init__(self, app: ASGIApp, problems: Problems, redis_url: str, requests_s: int) -> None:
        self._app, self._problems, self._requests_s = app, problems, requests_s
        self._away_until_s = float("-inf")
        self._bucket = Throttled(
            using=RateLimiterType.TOKEN_BUCKET.value,
            quota=rate_limiter.per_sec(requests_s, burst=requests_s * BURST_S),
            store=RedisStore(server=redis_url, options=_OPTIONS),
            key_prefix="cc:api",
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        actor = current_actor.get()
        if scope["type"] != "http" or not scope["path"].startswith(API_PREFIX) or actor is None:
            await self._app(scope, receive, send)
            return
        wait_s = await self._wait_s(actor.actor_id)
        if wait_s is None:
            await self._app(scope, receive, send)
            return
        error = TooManyRequestsError(
            f"found more than {self._requests_s} requests a second, expected fewer, with more in each",
            retry_after_s=wait_s,
        )
        await self._problems.from_error(scope, error)(scope, receive, send)

    async def _wait_s(self, sender: str) -> int | None:
        """Whole seconds until the sender may ask again; None for now."""
        if time.monotonic() < self._away_until_s:
            not_limited.inc()
            return None
        try:
            async with asyncio.timeout(ANSWERS_WITHIN_S):
                # In a thread: a connection of the event loop would have to be ended with it.
                result = await asyncio.to_thread(self._bucket.limit, sender)
        except (StoreUnavailableError, RedisError, OSError) as error:
            # Chosen degradation (docs/decisions/0042): a warning that is not taken in is worse than one too many.
            why = str(error) or "no answer in time"  # a TimeoutError has no words
            log.warning(
                "requests are not limited for %d s, Redis does not answer: %s", ASK_AGAIN_AFTER_S, why
            )
            self._away_until_s = time.monotonic() + ASK_AGAIN_AFTER_S
            not_limited.inc()
            return None
        return max(1, math.ceil(result.state.retry_after)) if result.limited else None


_OPTIONS = {"SOCKET_TIMEOUT": 1, "SOCKET_CONNECT_TIMEOUT": 1}
