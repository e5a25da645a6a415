"""What a city edits, as the program uses it; loaded and validated at the edge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from alerts.model import GradingTable, MonitoredPoint
from dispatch.model import Priority
from dispatch.recommendation import RunCard
from dispatch.watching import Geofence, StatusLimits


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
    geofence: Geofence
    limits: StatusLimits
    source: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything a city edits, at one version."""

    version: str
    points: Mapping[str, MonitoredPoint]
    waterlogging: GradingTable
    categories: Mapping[str, Category]
    nets: Mapping[str, Net]
    closure_radius_m: Mapping[str, float]
    """How far around a monitored point of each kind a road counts as flooded, in metres."""
    units: UnitRules
