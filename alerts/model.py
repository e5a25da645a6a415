"""The nouns of early warning: monitored points, readings, what is remembered of them, alerts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from core.command_tree import CommandLevel
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


class Outcome(StrEnum):
    """What whoever gave the all-clear found an alert to have been."""

    REAL = "real"
    FALSE_ALARM = "false_alarm"
    UNKNOWN = "unknown"


class Passability(StrEnum):
    """Whether a road can be driven: a fact of its own that a person or a city's threshold
    states, never derived from a depth grade."""

    OPEN = "open"
    SLOW = "slow"
    CLOSED = "closed"

    def opens(self, before: Passability) -> bool:
        """Whether more can be driven than before."""
        order = list(Passability)
        return order.index(self) < order.index(before)


RoadKind = Literal["road", "underpass", "culvert"]
PointKind = Literal["road", "underpass", "culvert", "rain_gauge", "pump_sump"]
WATERLOGGING = "waterlogging"
"""Category of water standing on roads: the one that passability and the grades of the map belong to."""

Quantity = Literal["depth_cm", "rain_mm"]
"""What a gauge measures: depth of standing water, or rain fallen since its previous reading."""


@dataclass(frozen=True, slots=True)
class MonitoredPoint:
    """A place with a gauge. `group_*` names the basin or street it is listed under in a flood of alerts."""

    point_id: str
    name_zh: str
    name_en: str
    kind: PointKind
    place: LonLat
    jurisdiction: str
    quantity: Quantity = "depth_cm"
    group_zh: str = ""
    group_en: str = ""

    @property
    def road_kind(self) -> RoadKind | None:
        """What kind of road the gauge stands on; None where nobody drives."""
        if self.kind == "rain_gauge" or self.kind == "pump_sump":
            return None
        return self.kind


@dataclass(frozen=True, slots=True)
class Reading:
    """One measurement at one point and instant, in the unit of the point's quantity. `quantity` is what the
    sender says it measured; None once that was held against the point."""

    point_id: str
    observed_at: datetime
    value: float
    quantity: Quantity | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """A remembered reading: seconds since 1970 and the value."""

    at_s: float
    value: float


DEAD_AFTER_S = 3600.0
"""A gauge silent for longer says nothing of the present: the hour of the rule `gauge-silent`, a proposal."""


@dataclass(frozen=True, slots=True)
class PointState:
    """What is known of a point between two readings.

    `recent` holds what rates and sums are computed from, oldest first (alerts/features.py).
    `grade_code` is the grade of the point's own grading rule, for the map. `received_at` is the city's time when its
    newest reading came in, whatever the gauge's own clock says; `awaited_since` is since when one that has never
    spoken is waited for. `quantity` is what `value` and `recent` are of; None where nothing was read yet.
    """

    point_id: str
    last_observed_at: datetime | None = None
    value: float | None = None
    grade_code: str | None = None
    unchanged_since: datetime | None = None
    recent: tuple[Sample, ...] = ()
    passability: Passability = Passability.OPEN
    passability_at: datetime | None = None
    passability_by: str | None = None
    passability_note: str | None = None
    received_at: datetime | None = None
    awaited_since: datetime | None = None
    quantity: Quantity | None = None

    def silent_s(self, at: datetime) -> float:
        """Seconds since the newest reading came in, or since a first one is waited for; 0 where neither is known."""
        since = self.received_at or self.awaited_since
        return max(0.0, (at - since).total_seconds()) if since is not None else 0.0


@dataclass(frozen=True, slots=True)
class LevelState:
    """The memory of one rule at one subject: the level reached, and the runs that ask for another.

    `rising_since` and `falling_since` hold the first instant of an uninterrupted run that asks for a
    higher (lower) level, with the level it asks for. None as a level is normal.
    """

    rule_id: str
    subject_id: str
    level: str | None = None
    rising_to: str | None = None
    rising_since: datetime | None = None
    falling_to: str | None = None
    falling_since: datetime | None = None

    @property
    def at_rest(self) -> bool:
        """Whether there is nothing to remember."""
        return self.level is None and self.rising_since is None and self.falling_since is None


@dataclass(frozen=True, slots=True)
class Alert:
    """A graded warning by one rule about one subject, from its first level to the all-clear.

    Status says what people did; marks beside it say the rest: `returned_at` that the condition is over,
    `shelved_until` that somebody set it aside, `suppressed_by` which other alert explains it. `told` is the
    level of the command tree that has been told, `escalate_at` when the next one is.
    `alarmed_at` is when people were last called to it: opened, or raised above every level it had.
    `because` holds the figures the level was reached by. `subject_id` is the point's id for alerts at
    monitored points; other subjects are `calls:<incident>`, `area:<code>`, `unit:<id>`, `cap:<identifier>`.
    """

    alert_id: str
    rule_id: str
    rule_version: str
    catalogue_version: str
    category: str
    subject_id: str
    name_zh: str
    name_en: str
    place: LonLat
    jurisdiction: str
    severity: Severity
    grade_code: str
    peak_grade_code: str
    status: AlertStatus
    opened_at: datetime
    alarmed_at: datetime
    changed_at: datetime
    told: CommandLevel
    value: float | None = None
    quantity: str | None = None
    because: Mapping[str, float] = field(default_factory=dict)
    point_id: str | None = None
    group_zh: str = ""
    group_en: str = ""
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    note: str | None = None
    returned_at: datetime | None = None
    cleared_at: datetime | None = None
    cleared_by: str | None = None
    clear_note: str | None = None
    outcome: Outcome | None = None
    shelved_until: datetime | None = None
    shelved_by: str | None = None
    shelve_reason: str | None = None
    suppressed_by: str | None = None
    escalated_at: datetime | None = None
    escalate_at: datetime | None = None
    incident_id: str | None = None
