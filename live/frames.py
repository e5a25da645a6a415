"""The text frames of the live protocol, encoded once for each jurisdiction that listens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from core.actor import CITY
from core.events import JournalRow

# Depths, points and alerts carry or imply a jurisdiction; what carries none is for everybody.


def event_frame(row: JournalRow, jurisdiction: str, jurisdiction_of_point: Mapping[str, str]) -> str:
    """One journal row as an `event`, holding only what lies in the jurisdiction. The row itself is always
    sent, so that the listener sees no hole in the sequence."""
    event = row.event
    changes: Mapping[str, Any] = event.changes
    data: Mapping[str, Any] = event.data
    if jurisdiction != CITY:
        changes = {
            kind: visible
            for kind, states in event.changes.items()
            if (visible := [s for s in states if _lies_in(s, jurisdiction, jurisdiction_of_point)])
        }
        # What the changes do not show this listener, the words about them must not tell either.
        data = event.data if changes else {}
    return orjson.dumps(
        {
            "kind": "event",
            "seq": row.seq,
            "type": event.type,
            "at": event.at.isoformat(),
            "actor_id": event.actor_id,
            "actor_name": event.actor_name,
            "subject": event.subject if changes or jurisdiction == CITY else "",
            "data": data,
            "changes": changes,
        }
    ).decode()


def frame(kind: str, **fields: Any) -> str:
    """Any other text frame."""
    return orjson.dumps({"kind": kind, **fields}).decode()


def _lies_in(state: Mapping[str, Any], jurisdiction: str, jurisdiction_of_point: Mapping[str, str]) -> bool:
    where = state.get("jurisdiction") or jurisdiction_of_point.get(state.get("point_id", ""), "")
    return str(where).startswith(jurisdiction)
