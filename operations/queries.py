"""What the faces ask: the snapshot, one incident in full, a terminal's assignments, the response times."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from alerts.imported import CAP_IMPORT
from alerts.model import Alert, PointState
from core.actor import Actor, Permission
from core.clock import DrillTime
from core.errors import NotFoundError
from core.events import JournalRow
from dispatch.correlation import box_around
from dispatch.response import response_figures
from operations.catalogue import Catalogue
from operations.ports import Ports
from operations.public_state import (
    Json,
    alert_state,
    assignment_state,
    assistance_state,
    attachment_state,
    call_state,
    closure_state,
    incident_state,
    move_up_state,
    point_state,
    recommendation_state,
    response_level_state,
    response_state,
    unit_state,
    wall_scene_state,
)
from operations.store import Transaction
from operations.transaction import require

CLOSED_STAYS_VISIBLE = timedelta(hours=1)
MEASURED_OVER = timedelta(hours=12)
"""Response times are those of one shift."""
SERIES_LENGTH = 60
FAILURE_SHOWN_FOR = timedelta(hours=1)
CLOSURES_WITHIN_M = 1_000.0
"""Closures so near to an incident are part of what happened to it (proposal)."""
TIMELINE_ROWS = 100
CALLS_SHOWN = 50
"""The newest of a storm of calls; the incident says how many there were."""


def concerns(actor: Actor, jurisdiction: str) -> bool:
    """Whether something there is for the actor to see: it lies in the actor's jurisdiction or is about all of it."""
    return actor.covers(jurisdiction) or actor.jurisdiction.startswith(jurisdiction)


def alert_concerns(actor: Actor, subject_id: str, jurisdiction: str) -> bool:
    """Whether an alert is for the actor to see. One about an area, or what another warning centre says, is for
    everybody below too; one about a place is not, although the place's street may be unknown."""
    is_about_all = subject_id.startswith(("area:", "cap:"))
    return concerns(actor, jurisdiction) if is_about_all else actor.covers(jurisdiction)


def snapshot_state(ports: Ports, actor: Actor) -> Json:
    """All that is open in the actor's jurisdiction, as of journal row `seq` (docs/live-protocol.md)."""
    now = ports.clock.now()
    snap = ports.store.snapshot(now - CLOSED_STAYS_VISIBLE)
    points = ports.catalogue.points
    states = {state.point_id: state for state in snap.point_states}
    incidents = {i.incident_id: i for i in snap.incidents if actor.covers(i.jurisdiction)}
    state = {
        "alerts": [
            alert_state(a) for a in snap.alerts if alert_concerns(actor, a.subject_id, a.jurisdiction)
        ],
        "incidents": [incident_state(i) for i in incidents.values()],
        "units": [unit_state(u) for u in snap.units if actor.covers(u.jurisdiction)],
        "assignments": [assignment_state(a) for a in snap.assignments if actor.covers(a.jurisdiction)],
        "recommendations": [
            recommendation_state(r, incidents[r.incident_id])
            for r in snap.recommendations
            if r.incident_id in incidents
        ],
        "points": [
            point_state(states.get(p.point_id, PointState(p.point_id)), p)
            for p in points.values()
            if actor.covers(p.jurisdiction)
        ],
        # A district also sees where the city above it stands.
        "response_levels": [
            response_level_state(level)
            for level in snap.response_levels
            if concerns(actor, level.jurisdiction)
        ],
        "closures": [
            closure_state(c) for c in snap.closures if c.in_force(now) and actor.covers(c.jurisdiction)
        ],
        "assistance": [
            assistance_state(request)
            for request in snap.assistance
            if actor.covers(request.jurisdiction) or actor.covers(request.asked_by_jurisdiction)
        ],
        "wall_scenes": [wall_scene_state(w) for w in snap.wall_scenes if actor.covers(w.jurisdiction)],
    }
    return {
        "seq": snap.seq,
        "at": now.isoformat(),
        "catalogue": {
            **catalogue_state(ports.catalogue),
            "areas": {
                code: {"name_zh": zh, "name_en": en}
                for code, (zh, en) in ports.areas.names().items()
                if actor.covers(code) or actor.jurisdiction.startswith(code)
            },
            # A neighbour who asks for a unit is nobody's own area and yet has a name.
            "districts": {
                code: {"name_zh": zh, "name_en": en} for code, (zh, en) in ports.areas.names().items()
            },
        },
        "state": state,
    }


def points_now(ports: Ports, tx: Transaction) -> list[Json]:
    """Every point of the catalogue in force with what is known of it, for rows after which readers begin anew."""
    points = ports.catalogue.points
    states = tx.point_states(list(points), lock=False)
    return [point_state(states.get(p.point_id, PointState(p.point_id)), p) for p in points.values()]


def catalogue_state(catalogue: Catalogue) -> Json:
    table = catalogue.waterlogging
    return {
        "grades": [
            {
                "code": g.code,
                "name_zh": g.name_zh,
                "name_en": g.name_en,
                "severity": g.severity.value,
                "at_least": dict(g.at_least),
            }
            for g in table.grades
        ],
        "categories": {
            c.code: {"name_zh": c.name_zh, "name_en": c.name_en, "priority": int(c.priority)}
            for c in catalogue.categories.values()
        },
        "rules": {
            rule.rule_id: {
                "name_zh": rule.name_zh,
                "name_en": rule.name_en,
                "silence": rule.silence,
                "watches": rule.watches.subject,
                "levels": {x.code: {"name_zh": x.name_zh, "name_en": x.name_en} for x in rule.levels},
            }
            for rule in (CAP_IMPORT, *catalogue.rules.values())
        },
        "nets": {n.code: {"name_zh": n.name_zh, "name_en": n.name_en} for n in catalogue.nets.values()},
        "kinds": {
            k.code: {"name_zh": k.name_zh, "name_en": k.name_en} for k in catalogue.units.kinds.values()
        },
        "sources": {"grades": table.source, "version": catalogue.version},
    }


def incident_detail(ports: Ports, actor: Actor, incident_id: str, rows: int = TIMELINE_ROWS) -> Json:
    """One incident with its assignments, advice, point, alert, newest calls and the newest `rows` of its timeline.

    Raises NotFoundError, PermissionDeniedError when it lies in another jurisdiction.
    """
    with ports.store.transaction() as tx:
        incident = tx.incident(incident_id, lock=False)
        assignments = tx.assignments_of(incident_id)
        # A unit that was sent there sees where it is going.
        if actor.unit_id is None or all(a.unit_id != actor.unit_id for a in assignments):
            may_see(actor, incident.jurisdiction)
        attachments = tx.attachments_of(incident_id)
        recommendation = tx.latest_recommendation(incident_id)
        assistance = tx.assistance_of(incident_id)
        calls = tx.calls_of(incident_id, limit=CALLS_SHOWN)
        closures = tx.closures_around(box_around(incident.place, CLOSURES_WITHIN_M), incident.opened_at)
        point_id = incident.point_id
        point = None
        alerts: list[Alert] = []
        if point_id is not None and point_id in ports.catalogue.points:
            state = tx.point_states([point_id], lock=False).get(point_id, PointState(point_id))
            point = point_state(state, ports.catalogue.points[point_id])
            alerts = list(tx.open_alerts_at([point_id]))
    subjects = [incident_id, *(alert.alert_id for alert in alerts), *([point_id] if point_id else [])]
    subjects += [closure.closure_id for closure in closures if concerns(actor, closure.jurisdiction)]
    return {
        "incident": incident_state(incident),
        "assignments": [assignment_state(a) for a in assignments],
        "recommendation": recommendation_state(recommendation, incident) if recommendation else None,
        "point": point,
        "alert": alert_state(alerts[0]) if alerts else None,
        "assistance": [assistance_state(request) for request in assistance],
        "calls": [call_state(call) for call in calls],
        "attachments": [attachment_state(one) for one in attachments],
        "timeline": [timeline_row(row) for row in ports.store.journal_of(subjects, limit=rows)],
    }


def open_alerts(ports: Ports, actor: Actor) -> list[Json]:
    """Open alerts in the actor's jurisdiction, the gravest first."""
    require(actor, Permission.READ_ALERTS)
    found = ports.store.open_alerts()
    return [alert_state(a) for a in found if alert_concerns(actor, a.subject_id, a.jurisdiction)]


def assignments_of_units(ports: Ports, actor: Actor, unit_ids: Collection[str] | None) -> list[Json]:
    """Open assignments with their routes, for the terminals of these units (None: all in the jurisdiction)."""
    require(actor, Permission.READ_ASSIGNMENTS)
    with ports.store.transaction() as tx:
        found = tx.open_assignments(unit_ids)
    return [assignment_state(a) for a in found if actor.covers(a.jurisdiction) or a.unit_id == actor.unit_id]


def move_ups_of_units(ports: Ports, actor: Actor, unit_ids: Collection[str] | None) -> list[Json]:
    """Orders to move up that stand, for the terminals of these units (None: all in the jurisdiction)."""
    require(actor, Permission.READ_ASSIGNMENTS)
    with ports.store.transaction() as tx:
        found = tx.move_up_orders(ports.clock.now(), unit_ids)
    return [move_up_state(order) for order in found if actor.covers(order.jurisdiction)]


def assistance_waiting(ports: Ports, actor: Actor) -> list[Json]:
    """Requests for units in the actor's jurisdiction that wait for an answer, oldest first."""
    require(actor, Permission.ANSWER_ASSISTANCE)
    with ports.store.transaction() as tx:
        waiting = tx.assistance_waiting()
    return [assistance_state(request) for request in waiting if actor.covers(request.jurisdiction)]


def clock_state(ports: Ports, wall_now: datetime, drill: DrillTime | None) -> Json:
    """The city's instant and how it runs (docs/live-protocol.md)."""
    now = drill.at(wall_now) if drill else ports.clock.now()
    return {
        "now": now.isoformat(),
        "wall_now": wall_now.isoformat(),
        "mode": ports.mode,
        "scenario": drill.scenario if drill else None,
        "speed": drill.speed if drill else 1.0,
        "run": drill.run if drill else 0,
        "synthetic": drill is not None,
    }


def failing_rules(ports: Ports) -> list[Json]:
    """Rules that raised instead of judging within the last hour, the newest first."""
    rules = ports.catalogue.rules
    return [
        {
            "rule_id": failing.rule_id,
            "name_zh": rules[failing.rule_id].name_zh if failing.rule_id in rules else failing.rule_id,
            "name_en": rules[failing.rule_id].name_en if failing.rule_id in rules else failing.rule_id,
            "failures": failing.failures,
            "last_at": failing.last_at.isoformat(),
            "last_error": failing.last_error,
        }
        for failing in ports.store.failing_rules(ports.clock.now() - FAILURE_SHOWN_FOR)
    ]


def response_metrics(ports: Ports) -> Json:
    """Response times of the last shift against the city's targets, and the newest as a series."""
    reached = ports.store.incidents_reached_since(ports.clock.now() - MEASURED_OVER)
    ordered = sorted(reached, key=lambda i: i.first_on_scene_at or i.opened_at)
    series = [
        {
            "incident_id": i.incident_id,
            "opened_at": i.opened_at.isoformat(),
            "reached_at": i.first_on_scene_at.isoformat() if i.first_on_scene_at else None,
            "response_s": i.response_s,
            "priority": int(i.priority),
        }
        for i in ordered[-SERIES_LENGTH:]
    ]
    sent = ports.store.dispatches_since(ports.clock.now() - MEASURED_OVER)
    return {
        "response": {**response_state(response_figures(reached)), "series": series},
        "dispatches": {"count": sent.count, "overridden": sent.overridden},
    }


def may_see(actor: Actor, jurisdiction: str) -> None:
    """Raises PermissionDeniedError for whoever sees no face, or not this place."""
    seeing = (Permission.VIEW_DESK, Permission.VIEW_WALL, Permission.VIEW_PHONE)
    allowed = next((permission for permission in seeing if actor.may(permission)), Permission.VIEW_DESK)
    require(actor, allowed, jurisdiction)


def may_look(ports: Ports, actor: Actor, subject_id: str) -> bool:
    """Whether this is the id of an incident or alert that the actor may see."""
    with ports.store.transaction() as tx:
        for read in (tx.incident, tx.alert):
            with suppress(NotFoundError):
                return concerns(actor, read(subject_id, lock=False).jurisdiction)
    return False


def timeline_row(row: JournalRow) -> dict[str, Any]:
    """A journal row as a timeline tells it."""
    event = row.event
    return {
        "seq": row.seq,
        "at": event.at.isoformat(),
        "type": event.type,
        "actor_id": event.actor_id,
        "actor_name": event.actor_name,
        "data": dict(event.data),
    }
