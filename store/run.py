"""Which run of a drill rows belong to: one that is begun again lives through the same instants again."""

from sqlalchemy import select

from store import tables as t

CURRENT_RUN = select(t.drill_clock.c.run).scalar_subquery()
"""0 in service; counted up by every restart of a drill."""
