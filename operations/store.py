"""What operations need from the database: a transaction, and what is asked without one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Any, Protocol

from alerts.alarm_load import AlertMoment
from alerts.model import Alert, LevelState, PointState, Reading
from alerts.response_level import ResponseLevel
from alerts.rules import Rule
from core.clock import DrillTime
from core.events import Event, JournalRow
from core.geo import BoundingBox
from dispatch.assistance import AssistanceRequest
from dispatch.attachments import Attachment
from dispatch.fixes import Fix as Fix
from dispatch.model import Assignment, Call, Incident, Unit
from dispatch.move_up_order import MoveUpOrder
from dispatch.recommendation import Recommendation
from dispatch.terminals import Terminal, TerminalProtocol
from dispatch.travel import RoadClosure
from operations.cap import ReceivedCap
from operations.catalogue import CatalogueSeen
from operations.handover import HandOver, ShiftCounts
from operations.stored import (
    CallCounts,
    DispatchCounts,
    FailingRule,
    GeofenceVisit,
    GradingLag,
    Keyframe,
    Lifespan,
    OpenAlert,
    QuarantinedItem,
    ReadingBatch,
    RuleFailure,
    SentFor,
    Snapshot,
    StoredReadings,
    Whereabouts,
)
from operations.wall_scene import WallScene


class Transaction(Protocol):
    """One database transaction. Leaving it normally commits everything together with the
    recorded events; leaving it with an exception changes nothing."""

    last_seq: int
    """Sequence number of the newest event this transaction recorded; 0 before the commit or without one."""

    def record(self, event: Event) -> None: ...

    # readings and points
    def store_readings(self, batch_id: str, readings: Sequence[Reading]) -> StoredReadings: ...
    def quarantine(self, items: Sequence[QuarantinedItem], actor_id: str, at: datetime) -> None: ...
    def ungraded_batches(self, limit: int) -> Sequence[ReadingBatch]:
        """The oldest batches not graded yet, at most `limit` readings and at least one batch; holds the
        grading lock until the transaction ends, after waiting for a worker that has it."""
        ...

    def mark_graded(self, up_to_seq: int) -> None: ...
    def point_states(self, point_ids: Collection[str], lock: bool = True) -> Mapping[str, PointState]:
        """The states of these points. By default each point is locked until the transaction ends, one
        that was never seen included, so that gauges and officers open one incident there and not two."""
        ...

    def neighbour_states(self, point_ids: Collection[str]) -> Mapping[str, PointState]:
        """Of these points only the newest value and the grade, not locked: what a point asks about those around it."""
        ...

    def save_point_states(self, states: Sequence[PointState]) -> None: ...

    def await_points(self, point_ids: Collection[str], at: datetime) -> None:
        """From `at` on those of them are waited for that never spoke and are not waited for already."""
        ...

    def silent_points(self, since: datetime) -> Sequence[PointState]:
        """Points whose newest reading came in before `since`, and those waited for in vain since before it."""
        ...

    def noteworthy_points(self) -> Sequence[PointState]:
        """Points that have a grade or whose road is not open; not locked."""
        ...

    # rules
    def subjects_with_levels(self, prefix: str) -> Sequence[str]:
        """Ids of the subjects whose id begins so and of which some rule remembers something."""
        ...

    def level_states(self, subject_ids: Collection[str]) -> Mapping[tuple[str, str], LevelState]:
        """What rules remember of these subjects, by (rule id, subject id); rules at rest remember nothing.
        Read under the rules' lock."""
        ...

    def save_level_states(self, states: Sequence[LevelState]) -> None:
        """Saves those that remember something and forgets those at rest."""
        ...

    def lock_rules(self) -> None:
        """Keeps other transactions from applying rules until this one ends: they read and write each other's
        alerts."""
        ...

    def note_rule_failures(self, failures: Sequence[RuleFailure], at: datetime) -> None:
        """Counts them by rule, with the newest message; what a rule did not say stays visible until it changes."""
        ...

    # alerts
    def open_alerts_of(self, subject_ids: Collection[str]) -> Mapping[tuple[str, str], Alert]:
        """Open alerts about these subjects by (rule id, subject id), locked until the transaction ends."""
        ...

    def open_alerts_at(self, point_ids: Collection[str]) -> Sequence[Alert]:
        """Open alerts at these monitored points, the gravest first; not locked."""
        ...

    def open_alerts_by_rules(self, rule_ids: Collection[str]) -> Sequence[Alert]:
        """Open alerts of these rules; not locked."""
        ...

    def alerts_due(self, at: datetime, rules: Collection[Rule], limit: int) -> Sequence[Alert]:
        """Open alerts that a timer is due for at this instant (escalation, end of a shelf, the all-clear these
        rules give by themselves), oldest first, locked; those that another transaction holds are left for the
        next look."""
        ...

    def open_alerts(self) -> Sequence[OpenAlert]:
        """The names of all open alerts; not locked."""
        ...

    def alert(self, alert_id: str, lock: bool = True) -> Alert:
        """The alert, by default locked until the transaction ends. Raises NotFoundError."""
        ...

    def save_alert(self, alert: Alert) -> None: ...
    def save_alerts(self, alerts: Sequence[Alert]) -> None:
        """The same for many, in one statement; each of them once."""
        ...

    # CAP messages from others
    def received_cap(self, key: str) -> ReceivedCap | None: ...
    def received_caps(self, keys: Collection[str]) -> Sequence[ReceivedCap]: ...
    def later_cap(self, key: str) -> ReceivedCap | None:
        """A message that came before and names this one, so that this one has nothing more to say."""
        ...

    def save_received_cap(self, received: ReceivedCap) -> None:
        """Saves it; where it is about a subject, it takes the place of what stood for that."""
        ...

    def caps_due(self, at: datetime, limit: int) -> Sequence[ReceivedCap]:
        """Standing messages that end at or before this instant."""
        ...

    def end_standing_caps(self, subject_ids: Collection[str]) -> None: ...

    # incidents and calls
    def open_incidents_at(self, point_ids: Collection[str]) -> Mapping[str, Incident]: ...
    def incident(self, incident_id: str, lock: bool = True) -> Incident:
        """The incident, by default locked until the transaction ends. Raises NotFoundError."""
        ...

    def save_incident(self, incident: Incident) -> None: ...
    def next_incident_number(self, day: date) -> int: ...
    def lock_calls(self) -> None:
        """Keeps other transactions from deciding which incident a call belongs to until this one ends."""
        ...

    def open_incidents_in(self, category: str, box: BoundingBox) -> Sequence[Incident]:
        """Open incidents of the category whose place lies in the box, oldest first; not locked."""
        ...

    def incidents(self, incident_ids: Collection[str]) -> Sequence[Incident]:
        """Those that exist among these; not locked."""
        ...

    def save_call(self, call: Call) -> None: ...
    def calls_of(self, incident_id: str, limit: int) -> Sequence[Call]:
        """The newest calls about an incident, newest first."""
        ...

    def call_counts(self, incident_ids: Collection[str], at: datetime) -> Mapping[str, CallCounts]:
        """For each of these incidents that anybody called about in the hour before."""
        ...

    def incidents_called_since(self, since: datetime) -> Sequence[str]:
        """Ids of the open incidents whose newest call came in since then."""
        ...

    # response levels and geofences
    def response_level(self, jurisdiction: str) -> ResponseLevel:
        """What stands there, locked until the transaction ends; nothing when it was never set."""
        ...

    def areas_with_proposals(self) -> Collection[str]:
        """Codes of the areas for which a level is proposed."""
        ...

    def save_response_level(self, level: ResponseLevel) -> None: ...
    def geofence_visits(self) -> Sequence[GeofenceVisit]: ...
    def save_geofence_visits(
        self, entered: Sequence[GeofenceVisit], left: Sequence[GeofenceVisit]
    ) -> None: ...

    # units and assignments
    def units(self, unit_ids: Collection[str] | None = None) -> Sequence[Unit]:
        """As of one instant. What else the transaction reads, their assignments too, may be of a later one: whoever
        acts on it locks them and looks again."""
        ...

    def lock_units(self, unit_ids: Collection[str]) -> Mapping[str, Unit]:
        """The units that exist among these, locked in one order until the transaction ends."""
        ...

    def register_units(self, units: Sequence[Unit]) -> None:
        """Inserts or renames units; a unit keeps the index, status and assignment it has."""
        ...

    def save_unit(self, unit: Unit) -> None: ...
    def assignment(self, assignment_id: str) -> Assignment: ...
    def assignments_of(self, incident_id: str) -> Sequence[Assignment]: ...
    def open_assignments(self, unit_ids: Collection[str] | None = None) -> Sequence[Assignment]: ...
    def assignment_ended_at(self, unit_id: str, at: datetime) -> Assignment | None:
        """The one that this unit was taken off at this very instant, if any."""
        ...

    def save_assignment(self, assignment: Assignment) -> None: ...

    # terminals and tracks
    def terminals(self) -> Sequence[Terminal]: ...
    def lock_terminals(
        self, names: Collection[tuple[TerminalProtocol, str]]
    ) -> Mapping[tuple[TerminalProtocol, str], Terminal]:
        """The terminals that exist among these, locked in one order until the transaction ends."""
        ...

    def save_terminals(self, terminals: Sequence[Terminal]) -> None: ...
    def store_track(self, fixes: Sequence[Fix]) -> None:
        """Appends to the tracks; a point of the same unit and instant that is there already stays."""
        ...

    def forget_tracks(self, recorded_before: datetime) -> int:
        """Deletes what was recorded (wall time) before; answers how many points."""
        ...

    # what was sent from the scene
    def attachment(self, attachment_id: str) -> Attachment: ...
    def attachments_of(self, incident_id: str) -> Sequence[Attachment]:
        """Without their bytes, in the order they were taken."""
        ...

    def attachment_content(self, attachment_id: str) -> bytes: ...
    def save_attachment(self, attachment: Attachment, content: bytes) -> None: ...

    # recommendations
    def latest_recommendation(self, incident_id: str) -> Recommendation | None: ...
    def save_recommendation(self, recommendation: Recommendation) -> None: ...
    def advised_units(
        self, incident_ids: Collection[str], package_only: bool = False
    ) -> Mapping[str, frozenset[str]]:
        """Ids of the units that the newest advice on each of these names; `package_only` leaves the choice beside
        the package out."""
        ...

    # requests for units of another jurisdiction
    def assistance_request(self, request_id: str, lock: bool = True) -> AssistanceRequest:
        """The request, by default locked until the transaction ends. Raises NotFoundError."""
        ...

    def assistance_of(self, incident_id: str) -> Sequence[AssistanceRequest]:
        """All requests for an incident, oldest first; not locked."""
        ...

    def assistance_waiting(self, answer_by: datetime | None = None) -> Sequence[AssistanceRequest]:
        """Requests that wait for an answer, those only whose time ends by then; not locked."""
        ...

    def save_assistance(self, request: AssistanceRequest) -> None: ...

    # the catalogue
    def keep_catalogue(self, seen: CatalogueSeen, at: datetime) -> bool:
        """Keeps a content of the catalogue's folder as the newest that came into force or was refused; False
        when it is that already. One transaction at a time."""
        ...

    # closures
    def closure(self, closure_id: str) -> RoadClosure:
        """The closure, locked until the transaction ends. Raises NotFoundError."""
        ...

    def closures_in_force(self, at: datetime) -> Sequence[RoadClosure]: ...
    def closures_around(self, box: BoundingBox, since: datetime) -> Sequence[RoadClosure]:
        """Closures that stand in the box and were in force at some time since; not locked."""
        ...

    def closures_due(self, at: datetime, limit: int) -> Sequence[RoadClosure]:
        """Closures not lifted whose time is over at this instant, oldest first, locked; those that another
        transaction holds are left for the next look."""
        ...

    def save_closure(self, closure: RoadClosure) -> None: ...
    def undispatched_incidents(self) -> Sequence[str]:
        """Ids of open incidents that nobody was sent to."""
        ...

    # orders to move up
    def move_up_orders(self, at: datetime, unit_ids: Collection[str] | None = None) -> Sequence[MoveUpOrder]:
        """The newest order of each of these units (None: of all) that stands at this instant."""
        ...

    def save_move_up_order(self, order: MoveUpOrder) -> None: ...

    # the wall
    def wall_scene(self, jurisdiction: str) -> WallScene:
        """What the wall there was told to show, locked until the transaction ends; nothing when it never was."""
        ...

    def save_wall_scene(self, scene: WallScene) -> None: ...

    # hand-overs of shifts
    def handover(self, handover_id: str) -> HandOver:
        """The hand-over, locked until the transaction ends. Raises NotFoundError."""
        ...

    def save_handover(self, handover: HandOver) -> None: ...
    def newest_handovers(self, jurisdiction: str, limit: int) -> Sequence[HandOver]:
        """Those of the run in this very jurisdiction, newest first; not locked."""
        ...

    def shift_counts(self, since: datetime, jurisdiction: str) -> ShiftCounts:
        """What happened since then at and below this jurisdiction."""
        ...

    # idempotency and the drill
    def remembered_answer(self, actor_id: str, key: str, digest: str) -> Mapping[str, Any] | None:
        """The answer given before to this key, or None; locks the key until the transaction ends.
        Raises ConflictError when the key came before with another body."""
        ...

    def remember_answer(
        self, actor_id: str, key: str, digest: str, answer: Mapping[str, Any], at: datetime
    ) -> None: ...
    def drill_time(self) -> DrillTime | None: ...
    def save_drill_time(self, drill_time: DrillTime | None) -> None: ...
    def end_everything_open(self, at: datetime, reason: str) -> None:
        """Clears alerts, closes incidents, ends assignments, frees units, reopens roads and forgets point
        states: a drill begins with an empty table. The journal keeps all of it."""
        ...


class Store(Protocol):
    """The database."""

    def transaction(self, alone: bool = False) -> AbstractContextManager[Transaction]:
        """`alone` waits until all others have ended and holds new ones back: for what changes everything."""
        ...

    def snapshot(self, closed_since: datetime) -> Snapshot:
        """What is open, with the incidents closed and alerts cleared since `closed_since`."""
        ...

    def head(self) -> int:
        """Sequence number of the newest journal row; 0 for an empty journal."""
        ...

    def journal_after(self, seq: int, limit: int) -> Sequence[JournalRow]: ...
    def journal_of(
        self, subjects: Collection[str], limit: int, up_to: int | None = None
    ) -> Sequence[JournalRow]:
        """The newest rows about these subjects, oldest first; with `up_to` none after that number."""
        ...

    # looking back, in the present run
    def newest_known(self) -> tuple[int, datetime | None]:
        """Number of the newest journal row and when the city knew it; None for an empty journal."""
        ...

    def first_row(self) -> JournalRow | None: ...
    def first_keyframe_at(self) -> datetime | None: ...
    def newest_keyframe(self, at: datetime | None = None) -> Keyframe | None:
        """The newest one known at this instant; None for now."""
        ...

    def save_keyframe(self, keyframe: Keyframe) -> None:
        """Keeps it; one as of the same row that is there already stays."""
        ...

    def rows_known(self, after: int, until: datetime, limit: int | None = None) -> Sequence[JournalRow]:
        """Rows after number `after` that the city knew at `until`, in order, batches of readings left out."""
        ...

    def rows_begun(self, since: datetime, until: datetime, limit: int) -> Sequence[JournalRow]:
        """The newest rows by which an incident began or an alert was opened or raised, oldest first."""
        ...

    def whereabouts(self, at: datetime) -> Sequence[Whereabouts]:
        """Where the units were tracked around this instant; without those that were not."""
        ...

    def alert_moments(self, since: datetime | None) -> Sequence[AlertMoment]:
        """What happened to alerts since then, in the journal's order, with all that happened to those that are
        open; None means from the beginning (of the run, in a drill)."""
        ...

    def alerts_opened(self, since: datetime | None, until: datetime) -> Sequence[Alert]:
        """Alerts of the run that were opened then, cleared ones included, oldest first."""
        ...

    def readings_of(
        self,
        point_ids: Collection[str],
        since: datetime | None,
        until: datetime,
        at_least: float | None = None,
    ) -> Sequence[Reading]:
        """Readings of these points, by point and instant; with `at_least` only those of that value or more."""
        ...

    def open_alerts(self) -> Sequence[Alert]:
        """All open alerts, the gravest first."""
        ...

    def alert_history(self, cleared_since: datetime, types: Collection[str]) -> Sequence[JournalRow]:
        """Rows of these types about alerts that stand or were cleared since then, by alert and in order."""
        ...

    def lifespans(self, since: datetime, category: str) -> tuple[Sequence[Lifespan], Sequence[Lifespan]]:
        """Of the run what stood at some instant since then: incidents, and alerts of this category by their
        subject, which no longer stand once the condition is over."""
        ...

    def incidents_reached_since(self, since: datetime) -> Sequence[Incident]: ...
    def dispatches_since(self, since: datetime) -> DispatchCounts: ...
    def dispatches_by_reason(
        self, since: datetime | None, until: datetime, jurisdiction: str
    ) -> Sequence[SentFor]:
        """Units sent then to incidents there, counted by reasons; `since` None means all of the run."""
        ...

    def grading_lag(self) -> GradingLag: ...
    def failing_rules(self, since: datetime) -> Sequence[FailingRule]:
        """Rules that have raised since that instant, the newest first."""
        ...

    def assignments_without_route(self) -> Sequence[str]:
        """Ids of assignments whose unit still has to drive and that have no route."""
        ...

    def incidents_without_advice(self) -> Sequence[str]:
        """Ids of open incidents that nobody was sent to and that were never advised."""
        ...

    def incidents_advised_nobody(self) -> Sequence[str]:
        """Ids of open incidents that nobody was sent to and whose advice recommends nobody."""
        ...
