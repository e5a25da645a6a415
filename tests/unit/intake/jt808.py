"""The command centre as a JT/T 808 conversation needs it, in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from core.errors import UnavailableError
from dispatch.terminals import Terminal, TerminalProtocol
from intake.counters import IntakeCounters
from intake.jt808.conversation import Codes, Conversation, HangUpError
from intake.terminals import Located
from operations.enrol_terminal import Enrolled, Enrolment
from tests.jt808_terminal import FakeTerminal, answers, code_in

T = TypeVar("T")


@dataclass
class FakeCentre:
    terminals: dict[str, Terminal] = field(default_factory=dict)
    reported: list[tuple[str, Located]] = field(default_factory=list)
    away: bool = False

    def register(self, number: str = "13912345678") -> None:
        at = datetime(2026, 8, 18, tzinfo=UTC)
        self.terminals[number] = Terminal(TerminalProtocol.JT808, number, f"unit of {number}", at, "test")

    async def enrol(self, terminal_id: str, identity: str) -> Enrolled:
        terminal = self.terminals.get(terminal_id)
        if terminal is None:
            return Enrolled(Enrolment.UNKNOWN)
        if terminal.identity not in (None, identity):
            return Enrolled(Enrolment.ANOTHER_DEVICE, terminal)
        self.terminals[terminal_id] = replace(terminal, identity=identity)
        return Enrolled(Enrolment.ACCEPTED, self.terminals[terminal_id])

    async def find(self, terminal_id: str) -> Terminal | None:
        return self.terminals.get(terminal_id)

    async def report(self, terminal: Terminal, places: Sequence[Located]) -> None:
        if self.away:
            raise UnavailableError("Redis is away")
        self.reported += [(terminal.unit_id, place) for place in places]


class Talk:
    """One conversation with a centre that knows one terminal."""

    def __init__(self, centre: FakeCentre | None = None, version: int | None = None) -> None:
        self.centre = centre or FakeCentre()
        if centre is None:
            self.centre.register()
        self.counters = IntakeCounters()
        self.terminal = FakeTerminal(version=version)
        self.conversation = Conversation(self.centre, Codes("secret"), self.counters)
        self.hung_up: str | None = None

    def say(self, data: bytes) -> list[tuple[int, bytes]]:
        async def heard() -> bytes:
            said = b""
            try:
                async for answer in self.conversation.hear(data):
                    said += answer
            except HangUpError as error:
                self.hung_up = str(error)
            return said

        return answers(run(heard()))

    def sign_in(self) -> Talk:
        [(_, body)] = self.say(self.terminal.register())
        [(_, answer)] = self.say(self.terminal.authenticate(code_in(body)))
        assert answer[-1] == 0
        return self

    def count(self, outcome: str) -> float:
        found = self.counters.registry.get_sample_value(
            "intake_terminal_messages_total", {"protocol": "jt808", "outcome": outcome}
        )
        return found or 0.0


def run(awaited: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(awaited)
