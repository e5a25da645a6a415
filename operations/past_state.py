"""What was known at an instant: the state of a keyframe with the journal's rows after it folded in (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from core.actor import Actor
from core.events import JournalRow
from operations.queries import concerns

Json = Mapping[str, Any]
States = dict[str, dict[str, Json]]
"""Public states by kind and id, ended ones included."""

IDS = {
    "alerts": "alert_id",
    "incidents": "incident_id",
    "units": "unit_id",
    "assignments": "assignment_id",
    "recommendations": "incident_id",
    "points": "point_id",
    "response_levels": "jurisdiction",
    "closures": "closure_id",
    "assistance": "request_id",
}
"""As in docs/live-protocol.md."""

ENDED_STAYS_VISIBLE = timedelta(hours=1)
"""What has ended belongs to the picture for an hour more, as in a live snapshot."""


def by_id(state: Mapping[str, Sequence[Json]]) -> States:
    """The lists of a snapshot or keyframe, to fold rows into."""
    return {kind: {str(one[name]): one for one in state.get(kind, ())} for kind, name in IDS.items()}


def fold(states: States, rows: Iterable[JournalRow]) -> States:
    """The states after these rows, which follow in the journal's order; `states` itself is changed.

    A drill that begins anew forgets everything; a catalogue that comes into force brings its own points. Both rows
    carry the whole states of what is there then.
    """
    for row in rows:
        event = row.event
        if event.type == "drill.began":
            for known in states.values():
                known.clear()
        elif event.type == "catalogue.adopted" and "points" in event.changes:
            states["points"].clear()
        for kind, changed in event.changes.items():
            if kind == "depths":
                points = states["points"]
                for one in changed:
                    if one["point_id"] in points:
                        points[one["point_id"]] = {**points[one["point_id"]], **one}
            elif kind in IDS:
                states[kind].update((str(one[IDS[kind]]), one) for one in changed)
    return states


def picture(states: States, at: datetime, actor: Actor) -> dict[str, list[Json]]:
    """What a live snapshot taken at `at` would have shown to this actor; alone what has ended is dropped by it."""
    since = at - ENDED_STAYS_VISIBLE
    incidents = {
        key: one
        for key, one in states["incidents"].items()
        if _within(one, "closed", "closed_at", since) and actor.covers(one["jurisdiction"])
    }
    kept = {key for key, one in states["incidents"].items() if _within(one, "closed", "closed_at", since)}
    return {
        "alerts": [
            one
            for one in states["alerts"].values()
            if _within(one, "cleared", "cleared_at", since) and concerns(actor, one["jurisdiction"])
        ],
        "incidents": list(incidents.values()),
        "units": [one for one in states["units"].values() if actor.covers(one["jurisdiction"])],
        "assignments": [
            one
            for one in states["assignments"].values()
            if one["incident_id"] in kept and actor.covers(one["jurisdiction"])
        ],
        "recommendations": [one for key, one in states["recommendations"].items() if key in incidents],
        "points": [one for one in states["points"].values() if actor.covers(one["jurisdiction"])],
        "response_levels": [
            one for one in states["response_levels"].values() if concerns(actor, one["jurisdiction"])
        ],
        "closures": [
            one
            for one in states["closures"].values()
            if one["reopened_at"] is None
            and datetime.fromisoformat(one["expires_at"]) > at
            and actor.covers(one["jurisdiction"])
        ],
        "assistance": [
            one
            for one in states["assistance"].values()
            if one["status"] == "waiting"
            and (actor.covers(one["jurisdiction"]) or actor.covers(one["asked_by_jurisdiction"]))
        ],
    }


def _within(one: Json, ended: str, field: str, since: datetime) -> bool:
    """Not ended, or not so long ago."""
    return one["status"] != ended or datetime.fromisoformat(one[field]) >= since
