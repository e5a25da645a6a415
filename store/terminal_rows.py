"""Terminals, and the thinned tracks of units."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    REAL,
    Connection,
    DateTime,
    Double,
    SmallInteger,
    Text,
    cast,
    delete,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.types import TypeEngine

from dispatch.fixes import Fix
from dispatch.terminals import Terminal, TerminalProtocol
from store import tables as t
from store.rows import from_row, to_row
from store.run import CURRENT_RUN


class TerminalRows:
    """Part of a transaction: what operations.ports.Transaction asks about terminals and tracks."""

    connection: Connection

    def terminals(self) -> Sequence[Terminal]:
        asked = select(t.terminals).order_by(t.terminals.c.protocol, t.terminals.c.terminal_id)
        return [from_row(Terminal, row) for row in self.connection.execute(asked).mappings()]

    def lock_terminal(self, protocol: TerminalProtocol, terminal_id: str) -> Terminal | None:
        terminal = t.terminals.c
        asked = select(t.terminals).where(
            terminal.protocol == protocol.value, terminal.terminal_id == terminal_id
        )
        row = self.connection.execute(asked.with_for_update()).mappings().one_or_none()
        return from_row(Terminal, row) if row else None

    def save_terminal(self, terminal: Terminal) -> None:
        row = to_row(terminal)
        keys = ("protocol", "terminal_id")
        new = insert(t.terminals).values(**row)
        changed = {name: new.excluded[name] for name in row if name not in keys}
        self.connection.execute(new.on_conflict_do_update(index_elements=list(keys), set_=changed))

    def store_track(self, fixes: Sequence[Fix]) -> None:
        if not fixes:
            return
        # One statement over arrays: row by row, a second's points of a full force cost several times as much.
        columns: tuple[tuple[list[Any], TypeEngine[Any]], ...] = (
            ([f.unit_id for f in fixes], Text()),
            ([f.fixed_at for f in fixes], DateTime(timezone=True)),
            ([f.place.lon for f in fixes], Double()),
            ([f.place.lat for f in fixes], Double()),
            ([round(f.heading_deg) for f in fixes], SmallInteger()),
            ([f.speed_kmh for f in fixes], REAL()),
        )
        points = func.unnest(*(cast(values, ARRAY(kind)) for values, kind in columns)).table_valued(
            "unit_id", "at", "lon", "lat", "heading_deg", "speed_kmh", name="points"
        )
        points = points.render_derived()
        names = ["run", *(column.name for column in points.c)]
        new = insert(t.tracks).from_select(names, select(CURRENT_RUN, *points.c))
        self.connection.execute(new.on_conflict_do_nothing())

    def forget_tracks(self, recorded_before: datetime) -> int:
        old = delete(t.tracks).where(t.tracks.c.recorded_at < recorded_before)
        return self.connection.execute(old).rowcount
