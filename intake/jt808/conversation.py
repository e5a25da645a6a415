"""One terminal's conversation: who it is, what it says, what it is answered. Knows no socket."""

from __future__ import annotations

import hmac
import logging
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from core.errors import UnavailableError
from dispatch.terminals import Terminal, TerminalProtocol
from intake.counters import IntakeCounters
from intake.jt808.assembly import Assembly
from intake.jt808.frames import FrameCutter, Header, Message, make_frame, read_frame
from intake.jt808.messages import (
    MessageId,
    RegisterResult,
    Result,
    general_answer,
    read_batch,
    read_code,
    read_identity,
    read_location,
    register_answer,
)
from intake.terminals import Located, MalformedError
from operations.enrol_terminal import Enrolled, Enrolment

log = logging.getLogger(__name__)

PROTOCOL = TerminalProtocol.JT808
MOST_MALFORMED = 20
MOST_REFUSED = 10


class Centre(Protocol):
    """What a conversation needs of the command centre. All of it raises UnavailableError."""

    async def enrol(self, terminal_id: str, identity: str) -> Enrolled: ...
    async def find(self, terminal_id: str) -> Terminal | None: ...
    async def report(self, terminal: Terminal, places: Sequence[Located]) -> None:
        """Returns when the places are on the board."""
        ...


class HangUpError(ConnectionError):
    """Nothing good will come of this connection; the message is one word for the counter."""


class Codes:
    """The authentication codes that terminals are given: made from a secret and from who they are, so that none
    is kept and a registration that is repeated is answered the same."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def of(self, terminal: Terminal) -> str:
        """The code of a terminal that has enrolled."""
        about = f"{terminal.terminal_id}|{terminal.identity}|{terminal.registered_at.timestamp()}"
        return hmac.new(self._secret, about.encode(), sha256).hexdigest()[:20]


@dataclass
class _State:
    malformed: int = 0
    refused: int = 0
    serial: int = 0
    terminal: Terminal | None = None


class Conversation:
    """Fed with bytes, answers with bytes. Every frame is counted once, as read or as malformed."""

    def __init__(self, centre: Centre, codes: Codes, counters: IntakeCounters) -> None:
        self._centre, self._codes, self._counters = centre, codes, counters
        self._cutter, self._assembly, self._state = FrameCutter(), Assembly(), _State()

    @property
    def is_authenticated(self) -> bool:
        """Whether the terminal has shown its code."""
        return self._state.terminal is not None

    async def hear(self, data: bytes) -> AsyncIterator[bytes]:
        """The answers to what came in, one frame each. Raises HangUpError."""
        for piece in self._cutter.feed(data):
            answer = await self._answer(piece)
            if answer is not None:
                yield answer
            if self._state.malformed >= MOST_MALFORMED:
                raise HangUpError("malformed")
            if self._state.refused >= MOST_REFUSED:
                raise HangUpError("refused")

    async def _answer(self, piece: bytes | None) -> bytes | None:
        header: Header | None = None
        try:
            if piece is None:
                raise MalformedError("too-long", "found no flag, expected one at the end of a frame")
            message = read_frame(piece)
            header = message.header
            whole = self._assembly.add(message, time.monotonic())
            if whole is None:
                self._counters.message(PROTOCOL, "part")
                return self._general(header, Result.DONE)
            if header.message_id == MessageId.REGISTER:
                return await self._register(whole)
            return self._general(header, await self._take(whole))
        except MalformedError as error:
            self._counters.malformed(PROTOCOL, error.reason)
            self._state.malformed += 1
            return None if header is None else self._general(header, Result.WRONG)
        except UnavailableError as error:
            # The terminal keeps what was not taken and sends it again.
            assert header is not None
            log.warning("terminal %s is told to try again: %s", header.terminal_id, error.message)
            self._counters.message(PROTOCOL, "unavailable")
            return self._general(header, Result.FAILED)

    async def _register(self, message: Message) -> bytes:
        header = message.header
        identity = read_identity(header, message.body)
        enrolled = Enrolled(Enrolment.UNKNOWN)
        # Strangers are turned away by what is remembered; the database is asked about known numbers only.
        if await self._centre.find(header.terminal_id) is not None:
            enrolled = await self._centre.enrol(header.terminal_id, identity)
        terminal = enrolled.terminal
        if enrolled.enrolment is Enrolment.ACCEPTED and terminal is not None:
            self._counters.message(PROTOCOL, "registered")
            body = register_answer(header, RegisterResult.DONE, self._codes.of(terminal))
        else:
            self._refuse()
            another = enrolled.enrolment is Enrolment.ANOTHER_DEVICE
            result = RegisterResult.ANOTHER_DEVICE if another else RegisterResult.UNKNOWN
            body = register_answer(header, result)
        return self._frame(header, MessageId.REGISTER_ANSWER, body)

    async def _take(self, message: Message) -> Result | None:
        """The result to answer with; None for a message that wants no answer."""
        header, body = message.header, message.body
        if header.message_id == MessageId.AUTHENTICATE:
            return await self._authenticate(header, read_code(header, body))
        terminal = await self._known(header)
        if terminal is None:
            self._refuse()
            return Result.FAILED
        match header.message_id:
            case MessageId.LOCATION:
                place = read_location(body)
                return await self._report(terminal, [] if place is None else [place])
            case MessageId.BATCH:
                return await self._report(terminal, read_batch(body))
            case MessageId.HEARTBEAT:
                self._counters.message(PROTOCOL, "heartbeat")
                return Result.DONE
            case MessageId.LOG_OUT:
                self._state.terminal = None
                self._counters.message(PROTOCOL, "logged-out")
                return Result.DONE
            case MessageId.TERMINAL_ANSWER:
                self._counters.message(PROTOCOL, "ignored")
                return None
            case _:
                self._counters.message(PROTOCOL, "unsupported")
                return Result.UNSUPPORTED

    async def _authenticate(self, header: Header, code: str) -> Result:
        terminal = await self._centre.find(header.terminal_id)
        if terminal is None or terminal.identity is None:
            right = False
        else:
            right = hmac.compare_digest(code, self._codes.of(terminal))
        if not right:
            self._refuse()
            return Result.FAILED
        self._state.terminal = terminal
        self._counters.message(PROTOCOL, "authenticated")
        return Result.DONE

    async def _known(self, header: Header) -> Terminal | None:
        """The terminal as it is registered now, if it has authenticated here and nobody shut it out since."""
        known = self._state.terminal
        if known is None or known.terminal_id != header.terminal_id:
            return None
        terminal = await self._centre.find(header.terminal_id)
        if terminal is None or (terminal.identity, terminal.registered_at) != (
            known.identity,
            known.registered_at,
        ):
            self._state.terminal = None
            return None
        return terminal

    async def _report(self, terminal: Terminal, places: Sequence[Located]) -> Result:
        if not places:
            self._counters.message(PROTOCOL, "unlocated")
            return Result.DONE
        await self._centre.report(terminal, places)
        self._counters.message(PROTOCOL, "located")
        return Result.DONE

    def _refuse(self) -> None:
        self._state.refused += 1
        self._counters.message(PROTOCOL, "unauthorised")

    def _general(self, to: Header, result: Result | None) -> bytes | None:
        if result is None:
            return None
        return self._frame(to, MessageId.GENERAL_ANSWER, general_answer(to, result))

    def _frame(self, to: Header, message_id: MessageId, body: bytes) -> bytes:
        self._state.serial = (self._state.serial + 1) & 0xFFFF
        return make_frame(Header(message_id, to.terminal_id, self._state.serial, to.version), body)
