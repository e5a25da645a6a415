"""What the store answers with, besides the domain's own: counts, what waits, what was known then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alerts.model import Alert, PointState, Reading
from alerts.response_level import ResponseLevel
from core.clock import DrillTime
from core.geo import LonLat
from dispatch.assistance import AssistanceRequest
from dispatch.fixes import Fix as Fix
from dispatch.model import Assignment, Incident, Unit
from dispatch.recommendation import Recommendation
from dispatch.travel import RoadClosure
from operations.wall_scene import WallScene


@dataclass(frozen=True, slots=True)
class QuarantinedItem:
    """Input that was understood but makes no sense; kept as it came, used by nothing."""

    kind: str
    reason: str
    detail: str
    item: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RuleFailure:
    """A rule that raised instead of judging: which, at which subject, and what it said."""

    rule_id: str
    subject_id: str
    error: str


@dataclass(frozen=True, slots=True)
class FailingRule:
    """How often a rule has raised, and the newest time: `last_at` is the city's instant."""

    rule_id: str
    failures: int
    last_at: datetime
    last_subject_id: str
    last_error: str


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


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """What names an open alert, to find those that nothing judges any more."""

    alert_id: str
    rule_id: str
    subject_id: str
    point_id: str | None
    suppressed_by: str | None
    jurisdiction: str


@dataclass(frozen=True, slots=True)
class CallCounts:
    """How often people called about one incident before an instant, and how many different callers there were in
    that hour."""

    calls_10min: int
    calls_60min: int
    callers: int


@dataclass(frozen=True, slots=True)
class GeofenceVisit:
    """A unit is in a geofence since `entered_at`."""

    unit_id: str
    geofence_id: str
    entered_at: datetime


@dataclass(frozen=True, slots=True)
class Keyframe:
    """All that was open as of journal row `seq`, as public states by kind, for the whole city; what the journal says
    could be folded into it again, so that losing one loses nothing."""

    seq: int
    known_at: datetime
    state: Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class TrackPoint:
    """A point of a unit's thinned track."""

    at: datetime
    place: LonLat
    heading_deg: int


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The points of a unit's track around an instant; `index` as position frames name the unit."""

    index: int
    jurisdiction: str
    before: TrackPoint
    after: TrackPoint | None


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
    response_levels: Sequence[ResponseLevel] = ()
    closures: Sequence[RoadClosure] = ()
    """Those that have not been lifted and had not run out at `closed_since`."""
    assistance: Sequence[AssistanceRequest] = ()
    """Requests that wait for an answer."""
    wall_scenes: Sequence[WallScene] = ()


@dataclass(frozen=True, slots=True)
class GradingLag:
    """How far the rules are behind: how many batches wait and since when the oldest does (wall time)."""

    batches: int
    oldest_recorded_at: datetime | None


@dataclass(frozen=True, slots=True)
class DispatchCounts:
    """How many units were sent, and how many of them against the advice, with a reason."""

    count: int
    overridden: int


@dataclass(frozen=True, slots=True)
class SentFor:
    """How many units were sent for one reason and ended for one: codes, None where there was none (yet)."""

    override_reason: str | None
    end_reason: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Lifespan:
    """How long something stood, an incident or water at a point; it still does when there is no end."""

    subject: str
    began_at: datetime
    ended_at: datetime | None
