"""Grading tables: published steps of measured figures, and the rule levels they make."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from alerts.model import Severity
from alerts.rules import Condition, Features, Level


@dataclass(frozen=True, slots=True)
class Grade:
    """One step: reached when any of the figures in `at_least` is at its threshold or above. Without thresholds in a
    table that is a scale of names and colours only."""

    code: str
    name_zh: str
    name_en: str
    severity: Severity
    at_least: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GradingTable:
    """Grades in rising order, with where and when they were published (`version` is that date). A grade is left only
    when every figure is more than its `set_back` below its threshold, in the unit of the figure."""

    table_id: str
    version: str
    source: str
    grades: tuple[Grade, ...]
    set_back: Mapping[str, float] = field(default_factory=dict)

    def grade(self, code: str | None) -> Grade | None:
        return next((grade for grade in self.grades if grade.code == code), None)

    def rank(self, code: str | None) -> int:
        """0 for no grade, 1 for the lowest. A code that a newer version dropped counts as none."""
        return next((i for i, grade in enumerate(self.grades, 1) if grade.code == code), 0)

    def figures(self) -> frozenset[str]:
        """Names of all figures the table asks about."""
        return frozenset(name for grade in self.grades for name in grade.at_least)

    def thresholds(self, figure: str) -> Mapping[str, float]:
        """Code of each grade that the figure can reach, with its least value."""
        return {grade.code: grade.at_least[figure] for grade in self.grades if figure in grade.at_least}

    def levels(self, opens_incident: Collection[str] = ()) -> tuple[Level, ...]:
        """The levels of a rule that grades by this table; grades named in `opens_incident` open one."""
        return tuple(
            Level(
                code=grade.code,
                name_zh=grade.name_zh,
                name_en=grade.name_en,
                severity=grade.severity,
                opens_incident=grade.code in opens_incident,
                reached=any_at_least(grade.at_least),
                held=any_at_least({f: t - self.set_back.get(f, 0.0) for f, t in grade.at_least.items()}),
                thresholds=grade.at_least,
            )
            for grade in self.grades
        )


def any_at_least(thresholds: Mapping[str, float]) -> Condition:
    """The condition that one of these figures has its least value. Raises KeyError for a figure that is missing."""
    if len(thresholds) == 1:
        [(figure, least)] = thresholds.items()

        def one(features: Features) -> bool:
            return bool(features[figure] >= least)

        return one
    pairs = tuple(thresholds.items())

    def some(features: Features) -> bool:
        return any(features[name] >= limit for name, limit in pairs)

    return some
