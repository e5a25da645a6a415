"""A real storm to prove rules on: FloodNet's street gauges in New York, 30 October 2025, and the calls of that day.

The data are not part of the project (NYC Open Data); they are read where they lie, beside it. Depths come in inches
about once a minute, and only while there is water: a gauge that says nothing may be dry, out of reach or dead.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from alerts.model import MonitoredPoint, Reading
from core.geo import LonLat

CM_AN_INCH = 2.54
JURISDICTION = "530111"
"""New York has no code of ours; every gauge is put into one district, which rules do not look at."""


@dataclass(frozen=True)
class FloodCall:
    """One call of a citizen about water, as the city wrote it down."""

    place: LonLat
    what: str
    received_at: datetime


def storm_folder() -> Path | None:
    """Where the data lie, or None."""
    beside = Path(__file__).resolve().parents[2] / "shared"
    folder = Path(os.environ.get("COMMAND_CENTRE_SHARED", beside)) / "data" / "floodnet-storm"
    return folder if folder.is_dir() else None


def points(folder: Path) -> dict[str, MonitoredPoint]:
    """The gauges that reported in the storm, as monitored points."""
    heard = json.loads((folder / "flood_series.json").read_text())
    return {
        gauge["id"]: MonitoredPoint(
            gauge["id"],
            gauge["name"],
            gauge["name"],
            "road",
            LonLat(gauge["lon"], gauge["lat"]),
            JURISDICTION,
        )
        for gauge in json.loads((folder / "sensor_locs.json").read_text())
        if gauge["id"] in heard
    }


def readings(folder: Path) -> list[Reading]:
    """Every reading in the order of its instant, in centimetres to the tenth of a millimetre."""
    found = [
        Reading(gauge, _instant(ms), round(inches * CM_AN_INCH, 2))
        for gauge, series in json.loads((folder / "flood_series.json").read_text()).items()
        for ms, inches in series
    ]
    return sorted(found, key=lambda reading: (reading.observed_at, reading.point_id))


def by_minute(storm: Sequence[Reading]) -> list[list[Reading]]:
    """The readings in batches as a gateway would send them: those of one minute together."""
    batches: dict[int, list[Reading]] = {}
    for reading in storm:
        batches.setdefault(int(reading.observed_at.timestamp() // 60), []).append(reading)
    return [batches[minute] for minute in sorted(batches)]


def calls(folder: Path) -> list[FloodCall]:
    """Every call in the order of its instant."""
    found = [
        FloodCall(LonLat(call["lon"], call["lat"]), call["descriptor"], _instant(call["created_ms"]))
        for call in json.loads((folder / "complaints.json").read_text())
    ]
    return sorted(found, key=lambda call: (call.received_at, call.place))


def _instant(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
