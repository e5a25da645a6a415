"""Looking back: what was known at a past instant of the present run, and what happened after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.actor import Actor, Permission
from core.errors import InvalidInputError, NotFoundError
from core.events import JournalRow
from operations.alert_detail import READINGS_OVER, rule_state
from operations.judge_coverage import lacking_streets
from operations.keep_keyframe import is_whole
from operations.past_state import States, by_id, fold, picture
from operations.ports import Ports
from operations.public_state import Json
from operations.queries import catalogue_state, concerns, timeline_row
from operations.stored import Whereabouts
from operations.transaction import require

ROWS_A_TIME = 1_000
TIMELINE_ROWS = 100
MARKS_AT_MOST = 3_000
"""Of a centre that runs for months, what began lately."""
OPENINGS = ("incident.opened", "call.taken")
"""Events that open an incident: by rules, a gauge or a closed road, and by a call."""


@dataclass(frozen=True, slots=True)
class Past:
    """What was known at `at`, as of journal row `seq`."""

    at: datetime
    seq: int
    states: States


def replay_period(ports: Ports, actor: Actor) -> Json:
    """From when until now can be looked back, and where the newest incidents and red alerts began in between."""
    require(actor, Permission.VIEW_REPLAY)
    since, now = _known_since(ports), ports.clock.now()
    marks = (
        []
        if since is None
        else [_mark(row, actor) for row in ports.store.rows_begun(since, now, MARKS_AT_MOST)]
    )
    return {
        "since": since.isoformat() if since else None,
        "until": now.isoformat(),
        "mode": ports.mode,
        "marks": [mark for mark in marks if mark is not None],
    }


def replay_state(ports: Ports, actor: Actor, at: datetime) -> Json:
    """The snapshot a live face would have been given at `at` (docs/live-protocol.md).

    Names of grades, rules and categories are those of the catalogue in force now. Raises InvalidInputError for an
    instant that nothing is known of.
    """
    past = _past(ports, actor, at)
    return {
        "seq": past.seq,
        "at": at.isoformat(),
        "catalogue": {
            **catalogue_state(ports.catalogue),
            "areas": {
                code: {"name_zh": zh, "name_en": en}
                for code, (zh, en) in ports.areas.names().items()
                if concerns(actor, code)
            },
        },
        "state": picture(past.states, at, actor),
    }


def replay_rows(ports: Ports, actor: Actor, after: int, until: datetime) -> Sequence[JournalRow]:
    """The rows after number `after` that were known at `until`, at most ROWS_A_TIME; nothing from the future."""
    require(actor, Permission.VIEW_REPLAY)
    return ports.store.rows_known(after, min(until, ports.clock.now()), ROWS_A_TIME)


def replay_whereabouts(ports: Ports, actor: Actor, at: datetime) -> Sequence[Whereabouts]:
    """Where the actor's units were tracked around this instant."""
    require(actor, Permission.VIEW_REPLAY)
    return [found for found in ports.store.whereabouts(at) if actor.covers(found.jurisdiction)]


def past_incident(ports: Ports, actor: Actor, incident_id: str, at: datetime) -> Json:
    """One incident as `queries.incident_detail` would have answered then; raises NotFoundError for one that was not
    there yet or lies elsewhere."""
    past = _past(ports, actor, at)
    shown = picture(past.states, at, actor)
    incident = _one(shown["incidents"], "incident_id", incident_id)
    point_id = incident["point_id"]
    alerts = [
        a
        for a in shown["alerts"]
        if a["status"] != "cleared"
        and (a["incident_id"] == incident_id or (point_id is not None and a["point_id"] == point_id))
    ]
    subjects = [incident_id, *(a["alert_id"] for a in alerts), *([point_id] if point_id else [])]
    return {
        "incident": incident,
        "assignments": [a for a in shown["assignments"] if a["incident_id"] == incident_id],
        "recommendation": next(
            (r for r in shown["recommendations"] if r["incident_id"] == incident_id), None
        ),
        "point": next((p for p in shown["points"] if p["point_id"] == point_id), None),
        "alert": alerts[0] if alerts else None,
        "assistance": [r for r in shown["assistance"] if r["incident_id"] == incident_id],
        "calls": [],
        "timeline": _timeline(ports, subjects, past.seq),
    }


def past_alert(ports: Ports, actor: Actor, alert_id: str, at: datetime) -> Json:
    """One alert as `alert_detail.alert_detail` would have answered then; raises NotFoundError."""
    past = _past(ports, actor, at)
    shown = picture(past.states, at, actor)
    alert = _one(shown["alerts"], "alert_id", alert_id)
    cause = next((a for a in shown["alerts"] if a["alert_id"] == alert["suppressed_by"]), None)
    incident = next((i for i in shown["incidents"] if i["incident_id"] == alert["incident_id"]), None)
    point_id = alert["point_id"]
    readings = ports.store.readings_of([point_id], at - READINGS_OVER, at) if point_id else []
    rule = ports.catalogue.rule(alert["rule_id"])
    return {
        "alert": alert,
        "streets": lacking_streets(ports, alert),
        "moves": [],
        "rule": rule_state(rule) if rule else None,
        "stands": alert["returned_at"] is None,
        "cause": cause,
        "incident": incident,
        "readings": [[reading.observed_at.isoformat(), reading.value] for reading in readings],
        "timeline": _timeline(ports, [alert_id], past.seq),
    }


def _past(ports: Ports, actor: Actor, at: datetime) -> Past:
    require(actor, Permission.VIEW_REPLAY)
    since, now = _known_since(ports), ports.clock.now()
    if since is None or not since <= at <= now:
        known = f"{since.isoformat()} to {now.isoformat()}" if since else "nothing yet"
        raise InvalidInputError(
            f"这一刻没有记录，可回放的时段见时间轴 / at: found {at.isoformat()}, expected an instant within {known}"
        )
    keyframe = ports.store.newest_keyframe(at)
    seq = keyframe.seq if keyframe else 0
    rows = ports.store.rows_known(seq, at)
    return Past(at, rows[-1].seq if rows else seq, fold(by_id(keyframe.state if keyframe else {}), rows))


def _known_since(ports: Ports) -> datetime | None:
    """The beginning of the run where its first row tells all there was, else the first keyframe."""
    first = ports.store.first_row()
    return first.known_at if first is not None and is_whole(first) else ports.store.first_keyframe_at()


def _mark(row: JournalRow, actor: Actor) -> Json | None:
    """An incident that began, or an alert that became red; None for others and what lies elsewhere."""
    event, known_at = row.event, row.known_at
    assert known_at is not None  # every row that is read has one
    kind, name = ("incidents", "incident_id") if event.type in OPENINGS else ("alerts", "alert_id")
    found = next((one for one in event.changes.get(kind, ()) if one[name] == event.subject), None)
    if found is None or not actor.covers(found["jurisdiction"]):
        return None
    if kind == "alerts" and found["severity"] != "red":
        return None
    words = "title" if kind == "incidents" else "name"
    return {
        "at": known_at.isoformat(),
        "kind": kind,
        "id": event.subject,
        "name_zh": found[f"{words}_zh"],
        "name_en": found[f"{words}_en"],
    }


def _timeline(ports: Ports, subjects: Sequence[str], seq: int) -> list[dict[str, Any]]:
    rows = ports.store.journal_of(subjects, limit=TIMELINE_ROWS, up_to=seq)
    return [timeline_row(row) for row in rows]


def _one(states: Sequence[Any], name: str, wanted: str) -> Any:
    for one in states:
        if one[name] == wanted:
            return one
    raise NotFoundError(
        f"这一刻还没有它，或它不在本辖区 / {name}: found none known at that instant, expected one"
    )
