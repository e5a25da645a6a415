"""One hub in each web process: follows the journal and the position board, and hands both to its listeners."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson
from prometheus_client import Gauge

from core.actor import CITY, Actor
from core.errors import UnavailableError
from core.events import Event, JournalRow
from live import frames
from live.doorbell import listen
from live.health import HealthMonitor
from live.listener import Listener
from live.positions import RedisPositionBoard
from live.watchers import Watchers
from operations.catalogue import Catalogue
from operations.ports import Ports

log = logging.getLogger(__name__)

POLL_S = 1.0
"""How often the journal is read when no doorbell rings."""
FRAME_EVERY_S = 0.8
"""With a frame a second a fix would be seen after one second and a little more; the bar is one second."""
HEALTH_EVERY_S = 2.0
CLOCK_EVERY_S = 60.0
"""A browser that runs for weeks must not run on its own clock."""
METRICS_DEBOUNCE_S = 0.3
METRICS_EVERY_S = 5.0
"""A load falls by the clock alone: it is computed again this often, and sent when it differs."""
COVERAGE_EVERY_S = 1.0
WATCHERS_EVERY_S = 1.0
SNAPSHOT_FRESH_S = 1.0
STARTS_WITHIN_S = 5.0
ROWS_KEPT = 2_000
ROWS_A_READ = 500

METRICS_REST = 10
"""Computing them takes a tenth of the time at most."""

listening = Gauge("cc_live_listeners", "Browsers that follow this process")
longest_queue = Gauge("cc_live_longest_queue", "Texts that wait for the slowest of them")

_CHANGES_METRICS = ("alert.", "assignment.", "incident.closed", "drill.")


@dataclass(frozen=True, slots=True)
class HubSources:
    """What the hub asks; all but `clock` block and are called in threads."""

    snapshot: Callable[[Actor], dict[str, Any]]
    metrics: Callable[[], dict[str, Any]]
    """Those of the whole city, which only city-wide listeners are told."""
    alarm_load: Callable[[Collection[str]], Mapping[str, dict[str, Any]]]
    clock: Callable[[], dict[str, Any]]
    refresh_clock: Callable[[], None]
    coverage: Callable[[], dict[str, Any] | None]
    may_look: Callable[[Actor, str], bool]
    sign_in_ended: Callable[[Event], str | None] = lambda _: None
    """Whoever has to be recognised anew after a row of the journal, by actor_id; does not block."""


class LiveHub:
    """Snapshot, then stream: a listener gets the state as of row N, then every row after N, in order.

    Runs in one event loop; nothing here is locked because nothing here awaits between reading and writing
    the hub's own state.
    """

    def __init__(
        self,
        ports: Ports,
        board: RedisPositionBoard,
        health: HealthMonitor,
        sources: HubSources,
        redis_url: str,
    ) -> None:
        self.watchers = Watchers(board.redis, sources.may_look)
        self._ports = ports
        self._board = board
        self._health = health
        self._sources = sources
        self._redis_url = redis_url
        self._listeners: set[Listener] = set()
        self._rows: deque[JournalRow] = deque(maxlen=ROWS_KEPT)
        self._encoded: dict[int, dict[str, str]] = {}
        self._seq = -1
        self._started = asyncio.Event()
        self._rung = asyncio.Event()
        self._metrics_due = asyncio.Event()
        self._snapshots: dict[str, tuple[float, dict[str, Any]]] = {}
        self._snapshot_locks: dict[str, asyncio.Lock] = {}
        self._roster: dict[str, dict[str, int]] = {}
        self._position_frames: dict[str, bytes] = {}
        self._readings_at: float | None = None
        self._health_last: dict[str, Any] = {}
        self._metrics: dict[str, dict[str, Any]] = {}
        """By jurisdiction."""
        self._coverage: dict[str, Any] | None = None
        catalogue = ports.catalogue
        self._catalogue_digest = catalogue.digest
        self._jurisdiction_of_point = _jurisdictions(catalogue)

    async def run(self) -> None:
        """Everything the hub does, until cancelled."""
        await asyncio.gather(
            listen(self._redis_url, self._rung.set),
            self._repeat(self._follow_journal),
            self._repeat(self._push_positions),
            self._repeat(self._push_health),
            self._repeat(self._push_metrics),
            self._repeat(self._push_clock),
            self._repeat(self._push_coverage),
            self._repeat(self._push_watchers),
        )

    # -- listeners ---------------------------------------------------------------------------------

    async def join(self, listener: Listener) -> None:
        """Gives a listener its snapshot and from then on every row. Raises UnavailableError."""
        try:
            await asyncio.wait_for(self._started.wait(), STARTS_WITHIN_S)
        except TimeoutError as error:
            raise UnavailableError("实时通道尚未就绪 / the live hub has not read the journal yet") from error
        await self.catch_up(listener)
        self._listeners.add(listener)
        self._metrics_due.set()  # nobody may have listened for a while, or never from there

    def leave(self, listener: Listener) -> None:
        self._listeners.discard(listener)

    async def catch_up(self, listener: Listener) -> None:
        """Puts a snapshot and all rows after it into the listener's queue, in one go."""
        snapshot = await self._snapshot(listener.actor)
        known_from = self._rows[0].seq if self._rows else self._seq + 1
        if snapshot["seq"] < self._seq and snapshot["seq"] + 1 < known_from:
            self._snapshots.pop(listener.actor.jurisdiction, None)
            snapshot = await self._snapshot(listener.actor)
        listener.begin(snapshot["seq"], frames.frame("snapshot", **snapshot, **self._surroundings(listener)))
        for row in self._rows:
            if row.seq > snapshot["seq"]:
                listener.offer(row.seq, self._encode(row, listener.actor.jurisdiction))
        position_frame = self._position_frames.get(listener.actor.jurisdiction)
        if position_frame is not None:
            listener.show(position_frame)

    def _surroundings(self, listener: Listener) -> dict[str, Any]:
        actor = listener.actor
        return {
            "actor": {
                "actor_id": actor.actor_id,
                "name": actor.name,
                "role": actor.role.value,
                "jurisdiction": actor.jurisdiction,
                "permissions": sorted(actor.permissions),
                "unit_id": actor.unit_id,
            },
            "clock": self._sources.clock(),
            "health": self._health_last,
            "metrics": self._metrics.get(actor.jurisdiction, {}),
            "coverage": self._coverage if actor.jurisdiction == CITY else None,
        }

    async def _snapshot(self, actor: Actor) -> dict[str, Any]:
        """One read serves all who ask within a second, so that a restart with 500 screens is one read."""
        jurisdiction = actor.jurisdiction
        async with self._snapshot_locks.setdefault(jurisdiction, asyncio.Lock()):
            cached = self._snapshots.get(jurisdiction)
            if cached is None or time.monotonic() - cached[0] > SNAPSHOT_FRESH_S:
                roster, snapshot = await asyncio.to_thread(self._encoded_snapshot, actor)
                cached = (time.monotonic(), snapshot)
                self._snapshots[jurisdiction] = cached
                self._roster[jurisdiction] = roster
            return cached[1]

    def _encoded_snapshot(self, actor: Actor) -> tuple[dict[str, int], dict[str, Any]]:
        """The units' indices, and the snapshot with its large parts as JSON already: 500 screens that come back at
        once wait for one encoding of 5,200 units and not for 500."""
        snapshot = self._sources.snapshot(actor)
        roster = {u["unit_id"]: u["index"] for u in snapshot["state"]["units"]}
        large = {part: orjson.Fragment(orjson.dumps(snapshot[part])) for part in ("state", "catalogue")}
        return roster, {**snapshot, **large}

    # -- the journal -------------------------------------------------------------------------------

    async def _follow_journal(self) -> None:
        with suppress(TimeoutError):  # no doorbell within the second: read anyway
            # Not wait_for, which loses a cancellation that comes together with a ring (Python 3.11).
            async with asyncio.timeout(POLL_S):
                await self._rung.wait()
        self._rung.clear()
        if self._seq < 0:
            self._metrics = await asyncio.to_thread(self._measured, {CITY})
            self._seq = await asyncio.to_thread(self._ports.store.head)
            self._started.set()
        while rows := await asyncio.to_thread(self._ports.store.journal_after, self._seq, ROWS_A_READ):
            if any(row.event.type == "catalogue.adopted" for row in rows):
                await self._follow_catalogue()
            for row in rows:
                self._take(row)
            if any(row.event.type.startswith("drill.") for row in rows):
                await asyncio.to_thread(self._sources.refresh_clock)
                self._broadcast(frames.frame("clock", clock=self._sources.clock()))

    async def _follow_catalogue(self) -> None:
        """Takes the catalogue in force. The process that journalled an edit may have seen it up to two seconds before
        this one: whoever got a snapshot meanwhile needs another."""
        catalogue = await asyncio.to_thread(lambda: self._ports.catalogue)
        if catalogue.digest == self._catalogue_digest:
            return
        self._catalogue_digest = catalogue.digest
        self._jurisdiction_of_point = _jurisdictions(catalogue)
        self._encoded.clear()
        self._begin_anew()

    def _begin_anew(self) -> None:
        """What is known is outdated as a whole: everybody asks for a new snapshot."""
        self._rows.clear()
        self._snapshots.clear()
        for listener in tuple(self._listeners):
            listener.ask_again()

    def _take(self, row: JournalRow) -> None:
        self._seq = row.seq
        self._rows.append(row)
        self._encoded.pop(row.seq - ROWS_KEPT, None)
        kind = row.event.type
        if kind == "readings.ingested":
            self._readings_at = row.recorded_at.timestamp()
        if (doubted := self._sources.sign_in_ended(row.event)) is not None:
            for listener in self._listeners:
                if listener.actor.actor_id == doubted:
                    listener.doubted.set()
        if kind.startswith(_CHANGES_METRICS):
            self._metrics_due.set()
        if row.event.reload:
            self._begin_anew()
            return
        for listener in tuple(self._listeners):
            listener.offer(row.seq, self._encode(row, listener.actor.jurisdiction))

    def _encode(self, row: JournalRow, jurisdiction: str) -> str:
        """The row's frame, made once for all who listen in a jurisdiction."""
        made = self._encoded.setdefault(row.seq, {})
        if jurisdiction not in made:
            made[jurisdiction] = frames.event_frame(row, jurisdiction, self._jurisdiction_of_point)
        return made[jurisdiction]

    def _broadcast(self, text: str) -> None:
        for listener in tuple(self._listeners):
            listener.tell(text)

    # -- what is not in the journal ----------------------------------------------------------------

    async def _push_positions(self) -> None:
        await asyncio.sleep(FRAME_EVERY_S - time.time() % FRAME_EVERY_S)
        if not self._listeners:
            return
        positions = await asyncio.to_thread(self._board.everything)
        wall_s = time.time()
        for jurisdiction in {listener.actor.jurisdiction for listener in self._listeners}:
            frame = positions.frame(self._roster.get(jurisdiction, {}), wall_s)
            self._position_frames[jurisdiction] = frame
        for listener in tuple(self._listeners):
            listener.show(self._position_frames[listener.actor.jurisdiction])

    async def _push_health(self) -> None:
        await self._follow_catalogue()
        listening.set(len(self._listeners))
        longest_queue.set(max((listener.waiting for listener in self._listeners), default=0))
        units_total = max((len(roster) for roster in self._roster.values()), default=0)
        self._health_last = await asyncio.to_thread(self._health.look, self._readings_at, units_total)
        self._broadcast(frames.frame("health", health=self._health_last))
        await asyncio.sleep(HEALTH_EVERY_S)

    async def _push_clock(self) -> None:
        await asyncio.sleep(CLOCK_EVERY_S)
        self._broadcast(frames.frame("clock", clock=self._sources.clock()))

    async def _push_metrics(self) -> None:
        with suppress(TimeoutError):  # nothing happened: what time alone changes
            async with asyncio.timeout(METRICS_EVERY_S):
                await self._metrics_due.wait()
            await asyncio.sleep(METRICS_DEBOUNCE_S)
        self._metrics_due.clear()
        if not self._listeners:
            return
        began = time.monotonic()
        before = self._metrics
        self._metrics = await asyncio.to_thread(
            self._measured, {CITY, *(listener.actor.jurisdiction for listener in self._listeners)}
        )
        texts = {
            jurisdiction: frames.frame("metrics", metrics=metrics)
            for jurisdiction, metrics in self._metrics.items()
            if metrics != before.get(jurisdiction)
        }
        for listener in tuple(self._listeners):
            text = texts.get(listener.actor.jurisdiction)
            if text is not None:
                listener.tell(text)
        # In a storm of alerts the figures may be a little older; the alerts themselves never wait for them.
        await asyncio.sleep((time.monotonic() - began) * METRICS_REST)

    async def _push_coverage(self) -> None:
        await asyncio.sleep(COVERAGE_EVERY_S)
        coverage = await asyncio.to_thread(self._sources.coverage)
        if coverage == self._coverage:
            return
        self._coverage = coverage
        text = frames.frame("coverage", coverage=coverage)
        for listener in tuple(self._listeners):
            if listener.actor.jurisdiction == CITY:
                listener.tell(text)

    async def _push_watchers(self) -> None:
        await asyncio.sleep(WATCHERS_EVERY_S)
        await self.watchers.tell(tuple(self._listeners))

    def _measured(self, jurisdictions: Collection[str]) -> dict[str, dict[str, Any]]:
        """The metrics each jurisdiction is told: response times name incidents of the whole city."""
        loads = self._sources.alarm_load(jurisdictions)
        response = self._sources.metrics()
        return {
            node: {**(response if node == CITY else {}), "alarm_load": loads[node]} for node in jurisdictions
        }

    async def _repeat(self, step: Callable[[], Awaitable[None]]) -> None:
        """Runs a step for ever. A part that is away is what the health frame tells; anything else is a fault
        that is logged, and the next round goes on: a hub that stops is a wall that lies."""
        while True:
            try:
                await step()
            except UnavailableError as error:
                log.warning("%s: %s", step.__name__, error)
                await asyncio.sleep(POLL_S)
            except Exception:
                log.exception("%s failed and goes on", step.__name__)
                await asyncio.sleep(POLL_S)


def _jurisdictions(catalogue: Catalogue) -> dict[str, str]:
    return {point.point_id: point.jurisdiction for point in catalogue.points.values()}
