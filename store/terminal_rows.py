"""Terminals, and the thinned tracks of units."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
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
    tuple_,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.types import TypeEngine

from dispatch.fixes import Fix
from dispatch.terminals import Terminal, TerminalProtocol
from store import tables as t
from store.rows import from_row, to_row
from store.run import CURRENT_RUN

_COLUMNS = [t.terminals.c[field.name] for field in fields(Terminal)]
_PROTOCOL = {protocol.value: protocol for protocol in TerminalProtocol}


class TerminalRows:
    """Part of a transaction: what operations.store.Transaction asks about terminals and tracks."""

    connection: Connection

    def terminals(self) -> Sequence[Terminal]:
        asked = select(*_COLUMNS).order_by(t.terminals.c.protocol, t.terminals.c.terminal_id)
        # Thousands, again and again, beside the loop that hears them: made directly, as units are.
        return [
            Terminal(_PROTOCOL[protocol], *rest) for protocol, *rest in self.connection.execute(asked).all()
        ]

    def lock_terminals(
        self, names: Collection[tuple[TerminalProtocol, str]]
    ) -> Mapping[tuple[TerminalProtocol, str], Terminal]:
        terminal = t.terminals.c
        wanted = [(protocol.value, terminal_id) for protocol, terminal_id in names]
        asked = (
            select(t.terminals)
            .where(tuple_(terminal.protocol, terminal.terminal_id).in_(wanted))
            .order_by(terminal.protocol, terminal.terminal_id)
        )
        found = (
            from_row(Terminal, row) for row in self.connection.execute(asked.with_for_update()).mappings()
        )
        return {(one.protocol, one.terminal_id): one for one in found}

    def save_terminals(self, terminals: Sequence[Terminal]) -> None:
        if not terminals:
            return
        keys = ("protocol", "terminal_id")
        new = insert(t.terminals)
        changed = {c.name: new.excluded[c.name] for c in t.terminals.columns if c.name not in keys}
        upsert = new.on_conflict_do_update(index_elements=list(keys), set_=changed)
        self.connection.execute(upsert, [to_row(terminal) for terminal in terminals])

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
