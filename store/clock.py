"""The clock every process shares in a drill: the scenario's time as the database holds it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Event, Thread

from core.clock import DrillTime
from core.errors import UnavailableError

log = logging.getLogger(__name__)

REFRESH_EVERY_S = 0.5


class DrillClock:
    """Answers the scenario's instant, or the wall's while no drill runs; never waits for the database.

    A thread reads the committed drill time twice a second; while the database is away, time goes on as
    last known. Call `stop` when the process ends its work.
    """

    def __init__(self, read: Callable[[], DrillTime | None]) -> None:
        self._read = read
        self._drill: DrillTime | None = None
        self._stopped = Event()
        self._away = False
        self.refresh()
        self._follower = Thread(target=self._follow, name="drill-clock", daemon=True)
        self._follower.start()

    @property
    def drill_time(self) -> DrillTime | None:
        return self._drill

    def now(self) -> datetime:
        wall = datetime.now(UTC)
        drill = self._drill
        return drill.at(wall) if drill else wall

    def refresh(self) -> None:
        """Reads the committed drill time now."""
        try:
            self._drill = self._read()
            self._away = False
        except UnavailableError as error:
            if not self._away:
                log.warning("drill clock goes on as last known: %s", error)
            self._away = True

    def follow(self, drill: DrillTime | None) -> None:
        """Goes on from a drill time that somebody else has just read."""
        self._drill = drill

    def stop(self) -> None:
        """Reads nothing more; returns when a read that is under way has ended."""
        self._stopped.set()
        self._follower.join()

    def _follow(self) -> None:
        while not self._stopped.wait(REFRESH_EVERY_S):
            self.refresh()
