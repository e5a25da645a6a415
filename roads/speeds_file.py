"""The file of learned speeds, taken up when it changes, without a restart."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from core.errors import InvalidInputError
from roads.segments import Segments
from roads.speeds import HourSpeeds

log = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0


class SpeedsFile:
    """The speeds in a file that may appear, be replaced or go away at any time; for one network.

    A chosen degradation: what cannot be read, or was learned on another network, is said in the log and not used;
    what was used before goes on.
    """

    def __init__(self, path: Path, segments: Segments) -> None:
        self._path = path
        self._segments = segments
        self._looked_at_s = float("-inf")
        self._seen: tuple[int, int, int] | None = None
        self._speeds: HourSpeeds | None = None

    def newest(self) -> HourSpeeds | None:
        """The newest usable speeds, None for free flow; the same object until they change. Looks at the file at most
        every LOOK_EVERY_S."""
        now_s = time.monotonic()
        if now_s - self._looked_at_s >= LOOK_EVERY_S:
            self._looked_at_s = now_s
            found = self._found()
            if found != self._seen:
                self._seen = found
                self._speeds = self._read() if found else None
        return self._speeds

    def _found(self) -> tuple[int, int, int] | None:
        try:
            about = self._path.stat()
        except FileNotFoundError:
            return None
        return about.st_mtime_ns, about.st_size, about.st_ino

    def _read(self) -> HourSpeeds | None:
        try:
            speeds = HourSpeeds.load(self._path)
            speeds.check(self._segments)
        except InvalidInputError as error:
            as_before = "free flow" if self._speeds is None else "as learned before"
            log.error("speeds not used, travel times are %s: %s", as_before, error)
            return self._speeds
        log.info("speeds taken up: %d observations", speeds.observations)
        return speeds
