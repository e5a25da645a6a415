"""Orders to move up, and which of them still stand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects.postgresql import distinct_on

from dispatch.model import UnitStatus
from dispatch.move_up_order import MoveUpOrder
from store import tables as t
from store.rows import from_row, to_row
from store.run import CURRENT_RUN


class MoveUpRows:
    """Part of a transaction: what operations.store.Transaction asks about orders to move up."""

    connection: Connection

    def move_up_orders(self, at: datetime, unit_ids: Collection[str] | None = None) -> Sequence[MoveUpOrder]:
        order = t.move_up_orders.c
        asked = (
            select(t.move_up_orders)
            .join(t.units, t.units.c.unit_id == order.unit_id)
            .where(
                order.run == CURRENT_RUN,
                order.ends_at > at,
                t.units.c.status == UnitStatus.AVAILABLE,
                t.units.c.status_at <= order.ordered_at,
            )
            .ext(distinct_on(order.unit_id))
            .order_by(order.unit_id, order.order_id.desc())
        )
        if unit_ids is not None:
            asked = asked.where(order.unit_id.in_(unit_ids))
        return [from_row(MoveUpOrder, row) for row in self.connection.execute(asked).mappings()]

    def save_move_up_order(self, order: MoveUpOrder) -> None:
        self.connection.execute(insert(t.move_up_orders).values(**to_row(order), run=CURRENT_RUN))
