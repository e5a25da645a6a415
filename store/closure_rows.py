"""Closures of roads, and what has to be computed again when one comes or goes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, or_, select
from sqlalchemy.dialects.postgresql import insert

from core.errors import NotFoundError
from core.geo import BoundingBox
from dispatch.travel import RoadClosure
from store import tables as t
from store.rows import from_row, to_row
from store.run import CURRENT_RUN


class ClosureRows:
    """Part of a transaction: what operations.store.Transaction asks about closures."""

    connection: Connection

    def closure(self, closure_id: str) -> RoadClosure:
        asked = select(t.closures).where(t.closures.c.closure_id == closure_id).with_for_update()
        row = self.connection.execute(asked).mappings().one_or_none()
        if row is None:
            raise NotFoundError(
                f"found no closure {closure_id!r}, expected an existing one / 没有这条封闭记录"
            )
        return from_row(RoadClosure, row)

    def closures_in_force(self, at: datetime) -> Sequence[RoadClosure]:
        return closures_in_force(self.connection, at)

    def closures_around(self, box: BoundingBox, since: datetime) -> Sequence[RoadClosure]:
        closure = t.closures.c
        asked = select(t.closures).where(
            closure.run == CURRENT_RUN,
            closure.expires_at >= since,
            or_(closure.reopened_at.is_(None), closure.reopened_at >= since),
            closure.lat.between(box.south, box.north),
            closure.lon.between(box.west, box.east),
        )
        rows = self.connection.execute(asked.order_by(closure.closure_id)).mappings()
        return [from_row(RoadClosure, row) for row in rows]

    def closures_due(self, at: datetime, limit: int) -> Sequence[RoadClosure]:
        closure = t.closures.c
        asked = (
            select(t.closures)
            .where(closure.reopened_at.is_(None), closure.expires_at <= at, closure.run == CURRENT_RUN)
            .order_by(closure.expires_at, closure.closure_id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return [from_row(RoadClosure, row) for row in self.connection.execute(asked).mappings()]

    def save_closure(self, closure: RoadClosure) -> None:
        row = to_row(closure)
        new = insert(t.closures).values(**row, run=CURRENT_RUN)
        changed = {name: new.excluded[name] for name in row if name != "closure_id"}
        self.connection.execute(new.on_conflict_do_update(index_elements=["closure_id"], set_=changed))

    def undispatched_incidents(self) -> Sequence[str]:
        asked = select(t.incidents.c.incident_id).where(t.incidents.c.status == "open")
        return list(self.connection.execute(asked).scalars())


def closures_in_force(connection: Connection, at: datetime) -> list[RoadClosure]:
    closure = t.closures.c
    asked = (
        select(t.closures)
        .where(closure.reopened_at.is_(None), closure.expires_at > at)
        .order_by(closure.closure_id)
    )
    return [from_row(RoadClosure, row) for row in connection.execute(asked).mappings()]
