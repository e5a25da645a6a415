"""What a city edits, as the program uses it; loaded and validated at the edge."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from alerts.geofences import Geofence
from alerts.model import MonitoredPoint
from alerts.neighbourhood import Neighbourhood
from alerts.rules import Rule, RuleIndex
from alerts.tables import GradingTable
from dispatch.correlation import Joining, proposed_joining
from dispatch.model import Priority
from dispatch.recommendation import RunCard


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of incident; `source` says whether its figures are official or proposed."""

    code: str
    name_zh: str
    name_en: str
    priority: Priority
    priority_by_kind: Mapping[str, Priority]
    """For incidents at a monitored point: the priority by the point's kind, where it differs."""
    run_card: RunCard
    source: str
    joining: Joining | None = None
    """When a call joins an open incident of this category; None for the proposal by priority."""

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


@dataclass(frozen=True)
class Catalogue:
    """Everything a city edits, at one version. `digest` names its content, so that an alert can say which
    catalogue graded it even when somebody forgot to raise `version`."""

    version: str
    digest: str
    points: Mapping[str, MonitoredPoint]
    waterlogging: GradingTable
    """The table behind the grades of the map."""
    rules: Mapping[str, Rule]
    categories: Mapping[str, Category]
    nets: Mapping[str, Net]
    closure_radius_m: Mapping[str, float]
    """How far around a monitored point of each kind a road counts as flooded, in metres."""
    geofences: Mapping[str, Geofence] = field(default_factory=dict)

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
        return {
            level.code: level.thresholds["depth_cm"]
            for rule in self.rules.values()
            if rule.grades_point
            for level in rule.levels
            if "depth_cm" in level.thresholds
        }
