"""Hand-overs of shifts, and what happened in one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Index, Integer, RowMapping, String, Table, Text, func, select
from sqlalchemy.dialects.postgresql import JSONB, insert

from core.errors import NotFoundError
from operations.handover import HandOver, ShiftCounts
from store import tables as t
from store.metadata import metadata
from store.run import CURRENT_RUN

handovers = Table(
    "handovers",
    metadata,
    Column("handover_id", String(26), primary_key=True),
    Column("run", Integer, nullable=False),
    Column("jurisdiction", Text, nullable=False),
    Column("since_at", t.Instant, nullable=False),
    Column("given_at", t.Instant, nullable=False),
    Column("given_by", Text, nullable=False),
    Column("given_by_name", Text, nullable=False),
    Column("remark", Text, nullable=False),
    Column("summary", JSONB, nullable=False),
    Column("accepted_at", t.Instant),
    Column("accepted_by", Text),
    Column("accepted_by_name", Text),
    Index("handovers_newest", "run", "jurisdiction", "given_at"),
)
_NAMES = tuple(field.name for field in fields(HandOver))


class HandOverRows:
    """Part of a transaction: what operations.store.Transaction asks about hand-overs."""

    connection: Connection

    def handover(self, handover_id: str) -> HandOver:
        asked = select(handovers).where(
            handovers.c.handover_id == handover_id, handovers.c.run == CURRENT_RUN
        )
        row = self.connection.execute(asked.with_for_update()).mappings().one_or_none()
        if row is None:
            raise NotFoundError(
                f"没有这次交接班 / handover: found none called {handover_id!r}, expected one that was given"
            )
        return _handover(row)

    def save_handover(self, handover: HandOver) -> None:
        values: dict[str, Any] = {name: getattr(handover, name) for name in _NAMES}
        new = insert(handovers).values(**values, run=CURRENT_RUN)
        changed = {name: new.excluded[name] for name in ("accepted_at", "accepted_by", "accepted_by_name")}
        self.connection.execute(new.on_conflict_do_update(index_elements=["handover_id"], set_=changed))

    def newest_handovers(self, jurisdiction: str, limit: int) -> Sequence[HandOver]:
        asked = (
            select(handovers)
            .where(handovers.c.run == CURRENT_RUN, handovers.c.jurisdiction == jurisdiction)
            .order_by(handovers.c.given_at.desc(), handovers.c.handover_id.desc())
            .limit(limit)
        )
        return [_handover(row) for row in self.connection.execute(asked).mappings()]

    def shift_counts(self, since: datetime, jurisdiction: str) -> ShiftCounts:
        incident, call, sent, alert = t.incidents.c, t.calls.c, t.assignments.c, t.alerts.c
        here = (incident.run == CURRENT_RUN, incident.jurisdiction.startswith(jurisdiction, autoescape=True))
        incidents = select(
            func.count().filter(incident.opened_at >= since), func.count().filter(incident.closed_at >= since)
        ).where(*here)
        calls = (
            select(func.count())
            .select_from(t.calls.join(t.incidents, call.incident_id == incident.incident_id))
            .where(*here, call.received_at >= since)
        )
        assignments = (
            select(func.count(), func.count(sent.override_reason))
            .select_from(t.assignments.join(t.incidents, sent.incident_id == incident.incident_id))
            .where(*here, sent.dispatched_at >= since)
        )
        alerts = (
            select(alert.severity, func.count())
            .where(
                alert.run == CURRENT_RUN,
                alert.opened_at >= since,
                alert.jurisdiction.startswith(jurisdiction, autoescape=True),
            )
            .group_by(alert.severity)
        )
        opened, closed = self.connection.execute(incidents).one()
        dispatched, overridden = self.connection.execute(assignments).one()
        return ShiftCounts(
            opened=opened,
            closed=closed,
            calls=self.connection.execute(calls).scalar_one(),
            sent=dispatched,
            overridden=overridden,
            alerts={severity: count for severity, count in self.connection.execute(alerts)},
        )


def _handover(row: RowMapping) -> HandOver:
    return HandOver(**{name: row[name] for name in _NAMES})
