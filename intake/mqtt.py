"""Follows a broker's OwnTracks topics. The broker says who may publish where; the registry says whose unit it is."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from urllib.parse import unquote, urlsplit

import aiomqtt

from core.errors import UnavailableError
from dispatch.terminals import Terminal, TerminalProtocol
from intake import owntracks
from intake.batching import Batcher
from intake.counters import IntakeCounters
from intake.terminals import MalformedError

log = logging.getLogger(__name__)

PROTOCOL = TerminalProtocol.OWNTRACKS
TRY_AGAIN_AFTER_S = 3.0
MOST_QUEUED = 20_000


class OwnTracksFollower:
    """Takes every message of the topic to the board; looks for a lost broker every three seconds."""

    def __init__(
        self,
        url: str,
        topic: str,
        find: Callable[[str], Awaitable[Terminal | None]],
        batcher: Batcher,
        counters: IntakeCounters,
    ) -> None:
        """`url` is mqtt://user:password@host:port or mqtts://; `find` raises UnavailableError."""
        self._address, self._topic = urlsplit(url), topic
        self._find, self._batcher, self._counters = find, batcher, counters
        self.connected = asyncio.Event()
        """Set while the broker is there and the topic is subscribed."""

    async def run(self) -> None:
        """Follows until cancelled."""
        while True:
            try:
                async with self._client() as client:
                    await client.subscribe(self._topic, qos=1)
                    self.connected.set()
                    async for message in client.messages:
                        payload = message.payload if isinstance(message.payload, bytes) else b""
                        await self._take(str(message.topic), payload)
            except aiomqtt.MqttError as error:
                log.warning("MQTT broker out of reach, trying again: %s", error)
            finally:
                self.connected.clear()
            await asyncio.sleep(TRY_AGAIN_AFTER_S)

    def _client(self) -> aiomqtt.Client:
        address = self._address
        secure = address.scheme == "mqtts"
        return aiomqtt.Client(
            address.hostname or "127.0.0.1",
            port=address.port or (8883 if secure else 1883),
            username=unquote(address.username) if address.username else None,
            password=unquote(address.password) if address.password else None,
            tls_context=ssl.create_default_context() if secure else None,
            max_queued_incoming_messages=MOST_QUEUED,
        )

    async def _take(self, topic: str, payload: bytes) -> None:
        try:
            terminal_id = owntracks.terminal_of_topic(topic)
            place = owntracks.read_message(payload)
        except MalformedError as error:
            self._counters.malformed(PROTOCOL, error.reason)
            return
        try:
            terminal = await self._find(terminal_id)
        except UnavailableError:
            # Chosen degradation: the phone's next position comes within seconds.
            self._counters.message(PROTOCOL, "unavailable")
            return
        if terminal is None:
            self._counters.message(PROTOCOL, "unauthorised")
        elif place is None:
            self._counters.message(PROTOCOL, "ignored")
        else:
            self._batcher.offer((terminal, place)).add_done_callback(self._count)

    def _count(self, offered: asyncio.Future[None]) -> None:
        away = offered.cancelled() or offered.exception() is not None
        self._counters.message(PROTOCOL, "unavailable" if away else "located")
