"""The devices that report where units are, and which unit each belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class TerminalProtocol(StrEnum):
    """What a terminal speaks."""

    OSMAND = "osmand"
    """OsmAnd and the Traccar Client, over HTTP."""
    OWNTRACKS = "owntracks"
    """OwnTracks, over HTTP or MQTT."""
    JT808 = "jt808"
    """JT/T 808, the transport ministry's protocol of vehicle terminals, over TCP."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """One device. `key_hash` is of the key it shows over HTTP; a JT/T 808 terminal has none, it is known by the
    `identity` (hash of maker, model and device number) of its first registration."""

    protocol: TerminalProtocol
    terminal_id: str
    unit_id: str
    registered_at: datetime
    registered_by: str
    key_hash: str | None = None
    identity: str | None = None
    revoked_at: datetime | None = None

    @property
    def actor_id(self) -> str:
        """Who reports, when this terminal itself does."""
        return terminal_actor_id(self.protocol, self.terminal_id)


TERMINAL = "terminal:"
"""How the actor ids of terminals begin."""


def terminal_actor_id(protocol: TerminalProtocol, terminal_id: str) -> str:
    return f"{TERMINAL}{protocol}:{terminal_id}"
