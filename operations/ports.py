"""What operations need from the world, as protocols that the edges fulfil."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from alerts.model import Alert, PointState, Reading
from core.clock import Clock, DrillTime
from core.events import Event, JournalRow
from core.geo import LonLat
from dispatch.coverage import CoverageFigures, Grid, Reach, StreetCoverage
from dispatch.model import Assignment, Call, Incident, Unit
from dispatch.recommendation import Recommendation
from dispatch.travel import Closure, RouteFound
from operations.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Fix:
    """One position of one unit: `heading_deg` clockwise from north, `speed_kmh` over ground."""

    unit_id: str
    place: LonLat
    heading_deg: float
    speed_kmh: float
    fixed_at: datetime


@dataclass(frozen=True, slots=True)
class QuarantinedItem:
    """Input that was understood but makes no sense; kept as it came, used by nothing."""

    kind: str
    reason: str
    detail: str
    item: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StoredReadings:
    """What became of a batch: how many are new, how many had been stored before with the same
    value, and which contradict a stored reading of the same point and instant."""

    accepted: int
    duplicates: int
    contradicting: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class ReadingBatch:
    """A journalled batch that still has to be graded."""

    seq: int
    readings: tuple[Reading, ...]


class Transaction(Protocol):
    """One database transaction. Leaving it normally commits everything together with the
    recorded events; leaving it with an exception changes nothing."""

    last_seq: int
    """Sequence number of the newest event this transaction recorded; 0 before the commit or without one."""

    def record(self, event: Event) -> None: ...

    # readings and points
    def store_readings(self, batch_id: str, readings: Sequence[Reading]) -> StoredReadings: ...
    def quarantine(self, items: Sequence[QuarantinedItem], actor_id: str, at: datetime) -> None: ...
    def ungraded_batches(self, limit: int) -> Sequence[ReadingBatch]:
        """The oldest batches not graded yet, at most `limit` readings and at least one batch; holds the
        grading lock until the transaction ends, after waiting for a worker that has it."""
        ...

    def mark_graded(self, up_to_seq: int) -> None: ...
    def point_states(self, point_ids: Collection[str], lock: bool = True) -> Mapping[str, PointState]:
        """The states of these points. By default each point is locked until the transaction ends, one
        that was never seen included, so that gauges and officers open one incident there and not two."""
        ...

    def save_point_states(self, states: Sequence[PointState]) -> None: ...

    # alerts
    def open_alerts_at(self, point_ids: Collection[str], lock: bool = True) -> Mapping[str, Alert]: ...
    def alert(self, alert_id: str) -> Alert: ...
    def save_alert(self, alert: Alert) -> None: ...

    # incidents and calls
    def open_incidents_at(self, point_ids: Collection[str]) -> Mapping[str, Incident]: ...
    def incident(self, incident_id: str, lock: bool = True) -> Incident:
        """The incident, by default locked until the transaction ends. Raises NotFoundError."""
        ...

    def save_incident(self, incident: Incident) -> None: ...
    def next_incident_number(self, day: date) -> int: ...
    def save_call(self, call: Call) -> None: ...

    # units and assignments
    def units(self, unit_ids: Collection[str] | None = None) -> Sequence[Unit]: ...
    def lock_units(self, unit_ids: Collection[str]) -> Mapping[str, Unit]:
        """The units that exist among these, locked in one order until the transaction ends."""
        ...

    def register_units(self, units: Sequence[Unit]) -> None:
        """Inserts or renames units; a unit keeps the index, status and assignment it has."""
        ...

    def save_unit(self, unit: Unit) -> None: ...
    def assignment(self, assignment_id: str) -> Assignment: ...
    def assignments_of(self, incident_id: str) -> Sequence[Assignment]: ...
    def open_assignments(self, unit_ids: Collection[str] | None = None) -> Sequence[Assignment]: ...
    def save_assignment(self, assignment: Assignment) -> None: ...

    # recommendations
    def latest_recommendation(self, incident_id: str) -> Recommendation | None: ...
    def save_recommendation(self, recommendation: Recommendation) -> None: ...

    # idempotency and the drill
    def remembered_answer(self, actor_id: str, key: str, digest: str) -> Mapping[str, Any] | None:
        """The answer given before to this key, or None; locks the key until the transaction ends.
        Raises ConflictError when the key came before with another body."""
        ...

    def remember_answer(
        self, actor_id: str, key: str, digest: str, answer: Mapping[str, Any], at: datetime
    ) -> None: ...
    def drill_time(self) -> DrillTime | None: ...
    def save_drill_time(self, drill_time: DrillTime | None) -> None: ...
    def end_everything_open(self, at: datetime, reason: str) -> None:
        """Clears alerts, closes incidents, ends assignments, frees units and forgets point states:
        a drill begins with an empty table. The journal keeps all of it."""
        ...


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that is open, read in one instant, as of journal row `seq`."""

    seq: int
    alerts: Sequence[Alert]
    incidents: Sequence[Incident]
    units: Sequence[Unit]
    assignments: Sequence[Assignment]
    recommendations: Sequence[Recommendation]
    point_states: Sequence[PointState]
    drill_time: DrillTime | None


@dataclass(frozen=True, slots=True)
class GradingLag:
    """How far the rules are behind: how many batches wait and since when the oldest does (wall time)."""

    batches: int
    oldest_recorded_at: datetime | None


class Store(Protocol):
    """The database."""

    def transaction(self, alone: bool = False) -> AbstractContextManager[Transaction]:
        """`alone` waits until all others have ended and holds new ones back: for what changes everything."""
        ...

    def snapshot(self, closed_since: datetime) -> Snapshot:
        """What is open, with the incidents closed and alerts cleared since `closed_since`."""
        ...

    def head(self) -> int:
        """Sequence number of the newest journal row; 0 for an empty journal."""
        ...

    def journal_after(self, seq: int, limit: int) -> Sequence[JournalRow]: ...
    def journal_of(self, subjects: Collection[str], limit: int) -> Sequence[JournalRow]:
        """The newest rows about these subjects, oldest first."""
        ...

    def incidents_reached_since(self, since: datetime) -> Sequence[Incident]: ...
    def grading_lag(self) -> GradingLag: ...
    def assignments_without_route(self) -> Sequence[str]:
        """Ids of assignments whose unit still has to drive and that have no route."""
        ...

    def incidents_without_advice(self) -> Sequence[str]:
        """Ids of open incidents that nobody was sent to and that nobody is recommended for."""
        ...


class Doorbell(Protocol):
    """Tells every web process that the journal has grown. May fail silently for the caller: it
    logs and counts, because the journal is read once a second anyway."""

    def ring(self, seq: int) -> None: ...


class WorkQueue(Protocol):
    """Hands work to the workers by id. Like the doorbell it logs and counts a failure: what it
    could not hand over is found again by the scheduler."""

    def grade_readings(self) -> None: ...
    def recommend_units(self, incident_id: str) -> None: ...
    def route_assignment(self, assignment_id: str) -> None: ...
    def measure_coverage(self) -> None: ...


class PositionBoard(Protocol):
    """The newest position of every unit. Raises UnavailableError when it is away."""

    def put(self, fixes: Sequence[Fix], latest: datetime) -> int:
        """Stores those that are not older than what is there; answers how many were.

        What is there but lies after `latest` was left by a clock that has been set back, and gives way.
        """
        ...

    def newest(self, unit_ids: Collection[str]) -> Mapping[str, Fix]: ...
    def clear(self) -> None:
        """Forgets all positions: a drill that begins again begins at an earlier instant."""
        ...


class TravelTimes(Protocol):
    """Travel times by road for emergency units, closures respected."""

    name: str
    synthetic: bool

    def close_roads(self, closures: Sequence[Closure]) -> None:
        """Replaces the whole set of closures."""
        ...

    def nearest(
        self, target: LonLat, sources: Mapping[str, LonLat], count: int, max_s: float = 7200.0
    ) -> list[RouteFound]: ...


class GridTimes(Protocol):
    """Travel times by road to the management grids, closures respected."""

    name: str
    synthetic: bool
    straight_line: bool
    """True when the times are guessed without roads."""
    grids: Sequence[Grid]
    horizon_s: float

    def close_roads(self, closures: Sequence[Closure]) -> None:
        """Replaces the whole set of closures."""
        ...

    def prepare(self) -> None:
        """Makes ready what `reach` looks up; it does so itself when nobody has."""
        ...

    def soonest_s(self, places: Sequence[LonLat]) -> list[float]:
        """For each grid the seconds of whoever of these is there first; infinite beyond the horizon."""
        ...

    def reach(self, places: Sequence[LonLat], among: int | None = None) -> list[Reach]:
        """For each place what a unit there reaches; with `among` only where fewer of the places are sooner."""
        ...

    @property
    def waiting_places(self) -> Sequence[LonLat]:
        """Where a unit may wait: the demand point of each grid."""
        ...

    def reach_of_waiting(self) -> list[Reach]:
        """What a unit at each waiting place reaches."""
        ...


@dataclass(frozen=True, slots=True)
class MoveUpAdvice:
    """An idle unit that should wait at `place`, the demand point of `grid`, and what it brings: dispatch/move_up.py."""

    unit_id: str
    callsign: str
    jurisdiction: str
    grid: str
    place: LonLat
    travel_time_s: float
    gain_s: float
    grids: int


@dataclass(frozen=True, slots=True)
class CoverageRecord:
    """One measurement. `reached` has a digit for each grid in the partition's order: 2 within 3:00, 1 within 3:48,
    0 not; `soonest_two` its two soonest units. `streets` is the memory of the gaps."""

    measured_at: datetime
    network: str
    straight_line: bool
    units: int
    overall: CoverageFigures
    nets: Mapping[str, CoverageFigures]
    reached: str
    soonest_two: tuple[tuple[tuple[float, str], ...], ...]
    streets: Mapping[str, StreetCoverage]
    moves: tuple[MoveUpAdvice, ...]


class CoverageKeeper(Protocol):
    """Keeps the newest measurement. Raises UnavailableError when it is away."""

    def claim(self) -> bool:
        """True for one caller, until it has kept its record and a moment longer: whoever gets it measures."""
        ...

    def keep(self, record: CoverageRecord) -> None: ...
    def newest(self) -> CoverageRecord | None:
        """The newest one that is not outdated."""
        ...

    def mark_ordered(self, unit_id: str) -> None:
        """The unit has been told where to wait; it is not asked again for a while."""
        ...

    def ordered(self, unit_ids: Collection[str]) -> Collection[str]:
        """Which of these have been told so."""
        ...


class Areas(Protocol):
    """The districts of the city."""

    def jurisdiction_of(self, place: LonLat) -> str | None:
        """The six-digit code of the district the place lies in; None outside the city."""
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything an operation may reach, chosen once in bootstrap/wiring.py."""

    store: Store
    clock: Clock
    doorbell: Doorbell
    work: WorkQueue
    positions: PositionBoard
    travel_times: TravelTimes
    areas: Areas
    catalogue: Catalogue
    grid_times: GridTimes
    coverage: CoverageKeeper
    mode: str = "live"
    """`live`: the city's instant is the wall clock's. `drill`: a scenario's time may be set."""
