"""How much alarms ask of a duty seat, after EEMUA 191 and ISA-18.2: rates, floods, chatter, priorities, answers.

Figures of the two standards are restated in docs/facts.md. A seat is a node of the command tree; an annunciation
is one call to it: an alert opened, raised, told to it by escalation, given back,
or back from a shelf or a suppression.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Literal

from alerts.model import Severity
from core.command_tree import CommandLevel, node_at

WINDOW = timedelta(minutes=10)
STEADY_AT_MOST = 1
"""Alarms in ten minutes that one person handles well."""
FLOOD_AT_LEAST = 10
"""Alarms in ten minutes from which nobody handles each."""
FLOOD_ENDS_BELOW = 5
"""A flood is over once ten minutes bring fewer than this (ISA-18.2)."""
A_DAY = 150
"""Alarms a day that one seat can carry for long."""
CHATTERS_AT = 3
CHATTER_WITHIN = timedelta(minutes=1)
STALE_AFTER = timedelta(hours=24)

Priority = Literal["high", "medium", "low"]
MIX_TARGET: Mapping[Priority, float] = {"high": 0.05, "medium": 0.15, "low": 0.80}
PRIORITY: Mapping[Severity, Priority] = {
    Severity.RED: "high",
    Severity.ORANGE: "medium",
    Severity.YELLOW: "low",
    Severity.BLUE: "low",
}
"""Which warning colour counts as which of the standard's three priorities (this project's proposal)."""

CALLS = (
    "alert.opened",
    "alert.raised",
    "alert.escalated",
    "alert.unacknowledged",
    "alert.unshelved",
    "alert.unsuppressed",
)

Band = Literal["steady", "busy", "flood"]


@dataclass(frozen=True, slots=True)
class AlertMoment:
    """One row of an alert's history: what happened, and how the alert stood after it."""

    event: str
    at: datetime
    alert_id: str
    rule_id: str
    subject_id: str
    jurisdiction: str
    severity: Severity
    told: CommandLevel
    active: bool
    """Nobody has taken charge of it."""
    quiet: bool = False
    """Suppressed, shelved or over: nobody is called."""
    cleared: bool = False


@dataclass(frozen=True, slots=True)
class Annunciation:
    """One call to a seat. `what` names the alarm across its lives: rule and subject; `moment` is the number of the
    row that several seats were called by."""

    seat: str
    at: datetime
    alert_id: str
    what: tuple[str, str]
    severity: Severity
    moment: int


@dataclass(frozen=True, slots=True)
class Flood:
    """Ten minutes or more in which alarms came faster than a person can read. `ended_at` None while it lasts."""

    began_at: datetime
    ended_at: datetime | None
    count: int
    worst_in_window: int


@dataclass(frozen=True, slots=True)
class AlarmLoad:
    """The load of one seat from `since` to `until`.

    Rates are per ten minutes; shares are 0 to 1 and, like times, None where nothing was measured. `unanswered`
    counts calls that nobody has acknowledged yet.
    """

    seat: str
    since: datetime
    until: datetime
    count: int
    last_window: int
    worst_window: int
    band: Band
    last_day: int
    floods: tuple[Flood, ...]
    chattering: tuple[tuple[str, str], ...]
    stale: tuple[str, ...]
    mix: Mapping[Priority, float] | None
    answered: int
    unanswered: int
    acknowledged_median_s: float | None
    acknowledged_p90_s: float | None


def band_of(in_window: int) -> Band:
    """How a count of alarms in ten minutes is judged."""
    if in_window >= FLOOD_AT_LEAST:
        return "flood"
    return "steady" if in_window <= STEADY_AT_MOST else "busy"


@dataclass(frozen=True, slots=True)
class AlarmHistory:
    """Every call to every seat, every first answer in seconds, and what still stands since when."""

    calls: tuple[Annunciation, ...]
    answers: Mapping[str, tuple[tuple[datetime, float], ...]]
    """Seat -> when and how many seconds after its call an alert was acknowledged."""
    waiting: Mapping[str, frozenset[str]]
    """Seat -> alerts it was called to and that still wait for somebody."""
    standing: Mapping[str, tuple[str, datetime]]
    """Open alert -> its jurisdiction and when it was opened."""

    def seats(self) -> set[str]:
        return {call.seat for call in self.calls}


def follow_alarms(moments: Iterable[AlertMoment]) -> AlarmHistory:
    """Who was called when, from the rows of alerts in their order.

    A raise calls every seat the alert had been told to; an escalation calls the new seat only. A quiet
    alert calls nobody. An alert whose beginning lies before the rows counts from its first row on.
    """
    calls: list[Annunciation] = []
    answers: dict[str, list[tuple[datetime, float]]] = defaultdict(list)
    waiting: dict[str, dict[str, datetime]] = defaultdict(dict)
    standing: dict[str, tuple[str, datetime]] = {}
    told: dict[str, list[str]] = {}
    for number, moment in enumerate(moments):
        seats = told.setdefault(moment.alert_id, [])
        newest = node_at(moment.told, moment.jurisdiction)
        is_new = newest not in seats
        if is_new:
            seats.append(newest)
        if moment.event == "alert.opened" or moment.alert_id not in standing:
            standing[moment.alert_id] = (moment.jurisdiction, moment.at)
        if moment.event == "alert.acknowledged":
            for seat in seats:
                since = waiting[seat].get(moment.alert_id)
                if since is not None:
                    answers[seat].append((moment.at, (moment.at - since).total_seconds()))
        by_hand = moment.event == "alert.escalated"
        if moment.event in CALLS and not moment.quiet and (moment.active or by_hand):
            # A level whose node is not known below is the node that has been told already.
            called = seats if not by_hand else [newest] if is_new else []
            what = (moment.rule_id, moment.subject_id)
            for seat in called:
                calls.append(Annunciation(seat, moment.at, moment.alert_id, what, moment.severity, number))
                waiting[seat].setdefault(moment.alert_id, moment.at)
        if moment.quiet or not moment.active:
            for seat in seats:
                waiting[seat].pop(moment.alert_id, None)
        if moment.cleared:
            standing.pop(moment.alert_id, None)
            told.pop(moment.alert_id, None)
    return AlarmHistory(
        calls=tuple(calls),
        answers={seat: tuple(found) for seat, found in answers.items()},
        waiting={seat: frozenset(found) for seat, found in waiting.items() if found},
        standing=standing,
    )


def load_of(history: AlarmHistory, seat: str, since: datetime, until: datetime) -> AlarmLoad:
    """The load of the seat with this code, for calls from `since` up to and including `until`."""
    calls = [c for c in history.calls if c.seat == seat and since <= c.at <= until]
    return _load(
        seat,
        calls,
        history.answers.get(seat, ()),
        history.waiting.get(seat, frozenset()),
        history.standing,
        since,
        until,
    )


def calls_below(history: AlarmHistory, node: str, since: datetime, until: datetime) -> list[Annunciation]:
    """Calls to all seats at or below a node. What called several of them at once counts once."""
    once: dict[int, Annunciation] = {}
    for call in history.calls:
        if call.seat.startswith(node) and since <= call.at <= until:
            once.setdefault(call.moment, call)
    return list(once.values())


def load_below(history: AlarmHistory, node: str, since: datetime, until: datetime) -> AlarmLoad:
    """The load of all seats at or below a node taken as one: what a list of the whole area shows."""
    below = [seat for seat in {*history.answers, *history.waiting} if seat.startswith(node)]
    answers = [answer for seat in below for answer in history.answers.get(seat, ())]
    waiting = frozenset(a for seat in below for a in history.waiting.get(seat, ()))
    calls = calls_below(history, node, since, until)
    return _load(node, calls, answers, waiting, history.standing, since, until)


def _load(
    seat: str,
    calls: Sequence[Annunciation],
    answers: Iterable[tuple[datetime, float]],
    waiting: frozenset[str],
    standing: Mapping[str, tuple[str, datetime]],
    since: datetime,
    until: datetime,
) -> AlarmLoad:
    instants = [call.at for call in calls]
    answered = sorted(seconds for at, seconds in answers if since <= at <= until)
    last = sum(at > until - WINDOW for at in instants)
    floods = floods_in(instants, until)
    in_flood = bool(floods) and floods[-1].ended_at is None
    return AlarmLoad(
        seat=seat,
        since=since,
        until=until,
        count=len(calls),
        last_window=last,
        worst_window=worst_window(instants),
        band="flood" if in_flood else band_of(last),
        last_day=sum(at > until - timedelta(days=1) for at in instants),
        floods=floods,
        chattering=chattering(calls),
        stale=tuple(
            alert_id
            for alert_id, (jurisdiction, opened_at) in standing.items()
            if jurisdiction.startswith(seat) and until - opened_at > STALE_AFTER
        ),
        mix=priority_mix(calls),
        answered=len(answered),
        unanswered=len(waiting),
        acknowledged_median_s=quantile(answered, 0.5),
        acknowledged_p90_s=quantile(answered, 0.9),
    )


def floods_in(instants: Sequence[datetime], until: datetime) -> tuple[Flood, ...]:
    """Flood periods among instants in rising order.

    A flood begins with the first of ten alarms within ten minutes and ends ten minutes after the first instant
    from which ten minutes bring fewer than five.
    """
    found: list[Flood] = []
    began: int | None = None
    first = 0
    worst = 0
    for i, at in enumerate(instants):
        while instants[first] <= at - WINDOW:
            first += 1
        if began is not None and (ended := _calm_between(instants, began, i)) is not None:
            found.append(Flood(instants[began], ended, _until(instants, began, ended), worst))
            began = None
        in_window = i - first + 1
        if began is None and in_window >= FLOOD_AT_LEAST:
            began, worst = first, in_window
        elif began is not None:
            worst = max(worst, in_window)
    if began is not None:
        ended = _calm_after(instants, len(instants), until)
        found.append(Flood(instants[began], ended, len(instants) - began, worst))
    return tuple(found)


def _calm_between(instants: Sequence[datetime], began: int, i: int) -> datetime | None:
    """When, before alarm `i` came, the window had thinned out below the end of a flood; None when it had not."""
    return _calm_after(instants, i, instants[i]) if i > began else None


def _calm_after(instants: Sequence[datetime], count: int, until: datetime) -> datetime | None:
    """The window holds the last five of the first `count` alarms until ten minutes after the oldest of them."""
    fifth_last = instants[max(0, count - FLOOD_ENDS_BELOW)]
    calm_at = fifth_last + WINDOW
    return calm_at if calm_at <= until else None


def _until(instants: Sequence[datetime], began: int, ended: datetime) -> int:
    return sum(instants[began] <= at <= ended for at in instants)


def worst_window(instants: Sequence[datetime]) -> int:
    """The most alarms that any ten minutes brought; instants in rising order."""
    first = worst = 0
    for i, at in enumerate(instants):
        while instants[first] <= at - WINDOW:
            first += 1
        worst = max(worst, i - first + 1)
    return worst


def chattering(calls: Iterable[Annunciation]) -> tuple[tuple[str, str], ...]:
    """Alarms (rule and subject) that called three times or more within a minute."""
    by_alarm: dict[tuple[str, str], set[datetime]] = defaultdict(set)
    for call in calls:
        by_alarm[call.what].add(call.at)
    return tuple(what for what, instants in by_alarm.items() if _chatters(sorted(instants)))


def _chatters(instants: Sequence[datetime]) -> bool:
    apart = CHATTERS_AT - 1
    return any(
        later - earlier <= CHATTER_WITHIN for earlier, later in zip(instants, instants[apart:], strict=False)
    )


def priority_mix(calls: Sequence[Annunciation]) -> Mapping[Priority, float] | None:
    """Shares of the three priorities among the calls."""
    if not calls:
        return None
    found: dict[Priority, int] = {"high": 0, "medium": 0, "low": 0}
    for call in calls:
        found[PRIORITY[call.severity]] += 1
    return {priority: count / len(calls) for priority, count in found.items()}


def per_window(calls: Iterable[Annunciation], since: datetime, until: datetime) -> list[tuple[datetime, int]]:
    """Calls in each ten minutes from `since` on, empty ones included: what a chart of the load draws."""
    windows = max(1, ceil((until - since) / WINDOW))
    counts = [0] * windows
    for call in calls:
        if since <= call.at <= until:
            counts[min(windows - 1, int((call.at - since) / WINDOW))] += 1
    return [(since + i * WINDOW, count) for i, count in enumerate(counts)]


def quantile(ordered: Sequence[float], q: float) -> float | None:
    """The nearest-rank quantile: a time that was really measured."""
    return ordered[max(0, ceil(q * len(ordered)) - 1)] if ordered else None
