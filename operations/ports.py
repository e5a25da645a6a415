"""What operations need from the world, as protocols that the edges fulfil; the database's are in `store.py`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from core.clock import Clock
from core.geo import LonLat
from dispatch.coverage import AreaCoverage, CoverageFigures, Grid, Reach
from dispatch.fixes import Fix as Fix
from dispatch.fixes import Sighting
from dispatch.move_up_order import MoveUpOrder
from dispatch.travel import Closure, RouteFound
from operations.cap import CapArea
from operations.cap_map import CapMap
from operations.catalogue import Catalogue, CatalogueSource
from operations.store import Store


class Doorbell(Protocol):
    """Tells every web process that the journal has grown. May fail silently for the caller: it
    logs and counts, because the journal is read once a second anyway."""

    def ring(self, seq: int) -> None: ...


class WorkQueue(Protocol):
    """Hands work to the workers by id. Like the doorbell it logs and counts a failure: what it
    could not hand over is found again by the scheduler."""

    def grade_readings(self) -> None: ...
    def recommend_units(self, incident_id: str, at_once: bool = False) -> None:
        """`at_once` puts it before all that waits: somebody looks at the screen for it."""
        ...

    def seek_again(self, incident_id: str) -> None:
        """Advice for an incident that nobody was found for, when nothing else is to be done."""
        ...

    def route_assignment(self, assignment_id: str) -> None: ...
    def judge_calls(self, incident_id: str) -> None: ...
    def measure_coverage(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Placed:
    """What became of fixes: how many are on the board now, how many were older than what is there, and which
    were doubted (dispatch/fixes.py)."""

    accepted: int
    stale: int
    doubted: tuple[Fix, ...] = ()


class Whereabouts(Protocol):
    """Where many units were at one instant; those without a position are not in it."""

    def __len__(self) -> int: ...
    def __contains__(self, unit_id: object) -> bool: ...
    def get(self, unit_id: str) -> LonLat | None: ...
    def nearest(self, place: LonLat, count: int) -> tuple[Mapping[str, LonLat], float]:
        """The so many nearest in a straight line, in the order in which all were asked for, and how many metres off
        the nearest of the others is; infinite where there are no others."""
        ...

    def within(self, place: LonLat, metres: float) -> Mapping[str, LonLat]:
        """Those that are no further off in a straight line."""
        ...


class PositionBoard(Protocol):
    """The newest position of every unit. Raises UnavailableError when it is away."""

    def put(self, fixes: Sequence[Fix], latest: datetime) -> Placed:
        """Stores those that are believed and not older than what is there.

        What is there but lies after `latest` was left by a clock that has been set back, and gives way.
        """
        ...

    def newest(self, unit_ids: Collection[str]) -> Mapping[str, Fix]: ...
    def places(self, unit_ids: Collection[str]) -> Mapping[str, LonLat]:
        """Only where they are: of thousands of units, several times as fast."""
        ...

    def whereabouts(self, unit_ids: Collection[str]) -> Whereabouts:
        """Only where they are, for questions about few of them."""
        ...

    def unheard_s(self, unit_ids: Collection[str]) -> Mapping[str, float]:
        """Seconds since anything was heard, of those whose fix counts as stale."""
        ...

    def sightings(self, unit_ids: Collection[str]) -> Mapping[str, Sighting]: ...
    def mark_frozen(self, unit_ids: Collection[str]) -> None:
        """Replaces the set of units whose receiver is frozen."""
        ...

    def due_for_track(self) -> Sequence[Fix]:
        """The fixes that a thinned track still lacks."""
        ...

    def note_tracked(self, fixes: Sequence[Fix]) -> None:
        """These are in the track now."""
        ...

    def clear(self) -> None:
        """Forgets all positions: a drill that begins again begins at an earlier instant."""
        ...


class TravelTimes(Protocol):
    """Travel times by road, closures respected."""

    name: str
    synthetic: bool

    def close_roads(self, closures: Sequence[Closure]) -> None:
        """Replaces the whole set of closures."""
        ...

    def nearest(
        self,
        target: LonLat,
        sources: Mapping[str, LonLat],
        count: int,
        max_s: float = 7200.0,
        *,
        emergency: bool = True,
    ) -> list[RouteFound]:
        """The soonest of the sources, soonest first; without `emergency` they drive like everybody else."""
        ...

    def within_m(self, seconds: float) -> float:
        """Nobody comes within so many seconds who is further off than this in a straight line, in metres."""
        ...


@dataclass(frozen=True, slots=True)
class PartOfCity:
    """The districts that an area touches, by code, and a place in the part of the city it covers."""

    districts: frozenset[str]
    place: LonLat


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
    0 not; `soonest_two` its two soonest units. `areas` are streets and districts by code, `orders` the move-ups that
    stand."""

    measured_at: datetime
    network: str
    straight_line: bool
    units: int
    overall: CoverageFigures
    nets: Mapping[str, CoverageFigures]
    reached: str
    soonest_two: tuple[tuple[tuple[float, str], ...], ...]
    areas: Mapping[str, AreaCoverage]
    moves: tuple[MoveUpAdvice, ...]
    orders: tuple[MoveUpOrder, ...]


class CoverageKeeper(Protocol):
    """Keeps the newest measurement. Raises UnavailableError when it is away."""

    def claim(self) -> bool:
        """True for one caller, until it has kept its record and a moment longer: whoever gets it measures."""
        ...

    def keep(self, record: CoverageRecord) -> None: ...
    def newest(self) -> CoverageRecord | None:
        """The newest one that is not outdated."""
        ...

    def areas(self) -> Mapping[str, AreaCoverage]:
        """What was usual in each street and district, kept for hours after the measurement; empty without any."""
        ...

    def mark_ordered(self, unit_id: str) -> None:
        """The unit has been told where to wait; it is not asked again for a while."""
        ...

    def ordered(self, unit_ids: Collection[str]) -> Collection[str]:
        """Which of these have been told so."""
        ...


class Areas(Protocol):
    """The districts of the city."""

    def names(self) -> Mapping[str, tuple[str, str]]:
        """Chinese and English name of the city and of each district, by code."""
        ...

    def names_below(self) -> Mapping[str, tuple[str, str]]:
        """The same of the streets and communities whose outlines are known."""
        ...

    def jurisdiction_of(self, place: LonLat) -> str | None:
        """The six-digit code of the district the place lies in; None outside the city."""
        ...

    def jurisdictions_within(self, outline: Sequence[LonLat]) -> frozenset[str] | None:
        """The codes of all that the area inside a ring of places reaches of the city, each the lowest whose outline
        is known; empty outside the city, None for a ring without an inside: one that crosses itself, or a line."""
        ...

    def part_in_city(self, areas: Sequence[CapArea], codes: Collection[str]) -> PartOfCity | None:
        """What the shapes of these areas and these codes of GB/T 2260 cover of the city; None for nothing."""
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
    catalogues: CatalogueSource
    grid_times: GridTimes
    coverage: CoverageKeeper
    mode: str = "live"
    """`live`: the city's instant is the wall clock's. `drill`: a scenario's time may be set."""
    cap: CapMap = field(default_factory=CapMap)
    """How the city speaks CAP with others."""

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue in force now. What must not change within one action is asked for once."""
        return self.catalogues.current()
