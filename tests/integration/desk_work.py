"""Short words for what the tests of the desk do again and again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import count
from threading import Barrier
from time import monotonic, sleep
from typing import Any

from alerts.model import Passability, PointState, Reading
from core.actor import CITY, Actor, Permission, Role
from core.events import JournalRow
from core.geo import LonLat
from dispatch.model import Assignment, Unit, UnitStatus
from operations.dispatch_units import DispatchUnits, dispatch_units
from operations.ingest_readings import IngestReadings, IngestResult, ingest_readings
from operations.ports import Fix, Ports
from operations.record_status import RecordStatus, record_status
from operations.register_units import RegisterUnits, UnitRegistration, register_units
from operations.report_passability import ReportPassability, report_passability
from operations.take_back_units import take_back_units
from operations.take_call import TakeCall, TakenCall, take_call

GUANDU, PANLONG = "530111", "530103"
POINT = "KM01"
"""An underpass in Guandu."""
SOMEWHERE = LonLat(102.75, 25.02)

_keys = count()


def somebody(name: str = "测试员", jurisdiction: str = CITY, *, without: Permission | None = None) -> Actor:
    """An actor who may do everything in the jurisdiction, or everything but one thing."""
    allowed = frozenset(Permission) - ({without} if without else set())
    return Actor(f"id of {name}", name, Role.DUTY_OFFICER, jurisdiction, allowed)


def reading(ports: Ports, depth_cm: float, seconds: float = 0, point_id: str = POINT) -> Reading:
    """A depth, so many seconds after the clock's now."""
    return Reading(point_id, ports.clock.now() + timedelta(seconds=seconds), depth_cm)


def send(ports: Ports, *readings: Reading) -> IngestResult:
    return ingest_readings(ports, somebody(), IngestReadings(readings))


def close_road(
    ports: Ports, point_id: str = POINT, passability: Passability = Passability.CLOSED, seconds: float = 0
) -> PointState:
    at = ports.clock.now() + timedelta(seconds=seconds)
    return report_passability(ports, somebody(), ReportPassability(point_id, passability, at, "交警")).after


def registration(number: int, **fields: Any) -> UnitRegistration:
    return UnitRegistration(
        **{
            "unit_id": f"u{number:03d}",
            "callsign": f"巡{number:03d}",
            "net": "patrol",
            "kind": "car",
            "capabilities": frozenset({"traffic_control", "police"}),
            "jurisdiction": GUANDU,
            **fields,
        }
    )


def register(ports: Ports, how_many: int, **fields: Any) -> tuple[Unit, ...]:
    fields.setdefault("net", min(ports.catalogue.nets))
    return register_units(
        ports, somebody(), RegisterUnits(tuple(registration(n, **fields) for n in range(how_many)))
    )


def fix(
    unit_id: str, at: datetime, place: LonLat = SOMEWHERE, heading_deg: float = 90, speed_kmh: float = 30
) -> Fix:
    return Fix(unit_id, place, heading_deg, speed_kmh, at)


def seen_at(ports: Ports, *fixes: Fix) -> int:
    """Puts fixes on the position board; how many were newer."""
    return ports.positions.put(fixes, ports.clock.now()).accepted


def called(
    ports: Ports, actor: Actor | None = None, place: LonLat | None = None, category: str = "traffic"
) -> TakenCall:
    """A new call each time; without a place it comes from SOMEWHERE, or from as far north of there as makes it an
    incident of its own."""
    if place is None:
        open_ones = len(ports.store.snapshot(ports.clock.now()).incidents)
        place = LonLat(SOMEWHERE.lon, SOMEWHERE.lat + 0.004 * open_ones)
    command = TakeCall(f"key {next(_keys)}", category, place, "市民", "有车祸", ports.clock.now())
    return take_call(ports, actor or somebody(), command)


def sent_to(
    ports: Ports, incident_id: str, *unit_ids: str, by: Actor | None = None, because: str | None = None
) -> tuple[Assignment, ...]:
    return dispatch_units(
        ports, by or somebody(), DispatchUnits(incident_id, unit_ids, override_reason=because)
    )


def take_back(ports: Ports, actor: Actor, assignment_id: str) -> Assignment:
    """The assignment, undone."""
    ([taken], _) = take_back_units(ports, actor, [assignment_id])
    return taken.ended


def says(ports: Ports, unit_id: str, status: UnitStatus, **fields: Any) -> Unit:
    command = RecordStatus(unit_id, status, fields.pop("at", ports.clock.now()), "button", **fields)
    return record_status(ports, somebody(), command)


def journal(ports: Ports) -> list[JournalRow]:
    return list(ports.store.journal_after(0, 100_000))


def types(ports: Ports) -> list[str]:
    return [row.event.type for row in journal(ports)]


def at_once(*actions: Callable[[], Any]) -> list[Any]:
    """All actions begun in the same moment, each in its thread; what each answered or raised."""
    start = Barrier(len(actions))

    def run(action: Callable[[], Any]) -> Any:
        start.wait(timeout=10)
        try:
            return action()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(actions)) as threads:
        return list(threads.map(run, actions))


def raised(answers: Sequence[Any]) -> list[Exception]:
    return [answer for answer in answers if isinstance(answer, Exception)]


def until(happened: Callable[[], Any], within_s: float = 5.0) -> None:
    """Waits for something that another thread or process does; an AssertionError when it does not."""
    deadline = monotonic() + within_s
    while not happened():
        assert monotonic() < deadline, f"nothing came of it within {within_s:g} s"
        sleep(0.01)
