"""Takes a batch of gauge readings in; grading follows in a worker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from alerts.model import Reading
from core.actor import Actor, Permission
from core.events import happened
from core.ids import new_id
from operations.catalogue import Catalogue
from operations.instants import FUTURE_TOLERANCE
from operations.ports import Ports, QuarantinedItem
from operations.transaction import committed, require

PLAUSIBLE_DEPTH_CM = (0.0, 1000.0)
"""Outside this a gauge is wrong, whatever it says (10 m is deeper than any underpass of the city)."""


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
    if reading.point_id not in catalogue.points:
        return "unknown-point", f"found point {reading.point_id!r}, expected one of the catalogue's points"
    if reading.observed_at > now + FUTURE_TOLERANCE:
        return (
            "future",
            f"found {reading.observed_at.isoformat()}, expected no later than {now.isoformat()} + 60 s",
        )
    low, high = PLAUSIBLE_DEPTH_CM
    if not low <= reading.depth_cm <= high:
        return "implausible", f"found {reading.depth_cm} cm, expected {low:g} to {high:g} cm"
    return None


def _quarantined(reading: Reading, reason: str, detail: str) -> QuarantinedItem:
    item = {
        "point_id": reading.point_id,
        "observed_at": reading.observed_at.isoformat(),
        "depth_cm": reading.depth_cm,
    }
    return QuarantinedItem("reading", reason, detail, item)


def _contradiction(reading: Reading) -> QuarantinedItem:
    return _quarantined(
        reading,
        "contradiction",
        f"found {reading.depth_cm} cm, expected the depth already stored for "
        f"{reading.point_id} at {reading.observed_at.isoformat()}",
    )
