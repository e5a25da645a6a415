"""Rules about calls: how many come in about one incident, judged after each call and by the clock."""

from __future__ import annotations

from datetime import timedelta

from alerts.lifecycle import Subject
from alerts.rules import Features
from core.actor import SYSTEM, Actor, Permission
from dispatch.model import Incident, IncidentStatus
from operations.apply_rules import RuleWork
from operations.inhibit_alerts import settle_inhibitions
from operations.ports import Ports
from operations.stored import CallCounts
from operations.transaction import committed, require

PREFIX = "calls:"
COUNTED_OVER = timedelta(hours=1)
"""The longest window a rule can ask about, so the time after which calls make no difference."""

_NONE = CallCounts(0, 0, 0)


def judge_calls(ports: Ports, incident_id: str | None = None, actor: Actor = SYSTEM) -> int:
    """Judges one incident's calls, or (None) those of every incident that was called about within the hour or
    of which a rule remembers something; answers how many incidents that were."""
    require(actor, Permission.GRADE)
    rules = ports.catalogue.rule_index.about("calls")
    if not rules:
        return 0
    now = ports.clock.now()
    with committed(ports, as_of=now) as tx:
        # Under the lock, so that nobody who judged with newer counts is overruled by older ones.
        tx.lock_rules()
        if incident_id is not None:
            asked = {incident_id}
        else:
            remembered = (i.removeprefix(PREFIX) for i in tx.subjects_with_levels(PREFIX))
            asked = {*tx.incidents_called_since(now - COUNTED_OVER), *remembered}
        incidents = tx.incidents(asked)
        counts = tx.call_counts(asked, now)
        work = RuleWork(ports, tx, [PREFIX + i.incident_id for i in incidents], ports.catalogue)
        for incident in incidents:
            features = _features(incident, counts.get(incident.incident_id, _NONE))
            for rule in rules:
                if rule.watches.sees_calls(incident.category, incident.jurisdiction):
                    work.apply(rule, _subject(incident), features, now)
        work.finish()
        settle_inhibitions(ports, tx, work.changed.values())
    return len(incidents)


def _features(incident: Incident, counts: CallCounts) -> Features:
    """The figures rules ask about; nobody waits for more calls about an incident that is closed."""
    if incident.status is IncidentStatus.CLOSED:
        counts = _NONE
    return {
        "value": float(counts.calls_10min),
        "calls_10min": float(counts.calls_10min),
        "calls_60min": float(counts.calls_60min),
        "callers": float(counts.callers),
        "category": incident.category,
    }


def _subject(incident: Incident) -> Subject:
    return Subject(
        subject_id=PREFIX + incident.incident_id,
        name_zh=f"{incident.title_zh} {incident.number}",
        name_en=f"{incident.title_en} {incident.number}",
        place=incident.place,
        jurisdiction=incident.jurisdiction,
        incident_id=incident.incident_id,
    )
