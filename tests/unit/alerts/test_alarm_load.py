"""Alarm load after EEMUA 191 and ISA-18.2, on histories small enough to count by hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alerts.alarm_load import AlertMoment, band_of, floods_in, follow_alarms, load_below, load_of, per_window
from alerts.model import Severity
from core.command_tree import CommandLevel

START = datetime(2026, 8, 18, 1, 0, tzinfo=UTC)
GUANDU, CITY = "530111", "5301"


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def a_moment(event: str, minutes: float, alert_id: str = "A", **changes: object) -> AlertMoment:
    usual = AlertMoment(
        event=event,
        at=at(minutes),
        alert_id=alert_id,
        rule_id="waterlogging-depth",
        subject_id=alert_id,
        jurisdiction=GUANDU,
        severity=Severity.BLUE,
        told=CommandLevel.DISTRICT,
        active=event != "alert.acknowledged",
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def opened(instants: Iterable[float]) -> list[AlertMoment]:
    return [a_moment("alert.opened", minute, f"A{n}") for n, minute in enumerate(instants)]


def test_an_alert_calls_the_seat_it_was_told_to_and_an_escalation_the_next() -> None:
    history = follow_alarms(
        [a_moment("alert.opened", 0), a_moment("alert.escalated", 10, told=CommandLevel.CITY)]
    )
    assert [(call.seat, call.at) for call in history.calls] == [(GUANDU, at(0)), (CITY, at(10))]


def test_a_raise_calls_every_seat_that_was_told() -> None:
    history = follow_alarms(
        [
            a_moment("alert.opened", 0),
            a_moment("alert.escalated", 10, told=CommandLevel.CITY),
            a_moment("alert.raised", 12, told=CommandLevel.CITY, severity=Severity.RED),
        ]
    )
    assert [call.seat for call in history.calls if call.at == at(12)] == [GUANDU, CITY]
    assert load_below(history, CITY, START, at(20)).count == 3


def test_what_is_quiet_calls_nobody_and_calls_when_it_comes_back() -> None:
    history = follow_alarms(
        [
            a_moment("alert.opened", 0, quiet=True),
            a_moment("alert.unsuppressed", 5),
            a_moment("alert.lowered", 6),
        ]
    )
    assert [call.at for call in history.calls] == [at(5)]


def test_time_to_acknowledge_counts_from_the_call_of_each_seat() -> None:
    history = follow_alarms(
        [
            a_moment("alert.opened", 0),
            a_moment("alert.escalated", 10, told=CommandLevel.CITY),
            a_moment("alert.acknowledged", 12, told=CommandLevel.CITY),
        ]
    )
    assert load_of(history, GUANDU, START, at(20)).acknowledged_median_s == 720
    assert load_of(history, CITY, START, at(20)).acknowledged_median_s == 120
    assert load_of(history, CITY, START, at(20)).unanswered == 0


def test_what_nobody_answered_is_counted_until_it_is_cleared() -> None:
    moments = [a_moment("alert.opened", 0)]
    assert load_of(follow_alarms(moments), GUANDU, START, at(5)).unanswered == 1
    moments.append(a_moment("alert.cleared", 6, active=False, cleared=True))
    assert load_of(follow_alarms(moments), GUANDU, START, at(9)).unanswered == 0


def test_bands_are_those_of_the_standards() -> None:
    assert [band_of(n) for n in (0, 1, 2, 9, 10, 400)] == [
        "steady",
        "steady",
        "busy",
        "busy",
        "flood",
        "flood",
    ]


def test_a_flood_begins_with_the_first_of_ten_in_ten_minutes_and_ends_when_it_thins_out() -> None:
    instants = [at(m) for m in (0, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29)]
    [flood] = floods_in(instants, at(120))
    # The window of ten minutes holds five until the fifth last of them (at 25) has left it.
    assert (flood.began_at, flood.ended_at, flood.count, flood.worst_in_window) == (at(20), at(35), 10, 10)
    assert floods_in(instants, at(30))[0].ended_at is None


def test_nine_in_ten_minutes_are_no_flood() -> None:
    assert floods_in([at(m) for m in range(9)], at(60)) == ()


def test_one_alarm_three_times_in_a_minute_chatters_and_three_alarms_once_do_not() -> None:
    one = [a_moment("alert.opened", m / 3, f"life {m}", subject_id="P1") for m in range(3)]
    assert load_of(follow_alarms(one), GUANDU, START, at(5)).chattering == (("waterlogging-depth", "P1"),)
    assert load_of(follow_alarms(opened([0, 0.3, 0.6])), GUANDU, START, at(5)).chattering == ()


def test_an_alert_that_stands_for_more_than_a_day_is_stale() -> None:
    history = follow_alarms(opened([0]))
    assert load_of(history, GUANDU, START, at(24 * 60)).stale == ()
    assert load_of(history, GUANDU, START, at(24 * 60 + 1)).stale == ("A0",)


def test_the_mix_is_the_share_of_each_priority() -> None:
    severities = [Severity.RED, Severity.ORANGE, Severity.YELLOW, Severity.BLUE]
    moments = [replace(m, severity=s) for m, s in zip(opened(range(4)), severities, strict=True)]
    assert load_of(follow_alarms(moments), GUANDU, START, at(9)).mix == {
        "high": 0.25,
        "medium": 0.25,
        "low": 0.5,
    }
    assert load_of(follow_alarms([]), GUANDU, START, at(9)).mix is None


def test_windows_without_alarms_are_drawn_too() -> None:
    history = follow_alarms(opened([1, 2, 25]))
    assert [count for _, count in per_window(history.calls, START, at(40))] == [2, 0, 1, 0]
