"""The gateway process: JT/T 808 terminals over TCP and OwnTracks phones over MQTT, to the same operation."""

from __future__ import annotations

import asyncio
import logging
import resource
import signal
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress

from prometheus_client import start_http_server

from bootstrap.promptness import answer_promptly
from bootstrap.settings import Settings, SettingsError, kept_secret
from bootstrap.wiring import Parts, wire
from core.actor import Actor, Permission, Role
from core.errors import UnavailableError
from dispatch.terminals import Terminal, TerminalProtocol
from intake.batching import Batcher, Message
from intake.coordinates import Crs
from intake.counters import IntakeCounters
from intake.jt808.conversation import Codes, Conversation
from intake.jt808.listener import Jt808Listener
from intake.known_units import KnownUnits
from intake.mqtt import OwnTracksFollower
from intake.terminals import ASK_AGAIN_AFTER_S, KnownTerminals, Located, TerminalIntake
from operations.enrol_terminal import Enrolled, EnrolTerminal, enrol_terminal
from roads.areas import city_bounds

log = logging.getLogger(__name__)

GATEWAY = Actor(
    "gateway",
    "接入网关 gateway",
    Role.DEVICE,
    permissions=frozenset({Permission.REPORT_POSITIONS}),
    origin="gateway",
)
"""Who reports what terminals say that the gateway let in."""


class GatewayCentre:
    """What JT/T 808 conversations need of the command centre; one for each coordinate system."""

    def __init__(self, parts: Parts, terminals: KnownTerminals, batcher: Batcher) -> None:
        self._parts, self._terminals, self._batcher = parts, terminals, batcher

    async def enrol(self, terminal_id: str, identity: str) -> Enrolled:
        def enrolled() -> Enrolled:
            command = EnrolTerminal(terminal_id, identity)
            found = enrol_terminal(self._parts.ports, GATEWAY, command)
            if found.terminal is not None:
                self._terminals.keep(found.terminal)
            return found

        return await asyncio.to_thread(enrolled)

    async def find(self, terminal_id: str) -> Terminal | None:
        return await find(self._terminals, TerminalProtocol.JT808, terminal_id)

    async def report(self, terminal: Terminal, places: Sequence[Located]) -> None:
        await asyncio.gather(*(self._batcher.offer((terminal, place)) for place in places))


READ_AHEAD_S = 3.0
"""So long before it is due the registry is read again: thousands of terminals do not wait for that together."""


async def find(terminals: KnownTerminals, protocol: TerminalProtocol, terminal_id: str) -> Terminal | None:
    """The registered terminal; asks the database in a thread, when it must."""
    if terminals.is_fresh:
        return terminals.find(protocol, terminal_id)
    return await asyncio.to_thread(terminals.find, protocol, terminal_id)


class Gateway:
    """Everything the gateway listens to; `run` until cancelled."""

    def __init__(self, settings: Settings, parts: Parts, counters: IntakeCounters) -> None:
        self._settings, self._parts, self._counters = settings, parts, counters
        self._terminals = KnownTerminals(parts.store)
        self._intake = TerminalIntake(
            parts.ports, counters, city_bounds(), self._terminals, KnownUnits(parts.store)
        )
        self.ready = asyncio.Event()
        """Set when every port listens."""

    async def run(self) -> None:
        """Raises OSError when a port is taken."""
        async with AsyncExitStack() as open_until_end, asyncio.TaskGroup() as tasks:
            for port, crs in self._settings.jt808_listeners:
                batcher = self._batcher(tasks, TerminalProtocol.JT808, Crs(crs))
                listener = Jt808Listener(self._converse(batcher), self._counters)
                await listener.listen(self._settings.gateway_host, port)
                open_until_end.push_async_callback(listener.close)
                log.info("JT/T 808 on %s:%d, places in %s", self._settings.gateway_host, port, crs)
            tasks.create_task(self._follow_terminals())
            if self._settings.mqtt_url:
                tasks.create_task(self._follower(tasks, self._settings.mqtt_url).run())
            self.ready.set()

    async def _follow_terminals(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self._terminals.read, ahead_s=READ_AHEAD_S)
            except UnavailableError as error:
                # Whoever asks meanwhile is told to try again (intake/terminals.py).
                log.warning("the registry of terminals cannot be read: %s", error.message)
            await asyncio.sleep(ASK_AGAIN_AFTER_S - READ_AHEAD_S)

    def _converse(self, batcher: Batcher) -> _Converse:
        codes = Codes(kept_secret(self._settings.data_dir, "terminal-codes"))
        return _Converse(GatewayCentre(self._parts, self._terminals, batcher), codes, self._counters)

    def _follower(self, tasks: asyncio.TaskGroup, url: str) -> OwnTracksFollower:
        async def found(terminal_id: str) -> Terminal | None:
            return await find(self._terminals, TerminalProtocol.OWNTRACKS, terminal_id)

        batcher = self._batcher(tasks, TerminalProtocol.OWNTRACKS, Crs.WGS84)
        return OwnTracksFollower(url, self._settings.mqtt_topic, found, batcher, self._counters)

    def _batcher(self, tasks: asyncio.TaskGroup, protocol: TerminalProtocol, crs: Crs) -> Batcher:
        def hand_over(messages: Sequence[Message]) -> object:
            return self._intake.report(GATEWAY, protocol, messages, crs)

        batcher = Batcher(hand_over)
        tasks.create_task(batcher.run())
        return batcher


class _Converse:
    """Makes a new conversation for each connection."""

    def __init__(self, centre: GatewayCentre, codes: Codes, counters: IntakeCounters) -> None:
        self._centre, self._codes, self._counters = centre, codes, counters

    def __call__(self) -> Conversation:
        return Conversation(self._centre, self._codes, self._counters)


def serve(settings: Settings) -> None:
    """Listens until told to stop. Raises SettingsError when nothing is set to listen to."""
    logging.basicConfig(level=settings.log_level, format="%(levelname)s %(name)s: %(message)s")
    if not settings.has_gateway:
        raise SettingsError(
            "CC_JT808_PORTS, CC_MQTT_URL: found neither, expected one for the gateway to listen to"
        )
    _allow_many_connections()
    counters = IntakeCounters()
    if settings.gateway_metrics_port:
        start_http_server(settings.gateway_metrics_port, "127.0.0.1", counters.registry)
    parts = wire(settings, with_roads=False)
    answer_promptly()

    async def until_stopped() -> None:
        running = asyncio.ensure_future(Gateway(settings, parts, counters).run())
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, running.cancel)
        with suppress(asyncio.CancelledError):
            await running

    asyncio.run(until_stopped())
    parts.close()


def _allow_many_connections() -> None:
    """A process may open 1,024 files by default; each terminal is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
