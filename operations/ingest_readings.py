"""Takes a batch of gauge readings in; grading follows in a worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.model import Quantity, Reading
from core.actor import Actor, Permission
from core.events import happened
from core.ids import new_id
from operations.catalogue import Catalogue
from operations.instants import FUTURE_TOLERANCE
from operations.ports import Ports
from operations.stored import QuarantinedItem
from operations.transaction import committed, require

PLAUSIBLE: Mapping[Quantity, tuple[float, float]] = {"depth_cm": (0.0, 1000.0), "rain_mm": (0.0, 150.0)}
"""Outside this a gauge is wrong, whatever it says: 10 m is deeper than any underpass of the city, and more than
150 mm between two readings more than it has ever seen in an hour."""


LATEST = timedelta(hours=24)
"""A reading older than the longest window of rain says nothing of today (a proposal); one of years ago, from a gauge
whose clock was reset, would open an alert of today."""


@dataclass(frozen=True, slots=True)
class IngestReadings:
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What became of the batch; the three add up to what was sent."""

    accepted: int
    duplicates: int
    quarantined: tuple[QuarantinedItem, ...]


def ingest_readings(ports: Ports, actor: Actor, command: IngestReadings) -> IngestResult:
    """Commits what makes sense and quarantines the rest. A repeated reading is a duplicate, harmless;
    one that contradicts a stored reading of the same point and instant is quarantined.

    Raises PermissionDeniedError, UnavailableError.
    """
    require(actor, Permission.REPORT_READINGS)
    now = ports.clock.now()
    sound: dict[tuple[str, datetime], Reading] = {}
    odd: list[QuarantinedItem] = []
    repeated = 0
    for reading in command.readings:
        reason = _what_is_wrong(reading, ports.catalogue, now)
        first = sound.get((reading.point_id, reading.observed_at))
        if reason is not None:
            odd.append(_quarantined(reading, *reason))
        elif first is None:
            sound[(reading.point_id, reading.observed_at)] = reading
        elif first == reading:
            repeated += 1
        else:
            odd.append(_contradiction(reading))
    with committed(ports, as_of=now) as tx:
        batch_id = new_id()
        stored = tx.store_readings(batch_id, list(sound.values()))
        odd.extend(_contradiction(reading) for reading in stored.contradicting)
        tx.quarantine(odd, actor.actor_id, now)
        if stored.accepted:
            tx.record(
                happened(
                    actor,
                    "readings.ingested",
                    at=now,
                    subject=batch_id,
                    data={"accepted": stored.accepted},
                )
            )
    if stored.accepted:
        ports.work.grade_readings()
    return IngestResult(stored.accepted, stored.duplicates + repeated, tuple(odd))


def _what_is_wrong(reading: Reading, catalogue: Catalogue, now: datetime) -> tuple[str, str] | None:
    point = catalogue.points.get(reading.point_id)
    if point is None:
        return "unknown-point", f"found point {reading.point_id!r}, expected one of the catalogue's points"
    if reading.observed_at > now + FUTURE_TOLERANCE:
        return (
            "future",
            f"found {reading.observed_at.isoformat()}, expected no later than {now.isoformat()} + 60 s",
        )
    if reading.observed_at < now - LATEST:
        return (
            "late",
            f"found {reading.observed_at.isoformat()}, expected no earlier than {now.isoformat()} - 24 h",
        )
    if reading.quantity is not None and reading.quantity != point.quantity:
        return "wrong-quantity", f"found {reading.quantity}, expected {point.quantity} from {point.point_id}"
    low, high = PLAUSIBLE[point.quantity]
    if not low <= reading.value <= high:
        return (
            "implausible",
            f"found {point.quantity} {reading.value:g}, expected {low:g} to {high:g}",
        )
    return None


def _quarantined(reading: Reading, reason: str, detail: str) -> QuarantinedItem:
    item = {
        "point_id": reading.point_id,
        "observed_at": reading.observed_at.isoformat(),
        reading.quantity or "value": reading.value,
    }
    return QuarantinedItem("reading", reason, detail, item)


def _contradiction(reading: Reading) -> QuarantinedItem:
    return _quarantined(
        reading,
        "contradiction",
        f"found {reading.value:g}, expected the value already stored for "
        f"{reading.point_id} at {reading.observed_at.isoformat()}",
    )
