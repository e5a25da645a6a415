"""Learns speeds from the tracks that the system itself recorded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from bootstrap.settings import Settings
from bootstrap.wiring import wire
from core.geo import LonLat
from roads.commands import learn_from, network_path
from roads.embedded import Report, silent
from roads.speeds import TrackFix
from store.track_rows import tracks_by_units


def learn_from_tracks(settings: Settings, days: int, report: Report = silent) -> Path:
    """Learns from the tracks of the last `days` by the city's clock, of the present run in a drill; answers where the
    speeds are kept. Workers take them up by themselves.

    Raises NotFoundError without a network, InvalidInputError for tracks that say nothing, UnavailableError.
    """
    parts = wire(settings, with_roads=False)
    since = parts.clock.now() - timedelta(days=days)

    def read() -> Iterator[list[TrackFix]]:
        for rows in tracks_by_units(parts.engine, since):
            yield [TrackFix(unit_id, at, LonLat(lon, lat)) for unit_id, at, lon, lat in rows]

    try:
        network = settings.road_network or network_path(settings.data_dir)
        return learn_from(read(), f"tracks of {days} days", network, report)
    finally:
        parts.engine.dispose()
        parts.redis.close()
