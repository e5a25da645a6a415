"""The nouns of early warning: readings, grades, the state of a monitored point, alerts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from core.geo import LonLat


class Severity(StrEnum):
    """The four warning colours of China's emergency grades, Ⅳ (blue) to Ⅰ (red)."""

    BLUE = "blue"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"

    @property
    def rank(self) -> int:
        """1 for blue to 4 for red."""
        return list(Severity).index(self) + 1


class AlertStatus(StrEnum):
    ACTIVE = "active"
    ACKNOWLEDGED = "acknowledged"
    CLEARED = "cleared"


class Passability(StrEnum):
    """Whether a road can be driven: a fact of its own that a person or a city's threshold
    states, never derived from a depth grade."""

    OPEN = "open"
    SLOW = "slow"
    CLOSED = "closed"


PointKind = Literal["road", "underpass", "culvert"]


@dataclass(frozen=True, slots=True)
class MonitoredPoint:
    """A place with a gauge."""

    point_id: str
    name_zh: str
    name_en: str
    kind: PointKind
    place: LonLat
    jurisdiction: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One depth of standing water, in centimetres, at one point and instant."""

    point_id: str
    observed_at: datetime
    depth_cm: float


@dataclass(frozen=True, slots=True)
class Grade:
    """One step of a grading table: from `at_least_cm` upwards the water has this grade."""

    code: str
    name_zh: str
    name_en: str
    severity: Severity
    at_least_cm: float
    opens_incident: bool


@dataclass(frozen=True, slots=True)
class GradingTable:
    """Depth grades in rising order, with where and when they were published.

    Going up needs the threshold held for `on_delay_s`; going down needs the depth to stay
    `set_back_cm` below the grade's threshold for `off_delay_s`.
    """

    table_id: str
    version: str
    source: str
    grades: tuple[Grade, ...]
    set_back_cm: float
    on_delay_s: float
    off_delay_s: float

    def grade(self, code: str) -> Grade | None:
        return next((grade for grade in self.grades if grade.code == code), None)

    def rank(self, code: str | None) -> int:
        """0 for no grade, 1 for the lowest."""
        return next((i for i, grade in enumerate(self.grades, 1) if grade.code == code), 0)


@dataclass(frozen=True, slots=True)
class PointState:
    """What is known of a point between two readings; the memory of the hysteresis.

    `rising_since` and `falling_since` hold the first instant of an uninterrupted run of
    readings that ask for a higher (lower) grade, with the grade they ask for.
    """

    point_id: str
    last_observed_at: datetime | None = None
    depth_cm: float | None = None
    grade_code: str | None = None
    rising_to: str | None = None
    rising_since: datetime | None = None
    falling_to: str | None = None
    falling_since: datetime | None = None
    passability: Passability = Passability.OPEN
    passability_at: datetime | None = None
    passability_by: str | None = None
    passability_note: str | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """A graded warning about one category at one point, from its first grade to all-clear."""

    alert_id: str
    category: str
    point_id: str
    name_zh: str
    name_en: str
    place: LonLat
    jurisdiction: str
    severity: Severity
    grade_code: str
    depth_cm: float
    status: AlertStatus
    opened_at: datetime
    changed_at: datetime
    table_version: str
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    note: str | None = None
    cleared_at: datetime | None = None
    incident_id: str | None = None
