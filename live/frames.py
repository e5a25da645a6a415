"""The text frames of the live protocol, encoded once for each jurisdiction that listens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from core.actor import CITY
from core.events import JournalRow

# Every state carries its jurisdiction, except depths, which have their point's; what has neither is for the
# whole city only.

PRIVATE = ("account.", "session.", "sign_in.", "token.")
"""Who signs in and what they may do is in the journal for its auditors, not on anybody's screen."""

_IDS = (
    "alert_id",
    "incident_id",
    "unit_id",
    "assignment_id",
    "point_id",
    "closure_id",
    "request_id",
    "jurisdiction",
)


def event_frame(row: JournalRow, jurisdiction: str, jurisdiction_of_point: Mapping[str, str]) -> str:
    """One journal row as an `event`, holding only what lies in the jurisdiction. The row itself is always
    sent, so that the listener sees no hole in the sequence."""
    event = row.event
    changes: Mapping[str, Any] = event.changes
    subject, data = event.subject, event.data
    actor_id, actor_name = event.actor_id, event.actor_name
    if jurisdiction != CITY:
        changes = {
            kind: visible
            for kind, states in event.changes.items()
            if (visible := [s for s in states if _shows(kind, s, jurisdiction, jurisdiction_of_point)])
        }
        # The words of an event are about its subject: who does not see that is not told them either.
        shown = {state.get(name) for states in changes.values() for state in states for name in _IDS}
        if event.subject not in shown:
            subject, data, actor_id, actor_name = "", {}, "", ""
    if event.type.startswith(PRIVATE):
        subject, data, actor_id, actor_name = "", {}, "", ""
    return orjson.dumps(
        {
            "kind": "event",
            "seq": row.seq,
            "type": event.type,
            "at": event.at.isoformat(),
            "actor_id": actor_id,
            "actor_name": actor_name,
            "subject": subject,
            "data": data,
            "changes": changes,
        }
    ).decode()


def frame(kind: str, **fields: Any) -> str:
    """Any other text frame."""
    return orjson.dumps({"kind": kind, **fields}).decode()


def _shows(
    kind: str, state: Mapping[str, Any], jurisdiction: str, jurisdiction_of_point: Mapping[str, str]
) -> bool:
    # A district also sees where the city above it stands, and what is said about all of it.
    about_all = kind == "response_levels" or (
        kind == "alerts" and str(state.get("subject_id", "")).startswith(("area:", "cap:"))
    )
    above = about_all and jurisdiction.startswith(str(state["jurisdiction"]))
    # A request is for both sides.
    asking = kind == "assistance" and str(state["asked_by_jurisdiction"]).startswith(jurisdiction)
    return above or asking or _lies_in(state, jurisdiction, jurisdiction_of_point)


def _lies_in(state: Mapping[str, Any], jurisdiction: str, jurisdiction_of_point: Mapping[str, str]) -> bool:
    where = state.get("jurisdiction") or jurisdiction_of_point.get(state.get("point_id", ""), "")
    return str(where).startswith(jurisdiction)
