"""What a city edits, as the program uses it; loaded and validated at the edge."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, Protocol

from alerts.geofences import Geofence
from alerts.imported import CAP_IMPORT
from alerts.model import MonitoredPoint, Severity
from alerts.neighbourhood import Neighbourhood
from alerts.rules import Rule, RuleIndex
from alerts.tables import GradingTable
from core.command_tree import CommandLevel
from dispatch.correlation import Joining, proposed_joining
from dispatch.model import Priority
from dispatch.run_cards import RunCard
from dispatch.watching import IncidentGeofence, StatusLimits

CategoryGroup = Literal["emergency", "urban_management", "dianchi_water", "air_pollution"]


@dataclass(frozen=True, slots=True)
class SeverityCase:
    """Under which condition a category counts as how severe."""

    when_zh: str
    when_en: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """How long closing may take, in hours of `clock`: `working` hours or `natural` ones."""

    urgent_h: float
    normal_h: float
    clock: Literal["working", "natural"]


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of incident or of case. `source` says of an emergency category whether its figures are official, of a
    case category where its name is from: `standard` or `proposed`."""

    code: str
    name_zh: str
    name_en: str
    priority: Priority
    priority_by_kind: Mapping[str, Priority]
    """For incidents at a monitored point: the priority by the point's kind, where it differs."""
    run_card: RunCard
    source: str
    group: CategoryGroup = "emergency"
    class_code: str = ""
    class_zh: str = ""
    class_en: str = ""
    owner: CommandLevel = CommandLevel.DISTRICT
    severity: Severity = Severity.BLUE
    """Where none of `severities` applies."""
    severities: tuple[SeverityCase, ...] = ()
    limits: TimeLimits | None = None
    department_zh: str = ""
    department_en: str = ""
    target_response_s: float | None = None
    by_call: bool = True
    """Whether a caller may report it: what the call form offers."""
    joining: Joining | None = None
    """When a call joins an open incident of this category; None for this project's proposal."""

    @property
    def joins(self) -> Joining:
        return self.joining or proposed_joining(self.priority)

    def priority_at(self, kind: str | None) -> Priority:
        return self.priority_by_kind.get(kind, self.priority) if kind else self.priority


@dataclass(frozen=True, slots=True)
class Net:
    """One of the three overlaid patrol nets 三网叠加."""

    code: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class UnitKind:
    """What a unit moves with: car, motorcycle, on foot, …"""

    code: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class UnitRules:
    """Kinds of units, when one counts as there, and how long a status may last; `source` as of a category."""

    kinds: Mapping[str, UnitKind]
    geofence: IncidentGeofence
    limits: StatusLimits
    source: str


@dataclass(frozen=True)
class Catalogue:
    """Everything a city edits, at one version.

    `version` is what the city calls it, `digest` 12 hexadecimal digits of what stands in its files: two contents
    never share one, whatever they are called.
    """

    version: str
    points: Mapping[str, MonitoredPoint]
    waterlogging: GradingTable
    """The table of the one rule that grades points."""
    categories: Mapping[str, Category]
    """What incidents and calls may be about."""
    nets: Mapping[str, Net]
    closure_radius_m: Mapping[str, float]
    """How far around a monitored point of each kind a road counts as flooded, in metres."""
    units: UnitRules
    digest: str = ""
    case_categories: Mapping[str, Category] = field(default_factory=dict)
    """The 284 of city management; cases are about them, incidents are not."""
    tables: Mapping[str, GradingTable] = field(default_factory=dict)
    rules: Mapping[str, Rule] = field(default_factory=dict)
    geofences: Mapping[str, Geofence] = field(default_factory=dict)

    def rule(self, rule_id: str) -> Rule | None:
        """The rule of this id; what others warn of has one of the code's own where the city wrote none."""
        return self.rules.get(rule_id, CAP_IMPORT if rule_id == CAP_IMPORT.rule_id else None)

    @cached_property
    def rule_index(self) -> RuleIndex:
        return RuleIndex(self.rules)

    @cached_property
    def asks_for_neighbours(self) -> bool:
        """Whether any rule wants to know of the gauges around."""
        return any(rule.mentions("neighbours") for rule in self.rules.values())

    @cached_property
    def _neighbourhood(self) -> Neighbourhood:
        return Neighbourhood(self.points.values())

    def neighbours_of(self, point_ids: Collection[str]) -> set[str]:
        """Ids of the depth gauges around these points."""
        return self._neighbourhood.of(point_ids)

    @cached_property
    def grade_thresholds(self) -> Mapping[str, float]:
        """Grade code -> depth in cm it begins at, of the rule that grades points."""
        return self.waterlogging.thresholds("depth_cm")


@dataclass(frozen=True, slots=True)
class CatalogueProblem:
    """Why a file of the catalogue cannot be used. `line` counts from 1; 0 where there is no line."""

    file: str
    line: int
    where: str
    found: str
    expected: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.where}: found {self.found}, expected {self.expected}"


@dataclass(frozen=True, slots=True)
class CatalogueSeen:
    """A content of the catalogue's folder that came into force or, with `problems`, was refused: relative path →
    text of each file."""

    digest: str
    version: str
    files: Mapping[str, str]
    problems: tuple[CatalogueProblem, ...] = ()


class CatalogueSource(Protocol):
    """Where the catalogue in force comes from; a new one may be in force at the next call."""

    def current(self) -> Catalogue: ...


@dataclass(frozen=True, slots=True)
class StandingCatalogue:
    """A catalogue that nobody edits: for commands, tests and simulations. Fulfils CatalogueSource."""

    catalogue: Catalogue

    def current(self) -> Catalogue:
        return self.catalogue
