"""How much alarms ask of the duty seats now, and how it was over a period."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.alarm_load import (
    A_DAY,
    FLOOD_AT_LEAST,
    MIX_TARGET,
    STEADY_AT_MOST,
    AlarmHistory,
    AlarmLoad,
    Annunciation,
    calls_below,
    follow_alarms,
    load_below,
    load_of,
)
from alerts.model import Alert
from core.actor import Actor, Permission
from operations.ports import Ports
from operations.public_state import Json
from operations.transaction import require

LOOKED_BACK = timedelta(hours=24)
"""The load on the screens is that of the last day: the standards speak of alarms a day."""
FLOODS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class AlarmReport:
    """Alarms of one period, for an analyst: every call, the load of each seat, the alerts opened in it."""

    since: datetime
    until: datetime
    history: AlarmHistory
    calls: tuple[Annunciation, ...]
    whole: AlarmLoad
    """Everything at and below the node that was asked for, taken as one seat."""
    seats: tuple[AlarmLoad, ...]
    alerts: tuple[Alert, ...]


def alarm_load_state(ports: Ports, nodes: Collection[str]) -> Mapping[str, Json]:
    """For each node of the command tree: its own seat, all seats at and below it as one, and each seat below
    (docs/live-protocol.md). Whoever shows it hands a listener that of its own jurisdiction only."""
    now = ports.clock.now()
    since = now - LOOKED_BACK
    history = follow_alarms(ports.store.alert_moments(since))
    seats = {seat: load_of(history, seat, since, now) for seat in history.seats()}
    return {
        node: {
            "own": _state(seats.get(node) or load_of(history, node, since, now)),
            "below": _state(load_below(history, node, since, now)),
            "seats": [
                {
                    "seat": seat,
                    "last_window": load.last_window,
                    "band": load.band,
                    "unanswered": load.unanswered,
                }
                for seat, load in sorted(seats.items())
                if seat != node and seat.startswith(node)
            ],
            "limits": {
                "steady": STEADY_AT_MOST,
                "flood": FLOOD_AT_LEAST,
                "a_day": A_DAY,
                "mix": dict(MIX_TARGET),
            },
        }
        for node in nodes
    }


def _state(load: AlarmLoad) -> Json:
    """One seat's load as JSON: counts per ten minutes and per day, shares 0 to 1, times in seconds."""
    return {
        "last_window": load.last_window,
        "worst_window": load.worst_window,
        "band": load.band,
        "last_day": load.last_day,
        "unanswered": load.unanswered,
        "answered": load.answered,
        "acknowledged_median_s": load.acknowledged_median_s,
        "acknowledged_p90_s": load.acknowledged_p90_s,
        "mix": dict(load.mix) if load.mix is not None else None,
        "chattering": len(load.chattering),
        "stale": len(load.stale),
        "floods": [
            {
                "began_at": flood.began_at.isoformat(),
                "ended_at": flood.ended_at.isoformat() if flood.ended_at else None,
                "count": flood.count,
                "worst_in_window": flood.worst_in_window,
            }
            for flood in load.floods[-FLOODS_SHOWN:]
        ],
    }


def alarm_report(ports: Ports, actor: Actor, since: datetime | None, until: datetime) -> AlarmReport:
    """The alarms of a period in the actor's jurisdiction; `since` None means from the first one (of the run, in a
    drill). Raises PermissionDeniedError."""
    require(actor, Permission.VIEW_ANALYSIS)
    moments = [m for m in ports.store.alert_moments(since) if actor.covers(m.jurisdiction) and m.at <= until]
    history = follow_alarms(moments)
    began = since if since is not None else min((m.at for m in moments), default=until)
    alerts = tuple(a for a in ports.store.alerts_opened(since, until) if actor.covers(a.jurisdiction))
    return AlarmReport(
        since=began,
        until=until,
        history=history,
        calls=tuple(calls_below(history, actor.jurisdiction, began, until)),
        whole=load_below(history, actor.jurisdiction, began, until),
        seats=tuple(load_of(history, seat, began, until) for seat in sorted(history.seats())),
        alerts=alerts,
    )
