"""A listener stops at once, also when terminals are just speaking."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from intake.counters import IntakeCounters
from intake.jt808.conversation import Codes, Conversation
from intake.jt808.listener import Jt808Listener
from tests.jt808_terminal import FakeTerminal
from tests.unit.intake.jt808 import FakeCentre


def test_it_ends_a_conversation_whose_data_comes_in_the_same_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    centre, counters = FakeCentre(), IntakeCounters()
    centre.register()
    listener = Jt808Listener(lambda: Conversation(centre, Codes("secret"), counters), counters)
    closing: list[asyncio.Task[None]] = []
    feed: Callable[[asyncio.StreamReader, bytes], Any] = asyncio.StreamReader.feed_data

    def feed_and_close(reader: asyncio.StreamReader, data: bytes) -> None:
        feed(reader, data)
        if listens and not closing:
            closing.append(asyncio.get_running_loop().create_task(listener.close()))

    listens = False
    monkeypatch.setattr(asyncio.StreamReader, "feed_data", feed_and_close)

    async def scenario() -> bytes:
        nonlocal listens
        port = await listener.listen("127.0.0.1", 0)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(FakeTerminal().register())
        await reader.readuntil(b"\x7e")
        await reader.readuntil(b"\x7e")
        listens = True
        writer.write(FakeTerminal().heartbeat())
        async with asyncio.timeout(5):
            said = await reader.read()
            await closing[0]
        writer.close()
        return said

    asyncio.run(scenario())
    assert counters.registry.get_sample_value("intake_terminal_connections", {"protocol": "jt808"}) == 0
