"""The journal: appended in commit order and without holes, read five ways."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update

from core.events import Event, JournalRow
from store import tables as t
from store.drill_rows import read_drill_time
from store.run import CURRENT_RUN


def append(connection: Connection, events: Sequence[Event], now: Callable[[], datetime]) -> int:
    """Writes the events as known at the city's `now` and answers the last sequence number.

    Takes the lock on the journal's head, so it is the last thing a transaction does: whoever holds it
    is about to commit.
    """
    head = t.journal_head.c.seq
    grown = update(t.journal_head).values(seq=head + len(events)).returning(head)
    last = int(connection.execute(grown).scalar_one())
    before = select(t.journal.c.known_at).where(t.journal.c.seq == last - len(events))
    known_at = _known_at(connection, events, connection.execute(before).scalar_one_or_none(), now)
    first = last - len(events) + 1
    rows = [
        {
            "seq": seq,
            "at": event.at,
            "known_at": known_at,
            "type": event.type,
            "actor_id": event.actor_id,
            "actor_name": event.actor_name,
            "subject": event.subject,
            "origin": event.origin,
            "reload": event.reload,
            "data": dict(event.data),
            "changes": dict(event.changes),
        }
        for seq, event in enumerate(events, first)
    ]
    connection.execute(insert(t.journal).values(run=CURRENT_RUN), rows)
    return last


def _known_at(
    connection: Connection, events: Sequence[Event], before: datetime | None, now: Callable[[], datetime]
) -> datetime:
    """The city's instant of this commit: asked for while the head is locked, and never before that of the last row,
    whatever another machine's clock said. A drill that begins anew is the one thing that sets it back."""
    if any(event.type.startswith("drill.") for event in events):
        drill = read_drill_time(connection)
        if drill is not None and any(event.type == "drill.began" for event in events):
            return drill.anchor_at
        if drill is not None and before is not None:
            return max(before, drill.at(datetime.now(UTC)))
    return now() if before is None else max(before, now())


def after(connection: Connection, seq: int, limit: int) -> list[JournalRow]:
    asked = select(t.journal).where(t.journal.c.seq > seq).order_by(t.journal.c.seq).limit(limit)
    return [journal_row(row) for row in connection.execute(asked)]


def about(
    connection: Connection, subjects: Sequence[str], limit: int, up_to: int | None = None
) -> list[JournalRow]:
    """Rows about these subjects; in a drill those of the present run, whose instants are its own."""
    asked = (
        select(t.journal)
        .where(t.journal.c.subject.in_(subjects), t.journal.c.run == CURRENT_RUN)
        .order_by(t.journal.c.seq.desc())
    )
    if up_to is not None:
        asked = asked.where(t.journal.c.seq <= up_to)
    return [journal_row(row) for row in connection.execute(asked.limit(limit))][::-1]


def of_alerts(connection: Connection, cleared_since: datetime, types: Collection[str]) -> list[JournalRow]:
    """Rows of these types about alerts of the present run that stand or were cleared since then."""
    alert, row = t.alerts.c, t.journal.c
    concerned = select(alert.alert_id).where(
        alert.run == CURRENT_RUN, or_(alert.status != "cleared", alert.cleared_at >= cleared_since)
    )
    asked = (
        select(t.journal)
        .where(row.subject.in_(concerned), row.type.in_(list(types)), row.run == CURRENT_RUN)
        .order_by(row.subject, row.seq)
    )
    return [journal_row(found) for found in connection.execute(asked)]


def journal_row(row: Row[Any]) -> JournalRow:
    event = Event(
        type=row.type,
        at=row.at,
        actor_id=row.actor_id,
        actor_name=row.actor_name,
        subject=row.subject,
        data=row.data,
        changes=row.changes,
        origin=row.origin,
        reload=row.reload,
    )
    return JournalRow(row.seq, row.recorded_at, event, row.known_at)
