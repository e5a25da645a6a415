"""What a credential was worth when it was last looked up, so that not every request asks the database."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from core.actor import Actor
from core.errors import UnavailableError

log = logging.getLogger(__name__)

FRESH_FOR_S = 5.0
TRUSTED_IN_AN_OUTAGE_FOR_S = 600.0
ASK_AGAIN_AFTER_S = 2.0
_MOST = 20_000


@dataclass(slots=True)
class _Known:
    actor: Actor
    confirmed_at_s: float


class RememberedActors:
    """Actors by the hash of their credential; a look-up is trusted for five seconds.

    A degradation chosen: while the database is away, who was known goes on for up to ten minutes,
    so that a wall keeps its picture and an officer the desk. A new credential is never trusted then.
    """

    def __init__(
        self,
        look_up: Callable[[str], Actor | None],
        kind: str,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look_up, self._kind, self._monotonic_s = look_up, kind, monotonic_s
        self._known: dict[str, _Known] = {}
        self._forgotten = 0
        self._away_since_s: float | None = None
        self._asked_at_s = float("-inf")
        self._lock = Lock()

    def fresh(self, key: str) -> Actor | None:
        """Who it is, if that was looked up less than five seconds ago; never blocks."""
        known = self._known.get(key)
        if known and self._monotonic_s() - known.confirmed_at_s < FRESH_FOR_S:
            return known.actor
        return None

    def resolve(self, key: str) -> Actor | None:
        """Who it is, or None; may ask the database. Raises UnavailableError for a key not known while
        the database is away."""
        if actor := self.fresh(key):
            return actor
        now_s = self._monotonic_s()
        known = self._known.get(key)
        trusted = known is not None and now_s - known.confirmed_at_s < TRUSTED_IN_AN_OUTAGE_FOR_S
        if (
            known
            and trusted
            and self._away_since_s is not None
            and now_s - self._asked_at_s < ASK_AGAIN_AFTER_S
        ):
            return known.actor
        forgotten = self._forgotten
        try:
            self._asked_at_s = now_s
            actor = self._look_up(key)
        except UnavailableError:
            self._note_away(now_s)
            if known and trusted:
                return known.actor
            raise
        self._note_back(now_s)
        if actor is None:
            self.forget(key)
        elif forgotten == self._forgotten:
            # Else something was revoked while the database answered: perhaps this, so the next request asks again.
            self._remember(key, actor)
        return actor

    def forget(self, key: str) -> None:
        self._forgotten += 1
        self._known.pop(key, None)

    def forget_actor(self, actor_id: str) -> None:
        """Every credential of this actor."""
        with self._lock:
            self._forgotten += 1
            for key in [key for key, known in self._known.items() if known.actor.actor_id == actor_id]:
                self._known.pop(key, None)

    def _remember(self, key: str, actor: Actor) -> None:
        with self._lock:
            self._known.pop(key, None)
            self._known[key] = _Known(actor, self._monotonic_s())
            while len(self._known) > _MOST:
                self._known.pop(next(iter(self._known)))

    def _note_away(self, now_s: float) -> None:
        if self._away_since_s is None:
            self._away_since_s = now_s
            log.warning(
                "database away: %ss known before are trusted for %d s", self._kind, TRUSTED_IN_AN_OUTAGE_FOR_S
            )

    def _note_back(self, now_s: float) -> None:
        if self._away_since_s is not None:
            log.warning(
                "database back after %.0f s: %ss are looked up again", now_s - self._away_since_s, self._kind
            )
            self._away_since_s = None
