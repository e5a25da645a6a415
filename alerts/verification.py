"""Whether a rule was right: hits, false alarms, misses and the warning it gave before the threshold.

A rule that `predicts` claims that a figure reaches a value within a time. It is held against what was measured:

- an *event* is a run of values at or above it whose neighbours lie less than EVENTS_APART from each other; it
  begins with its first value;
- a *hit* is an alert after which an event began within the claimed time; its lead is how long after;
- a *false alarm* is an alert after which none did, once that time has passed;
- *late* is an alert raised while an event was already under way: it claims nothing, right or wrong;
- a *miss* is an event that no alert preceded within the claimed time.

Any other rule is held against what people found: the outcome of the all-clear. Its misses are not known.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.alarm_load import quantile
from alerts.features import point_features, remember
from alerts.model import Alert, MonitoredPoint, Outcome, PointState, Reading
from alerts.rules import Prediction, Rule

EVENTS_APART = timedelta(minutes=30)
"""Values at or above the threshold that lie further apart belong to two events (this project's proposal)."""

Series = Sequence[tuple[datetime, float]]
"""Values of one figure at one subject, in rising order of instants; those below the threshold may be left out."""


@dataclass(frozen=True, slots=True)
class Verification:
    """How one rule did. `misses` is None where it cannot be known; shares are 0 to 1, None without a basis."""

    rule_id: str
    predicts: bool
    alerts: int
    hits: int
    false_alarms: int
    late: int
    undecided: int
    events: int | None
    misses: int | None
    leads_s: tuple[float, ...]
    """Seconds of warning before each event that was hit, in rising order."""

    @property
    def precision(self) -> float | None:
        """Share of decided alerts that were right."""
        decided = self.hits + self.false_alarms
        return self.hits / decided if decided else None

    @property
    def recall(self) -> float | None:
        """Share of events that an alert preceded."""
        if not self.events or self.misses is None:
            return None
        return (self.events - self.misses) / self.events

    @property
    def lead_median_s(self) -> float | None:
        return quantile(self.leads_s, 0.5)

    @property
    def lead_least_s(self) -> float | None:
        return self.leads_s[0] if self.leads_s else None


def verify(
    rule: Rule, alerts: Sequence[Alert], series: Mapping[str, Series], until: datetime
) -> Verification:
    """Holds the rule's alerts against `series` (by subject) of the figure it predicts, or against the outcomes
    of their all-clears where it predicts nothing. What lies after `until` has not been measured yet."""
    if rule.predicts is None:
        return _by_outcome(rule, alerts)
    return _by_measurement(rule, rule.predicts, alerts, series, until)


def _by_outcome(rule: Rule, alerts: Sequence[Alert]) -> Verification:
    outcomes = [alert.outcome for alert in alerts]
    hits, wrong = outcomes.count(Outcome.REAL), outcomes.count(Outcome.FALSE_ALARM)
    return Verification(
        rule_id=rule.rule_id,
        predicts=False,
        alerts=len(alerts),
        hits=hits,
        false_alarms=wrong,
        late=0,
        undecided=len(alerts) - hits - wrong,
        events=None,
        misses=None,
        leads_s=(),
    )


def _by_measurement(
    rule: Rule,
    claim: Prediction,
    alerts: Sequence[Alert],
    series: Mapping[str, Series],
    until: datetime,
) -> Verification:
    events = {subject: events_in(values, claim.at_least) for subject, values in series.items()}
    hits = wrong = late = undecided = 0
    warned: dict[tuple[str, datetime], float] = {}
    for alert in sorted(alerts, key=lambda a: a.opened_at):
        found = events.get(alert.subject_id, [])
        if any(began <= alert.opened_at <= ended for began, ended in found):
            late += 1
            continue
        i = bisect_left(found, (alert.opened_at, alert.opened_at))
        began = found[i][0] if i < len(found) else None
        if began is not None and began - alert.opened_at <= claim.within:
            hits += 1
            # The first warning counts: later ones before the same event add no time.
            warned.setdefault((alert.subject_id, began), (began - alert.opened_at).total_seconds())
        elif alert.opened_at + claim.within > until:
            undecided += 1
        else:
            wrong += 1
    count = sum(len(found) for found in events.values())
    return Verification(
        rule_id=rule.rule_id,
        predicts=True,
        alerts=len(alerts),
        hits=hits,
        false_alarms=wrong,
        late=late,
        undecided=undecided,
        events=count,
        misses=count - len(warned),
        leads_s=tuple(sorted(warned.values())),
    )


def events_in(values: Series, at_least: float) -> list[tuple[datetime, datetime]]:
    """First and last instant of each event among the values."""
    found: list[tuple[datetime, datetime]] = []
    for at, value in values:
        if value < at_least:
            continue
        if found and at - found[-1][1] < EVENTS_APART:
            found[-1] = (found[-1][0], at)
        else:
            found.append((at, at))
    return found


def feature_series(
    point: MonitoredPoint, readings: Iterable[Reading], feature: str
) -> list[tuple[datetime, float]]:
    """The figure after each reading of the point, in order of instants; readings must be.

    Raises KeyError for a figure that readings of this point alone do not make.
    """
    if feature in ("value", point.quantity):
        return [(reading.observed_at, reading.value) for reading in readings]
    found = []
    state = PointState(point.point_id)
    for reading in readings:
        before, state = state, remember(state, reading, point.quantity)
        figures = point_features(state, before, point, reading.observed_at, {}, ())
        found.append((reading.observed_at, float(figures[feature])))
    return found
