"""What a rule is: whom it watches, its levels with their conditions, whom it tells, what silences it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from alerts.model import MonitoredPoint, Severity
from core.command_tree import CommandLevel, level_of

Features = Mapping[str, Any]
"""Named figures of one subject at one instant: floats, texts, or maps of floats (alerts/features.py)."""
Condition = Callable[[Features], bool]
"""Answers whether figures fulfil it. Compiled from CEL at the edge, or made of a table's thresholds; may raise
anything, which fails that rule alone."""

SubjectKind = Literal["point", "calls", "area", "geofence", "coverage", "cap"]


@dataclass(frozen=True, slots=True)
class Level:
    """One step of a rule. `reached` asks for it; while `held` it is not left: the space between is the set-back.
    `thresholds` are what a screen may draw: figure -> least value, empty for a free condition, whose text is `when`."""

    code: str
    name_zh: str
    name_en: str
    severity: Severity
    opens_incident: bool
    reached: Condition
    held: Condition
    thresholds: Mapping[str, float]
    when: str = ""


@dataclass(frozen=True, slots=True)
class Watch:
    """Which subjects a rule looks at; an empty set means all of that kind."""

    subject: SubjectKind = "point"
    quantity: str = "depth_cm"
    point_kinds: frozenset[str] = frozenset()
    point_ids: frozenset[str] = frozenset()
    jurisdictions: tuple[str, ...] = ()
    """Codes of nodes of the command tree; everything below is meant."""
    categories: frozenset[str] = frozenset()
    """For calls: of which categories."""
    area_level: CommandLevel | None = None
    """For areas: only nodes of this level of the command tree. For coverage: the streets of each node of this level,
    a district where it is not said, have one alert."""

    def sees(self, point: MonitoredPoint) -> bool:
        return (
            self.subject == "point"
            and point.quantity == self.quantity
            and (not self.point_kinds or point.kind in self.point_kinds)
            and (not self.point_ids or point.point_id in self.point_ids)
            and self._lies_in(point.jurisdiction)
        )

    def sees_calls(self, category: str, jurisdiction: str) -> bool:
        return (
            self.subject == "calls"
            and (not self.categories or category in self.categories)
            and self._lies_in(jurisdiction)
        )

    def sees_area(self, code: str) -> bool:
        return self.subject == "area" and self.area_level in (None, level_of(code)) and self._lies_in(code)

    def sees_geofence(self, jurisdiction: str) -> bool:
        return self.subject == "geofence" and self._lies_in(jurisdiction)

    def sees_coverage(self, street: str) -> bool:
        """Whether the rule judges this street."""
        return self.subject == "coverage" and self._lies_in(street)

    def joins_coverage_of(self, code: str) -> bool:
        """Whether the streets of this node have an alert of the rule."""
        at_or_below = not self.jurisdictions or any(
            code.startswith(one) or one.startswith(code) for one in self.jurisdictions
        )
        return self.subject == "coverage" and level_of(code) is self.joins_streets_of and at_or_below

    @property
    def joins_streets_of(self) -> CommandLevel:
        """For coverage: the level whose nodes have one alert for all their streets."""
        return self.area_level or CommandLevel.DISTRICT

    def _lies_in(self, jurisdiction: str) -> bool:
        return not self.jurisdictions or jurisdiction.startswith(self.jurisdictions)


@dataclass(frozen=True, slots=True)
class EscalationStep:
    """`after` the alert was opened or raised and nobody acknowledged it, `to` is told."""

    after: timedelta
    to: CommandLevel


@dataclass(frozen=True, slots=True)
class Inhibition:
    """An open alert of rule `by`, at least this severe and within `within_m` metres (0: at the same subject),
    explains alerts of the rule that lists it: they are kept, and nobody is called for them."""

    by: str
    at_least: Severity
    within_m: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a forecasting rule claims: `feature` reaches `at_least` within `within`; verified from the readings."""

    feature: str
    at_least: float
    within: timedelta


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with its version and where its figures come from.

    `grades_point` marks the one rule whose level is the point's grade on the map. `silence` marks a rule about
    gauges that say nothing: it is evaluated by the clock too. `clears_itself_after` gives the all-clear by itself
    when the condition has been over for so long; severities that are not listed need a person.
    """

    rule_id: str
    version: str
    source_zh: str
    source_en: str
    category: str
    name_zh: str
    name_en: str
    watches: Watch
    levels: tuple[Level, ...]
    on_delay: timedelta = timedelta(0)
    off_delay: timedelta = timedelta(0)
    grades_point: bool = False
    silence: bool = False
    tells: CommandLevel = CommandLevel.DISTRICT
    escalation: tuple[EscalationStep, ...] = ()
    inhibited_by: tuple[Inhibition, ...] = ()
    clears_itself_after: Mapping[Severity, timedelta] | None = None
    predicts: Prediction | None = None
    uses: frozenset[str] | None = None
    """Names of the figures its conditions mention; None when that is not known and all are computed."""
    advice_zh: str = ""
    advice_en: str = ""

    def mentions(self, prefix: str) -> bool:
        """Whether a figure whose name begins like this may be asked for."""
        return self.uses is None or any(name.startswith(prefix) for name in self.uses)

    def level(self, code: str | None) -> Level | None:
        return next((level for level in self.levels if level.code == code), None)

    def rank(self, code: str | None) -> int:
        """0 for normal, 1 for the lowest level. A code that a newer version dropped counts as normal."""
        return next((i for i, level in enumerate(self.levels, 1) if level.code == code), 0)


class RuleIndex:
    """Which rules look at which subject, found once for each point: the cost of a reading does not grow with
    rules that do not concern it."""

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self.rules = rules
        self._of_point: dict[str, tuple[Rule, ...]] = {}

    def of_point(self, point: MonitoredPoint) -> tuple[Rule, ...]:
        found = self._of_point.get(point.point_id)
        if found is None:
            found = tuple(rule for rule in self.rules.values() if rule.watches.sees(point))
            self._of_point[point.point_id] = found
        return found

    def about(self, subject: SubjectKind) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.rules.values() if rule.watches.subject == subject)

    def watching_silence(self) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.rules.values() if rule.silence)
