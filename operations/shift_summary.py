"""What a shift leaves to the next: what stands now and who has it, and what happened since the shift began."""

from __future__ import annotations

from collections import Counter
from typing import Any

from core.actor import Actor, Permission
from dispatch.response import response_figures
from operations.handover import HandOver
from operations.ports import Ports
from operations.public_state import Json, response_state
from operations.queries import MEASURED_OVER, snapshot_state
from operations.transaction import require

HANDOVERS_SHOWN = 10
AWAY = ("out_of_service", "on_break")


def shift_summary(ports: Ports, actor: Actor) -> Json:
    """For the actor's jurisdiction, as of now. The shift began with the hand-over before, or twelve hours ago."""
    require(actor, Permission.HAND_OVER)
    now = ports.clock.now()
    with ports.store.transaction() as tx:
        before = tx.newest_handovers(actor.jurisdiction, 1)
        since = before[0].given_at if before else now - MEASURED_OVER
        counts = tx.shift_counts(since, actor.jurisdiction)
    state = snapshot_state(ports, actor)["state"]
    reached = [i for i in ports.store.incidents_reached_since(since) if actor.covers(i.jurisdiction)]
    alerts = [a for a in state["alerts"] if a["status"] != "cleared"]
    # An incident's title tells what it began with; how deep the water stands now is another matter.
    depth_cm = {p["point_id"]: p.get("depth_cm") for p in state["points"]}
    on_it: dict[str, list[Any]] = {}
    for sent in state["assignments"]:
        if sent["status"] in ("dispatched", "en_route", "on_scene"):
            on_it.setdefault(sent["incident_id"], []).append(sent)
    return {
        "since": since.isoformat(),
        "at": now.isoformat(),
        "incidents": [
            {
                **_of(i, _INCIDENT),
                "depth_cm": depth_cm.get(i["point_id"]),
                "units": [_of(a, ("callsign", "status")) for a in on_it.get(i["incident_id"], [])],
            }
            for i in sorted(state["incidents"], key=lambda i: (i["priority"], i["opened_at"]))
            if i["status"] != "closed"
        ],
        "unacknowledged": [_of(a, _ALERT) for a in alerts if a["status"] == "active" and not _quiet(a)],
        "shelved": [_of(a, (*_ALERT, *_SHELF)) for a in alerts if a["shelved_until"]],
        "returned": [_of(a, _ALERT) for a in alerts if a["returned_at"] and not a["shelved_until"]],
        "closures": [_of(c, _CLOSURE) for c in state["closures"]],
        "roads": [_of(p, _ROAD) for p in state["points"] if p["passability"] in ("closed", "slow")],
        "levels": [_of(level, _LEVEL) for level in state["response_levels"]],
        "units": dict(Counter(unit["status"] for unit in state["units"])),
        "away": [_of(u, ("callsign", "status", "status_at")) for u in state["units"] if u["status"] in AWAY],
        "counts": {
            "opened": counts.opened,
            "closed": counts.closed,
            "calls": counts.calls,
            "sent": counts.sent,
            "overridden": counts.overridden,
            "alerts": dict(counts.alerts),
        },
        "response": response_state(response_figures(reached)),
    }


def handovers(ports: Ports, actor: Actor) -> list[HandOver]:
    """The newest hand-overs of the actor's jurisdiction, newest first."""
    require(actor, Permission.HAND_OVER)
    with ports.store.transaction() as tx:
        return list(tx.newest_handovers(actor.jurisdiction, HANDOVERS_SHOWN))


_INCIDENT = ("incident_id", "number", "title_zh", "title_en", "category", "priority", "status", "opened_at")
_ALERT = ("alert_id", "name_zh", "name_en", "rule_id", "severity", "grade_code", "opened_at")
_SHELF = ("shelved_by", "shelve_reason", "shelved_until")
_CLOSURE = ("name", "state", "closed_by", "closed_at", "expires_at", "reason")
_ROAD = ("point_id", "name_zh", "name_en", "passability", "passability_at", "passability_by")
_LEVEL = ("jurisdiction", "level", "since_at", "set_by", "reason", "proposed_level", "proposed_at")


def _of(state: Json, names: tuple[str, ...]) -> Json:
    return {name: state[name] for name in names}


def _quiet(alert: Json) -> bool:
    return any(alert[mark] for mark in ("shelved_until", "suppressed_by", "returned_at"))
