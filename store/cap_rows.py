"""CAP messages that others sent, in the present run of a drill or in service."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from operations.cap import ReceivedCap
from store import tables as t
from store.rows import from_row, to_row
from store.run import CURRENT_RUN


class CapRows:
    """Part of a transaction: what operations.store.Transaction asks about messages that came in."""

    connection: Connection

    def received_cap(self, key: str) -> ReceivedCap | None:
        return next(iter(self.received_caps([key])), None)

    def received_caps(self, keys: Collection[str]) -> Sequence[ReceivedCap]:
        return self._received(_here().where(t.received_caps.c.key.in_(list(keys)))) if keys else []

    def later_cap(self, key: str) -> ReceivedCap | None:
        asked = _here().where(
            t.received_caps.c.refs.contains([key]), t.received_caps.c.outcome != "quarantined"
        )
        return next(iter(self._received(asked.order_by(t.received_caps.c.sent_at.desc()).limit(1))), None)

    def save_received_cap(self, received: ReceivedCap) -> None:
        if received.standing and received.subject_id is not None:
            self.end_standing_caps([received.subject_id])
        row = {**to_row(received), "refs": list(received.refs), "run": CURRENT_RUN}
        self.connection.execute(insert(t.received_caps).values(**row))

    def caps_due(self, at: datetime, limit: int) -> Sequence[ReceivedCap]:
        cap = t.received_caps.c
        return self._received(
            _here().where(cap.standing, cap.ends_at <= at).order_by(cap.ends_at, cap.key).limit(limit)
        )

    def end_standing_caps(self, subject_ids: Collection[str]) -> None:
        cap = t.received_caps.c
        self.connection.execute(
            update(t.received_caps)
            .where(cap.run == CURRENT_RUN, cap.subject_id.in_(list(subject_ids)), cap.standing)
            .values(standing=False)
        )

    def _received(self, asked: Select[Any]) -> list[ReceivedCap]:
        return [from_row(ReceivedCap, row) for row in self.connection.execute(asked).mappings()]


def _here() -> Select[Any]:
    return select(t.received_caps).where(t.received_caps.c.run == CURRENT_RUN)
