"""Holds each rule against what was measured or found: hits, false alarms, misses, lead times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from alerts.model import Alert, Reading
from alerts.rules import Rule
from alerts.verification import Series, Verification, feature_series, verify
from core.actor import Actor, Permission
from operations.catalogue import Catalogue
from operations.ports import Ports
from operations.store import Store
from operations.transaction import require


def verify_rules(ports: Ports, actor: Actor, since: datetime | None, until: datetime) -> list[Verification]:
    """Each rule of the catalogue over a period, in the actor's jurisdiction; `since` None means all there is (of
    the run, in a drill). Raises PermissionDeniedError."""
    require(actor, Permission.VIEW_ANALYSIS)
    alerts = [a for a in ports.store.alerts_opened(since, until) if actor.covers(a.jurisdiction)]
    return verified(ports.store, ports.catalogue, alerts, since, until, actor.jurisdiction)


def verified(
    store: Store,
    catalogue: Catalogue,
    alerts: Sequence[Alert],
    since: datetime | None,
    until: datetime,
    jurisdiction: str,
) -> list[Verification]:
    """The same for alerts at hand; benchmarks that replay a storm ask this."""
    by_rule: dict[str, list[Alert]] = defaultdict(list)
    for alert in alerts:
        by_rule[alert.rule_id].append(alert)
    return [
        verify(
            rule,
            by_rule[rule.rule_id],
            _series(store, catalogue, rule, since, until, jurisdiction),
            until,
        )
        for rule in catalogue.rules.values()
    ]


def _series(
    store: Store, catalogue: Catalogue, rule: Rule, since: datetime | None, until: datetime, jurisdiction: str
) -> Mapping[str, Series]:
    """The predicted figure at every point that the rule watches there."""
    claim = rule.predicts
    if claim is None:
        return {}
    points = {
        p.point_id: p
        for p in catalogue.points.values()
        if rule.watches.sees(p) and p.jurisdiction.startswith(jurisdiction)
    }
    # Of a figure that is the reading itself, what lies below the threshold need not be read.
    as_read = claim.feature in ("value", rule.watches.quantity)
    readings = store.readings_of(points, since, until, claim.at_least if as_read else None)
    of_point: dict[str, list[Reading]] = defaultdict(list)
    for reading in readings:
        of_point[reading.point_id].append(reading)
    return {i: feature_series(points[i], found, claim.feature) for i, found in of_point.items()}
