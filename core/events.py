"""What happened, in the past tense: the rows of the journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.actor import Actor


@dataclass(frozen=True, slots=True)
class Event:
    """One journal row before it has a sequence number.

    `changes` maps an entity kind (`alerts`, `incidents`, `units`, …) to the new public
    states of what changed, so that a reader needs nothing but the journal to follow.
    `reload` says that too much changed to list and that a reader should take a new snapshot.
    """

    type: str
    at: datetime
    actor_id: str
    subject: str
    data: Mapping[str, Any] = field(default_factory=dict)
    changes: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    actor_name: str = ""
    """Whom a person reads in the timeline."""
    origin: str = ""
    reload: bool = False


def happened(
    actor: Actor,
    type: str,
    *,
    at: datetime,
    subject: str,
    data: Mapping[str, Any] | None = None,
    changes: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    reload: bool = False,
) -> Event:
    """An event that this actor brought about."""
    return Event(
        type=type,
        at=at,
        actor_id=actor.actor_id,
        subject=subject,
        data=data or {},
        changes=changes or {},
        actor_name=actor.name,
        origin=actor.origin,
        reload=reload,
    )


@dataclass(frozen=True, slots=True)
class JournalRow:
    """An event with its place in the journal; `recorded_at` is wall time, `event.at` the city's.

    `known_at` is the city's instant at which the row was committed: never earlier than that of the row before. What
    `event.at` tells may lie before it, as a reading that came late does.
    """

    seq: int
    recorded_at: datetime
    event: Event
    known_at: datetime | None = None
