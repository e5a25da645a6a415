"""Alerts and what rules remember of their subjects."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Select, case, delete, func, or_, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert

from alerts.model import Alert, LevelState, Severity
from alerts.response_level import ResponseLevel
from alerts.rules import Rule
from core.errors import NotFoundError
from operations.stored import GeofenceVisit, OpenAlert, RuleFailure
from store import tables as t
from store.among import among
from store.rows import from_row, to_row

_LEVEL_COLUMNS = [column.name for column in t.level_states.columns]
_LEVEL_KEY = ("rule_id", "subject_id")
_UPSERT_LEVELS = text(
    f"""
    INSERT INTO level_states ({", ".join(_LEVEL_COLUMNS)})
    SELECT {", ".join(_LEVEL_COLUMNS)} FROM jsonb_populate_recordset(NULL::level_states, CAST(:states AS jsonb))
    ON CONFLICT (rule_id, subject_id) DO UPDATE SET
    {", ".join(f"{name} = EXCLUDED.{name}" for name in _LEVEL_COLUMNS if name not in _LEVEL_KEY)}
    """  # noqa: S608 - column names come from the table itself
)
_ALERT_COLUMNS = [column.name for column in t.alerts.columns if column.name != "run"]
_UPSERT_ALERTS = text(
    f"""
    INSERT INTO alerts (run, {", ".join(_ALERT_COLUMNS)})
    SELECT (SELECT run FROM drill_clock), {", ".join(_ALERT_COLUMNS)}
    FROM jsonb_populate_recordset(NULL::alerts, CAST(:alerts AS jsonb))
    ON CONFLICT (alert_id) DO UPDATE SET
    {", ".join(f"{name} = EXCLUDED.{name}" for name in _ALERT_COLUMNS if name != "alert_id")}
    """  # noqa: S608 - column names come from the table itself
)
_RETURNED_LONG_AGO = text(
    """
    EXISTS (
      SELECT 1 FROM unnest(
        CAST(:due_rules AS text[]), CAST(:due_grades AS text[]), CAST(:due_instants AS timestamptz[])
      ) AS due(rule_id, grade, returned_by)
      WHERE due.rule_id = alerts.rule_id AND due.grade = alerts.peak_grade_code
        AND alerts.returned_at <= due.returned_by
    )
    """
)
_RULES = 5_301_004
"""The advisory lock of whoever applies rules."""
_OPEN = t.alerts.c.status != "cleared"
GRAVITY = case({severity.value: severity.rank for severity in Severity}, value=t.alerts.c.severity)


class AlertRows:
    """Part of a transaction: what operations.store.Transaction asks about rules and alerts."""

    connection: Connection

    # rules
    def lock_rules(self) -> None:
        self.connection.execute(select(func.pg_advisory_xact_lock(_RULES)))

    def level_states(self, subject_ids: Collection[str]) -> Mapping[tuple[str, str], LevelState]:
        asked = select(t.level_states).where(among(t.level_states.c.subject_id, subject_ids))
        found = [from_row(LevelState, row) for row in self.connection.execute(asked).mappings()]
        return {(state.rule_id, state.subject_id): state for state in found}

    def subjects_with_levels(self, prefix: str) -> Sequence[str]:
        subject = t.level_states.c.subject_id
        asked = select(subject).where(subject.startswith(prefix, autoescape=True)).distinct()
        return list(self.connection.execute(asked.order_by(subject)).scalars())

    def save_level_states(self, states: Sequence[LevelState]) -> None:
        kept = [state for state in states if not state.at_rest]
        gone = [(state.rule_id, state.subject_id) for state in states if state.at_rest]
        if kept:
            self.connection.execute(_UPSERT_LEVELS, {"states": orjson.dumps(kept).decode()})
        if gone:
            level = t.level_states.c
            self.connection.execute(
                delete(t.level_states).where(tuple_(level.rule_id, level.subject_id).in_(gone))
            )

    def note_rule_failures(self, failures: Sequence[RuleFailure], at: datetime) -> None:
        for rule_id in sorted({failure.rule_id for failure in failures}):
            of_rule = [failure for failure in failures if failure.rule_id == rule_id]
            new = insert(t.rule_failures).values(
                rule_id=rule_id,
                failures=len(of_rule),
                last_at=at,
                last_subject_id=of_rule[-1].subject_id,
                last_error=of_rule[-1].error[:500],
            )
            newest = {name: new.excluded[name] for name in ("last_at", "last_subject_id", "last_error")}
            counted = {**newest, "failures": t.rule_failures.c.failures + new.excluded.failures}
            self.connection.execute(new.on_conflict_do_update(index_elements=["rule_id"], set_=counted))

    # alerts
    def open_alerts_of(self, subject_ids: Collection[str]) -> Mapping[tuple[str, str], Alert]:
        asked = select(t.alerts).where(among(t.alerts.c.subject_id, subject_ids), _OPEN)
        found = self._alerts(asked.order_by(t.alerts.c.alert_id).with_for_update())
        return {(alert.rule_id, alert.subject_id): alert for alert in found}

    def open_alerts_at(self, point_ids: Collection[str]) -> Sequence[Alert]:
        asked = select(t.alerts).where(among(t.alerts.c.point_id, point_ids), _OPEN)
        return self._alerts(asked.order_by(GRAVITY.desc(), t.alerts.c.opened_at))

    def open_alerts_by_rules(self, rule_ids: Collection[str]) -> Sequence[Alert]:
        asked = select(t.alerts).where(among(t.alerts.c.rule_id, rule_ids), _OPEN)
        return self._alerts(asked.order_by(t.alerts.c.alert_id))

    def alerts_due(self, at: datetime, rules: Collection[Rule], limit: int) -> Sequence[Alert]:
        alert = t.alerts.c
        grave = [
            (rule.rule_id, level.code)
            for rule in rules
            for level in rule.levels
            if level.severity.rank >= Severity.ORANGE.rank
        ]
        # What was orange or red is followed up although the water has gone (alerts/calling.py).
        stands = alert.returned_at.is_(None) | tuple_(alert.rule_id, alert.peak_grade_code).in_(grave)
        calls = (alert.status == "active") & alert.suppressed_by.is_(None) & stands
        escalates = calls & alert.shelved_until.is_(None) & (alert.escalate_at <= at)
        returned_by = {
            (rule.rule_id, level.code): at - rule.clears_itself_after[level.severity]
            for rule in rules
            if rule.clears_itself_after is not None
            for level in rule.levels
            if level.severity in rule.clears_itself_after
        }
        asked = select(t.alerts).where(_OPEN, or_(escalates, alert.shelved_until <= at, _RETURNED_LONG_AGO))
        columns = {
            "due_rules": [rule_id for rule_id, _ in returned_by],
            "due_grades": [grade for _, grade in returned_by],
            "due_instants": list(returned_by.values()),
        }
        locked = asked.order_by(alert.alert_id).limit(limit).with_for_update(of=t.alerts, skip_locked=True)
        return [from_row(Alert, row) for row in self.connection.execute(locked, columns).mappings()]

    def open_alerts(self) -> Sequence[OpenAlert]:
        asked = (
            select(t.alerts).with_only_columns(*(t.alerts.c[f.name] for f in fields(OpenAlert))).where(_OPEN)
        )
        return [OpenAlert(**row) for row in self.connection.execute(asked).mappings()]

    def alert(self, alert_id: str, lock: bool = True) -> Alert:
        asked = select(t.alerts).where(t.alerts.c.alert_id == alert_id)
        found = self._alerts(asked.with_for_update() if lock else asked)
        if not found:
            raise NotFoundError(f"found no alert {alert_id!r}, expected an existing one / 没有这条记录")
        return found[0]

    def save_alert(self, alert: Alert) -> None:
        self.save_alerts([alert])

    def save_alerts(self, alerts: Sequence[Alert]) -> None:
        if alerts:
            rows = orjson.dumps([to_row(alert) for alert in alerts])
            self.connection.execute(_UPSERT_ALERTS, {"alerts": rows.decode()})

    # response levels
    def response_level(self, jurisdiction: str) -> ResponseLevel:
        # A row that is not there cannot be locked.
        new = insert(t.response_levels).values(jurisdiction=jurisdiction)
        self.connection.execute(new.on_conflict_do_nothing())
        asked = select(t.response_levels).where(t.response_levels.c.jurisdiction == jurisdiction)
        return from_row(ResponseLevel, self.connection.execute(asked.with_for_update()).mappings().one())

    def areas_with_proposals(self) -> Collection[str]:
        level = t.response_levels.c
        asked = select(level.jurisdiction).where(level.proposed_level.is_not(None))
        return set(self.connection.execute(asked).scalars())

    def save_response_level(self, level: ResponseLevel) -> None:
        row = to_row(level)
        new = insert(t.response_levels).values(**row)
        changed = {name: new.excluded[name] for name in row if name != "jurisdiction"}
        self.connection.execute(new.on_conflict_do_update(index_elements=["jurisdiction"], set_=changed))

    # geofences
    def geofence_visits(self) -> Sequence[GeofenceVisit]:
        rows = self.connection.execute(select(t.geofence_visits)).mappings()
        return [from_row(GeofenceVisit, row) for row in rows]

    def save_geofence_visits(self, entered: Sequence[GeofenceVisit], left: Sequence[GeofenceVisit]) -> None:
        visit = t.geofence_visits.c
        if left:
            gone = [(v.unit_id, v.geofence_id) for v in left]
            self.connection.execute(
                delete(t.geofence_visits).where(tuple_(visit.unit_id, visit.geofence_id).in_(gone))
            )
        if entered:
            new = insert(t.geofence_visits).on_conflict_do_nothing()
            self.connection.execute(new, [to_row(v) for v in entered])

    def _alerts(self, asked: Select[Any]) -> list[Alert]:
        return [from_row(Alert, row) for row in self.connection.execute(asked).mappings()]
