"""What was, for figures over a period: the history of alerts out of the journal, alerts and readings of a time."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, literal_column, or_, select, text

from alerts.alarm_load import AlertMoment
from alerts.model import Alert, Reading, Severity
from core.command_tree import CommandLevel
from operations.stored import Lifespan, SentFor
from store import tables as t
from store.rows import from_row
from store.run import CURRENT_RUN

# Written out, so that the planner may use the index that has the same condition.
_OF_ALERTS = text("type LIKE 'alert.%'")


def alert_moments(connection: Connection, since: datetime | None) -> list[AlertMoment]:
    row = t.journal.c
    still_open = select(t.alerts.c.alert_id).where(t.alerts.c.status != "cleared")
    wanted: ColumnElement[bool] | None = None
    if since is not None:
        open_ids = list(connection.execute(still_open).scalars())
        wanted = or_(row.at >= since, row.subject.in_(open_ids))
    # The state of the alert the row is about, as it was recorded with it.
    of_subject: ColumnElement[Any] = literal_column("'$.alerts[*] ? (@.alert_id == $id)'::jsonpath")
    alert = func.jsonb_path_query_first(
        row.changes, of_subject, func.jsonb_build_object("id", row.subject)
    ).label("alert")
    asked = select(row.type, row.at, alert).where(_OF_ALERTS, row.run == CURRENT_RUN).order_by(row.seq)
    rows = connection.execute(asked if wanted is None else asked.where(wanted))
    return [_moment(found.type, found.at, found.alert) for found in rows if found.alert is not None]


def _moment(event: str, at: datetime, alert: dict[str, Any]) -> AlertMoment:
    return AlertMoment(
        event=event,
        at=at,
        alert_id=alert["alert_id"],
        rule_id=alert["rule_id"],
        subject_id=alert["subject_id"],
        jurisdiction=alert["jurisdiction"],
        severity=Severity(alert["severity"]),
        told=CommandLevel(alert["told"]),
        active=alert["status"] == "active",
        quiet=any(alert.get(mark) is not None for mark in ("suppressed_by", "shelved_until", "returned_at")),
        cleared=alert["status"] == "cleared",
    )


def lifespans(
    connection: Connection, since: datetime, category: str
) -> tuple[list[Lifespan], list[Lifespan]]:
    incident, alert = t.incidents.c, t.alerts.c
    of_incidents = select(incident.incident_id, incident.opened_at, incident.closed_at).where(
        incident.run == CURRENT_RUN, or_(incident.status != "closed", incident.closed_at >= since)
    )
    over_at = func.coalesce(alert.returned_at, alert.cleared_at)
    of_alerts = select(alert.subject_id, alert.opened_at, over_at).where(
        alert.run == CURRENT_RUN,
        alert.category == category,
        or_(alert.status != "cleared", alert.cleared_at >= since),
    )
    both = [[Lifespan(*row) for row in connection.execute(asked)] for asked in (of_incidents, of_alerts)]
    return both[0], both[1]


def alerts_opened(connection: Connection, since: datetime | None, until: datetime) -> list[Alert]:
    alert = t.alerts.c
    asked = select(t.alerts).where(alert.run == CURRENT_RUN, alert.opened_at <= until)
    if since is not None:
        asked = asked.where(alert.opened_at >= since)
    rows = connection.execute(asked.order_by(alert.opened_at, alert.alert_id)).mappings()
    return [from_row(Alert, row) for row in rows]


def readings_of(
    connection: Connection,
    point_ids: Collection[str],
    since: datetime | None,
    until: datetime,
    at_least: float | None,
) -> list[Reading]:
    reading = t.readings.c
    wanted = [
        reading.run == CURRENT_RUN,
        reading.point_id.in_(sorted(point_ids)),
        reading.observed_at <= until,
    ]
    if since is not None:
        wanted.append(reading.observed_at >= since)
    if at_least is not None:
        wanted.append(reading.value >= at_least)
    asked = select(reading.point_id, reading.observed_at, reading.value).where(and_(*wanted))
    rows = connection.execute(asked.order_by(reading.point_id, reading.observed_at))
    return [Reading(row.point_id, row.observed_at, row.value) for row in rows]


def dispatches_by_reason(
    connection: Connection, since: datetime | None, until: datetime, jurisdiction: str
) -> list[SentFor]:
    assignment, incident = t.assignments.c, t.incidents.c
    asked = (
        select(assignment.override_reason, assignment.end_reason, func.count().label("count"))
        .select_from(t.assignments)
        .join(t.incidents, incident.incident_id == assignment.incident_id)
        .where(
            incident.run == CURRENT_RUN,
            incident.jurisdiction.startswith(jurisdiction),
            assignment.dispatched_at <= until,
        )
        .group_by(assignment.override_reason, assignment.end_reason)
    )
    if since is not None:
        asked = asked.where(assignment.dispatched_at >= since)
    return [SentFor(*row) for row in connection.execute(asked)]
