"""Puts messages together that came in sub-packages, within limits: whoever sends halves for ever fills nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from intake.jt808.frames import Message
from intake.terminals import MalformedError

MOST_PARTS = 64
MOST_OPEN = 4
FORGOTTEN_AFTER_S = 60.0


@dataclass
class _Open:
    began_at_s: float
    parts: int
    bodies: dict[int, bytes] = field(default_factory=dict)


class Assembly:
    """The unfinished messages of one connection: at most 4 of 64 parts of 1 kB, each for a minute."""

    def __init__(self) -> None:
        self._open: dict[tuple[int, int], _Open] = {}

    def add(self, message: Message, now_s: float) -> Message | None:
        """The whole message when this part completes it. `now_s` is monotonic. Raises MalformedError."""
        header = message.header
        if header.parts == 1:
            return message
        if header.parts > MOST_PARTS:
            raise MalformedError("parts", f"found {header.parts} parts, expected at most {MOST_PARTS}")
        # The parts of a message have serial numbers that follow each other.
        key = (header.message_id, (header.serial - header.part) & 0xFFFF)
        for old in [k for k, o in self._open.items() if now_s - o.began_at_s > FORGOTTEN_AFTER_S]:
            del self._open[old]
        unfinished = self._open.get(key)
        if unfinished is None or unfinished.parts != header.parts:
            while len(self._open) >= MOST_OPEN:
                del self._open[next(iter(self._open))]
            unfinished = self._open[key] = _Open(now_s, header.parts)
        unfinished.bodies[header.part] = message.body
        if len(unfinished.bodies) < header.parts:
            return None
        del self._open[key]
        body = b"".join(unfinished.bodies[part] for part in range(1, header.parts + 1))
        return Message(replace(header, parts=1, part=1), body)
