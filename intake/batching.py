"""Many terminals' positions as one report every few milliseconds: each waits for the batch it is in."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from core.errors import UnavailableError
from dispatch.terminals import Terminal
from intake.terminals import Located

log = logging.getLogger(__name__)

FLUSH_EVERY_S = 0.05
MOST_IN_A_BATCH = 5_000

Message = tuple[Terminal, Located]


class Batcher:
    """Collects messages and hands them over together; `hand_over` blocks and is called in a thread."""

    def __init__(self, hand_over: Callable[[Sequence[Message]], object]) -> None:
        self._hand_over = hand_over
        self._waiting: list[tuple[Message, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()

    def offer(self, message: Message) -> asyncio.Future[None]:
        """Done when the message is on the board; UnavailableError when it is not."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((message, future))
        self._wake.set()
        return future

    async def run(self) -> None:
        """Hands over what waits, until cancelled."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(FLUSH_EVERY_S)
            batch, self._waiting = self._waiting[:MOST_IN_A_BATCH], self._waiting[MOST_IN_A_BATCH:]
            if not self._waiting:
                self._wake.clear()
            error = await self._try([message for message, _ in batch])
            for _, future in batch:
                if future.done():  # whoever waited has gone
                    continue
                if error is None:
                    future.set_result(None)
                else:
                    future.set_exception(error)

    async def _try(self, messages: Sequence[Message]) -> UnavailableError | None:
        try:
            await asyncio.to_thread(self._hand_over, messages)
        except UnavailableError as error:
            return error
        except Exception:
            # A fault of ours must not end the loop that every terminal waits for.
            log.exception("%d positions could not be taken", len(messages))
            return UnavailableError("the positions could not be taken; the gateway's log says why")
        return None
