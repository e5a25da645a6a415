"""Remembered answers to repeated requests, the clock of a drill, and the end of everything open."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from core.clock import DrillTime
from core.errors import ConflictError
from store import tables as t
from store.run import CURRENT_RUN


class DrillRows:
    """Part of a transaction: idempotency and the drill."""

    connection: Connection

    def remembered_answer(self, actor_id: str, key: str, digest: str) -> Mapping[str, Any] | None:
        lock = func.pg_advisory_xact_lock(func.hashtextextended(f"{actor_id}\x1f{key}", 0))
        self.connection.execute(select(lock))
        k = t.idempotency_keys.c
        row = self.connection.execute(
            select(k.digest, k.answer).where(k.run == CURRENT_RUN, k.actor_id == actor_id, k.key == key)
        ).one_or_none()
        if row is None:
            return None
        if row.digest != digest:
            raise ConflictError(
                f"Idempotency-Key: found {key!r} again with another body, expected a new key for a new request"
            )
        answer: Mapping[str, Any] = row.answer
        return answer

    def remember_answer(
        self, actor_id: str, key: str, digest: str, answer: Mapping[str, Any], at: datetime
    ) -> None:
        row = {"actor_id": actor_id, "key": key, "digest": digest, "answer": dict(answer), "at": at}
        self.connection.execute(insert(t.idempotency_keys).values(**row, run=CURRENT_RUN))

    def drill_time(self) -> DrillTime | None:
        return read_drill_time(self.connection)

    def save_drill_time(self, drill_time: DrillTime | None) -> None:
        names = ("scenario", "anchor_wall", "anchor_at", "speed")
        values = {name: getattr(drill_time, name) if drill_time else None for name in names}
        self.connection.execute(update(t.drill_clock).values(**values))

    def end_everything_open(self, at: datetime, reason: str) -> None:
        execute = self.connection.execute
        execute(
            update(t.alerts)
            .where(t.alerts.c.status != "cleared")
            .values(
                status="cleared",
                cleared_at=at,
                changed_at=at,
                clear_note=reason,
                escalate_at=None,
                shelved_until=None,
            )
        )
        execute(
            update(t.incidents)
            .where(t.incidents.c.status != "closed")
            .values(status="closed", closed_at=at, closed_by="drill", changed_at=at, note=reason)
        )
        execute(
            update(t.assignments)
            .where(t.assignments.c.status.not_in(("cleared", "stood_down")))
            .values(status="stood_down", ended_at=at, end_reason=reason)
        )
        execute(
            update(t.units).values(
                status="available",
                status_at=at,
                assignment_id=None,
                version=t.units.c.version + 1,
                # The next run comes to the same instants, and its alarms are to be told too.
                overdue_status_at=None,
            )
        )
        execute(
            update(t.closures)
            .where(t.closures.c.reopened_at.is_(None))
            .values(reopened_at=at, reopened_by="drill")
        )
        execute(
            update(t.assistance_requests)
            .where(t.assistance_requests.c.status == "waiting")
            .values(status="lapsed", answered_at=at, answered_by="drill", note=reason)
        )
        execute(delete(t.point_states))
        execute(delete(t.level_states))
        execute(delete(t.response_levels))
        execute(delete(t.geofence_visits))
        execute(update(t.drill_clock).values(run=t.drill_clock.c.run + 1))
        # Batches of the run that ends are not graded into the next one.
        execute(update(t.cursors).values(seq=select(t.journal_head.c.seq).scalar_subquery()))


def read_drill_time(connection: Connection) -> DrillTime | None:
    row = connection.execute(select(t.drill_clock)).one()
    if row.scenario is None:
        return None
    return DrillTime(row.scenario, row.anchor_wall, row.anchor_at, row.speed, row.run)
