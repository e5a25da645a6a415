"""Readings, their grading cursor, quarantine and the state of monitored points."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import orjson
from sqlalchemy import Connection, func, insert, or_, select, text

from alerts.model import PointState, Reading
from operations.stored import QuarantinedItem, ReadingBatch, StoredReadings
from store import tables as t
from store.among import among
from store.rows import from_row, to_row

GRADING = "grading"

# Hot paths hand whole columns over as arrays: one statement and one plan, however many rows.
_INSERT_READINGS = text(
    """
    INSERT INTO readings (run, point_id, observed_at, value, batch_id)
    SELECT (SELECT run FROM drill_clock), p, o, d, :batch_id
    FROM unnest(CAST(:points AS text[]), CAST(:instants AS timestamptz[]), CAST(:values AS float8[]))
      AS new(p, o, d)
    ON CONFLICT DO NOTHING
    RETURNING point_id, observed_at
    """
)
_STORED_DEPTHS = text(
    """
    SELECT r.point_id, r.observed_at, r.value
    FROM readings r
    JOIN unnest(CAST(:points AS text[]), CAST(:instants AS timestamptz[])) AS asked(p, o)
      ON r.point_id = asked.p AND r.observed_at = asked.o
    WHERE r.run = (SELECT run FROM drill_clock)
    """
)
# A row that is not there cannot be locked.
_BEGIN_STATES = text(
    """
    INSERT INTO point_states (point_id, passability)
    SELECT p, 'open' FROM unnest(CAST(:points AS text[])) AS asked(p)
    ON CONFLICT DO NOTHING
    """
)
_AWAIT_POINTS = text(
    """
    INSERT INTO point_states (point_id, passability, awaited_since)
    SELECT p, 'open', :at FROM unnest(CAST(:points AS text[])) AS asked(p)
    WHERE NOT EXISTS (
      SELECT FROM point_states s WHERE s.point_id = p AND coalesce(s.received_at, s.awaited_since) IS NOT NULL
    )
    ON CONFLICT (point_id) DO UPDATE SET awaited_since = EXCLUDED.awaited_since
    """
)
_STATE_COLUMNS = [column.name for column in t.point_states.columns]
_UPSERT_STATES = text(
    f"""
    INSERT INTO point_states ({", ".join(_STATE_COLUMNS)})
    SELECT {", ".join(_STATE_COLUMNS)} FROM jsonb_populate_recordset(NULL::point_states, CAST(:states AS jsonb))
    ON CONFLICT (point_id) DO UPDATE SET
    {", ".join(f"{name} = EXCLUDED.{name}" for name in _STATE_COLUMNS if name != "point_id")}
    """  # noqa: S608 - column names come from the table itself
)


class ReadingRows:
    """Part of a transaction: what operations.store.Transaction asks about readings and points."""

    connection: Connection

    def store_readings(self, batch_id: str, readings: Sequence[Reading]) -> StoredReadings:
        if not readings:
            return StoredReadings(0, 0, ())
        # One order for all, so that two batches with the same readings never wait for each other.
        readings = sorted(readings, key=lambda r: (r.point_id, r.observed_at))
        columns = {
            "points": [r.point_id for r in readings],
            "instants": [r.observed_at for r in readings],
            "values": [r.value for r in readings],
        }
        new = {
            (row.point_id, row.observed_at)
            for row in self.connection.execute(_INSERT_READINGS, {**columns, "batch_id": batch_id})
        }
        old = [r for r in readings if (r.point_id, r.observed_at) not in new]
        if not old:
            return StoredReadings(len(new), 0, ())
        asked = {"points": [r.point_id for r in old], "instants": [r.observed_at for r in old]}
        stored = {
            (row.point_id, row.observed_at): row.value
            for row in self.connection.execute(_STORED_DEPTHS, asked)
        }
        contradicting = tuple(r for r in old if stored[(r.point_id, r.observed_at)] != r.value)
        return StoredReadings(len(new), len(old) - len(contradicting), contradicting)

    def quarantine(self, items: Sequence[QuarantinedItem], actor_id: str, at: datetime) -> None:
        if items:
            rows = [{**to_row(item), "actor_id": actor_id, "at": at} for item in items]
            self.connection.execute(insert(t.quarantine), rows)

    def ungraded_batches(self, limit: int) -> Sequence[ReadingBatch]:
        locked = select(t.cursors.c.seq).where(t.cursors.c.name == GRADING).with_for_update()
        row, reading = t.journal.c, t.readings.c
        graded_up_to = self.connection.execute(locked).scalar_one()
        waiting = self.connection.execute(
            select(
                t.journal.c.seq, t.journal.c.subject, t.journal.c.data["accepted"].as_integer().label("size")
            )
            .where(row.type == "readings.ingested", row.seq > graded_up_to)
            .order_by(row.seq)
            .limit(limit)
        ).all()
        seq_of: dict[str, int] = {}
        size = 0
        for batch in waiting:
            if seq_of and size + batch.size > limit:
                break
            seq_of[batch.subject] = batch.seq
            size += batch.size
        if not seq_of:
            return []
        found = defaultdict(list)
        rows = self.connection.execute(
            select(reading.batch_id, reading.point_id, reading.observed_at, reading.value).where(
                among(reading.batch_id, seq_of)
            )
        )
        for stored in rows:
            found[stored.batch_id].append(Reading(stored.point_id, stored.observed_at, stored.value))
        return [ReadingBatch(seq, tuple(found[batch_id])) for batch_id, seq in seq_of.items()]

    def mark_graded(self, up_to_seq: int) -> None:
        self.connection.execute(t.cursors.update().where(t.cursors.c.name == GRADING).values(seq=up_to_seq))

    def point_states(self, point_ids: Collection[str], lock: bool = True) -> Mapping[str, PointState]:
        """Locked in one order, because gauges and officers change one point from two sides."""
        ids = sorted(point_ids)
        asked = select(t.point_states).where(among(t.point_states.c.point_id, ids))
        if lock:
            self.connection.execute(_BEGIN_STATES, {"points": ids})
            asked = asked.order_by(t.point_states.c.point_id).with_for_update()
        rows = self.connection.execute(asked).mappings()
        return {row["point_id"]: from_row(PointState, row) for row in rows}

    def neighbour_states(self, point_ids: Collection[str]) -> Mapping[str, PointState]:
        state = t.point_states.c
        asked = select(state.point_id, state.value, state.grade_code, state.quantity)
        return {
            row.point_id: PointState(
                row.point_id, value=row.value, grade_code=row.grade_code, quantity=row.quantity
            )
            for row in self.connection.execute(asked.where(among(state.point_id, point_ids)))
        }

    def await_points(self, point_ids: Collection[str], at: datetime) -> None:
        self.connection.execute(_AWAIT_POINTS, {"points": sorted(point_ids), "at": at})

    def silent_points(self, since: datetime) -> Sequence[PointState]:
        heard = func.coalesce(t.point_states.c.received_at, t.point_states.c.awaited_since)
        asked = select(t.point_states).where(heard < since)
        rows = self.connection.execute(asked.order_by(t.point_states.c.point_id)).mappings()
        return [from_row(PointState, row) for row in rows]

    def noteworthy_points(self) -> Sequence[PointState]:
        state = t.point_states.c
        asked = select(t.point_states).where(or_(state.grade_code.is_not(None), state.passability != "open"))
        rows = self.connection.execute(asked).mappings()
        return [from_row(PointState, row) for row in rows]

    def save_point_states(self, states: Sequence[PointState]) -> None:
        if states:
            # Its fields are the columns, and orjson knows dataclasses: the hot path makes no row in between.
            rows = orjson.dumps(sorted(states, key=lambda s: s.point_id))
            self.connection.execute(_UPSERT_STATES, {"states": rows.decode()})
