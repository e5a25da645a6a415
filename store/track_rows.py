"""The tracks of units, read to be learned from: unit by unit, so that days of them need no memory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Engine, select

from store import tables as t
from store.database import translated
from store.run import CURRENT_RUN

UNITS_AT_ONCE = 50

TrackRow = tuple[str, datetime, float, float]
"""unit_id, instant, longitude and latitude in WGS-84."""


def tracks_by_units(engine: Engine, since: datetime) -> Iterator[list[TrackRow]]:
    """The fixes of this run since that instant, a few units at a time and all of each, in order. Raises
    UnavailableError."""
    track = t.tracks.c
    named = select(track.unit_id).where(track.run == CURRENT_RUN, track.at >= since).distinct()
    with translated(), engine.connect() as connection:
        unit_ids = sorted(connection.execute(named).scalars())
    for first in range(0, len(unit_ids), UNITS_AT_ONCE):
        asked = (
            select(track.unit_id, track.at, track.lon, track.lat)
            .where(track.run == CURRENT_RUN, track.unit_id.in_(unit_ids[first : first + UNITS_AT_ONCE]))
            .where(track.at >= since)
            .order_by(track.unit_id, track.at)
        )
        with translated(), engine.connect() as connection:
            yield [(row[0], row[1], row[2], row[3]) for row in connection.execute(asked)]
