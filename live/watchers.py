"""Who looks at which incident or alert right now: told by open pages, kept in Redis for seconds, not journalled."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4
from weakref import WeakKeyDictionary

import orjson
from redis import Redis

from core.actor import Actor
from core.errors import UnavailableError
from live import frames
from live.listener import Listener
from live.redis_client import translated

log = logging.getLogger(__name__)

KEY = "cc:watchers"
"""Hash: a page → who looks at what and when that was last said (wall time)."""
LASTS_S = 15.0
"""A page that says nothing for so long has gone; it says what it shows every five seconds."""
FORGOTTEN_AFTER_S = 60.0
_LOOKS = re.compile(r"looks-at:([0-9A-Za-z]{0,64})")


def looked_at(text: str) -> str | None:
    """The id a page says that it shows, empty for nothing; None for a message that says something else."""
    found = _LOOKS.fullmatch(text)
    return found[1] if found else None


class Watchers:
    """The pages of this process, and what Redis knows of those of all processes."""

    def __init__(self, redis: Redis, may_look: Callable[[Actor, str], bool]) -> None:
        self._redis = redis
        self._may_look = may_look
        self._pages: WeakKeyDictionary[Listener, str] = WeakKeyDictionary()
        self._away = False

    async def look(self, listener: Listener, subject_id: str | None) -> None:
        """The page shows this now, or nothing. What its actor may not see it does not look at."""
        if subject_id != listener.looks_at:
            allowed = subject_id is None or await self._allowed(listener.actor, subject_id)
            listener.looks_at = subject_id if allowed else None
            listener.told_watchers = None
        page = self._pages.setdefault(listener, uuid4().hex)
        await self._write(page, listener)

    async def leave(self, listener: Listener) -> None:
        """The page was closed."""
        page = self._pages.pop(listener, None)
        if page is not None:
            listener.looks_at = None
            await self._write(page, listener)

    async def tell(self, listeners: Sequence[Listener]) -> None:
        """Tells each page who else looks at what it shows, when that differs from what it was told.

        Chosen degradation: without Redis nobody knows, and the page says so instead of showing who was there.
        """
        watching = [listener for listener in listeners if listener.looks_at is not None]
        if not watching:
            return
        try:
            known: list[dict[str, Any]] | None = await asyncio.to_thread(self._read)
            self._away = False
        except UnavailableError as error:
            if not self._away:
                log.warning("who is looking is not known: %s", error)
            self._away, known = True, None
        for listener in watching:
            text = frames.frame("watchers", watchers=_others(listener, known))
            if text != listener.told_watchers:
                listener.told_watchers = text
                listener.tell(text)

    async def _allowed(self, actor: Actor, subject_id: str) -> bool:
        try:
            return await asyncio.to_thread(self._may_look, actor, subject_id)
        except UnavailableError:
            return False  # without the database nobody can tell; the page says it again

    async def _write(self, page: str, listener: Listener) -> None:
        said = None
        if listener.looks_at is not None:
            actor = listener.actor
            said = orjson.dumps(
                {
                    "subject_id": listener.looks_at,
                    "actor_id": actor.actor_id,
                    "name": actor.name,
                    "at": time.time(),
                }
            )
        try:
            await asyncio.to_thread(self._put, page, said)
        except UnavailableError as error:
            log.debug("not kept who is looking: %s", error)  # `tell` says so to everybody

    def _put(self, page: str, said: bytes | None) -> None:
        with translated():
            if said is None:
                self._redis.hdel(KEY, page)
            else:
                self._redis.hset(KEY, page, said)

    def _read(self) -> list[dict[str, Any]]:
        with translated():
            found: dict[Any, Any] = self._redis.hgetall(KEY)
            said = {page: orjson.loads(words) for page, words in found.items()}
            now = time.time()
            gone = [page for page, one in said.items() if now - one["at"] > FORGOTTEN_AFTER_S]
            if gone:
                self._redis.hdel(KEY, *gone)
        return [one for one in said.values() if now - one["at"] <= LASTS_S]


def _others(listener: Listener, known: Sequence[dict[str, Any]] | None) -> dict[str, Any]:
    """Names in alphabetical order, each person once; None where nobody knows."""
    if known is None:
        return {"subject_id": listener.looks_at, "names": None}
    names = {
        one["actor_id"]: one["name"]
        for one in known
        if one["subject_id"] == listener.looks_at and one["actor_id"] != listener.actor.actor_id
    }
    return {"subject_id": listener.looks_at, "names": sorted(names.values())}
