"""The load of a whole force on the move: every unit drives a few metres each second, or once in some."""

from __future__ import annotations

import multiprocessing
import time
from multiprocessing.context import SpawnProcess

from bootstrap.settings import Settings
from bootstrap.wiring import wire
from core.geo import LonLat
from dispatch.fixes import Fix

STEP_DEG = 0.0001
"""Some ten metres: what a car drives in a second."""

_SPAWNED = multiprocessing.get_context("spawn")


class Moving(SpawnProcess):
    """Puts every unit a few metres further once in `every_s` seconds, an equal share of them each second, straight on
    the position board.

    A process of its own: in a thread it would hold up those who measure, by the interpreter's lock.
    """

    def __init__(self, settings: Settings, every_s: int = 1) -> None:
        super().__init__(daemon=True)
        self._settings, self._every_s = settings, every_s
        self._over = _SPAWNED.Event()

    def stop(self) -> None:
        self._over.set()
        self.join(10)

    def run(self) -> None:
        parts = wire(self._settings, with_roads=False)
        turn, began, board = 0, time.monotonic(), parts.board
        ids: list[str] = []
        while not self._over.wait(max(0.0, turn - (time.monotonic() - began))):
            turn += 1
            if turn % 10 == 1:  # the shift may only just be coming in
                with parts.store.transaction() as tx:
                    ids = [unit.unit_id for unit in tx.units()]
            parts.refresh_clock()
            now = parts.ports.clock.now()
            step = STEP_DEG if turn // self._every_s % 20 < 10 else -STEP_DEG
            share = list(enumerate(ids))[turn % self._every_s :: self._every_s]
            known = board.newest([unit_id for _, unit_id in share])
            fixes = []
            for number, unit_id in share:
                stood = known.get(unit_id)
                place = (
                    stood.place if stood else LonLat(102.66 + number % 72 / 500, 24.96 + number // 72 / 550)
                )
                fixes.append(Fix(unit_id, LonLat(place.lon + step, place.lat), 90.0, 36.0, now))
            board.put(fixes, now)
