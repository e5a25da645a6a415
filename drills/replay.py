"""The replayer: sends each item of a storyline when the city's clock has reached it, and loses none."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from drills.city_time import SettlingClock
from drills.intake_api import IntakeApi, Json, RefusedError
from drills.storyline import CitizenCall, GaugeReading, Item, PassabilityReport, Storyline

log = logging.getLogger(__name__)

LARGEST_BATCH = 1000
POLL_S = 0.25
"""Wall seconds between two looks at the clock: what is due is sent at most this late."""


@dataclass(slots=True)
class Sent:
    """What became of what was sent since the run began (counted anew when the clock is set back)."""

    readings: int = 0
    duplicates: int = 0
    quarantined: int = 0
    passability: int = 0
    calls: int = 0
    refused: int = 0


class Replayer:
    """Follows the city's clock through a storyline.

    The cursor stands after the last item that was answered; what the clock has passed is sent in order, in
    bursts after a jump forward, and the cursor moves only when the server has said what became of it. When
    the clock is set back the cursor returns to the beginning. A restart of this program sends again what came
    before: in each run the server knows readings by point and instant, and calls by their keys.
    """

    def __init__(self, api: IntakeApi, storyline: Storyline) -> None:
        self._api = api
        self._storyline = storyline
        self._clock = SettlingClock()
        self.cursor = 0
        self.sent = Sent()
        self.now: datetime | None = None

    @property
    def is_over(self) -> bool:
        return self.cursor == len(self._storyline.items)

    async def run(self, after_step: Callable[[], None] = lambda: None) -> None:
        """For ever: the clock may be set back after the end."""
        while True:
            await self.step()
            after_step()
            await asyncio.sleep(POLL_S)

    async def step(self) -> None:
        """One poll of the clock and everything that is due."""
        polled = await self._api.clock_until_answered()
        settled = self._clock.take(polled)
        if settled.set_back and polled.scenario == self._storyline.scenario.scenario:
            self.cursor, self.sent = 0, Sent()
        if settled.now is None or polled.scenario != self._storyline.scenario.scenario:
            return
        self.now = settled.now
        due = self._storyline.items[self.cursor : self._storyline.count_until(settled.now)]
        for kind, run in groupby(due, key=type):
            items = list(run)
            size = 1 if kind is CitizenCall else LARGEST_BATCH
            for start in range(0, len(items), size):
                batch = items[start : start + size]
                if not await self._send(batch):
                    return
                self.cursor += len(batch)

    async def _send(self, batch: Sequence[Item]) -> bool:
        """Whether the batch is done with; not when the server finds it is still in the future."""
        try:
            if isinstance(batch[0], GaugeReading):
                return await self._send_readings([item for item in batch if isinstance(item, GaugeReading)])
            if isinstance(batch[0], PassabilityReport):
                return await self._send_passability([i for i in batch if isinstance(i, PassabilityReport)])
            await self._api.send_call(batch[0].key, _call(batch[0]))
            self.sent.calls += 1
        except RefusedError as error:
            # Whoever wrote the scenario has to know; the storm goes on without it.
            log.error("%d item(s) refused: %s", len(batch), error.message)
            self.sent.refused += len(batch)
        return True

    async def _send_readings(self, batch: Sequence[GaugeReading]) -> bool:
        answer = await self._api.send_readings([_reading(item) for item in batch])
        odd = answer["quarantined"]
        self.sent.readings += answer["accepted"]
        if any(item["reason"] == "future" for item in odd):
            return False
        self.sent.duplicates += answer["duplicates"]
        self.sent.quarantined += len(odd)
        for item in odd:
            log.error("reading quarantined: %s", item["detail"])
        return True

    async def _send_passability(self, batch: Sequence[PassabilityReport]) -> bool:
        answer = await self._api.send_passability([_passability(item) for item in batch])
        self.sent.passability += answer["accepted"]
        self.sent.refused += len(answer["refused"])
        for item in answer["refused"]:
            log.error("passability refused: %s", item["detail"])
        return True


def _reading(item: GaugeReading) -> Json:
    reading = item.reading
    return {
        "point_id": reading.point_id,
        "observed_at": reading.observed_at.isoformat(),
        reading.quantity or "depth_cm": reading.value,
    }


def _passability(item: PassabilityReport) -> Json:
    return {
        "point_id": item.point_id,
        "passability": item.passability.value,
        "observed_at": item.at.isoformat(),
        "source": item.source,
        "note": item.note,
    }


def _call(item: CitizenCall) -> Json:
    return {
        "category": item.category,
        "place": {"lon": item.place.lon, "lat": item.place.lat, "crs": "WGS-84"},
        "caller": item.caller,
        "text": item.text,
        "received_at": item.at.isoformat(),
    }
