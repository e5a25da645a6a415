"""Applies rules to one subject after another in one transaction: levels, alerts, incidents, journal rows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from alerts.grading import next_level
from alerts.lifecycle import AlertChange, Subject, follow_level
from alerts.model import Alert, AlertStatus, LevelState, MonitoredPoint
from alerts.rules import Features, Level, Rule
from core.actor import SYSTEM
from core.events import happened
from core.ids import new_id
from dispatch.model import Incident
from operations.catalogue import Catalogue
from operations.open_incident import incident_at_point, new_incident
from operations.ports import Ports
from operations.public_state import Json, changes
from operations.store import Transaction
from operations.stored import RuleFailure

log = logging.getLogger(__name__)

NEEDS_AN_INCIDENT = ("alert.opened", "alert.raised", "alert.resumed")
"""Water that comes back after its incident was closed needs another, though nobody acknowledges it anew."""


def subject_of(point: MonitoredPoint) -> Subject:
    """A monitored point as what an alert is about."""
    return Subject(
        subject_id=point.point_id,
        name_zh=point.name_zh,
        name_en=point.name_en,
        place=point.place,
        jurisdiction=point.jurisdiction,
        point_id=point.point_id,
        group_zh=point.group_zh,
        group_en=point.group_en,
        quantity=point.quantity,
    )


@dataclass
class RuleWork:
    """The rules at work in one transaction: what they remember of these subjects, and what came of it.

    Holds the rules' lock; loads levels and open alerts of `subject_ids` locked; `finish` saves what changed.
    A rule that raises is noted and stops nobody else.
    """

    ports: Ports
    tx: Transaction
    subject_ids: Collection[str]
    catalogue: Catalogue
    opened_incidents: list[str] = field(default_factory=list)
    changed: dict[str, Alert] = field(default_factory=dict)
    failures: list[RuleFailure] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tx.lock_rules()
        self._now = self.ports.clock.now()
        self._levels = dict(self.tx.level_states(self.subject_ids))
        self._alerts = dict(self.tx.open_alerts_of(self.subject_ids))
        self._moved: dict[tuple[str, str], LevelState] = {}

    def alert_of(self, rule_id: str, subject_id: str) -> Alert | None:
        return self._alerts.get((rule_id, subject_id))

    def level_of(self, rule_id: str, subject_id: str) -> LevelState:
        return self._levels.get((rule_id, subject_id), LevelState(rule_id, subject_id))

    def apply(
        self,
        rule: Rule,
        subject: Subject,
        features: Features,
        at: datetime,
        shown: Callable[[str | None], Iterable[Json]] = lambda _level: (),
    ) -> LevelState:
        """The rule's memory of the subject after these figures; records what happened to its alert.

        `shown` answers, for the new level, the public states of points that belong into the journal row of a change.
        """
        before = self._known(rule, self.level_of(rule.rule_id, subject.subject_id))
        after = self.judge(rule, subject.subject_id, features, at)
        self._follow(rule, subject, before, after, features, at, shown)
        return after

    def judge(self, rule: Rule, subject_id: str, features: Features, at: datetime) -> LevelState:
        """The rule's memory of the subject after these figures, without any alert about it."""
        before = self._known(rule, self.level_of(rule.rule_id, subject_id))
        try:
            after = next_level(before, rule, features, at)
        except Exception as error:
            # A rule is data that a city edits: whatever it raises is its own failure, and the others go on.
            log.warning("rule %s failed at %s: %s", rule.rule_id, subject_id, error)
            self.failures.append(RuleFailure(rule.rule_id, subject_id, f"{type(error).__name__}: {error}"))
            return before
        if after is not before:
            self._levels[(rule.rule_id, subject_id)] = self._moved[(rule.rule_id, subject_id)] = after
        return after

    def follow(
        self, rule: Rule, subject: Subject, after: LevelState, features: Features, at: datetime
    ) -> None:
        """Records what happens to the alert of a subject whose level others decide: the worst of its parts."""
        before = self._known(rule, self.level_of(rule.rule_id, subject.subject_id))
        if after.level != before.level:
            self._levels[(rule.rule_id, subject.subject_id)] = after
            self._moved[(rule.rule_id, subject.subject_id)] = after
            self._follow(rule, subject, before, after, features, at)

    def restate(self, rule: Rule, subject: Subject, features: Features, parts: str, at: datetime) -> None:
        """Where the subject's open alert is about other parts than before (the keys of the figure `parts`), says
        which now. Nobody is called for it: whoever has the alert reads it there."""
        alert = self._alerts.get((rule.rule_id, subject.subject_id))
        if alert is None or _keys(alert.because, parts) == set(features[parts]):
            return
        restated = replace(
            alert,
            name_zh=subject.name_zh,
            name_en=subject.name_en,
            place=subject.place,
            because=_because(features, rule),
            changed_at=at,
        )
        self._record(rule, subject, AlertChange("alert.restated", restated), ())

    def _follow(
        self,
        rule: Rule,
        subject: Subject,
        before: LevelState,
        after: LevelState,
        features: Features,
        at: datetime,
        shown: Callable[[str | None], Iterable[Json]] = lambda _level: (),
    ) -> None:
        key = (rule.rule_id, subject.subject_id)
        if after.level == before.level:
            return
        change = follow_level(
            self._alerts.get(key),
            before,
            after,
            rule,
            subject,
            value=features.get("value"),
            because=_because(features, rule),
            alert_id=new_id(),
            catalogue_version=self.catalogue.digest,
            at=at,
            called_at=self._now,
        )
        if change is not None:
            self._record(rule, subject, change, shown(after.level))

    def _known(self, rule: Rule, state: LevelState) -> LevelState:
        """The memory in the words of the rule as it is now: a level that was renamed is the one of the same colour,
        so that an edit calls nobody again and takes nobody's alert away."""
        if state.level is None or rule.level(state.level) is not None:
            return state
        key = (state.rule_id, state.subject_id)
        alert = self._alerts.get(key)
        same = next((level.code for level in rule.levels if alert and level.severity is alert.severity), None)
        if alert is not None and same is not None:
            self._alerts[key] = replace(alert, grade_code=same, peak_grade_code=same)
        return replace(state, level=same)

    def finish(self) -> None:
        """Saves the alerts that changed, what the rules remember and which of them failed."""
        self.tx.save_alerts(list(self.changed.values()))
        self.tx.save_level_states(list(self._moved.values()))
        self.tx.note_rule_failures(self.failures, self._now)

    def _record(self, rule: Rule, subject: Subject, change: AlertChange, points: Iterable[Json]) -> None:
        alert, level = change.alert, rule.level(change.alert.grade_code)
        incidents = []
        is_new = False
        if change.event in NEEDS_AN_INCIDENT and level is not None and level.opens_incident:
            incident, is_new = self._incident(rule, subject, alert, level)
            alert = replace(alert, incident_id=incident.incident_id)
            incidents.append(incident)
        self.changed[alert.alert_id] = alert
        if alert.status is AlertStatus.CLEARED:
            self._alerts.pop((alert.rule_id, alert.subject_id), None)
        else:
            self._alerts[(alert.rule_id, alert.subject_id)] = alert
        self.tx.record(
            happened(
                SYSTEM,
                change.event,
                at=alert.changed_at,
                subject=alert.alert_id,
                data={
                    "rule": f"{rule.rule_id}@{rule.version}",
                    "grade": alert.grade_code,
                    **({alert.quantity: alert.value} if alert.quantity else {}),
                    "because": dict(alert.because),
                    "told": alert.told.value,
                },
                changes=changes(alerts=[alert], incidents=incidents, points=points),
            )
        )
        if is_new:
            self.opened_incidents.append(incidents[0].incident_id)
            self.tx.record(
                happened(
                    SYSTEM,
                    "incident.opened",
                    at=alert.changed_at,
                    subject=incidents[0].incident_id,
                    data={"alert_id": alert.alert_id, "grade": alert.grade_code},
                    changes=changes(incidents=incidents),
                )
            )

    def _incident(self, rule: Rule, subject: Subject, alert: Alert, level: Level) -> tuple[Incident, bool]:
        category = self.catalogue.categories[rule.category]
        if subject.incident_id is not None:
            return self.tx.incident(subject.incident_id, lock=False), False
        point = self.catalogue.points.get(subject.point_id or "")
        how_much = _measured(alert)
        if point is not None:
            return incident_at_point(
                self.ports,
                self.tx,
                point,
                category=rule.category,
                what_zh=f"{level.name_zh}{category.name_zh}{how_much}",
                what_en=f"{level.name_en} {category.name_en}{how_much}",
                at=alert.changed_at,
                origin="alert",
            )
        incident = new_incident(
            self.tx,
            category=rule.category,
            title_zh=f"{subject.name_zh} {level.name_zh}{category.name_zh}",
            title_en=f"{subject.name_en}: {level.name_en} {category.name_en}",
            place=subject.place,
            jurisdiction=subject.jurisdiction,
            priority=category.priority,
            at=alert.changed_at,
            origin="alert",
        )
        return incident, True


def _keys(because: Mapping[str, float], figure: str) -> set[str]:
    return {key for name, _, key in (name.partition(".") for name in because) if name == figure and key}


def _measured(alert: Alert) -> str:
    if alert.value is None or alert.quantity is None:
        return ""
    unit = alert.quantity.rpartition("_")[2]
    return f" {alert.value:.0f} {unit}"


def _because(features: Features, rule: Rule) -> Mapping[str, float]:
    """The figures the rule mentions, so that an alert says why it is there. Maps are opened one step."""
    found: dict[str, float] = {}
    for name, value in features.items():
        if rule.uses is not None and name not in rule.uses:
            continue
        if isinstance(value, float):
            found[name] = round(value, 2)
        elif isinstance(value, Mapping):
            found.update({f"{name}.{k}": round(v, 1) for k, v in value.items() if isinstance(v, float)})
    return found
