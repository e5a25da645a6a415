"""The rules: grades what has come in, lets alerts follow, opens an incident for a heavy grade."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace

from alerts.grading import grade_reading
from alerts.lifecycle import WATERLOGGING, AlertChange, follow_grade
from alerts.model import Alert, GradingTable, MonitoredPoint, PointState, Reading
from core.actor import SYSTEM, Actor, Permission
from core.events import happened
from core.ids import new_id
from operations.open_incident import incident_at_point
from operations.ports import Ports, Transaction
from operations.public_state import changes, depth_state, point_state
from operations.transaction import committed, require

READINGS_A_TRANSACTION = 2_000
"""A micro-batch: large enough to share one commit, small enough to stay under a tenth of a second."""

log = logging.getLogger(__name__)


def grade_readings(ports: Ports, actor: Actor = SYSTEM) -> int:
    """Grades every batch that waits; answers how many readings that were.

    Results and the mark of what is graded are committed together, so a killed worker repeats
    nothing and skips nothing; only one worker grades at a time. After each commit the incidents
    it opened are handed to the dispatch computation.
    """
    require(actor, Permission.GRADE)
    graded = 0
    while True:
        opened: list[str] = []
        with committed(ports) as tx:
            batches = tx.ungraded_batches(READINGS_A_TRANSACTION)
            if not batches:
                return graded
            readings = [reading for batch in batches for reading in batch.readings]
            opened = _grade(ports, tx, readings)
            tx.mark_graded(batches[-1].seq)
        graded += len(readings)
        for incident_id in opened:
            ports.work.recommend_units(incident_id)


def _grade(ports: Ports, tx: Transaction, readings: list[Reading]) -> list[str]:
    table = ports.catalogue.waterlogging
    point_ids = {reading.point_id for reading in readings if reading.point_id in ports.catalogue.points}
    states = dict(tx.point_states(point_ids))
    alerts = dict(tx.open_alerts_at(point_ids))
    touched: dict[str, PointState] = {}
    opened: list[str] = []
    for reading in sorted(readings, key=lambda r: r.observed_at):
        point = ports.catalogue.points.get(reading.point_id)
        if point is None:
            log.warning("point %s left the catalogue before its reading was graded", reading.point_id)
            continue
        before = states.get(point.point_id, PointState(point.point_id))
        after = grade_reading(before, reading, table)
        if after is before:
            continue
        states[point.point_id] = touched[point.point_id] = after
        change = follow_grade(alerts.get(point.point_id), after, point, table, new_id(), reading.observed_at)
        if change is not None:
            alert, incident_id = _record(ports, tx, point, after, change)
            if change.event == "alert.cleared":
                alerts.pop(point.point_id, None)
            else:
                alerts[point.point_id] = alert
            if incident_id:
                opened.append(incident_id)
    tx.save_point_states(list(touched.values()))
    _record_depths(tx, touched)
    return opened


def _record(
    ports: Ports, tx: Transaction, point: MonitoredPoint, state: PointState, change: AlertChange
) -> tuple[Alert, str | None]:
    """Saves what happened to the alert with its journal row; answers the alert and a newly opened incident's id."""
    alert, table = change.alert, ports.catalogue.waterlogging
    grade = table.grade(alert.grade_code)
    new_incident_id = None
    incidents = []
    if change.event in ("alert.opened", "alert.raised") and grade is not None and grade.opens_incident:
        incident, is_new = incident_at_point(
            ports,
            tx,
            point,
            category=WATERLOGGING,
            what_zh=f"{grade.name_zh}积水 {alert.depth_cm:.0f} cm",
            what_en=f"{grade.name_en} waterlogging, {alert.depth_cm:.0f} cm",
            at=alert.changed_at,
            origin="alert",
        )
        alert = replace(alert, incident_id=incident.incident_id)
        incidents.append(incident)
        new_incident_id = incident.incident_id if is_new else None
    tx.save_alert(alert)
    tx.record(
        happened(
            SYSTEM,
            change.event,
            at=alert.changed_at,
            subject=alert.alert_id,
            data={"grade": alert.grade_code, "depth_cm": alert.depth_cm, "table": _named(table)},
            changes=changes(alerts=[alert], incidents=incidents, points=[point_state(state, point)]),
        )
    )
    if new_incident_id:
        tx.record(
            happened(
                SYSTEM,
                "incident.opened",
                at=alert.changed_at,
                subject=new_incident_id,
                data={"alert_id": alert.alert_id, "grade": alert.grade_code},
                changes=changes(incidents=incidents),
            )
        )
    return alert, new_incident_id


def _record_depths(tx: Transaction, touched: Mapping[str, PointState]) -> None:
    """One compact row with the newest depth of every point the batch touched, for the screens."""
    if not touched:
        return
    newest = max(s.last_observed_at for s in touched.values() if s.last_observed_at is not None)
    tx.record(
        happened(
            SYSTEM,
            "readings.graded",
            at=newest,
            subject="grading",
            changes={"depths": [depth_state(state) for state in touched.values()]},
        )
    )


def _named(table: GradingTable) -> str:
    return f"{table.table_id}@{table.version}"
