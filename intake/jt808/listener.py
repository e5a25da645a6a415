"""Listens for JT/T 808 terminals, within limits: no connection is kept that says nothing or nonsense."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass

from intake.counters import IntakeCounters
from intake.jt808.conversation import PROTOCOL, Conversation, HangUpError

log = logging.getLogger(__name__)

READ_BYTES = 4096
UNSENT_BYTES = 16 * 1024
"""How much of our answers may wait, in the program and in the kernel, before a terminal counts as taking none."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one listener. Terminals send a heartbeat every minute or three; five minutes of silence are a lost link."""

    most_connections: int = 8_000
    authenticate_within_s: float = 60.0
    idle_s: float = 300.0
    take_answer_within_s: float = 10.0


class Jt808Listener:
    """One conversation for each connection; `converse` makes it. When there are too many, whoever has not shown its
    code for the longest gives way, so that strangers who only hold connections shut no terminal out."""

    def __init__(
        self, converse: Callable[[], Conversation], counters: IntakeCounters, limits: Limits | None = None
    ) -> None:
        self._converse, self._counters, self._limits = converse, counters, limits or Limits()
        self._talking: set[asyncio.Task[None]] = set()
        self._strangers: dict[asyncio.Task[None], None] = {}
        """Those that have not shown their code yet, the longest waiting first."""
        self._server: asyncio.Server | None = None
        self._stopping = False

    async def listen(self, host: str, port: int) -> int:
        """Begins to listen and answers at which port (0 asks for any). Raises OSError when it is taken."""
        self._server = await asyncio.start_server(self._serve, host, port, limit=READ_BYTES, backlog=1024)
        found: int = self._server.sockets[0].getsockname()[1]
        return found

    async def close(self) -> None:
        """Listens no more and ends every conversation."""
        assert self._server is not None
        self._stopping = True
        self._server.close()
        for task in tuple(self._talking):
            task.cancel()
        await asyncio.gather(*self._talking, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talking.add(task)
        self._counters.connected(PROTOCOL)
        reason = "full"
        try:
            if self._has_room():
                self._strangers[task] = None
                reason = await self._until_over(reader, writer, task)
        except asyncio.CancelledError:
            # The gateway stops, or needs the room; a server logs a handler that ends so.
            reason = "stopping" if self._stopping else "full"
        except Exception:
            reason = "fault"
            log.exception("a terminal's conversation failed")
        finally:
            self._talking.discard(task)
            self._strangers.pop(task, None)
            self._counters.disconnected(PROTOCOL, reason)
            writer.close()
            try:
                await asyncio.wait_for(writer.wait_closed(), 1)
            except TimeoutError:
                # What it did not take would keep the connection open for ever.
                writer.transport.abort()
            except OSError:
                log.debug("a terminal was gone before its connection was closed")

    def _has_room(self) -> bool:
        """Whether one more may stay; the longest waiting stranger is asked to go for it."""
        if len(self._talking) <= self._limits.most_connections:
            return True
        longest = next(iter(self._strangers), None)
        if longest is None:
            return False
        del self._strangers[longest]
        self._talking.discard(longest)
        longest.cancel()
        return True

    async def _until_over(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, task: asyncio.Task[None]
    ) -> str:
        """Why the connection is over."""
        limits, conversation = self._limits, self._converse()
        writer.transport.set_write_buffer_limits(high=UNSENT_BYTES)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, UNSENT_BYTES)
        loop = asyncio.get_running_loop()
        must_be_known_at = loop.time() + limits.authenticate_within_s
        # wait_for loses a cancellation that comes together with data (Python 3.11): who was just speaking would keep
        # the gateway from stopping until it falls silent.
        while not self._stopping and task in self._talking:
            known = conversation.is_authenticated
            if known:
                self._strangers.pop(task, None)
            wait_s = limits.idle_s if known else max(must_be_known_at - loop.time(), 0)
            try:
                data = await asyncio.wait_for(reader.read(READ_BYTES), wait_s)
            except TimeoutError:
                return "idle" if known else "not-authenticated"
            except OSError:
                return "lost"
            if not data:
                return "left"
            try:
                async for answer in conversation.hear(data):
                    writer.write(answer)
                    await asyncio.wait_for(writer.drain(), limits.take_answer_within_s)
            except HangUpError as error:
                return str(error)
            except TimeoutError:
                return "takes-no-answer"
            except OSError:
                return "lost"
        return "stopping" if self._stopping else "full"
