"""Which unit ids exist, remembered between requests: positions come too often to ask each time."""

from __future__ import annotations

import time
from collections.abc import Iterable
from threading import Lock

from operations.store import Store

ASK_AGAIN_AFTER_S = 5.0


class KnownUnits:
    """The registered unit ids. Units are only ever added, so the database is asked again only when
    an id is unknown, and at most every five seconds (somebody may send unknown ids all the time)."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._ids: frozenset[str] = frozenset()
        self._asked_at_s = float("-inf")
        self._lock = Lock()

    def covering(self, unit_ids: Iterable[str]) -> frozenset[str]:
        """All registered ids, fresh enough to decide about these. Raises UnavailableError."""
        if self._ids.issuperset(unit_ids):
            return self._ids
        with self._lock:
            if time.monotonic() - self._asked_at_s >= ASK_AGAIN_AFTER_S:
                with self._store.transaction() as tx:
                    self._ids = frozenset(unit.unit_id for unit in tx.units())
                self._asked_at_s = time.monotonic()
        return self._ids

    def add(self, unit_ids: Iterable[str]) -> None:
        """Units that were registered just now."""
        with self._lock:
            self._ids |= frozenset(unit_ids)
