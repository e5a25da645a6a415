"""Grading tables: published steps of a measured figure, and the rule levels they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from alerts.model import Severity
from alerts.rules import Features, Level


@dataclass(frozen=True, slots=True)
class Grade:
    """One step: reached when any of the figures in `at_least` is at its threshold or above."""

    code: str
    name_zh: str
    name_en: str
    severity: Severity
    at_least: Mapping[str, float]
    opens_incident: bool = False


@dataclass(frozen=True, slots=True)
class GradingTable:
    """Grades in rising order, with where and when they were published. A grade is left only when every figure is
    more than `set_back` below its threshold."""

    table_id: str
    version: str
    source: str
    grades: tuple[Grade, ...]
    set_back: float = 0.0

    def grade(self, code: str) -> Grade | None:
        return next((grade for grade in self.grades if grade.code == code), None)

    def rank(self, code: str | None) -> int:
        """0 for no grade, 1 for the lowest."""
        return next((i for i, grade in enumerate(self.grades, 1) if grade.code == code), 0)

    def levels(self) -> tuple[Level, ...]:
        """The levels of a rule that grades by this table."""
        return tuple(self._level(grade) for grade in self.grades)

    def _level(self, grade: Grade) -> Level:
        thresholds = dict(grade.at_least)
        set_back = self.set_back

        def reached(features: Features) -> bool:
            return any(features[name] >= least for name, least in thresholds.items())

        def held(features: Features) -> bool:
            return any(features[name] + set_back >= least for name, least in thresholds.items())

        return Level(
            code=grade.code,
            name_zh=grade.name_zh,
            name_en=grade.name_en,
            severity=grade.severity,
            opens_incident=grade.opens_incident,
            reached=reached,
            held=held,
            thresholds=thresholds,
        )
