"""What all terminals share: the registry as this process knows it, a located message, the way to the operation."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock

from core.actor import Actor
from core.errors import CommandCentreError, UnavailableError
from core.geo import BoundingBox
from dispatch.fixes import Fix
from dispatch.terminals import Terminal, TerminalProtocol
from intake.coordinates import Crs, to_wgs84
from intake.counters import IntakeCounters
from intake.known_units import KnownUnits
from operations.ports import Ports
from operations.report_positions import PositionsResult, ReportPositions, report_positions
from operations.store import Store

log = logging.getLogger(__name__)

ASK_AGAIN_AFTER_S = 5.0
TRUSTED_IN_AN_OUTAGE_FOR_S = 600.0

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


class MalformedError(CommandCentreError):
    """A terminal's message that cannot be read; `reason` is one word for the counter."""

    code = "malformed"
    status = 422

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message, reason=reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Located:
    """Where a terminal says it is, in the coordinate system it speaks: degrees, km/h, clockwise from north."""

    lon: float
    lat: float
    heading_deg: float
    speed_kmh: float
    fixed_at: datetime


def located(lon: float, lat: float, heading_deg: float, speed_kmh: float, at: datetime) -> Located:
    """A message that can be on the earth and in this century. Receivers send a negative heading or speed for
    "unknown": 0. Raises MalformedError."""
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise MalformedError(
            "place", f"found {lon:g}, {lat:g}, expected a longitude and a latitude in degrees"
        )
    if not EARLIEST <= at < LATEST:
        raise MalformedError("time", f"found {at.isoformat()}, expected an instant between 2000 and 2100")
    if not (heading_deg < 1e6 and speed_kmh < 1e6):
        raise MalformedError("number", f"found {heading_deg:g}° and {speed_kmh:g} km/h, expected less")
    return Located(lon, lat, max(heading_deg, 0.0) % 360, max(speed_kmh, 0.0), at)


class KnownTerminals:
    """The registered terminals, read again every five seconds: a revoked one is out by then.

    A degradation chosen: while the database is away, who was known goes on for up to ten minutes, because
    positions need Redis only.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[tuple[str, str], Terminal] = {}
        self._read_at_s = self._asked_at_s = float("-inf")
        self._lock = Lock()

    def find(self, protocol: TerminalProtocol, terminal_id: str) -> Terminal | None:
        """The terminal, or None when it is unknown or revoked. May ask the database; raises UnavailableError."""
        if not self.is_fresh:
            self.read()
        return self._known.get((protocol, terminal_id))

    def read(self, *, ahead_s: float = 0.0) -> None:
        """Asks the database unless somebody else just did; `ahead_s` seconds before that is due. Raises
        UnavailableError."""
        with self._lock:
            if time.monotonic() - self._asked_at_s >= ASK_AGAIN_AFTER_S - ahead_s:
                self._read()

    @property
    def is_fresh(self) -> bool:
        """Whether `find` answers without asking the database."""
        return time.monotonic() - self._asked_at_s < ASK_AGAIN_AFTER_S

    def forget(self) -> None:
        """Something was registered just now: the next question is asked of the database."""
        with self._lock:  # a reading that began before that would pass for fresh
            self._asked_at_s = float("-inf")

    def keep(self, terminal: Terminal) -> None:
        """This one was committed just now."""
        with self._lock:
            self._known[terminal.protocol, terminal.terminal_id] = terminal

    def _read(self) -> None:
        try:
            with self._store.transaction() as tx:
                found = tx.terminals()
        except UnavailableError as error:
            if time.monotonic() - self._read_at_s > TRUSTED_IN_AN_OUTAGE_FOR_S:
                raise
            log.warning("terminals as last read: %s", error)
        else:
            self._known = {(t.protocol, t.terminal_id): t for t in found if t.revoked_at is None}
            self._read_at_s = time.monotonic()
        self._asked_at_s = time.monotonic()


class TerminalIntake:
    """Takes what terminals report to the one operation for positions, under their units' names."""

    def __init__(
        self,
        ports: Ports,
        counters: IntakeCounters,
        bounds: BoundingBox,
        terminals: KnownTerminals,
        units: KnownUnits,
    ) -> None:
        self.terminals = terminals
        self._ports, self._counters, self._bounds, self._units = ports, counters, bounds, units

    def report(
        self,
        actor: Actor,
        protocol: TerminalProtocol,
        messages: Sequence[tuple[Terminal, Located]],
        crs: Crs = Crs.WGS84,
    ) -> PositionsResult:
        """The positions on the board, counted. Raises UnavailableError, and then none is there."""
        fixes = tuple(
            Fix(
                terminal.unit_id,
                to_wgs84(found.lon, found.lat, crs),
                found.heading_deg,
                found.speed_kmh,
                found.fixed_at,
            )
            for terminal, found in messages
        )
        known = self._units.covering(fix.unit_id for fix in fixes)
        result = report_positions(self._ports, actor, ReportPositions(fixes), known, self._bounds)
        self._counters.accepted(protocol, result.accepted)
        self._counters.duplicates(protocol, result.stale)
        self._counters.quarantined(protocol, (item.reason for item in result.quarantined))
        return result
