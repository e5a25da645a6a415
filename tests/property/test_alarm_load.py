"""Alarm load, whatever happened: nothing counted twice or lost, floods apart and as dense as they claim."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from alerts.alarm_load import (
    CALLS,
    FLOOD_AT_LEAST,
    WINDOW,
    AlertMoment,
    floods_in,
    follow_alarms,
    load_below,
    load_of,
    per_window,
    worst_window,
)
from alerts.model import Severity
from core.command_tree import CommandLevel

START = datetime(2026, 8, 18, 1, 0, tzinfo=UTC)
END = START + timedelta(hours=6)
SEATS = ("530111", "530103")

instants = st.lists(st.integers(0, 6 * 3600), max_size=120).map(
    lambda seconds: [START + timedelta(seconds=s) for s in sorted(seconds)]
)
EVENTS = (*CALLS, "alert.acknowledged", "alert.lowered", "alert.returned", "alert.cleared")


@st.composite
def histories(draw: st.DrawFn) -> list[AlertMoment]:
    return [
        AlertMoment(
            event=(event := draw(st.sampled_from(EVENTS))),
            at=at,
            alert_id=(alert := f"A{draw(st.integers(0, 8))}"),
            rule_id="depth",
            subject_id=alert,
            jurisdiction=SEATS[int(alert[1:]) % 2],
            severity=draw(st.sampled_from(Severity)),
            told=draw(st.sampled_from((CommandLevel.DISTRICT, CommandLevel.CITY))),
            active=event not in ("alert.acknowledged", "alert.cleared"),
            quiet=draw(st.booleans()),
            cleared=event == "alert.cleared",
        )
        for at in draw(instants)
    ]


@given(instants)
def test_floods_lie_apart_and_are_as_dense_as_they_claim(alarms: list[datetime]) -> None:
    floods = floods_in(alarms, END)
    assert bool(floods) == (worst_window(alarms) >= FLOOD_AT_LEAST)
    for flood in floods:
        assert flood.worst_in_window >= FLOOD_AT_LEAST
        assert flood.began_at in alarms
        if flood.ended_at is not None:
            assert flood.ended_at - flood.began_at >= WINDOW
            assert sum(flood.ended_at - WINDOW < at <= flood.ended_at for at in alarms) < 5
    for earlier, later in pairwise(floods):
        assert earlier.ended_at is not None
        assert earlier.ended_at <= later.began_at + WINDOW


@given(histories())
def test_the_whole_is_no_more_than_its_seats_and_no_less_than_the_busiest(moments: list[AlertMoment]) -> None:
    history = follow_alarms(moments)
    seats = [load_of(history, seat, START, END) for seat in history.seats()]
    whole = load_below(history, "5301", START, END)
    assert max((load.count for load in seats), default=0) <= whole.count <= sum(load.count for load in seats)
    assert whole.last_window <= whole.worst_window <= whole.count


@given(histories())
def test_every_call_falls_into_one_window_of_the_chart(moments: list[AlertMoment]) -> None:
    calls = follow_alarms(moments).calls
    assert sum(count for _, count in per_window(calls, START, END)) == len(calls)


@given(histories())
def test_who_waits_is_open_active_and_not_quiet(moments: list[AlertMoment]) -> None:
    history = follow_alarms(moments)
    newest = {moment.alert_id: moment for moment in moments}
    for waiting in history.waiting.values():
        for alert_id in waiting:
            assert newest[alert_id].active
            assert not newest[alert_id].quiet
            assert alert_id in history.standing


@given(histories())
def test_nobody_answers_before_being_called(moments: list[AlertMoment]) -> None:
    assert all(s >= 0 for found in follow_alarms(moments).answers.values() for _, s in found)
