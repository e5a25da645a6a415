"""What was known at an instant: keyframes, the journal's rows after one, and the tracks of units around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    Table,
    and_,
    func,
    literal,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB, insert

from core.events import JournalRow
from core.geo import LonLat
from operations.stored import Keyframe, TrackPoint, Whereabouts
from store import tables as t
from store.journal import journal_row
from store.metadata import metadata
from store.run import CURRENT_RUN

keyframes = Table(
    "keyframes",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("run", Integer, nullable=False),
    Column("known_at", t.Instant, nullable=False),
    Column("state", JSONB, nullable=False),
    Index("keyframes_known", "run", "known_at"),
)

TRACKED_WITHIN = timedelta(seconds=330)
"""A unit that stays still gets a point every five minutes (live/positions.py); what is older says nothing."""

# Written out, so that the planner may use the index that has the same condition.
_BEGUN = text("type IN ('incident.opened', 'call.taken', 'alert.opened', 'alert.raised')")
_NOT_BATCHES = t.journal.c.type != "readings.ingested"


def newest_keyframe(connection: Connection, at: datetime | None) -> Keyframe | None:
    asked = select(keyframes).where(keyframes.c.run == CURRENT_RUN)
    if at is not None:
        asked = asked.where(keyframes.c.known_at <= at)
    row = connection.execute(
        asked.order_by(keyframes.c.known_at.desc(), keyframes.c.seq.desc()).limit(1)
    ).one_or_none()
    return Keyframe(row.seq, row.known_at, row.state) if row else None


def first_keyframe_at(connection: Connection) -> datetime | None:
    asked = select(func.min(keyframes.c.known_at)).where(keyframes.c.run == CURRENT_RUN)
    return connection.execute(asked).scalar_one_or_none()


def save_keyframe(connection: Connection, keyframe: Keyframe) -> None:
    values = {"seq": keyframe.seq, "known_at": keyframe.known_at, "state": dict(keyframe.state)}
    new = insert(keyframes).values(**values, run=CURRENT_RUN)
    connection.execute(new.on_conflict_do_nothing())


def first_row(connection: Connection) -> JournalRow | None:
    row = t.journal.c
    asked = select(t.journal).where(row.run == CURRENT_RUN).order_by(row.known_at, row.seq).limit(1)
    found = connection.execute(asked).one_or_none()
    return journal_row(found) if found else None


def newest_known(connection: Connection) -> tuple[int, datetime | None]:
    row = t.journal.c
    newest = select(row.seq, row.known_at).order_by(row.seq.desc()).limit(1)
    found = connection.execute(newest).one_or_none()
    return (int(found.seq), found.known_at) if found else (0, None)


def rows_known(connection: Connection, after: int, until: datetime, limit: int | None) -> list[JournalRow]:
    row = t.journal.c
    asked = (
        select(t.journal)
        .where(row.run == CURRENT_RUN, row.seq > after, row.known_at <= until, _NOT_BATCHES)
        .order_by(row.seq)
    )
    return [
        journal_row(found) for found in connection.execute(asked if limit is None else asked.limit(limit))
    ]


def rows_begun(connection: Connection, since: datetime, until: datetime, limit: int) -> list[JournalRow]:
    row = t.journal.c
    asked = (
        select(t.journal)
        .where(_BEGUN, row.run == CURRENT_RUN, row.known_at >= since, row.known_at <= until)
        .order_by(row.known_at.desc(), row.seq.desc())
        .limit(limit)
    )
    return [journal_row(found) for found in connection.execute(asked)][::-1]


def whereabouts(connection: Connection, at: datetime) -> Sequence[Whereabouts]:
    """For each unit the points of its track around this instant: two look-ups in the key for each."""
    unit, point = t.units.c, t.tracks.c
    own = and_(point.run == CURRENT_RUN, point.unit_id == unit.unit_id)
    names = (point.at, point.lon, point.lat, point.heading_deg)
    then = literal(at, t.Instant)
    before = (
        select(*names)
        .where(own, point.at <= then, point.at > then - TRACKED_WITHIN)
        .order_by(point.at.desc())
        .limit(1)
        .lateral("before")
    )
    after = (
        select(*names)
        .where(own, point.at > then, point.at <= then + TRACKED_WITHIN)
        .order_by(point.at)
        .limit(1)
        .lateral("after")
    )
    asked = select(
        unit.index,
        unit.jurisdiction,
        *(before.c[name.name].label(f"before_{name.name}") for name in names),
        *(after.c[name.name].label(f"after_{name.name}") for name in names),
    ).select_from(t.units.join(before, true()).outerjoin(after, true()))
    return [
        Whereabouts(row["index"], row["jurisdiction"], _point(row, "before_"), _after(row))
        for row in connection.execute(asked).mappings()
    ]


def _after(row: Mapping[Any, Any]) -> TrackPoint | None:
    return None if row["after_at"] is None else _point(row, "after_")


def _point(row: Mapping[Any, Any], prefix: str) -> TrackPoint:
    place = LonLat(row[f"{prefix}lon"], row[f"{prefix}lat"])
    return TrackPoint(row[f"{prefix}at"], place, row[f"{prefix}heading_deg"])
