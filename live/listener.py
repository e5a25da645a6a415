"""One browser's side of the hub: a short queue of text, the newest position frame only."""

from __future__ import annotations

import asyncio
from collections import deque

from prometheus_client import Counter

from core.actor import Actor

LONGEST_QUEUE = 1_000
"""A listener this far behind is cut off: it reconnects and gets a snapshot, which is shorter."""


frames_replaced = Counter(
    "cc_live_frames_replaced", "Position frames a slow client never got: a newer one came"
)
cut_off = Counter("cc_live_cut_off", "Clients cut off because they fell too far behind")


class ListenerTooSlow(ConnectionError):
    """The listener's queue is full."""


class Listener:
    """Filled by the hub, emptied by the socket; both run in one event loop."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.needs_snapshot = False
        self.cut_off = False
        self.looks_at: str | None = None
        """Id of the incident or alert that is open on this screen, where this actor may see it."""
        self.told_watchers: str | None = None
        """What was last said about who else looks at it."""
        self._seq = -1
        self._texts: deque[str] = deque()
        self._frame: bytes | None = None
        self._wake = asyncio.Event()
        self.doubted = asyncio.Event()
        """Set when the sign-in may have ended: the socket asks at once instead of at its next turn."""

    @property
    def waiting(self) -> int:
        """How many texts wait to be sent."""
        return len(self._texts)

    def begin(self, seq: int, snapshot: str) -> None:
        """Starts over from a snapshot as of row `seq`."""
        self.needs_snapshot = False
        self._texts.clear()
        self._seq = seq
        self._push(snapshot)

    def offer(self, seq: int, text: str) -> None:
        """A journal row: skipped when the snapshot holds it, refused when one before it is missing."""
        if seq <= self._seq or self.needs_snapshot:
            return
        if seq != self._seq + 1:
            self.ask_again()
            return
        self._seq = seq
        self._push(text)

    def tell(self, text: str) -> None:
        """Text outside the sequence."""
        self._push(text)

    def show(self, frame: bytes) -> None:
        """The newest positions; an older frame that was not sent yet is dropped."""
        if self._frame is not None:
            frames_replaced.inc()
        self._frame = frame
        self._wake.set()

    def ask_again(self) -> None:
        """The listener must take a new snapshot before it hears anything more."""
        self.needs_snapshot = True
        self._wake.set()

    def _push(self, text: str) -> None:
        if len(self._texts) >= LONGEST_QUEUE:
            if not self.cut_off:
                cut_off.inc()
            self.cut_off = True
        else:
            self._texts.append(text)
        self._wake.set()

    async def next(self) -> str | bytes | None:
        """What to send next, text before positions; None when a snapshot must be taken first.

        Raises ListenerTooSlow when the browser fell too far behind.
        """
        while True:
            if self.cut_off:
                raise ListenerTooSlow(f"{self.actor.name}: more than {LONGEST_QUEUE} frames behind")
            if self.needs_snapshot:
                return None
            if self._texts:
                return self._texts.popleft()
            if self._frame is not None:
                frame, self._frame = self._frame, None
                return frame
            self._wake.clear()
            await self._wake.wait()
