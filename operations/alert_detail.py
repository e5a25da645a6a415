"""One alert in full: why it is there, what its rule says, what was measured, what was done about it."""

from __future__ import annotations

from datetime import timedelta

from alerts.all_clear import stands_unheard
from alerts.model import Alert, AlertStatus
from alerts.rules import Rule
from core.actor import Actor
from core.errors import PermissionDeniedError, UnavailableError
from operations.judge_coverage import lacking_streets
from operations.one_alert import gauge_silent_s
from operations.ports import Ports
from operations.public_state import Json, alert_state, move_state
from operations.queries import may_see, timeline_row

READINGS_OVER = timedelta(hours=1)
TIMELINE_ROWS = 100


def alert_detail(ports: Ports, actor: Actor, alert_id: str) -> Json:
    """The alert with its rule, the readings of its point over the last hour, what it is explained by, the number of
    its incident and its journal rows; one about coverage with its streets and which of the actor's units might move up
    into them.

    Raises NotFoundError, PermissionDeniedError when it lies in another jurisdiction.
    """
    with ports.store.transaction() as tx:
        alert = tx.alert(alert_id, lock=False)
        may_see(actor, alert.jurisdiction)
        cause = _cause(actor, tx.alert(alert.suppressed_by, lock=False)) if alert.suppressed_by else None
        incident = tx.incident(alert.incident_id, lock=False) if alert.incident_id else None
        silent_s = gauge_silent_s(ports, tx, alert)
    now = ports.clock.now()
    readings = ports.store.readings_of([alert.point_id], now - READINGS_OVER, now) if alert.point_id else []
    rule = ports.catalogue.rule(alert.rule_id)
    state = alert_state(alert)
    streets, moves = _coverage(ports, actor, lacking_streets(ports, state), alert)
    return {
        "alert": state,
        "streets": streets,
        "moves": moves,
        "rule": rule_state(rule) if rule else None,
        "stands": alert.returned_at is None and not stands_unheard(alert, silent_s),
        "cause": cause,
        "incident": {"incident_id": incident.incident_id, "number": incident.number} if incident else None,
        "readings": [[reading.observed_at.isoformat(), reading.value] for reading in readings],
        "timeline": [timeline_row(row) for row in ports.store.journal_of([alert_id], limit=TIMELINE_ROWS)],
    }


def _coverage(ports: Ports, actor: Actor, streets: list[Json], alert: Alert) -> tuple[list[Json], list[Json]]:
    """The streets with what is reached of them now, and the advice to move up into them that the actor may follow."""
    if not streets or alert.status is AlertStatus.CLEARED:
        return streets, []
    try:
        record = ports.coverage.newest()
    except UnavailableError:
        record = None  # the alert is worth reading without it; the banner says that Redis is away
    if record is None:
        return streets, []
    areas, codes = record.areas, {street["code"] for street in streets}
    now = [
        {**street, "covered_pct": round(100 * areas[street["code"]].covered, 1)}
        if street["code"] in areas
        else street
        for street in streets
    ]
    # By the unit's jurisdiction, as the order is judged: another district's would be refused when ordered.
    moves = [m for m in record.moves if m.grid[:9] in codes and actor.covers(m.jurisdiction)]
    return now, [move_state(move) for move in moves]


def _cause(actor: Actor, alert: Alert) -> Json:
    """What explains it; of another jurisdiction's alert only that there is one."""
    try:
        may_see(actor, alert.jurisdiction)
    except PermissionDeniedError:
        return {"alert_id": None, "name_zh": "其他辖区的预警", "name_en": "an alert of another jurisdiction"}
    return {"alert_id": alert.alert_id, "name_zh": alert.name_zh, "name_en": alert.name_en}


def rule_state(rule: Rule) -> Json:
    """What a person may want to know of a rule; a free condition stands in the words of its file."""
    return {
        "rule_id": rule.rule_id,
        "version": rule.version,
        "watches": rule.watches.subject,
        "source_zh": rule.source_zh,
        "source_en": rule.source_en,
        "name_zh": rule.name_zh,
        "name_en": rule.name_en,
        "advice_zh": rule.advice_zh,
        "advice_en": rule.advice_en,
        "levels": [
            {
                "code": level.code,
                "name_zh": level.name_zh,
                "name_en": level.name_en,
                "severity": level.severity.value,
                "thresholds": dict(level.thresholds),
                "when": level.when,
            }
            for level in rule.levels
        ],
    }
