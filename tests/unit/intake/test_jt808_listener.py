"""A listener stops at once, also when terminals are just speaking."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from intake.counters import IntakeCounters
from intake.jt808.conversation import Codes, Conversation
from intake.jt808.listener import Jt808Listener, Limits
from tests.jt808_terminal import FakeTerminal, answers, code_in
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


def test_strangers_who_hold_connections_shut_no_terminal_out_and_take_none_from_those_inside() -> None:
    centre, counters = FakeCentre(), IntakeCounters()
    numbers = ("13912345678", "13912345679", "13912345670")
    for number in numbers:
        centre.register(number)
    listener = Jt808Listener(
        lambda: Conversation(centre, Codes("secret"), counters), counters, Limits(most_connections=2)
    )
    opened: list[asyncio.StreamWriter] = []

    async def connected(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        opened.append(writer)
        await asyncio.sleep(0.02)
        return reader, writer

    async def asked(
        line: tuple[asyncio.StreamReader, asyncio.StreamWriter], frame: bytes
    ) -> tuple[int, bytes]:
        reader, writer = line
        writer.write(frame)
        await reader.readuntil(b"\x7e")
        (answer,) = answers(b"\x7e" + await reader.readuntil(b"\x7e"))
        return answer

    async def inside(port: int, number: str) -> Any:
        line, terminal = await connected(port), FakeTerminal(number)
        _, body = await asked(line, terminal.register())
        assert (await asked(line, terminal.authenticate(code_in(body))))[1][-1] == 0
        return line

    async def scenario() -> None:
        port = await listener.listen("127.0.0.1", 0)
        try:
            first = await inside(port, numbers[0])
            for _ in range(5):
                await connected(port)
            second = await inside(port, numbers[1])
            for line, number in ((first, numbers[0]), (second, numbers[1])):
                assert (await asked(line, FakeTerminal(number).heartbeat()))[1][-1] == 0
            third, _ = await connected(port)
            assert await third.read() == b"", "full of terminals: nobody inside has to go"
            assert (await asked(first, FakeTerminal(numbers[0]).heartbeat()))[1][-1] == 0
        finally:
            for writer in opened:
                writer.close()
            await listener.close()

    asyncio.run(asyncio.wait_for(scenario(), 20))
    sample = counters.registry.get_sample_value
    assert sample("intake_terminal_closed_total", {"protocol": "jt808", "reason": "full"}) == 6
    assert sample("intake_terminal_connections", {"protocol": "jt808"}) == 0
