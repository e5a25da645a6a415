"""Who is told next, and when nobody is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alerts.acknowledgement import give_back
from alerts.escalation import escalate, escalate_by_hand
from alerts.lifecycle import acknowledge, clear
from alerts.model import Alert, AlertStatus
from alerts.shelving import shelve
from core.command_tree import CommandLevel
from core.errors import ConflictError
from tests.alert_cases import RULE, minute, moved, opened


def told_by(alert: Alert, number: float) -> Alert:
    """The alert after every step that is due by this minute."""
    while (change := escalate(alert, RULE, minute(number))) is not None:
        assert change.event == "alert.escalated"
        alert = change.alert
    return alert


def test_while_nobody_acknowledges_one_level_after_another_is_told() -> None:
    alert = opened()
    told = []
    for number in range(20):
        alert = told_by(alert, number)
        told.append(alert.told.value)
    assert told == ["community"] * 5 + ["street"] * 5 + ["district"] * 5 + ["city"] * 5
    assert alert.escalate_at is None and alert.escalated_at == minute(15)


def test_after_an_outage_every_step_that_was_due_is_made_up_for() -> None:
    assert told_by(opened(), 60).told is CommandLevel.CITY


def test_once_somebody_has_it_nobody_further_is_told() -> None:
    assert told_by(acknowledge(told_by(opened(), 5), "甲", None, minute(6)), 60).told is CommandLevel.STREET


def test_given_back_it_has_the_deadlines_again_that_it_had() -> None:
    before = opened()
    taken = acknowledge(before, "甲", "来了", minute(1))
    change = give_back(taken, RULE, minute(2))
    assert change is not None and change.event == "alert.unacknowledged"
    free = change.alert
    assert (free.status, free.acknowledged_by, free.note) == (AlertStatus.ACTIVE, None, None)
    assert (free.alarmed_at, free.escalate_at) == (before.alarmed_at, before.escalate_at)
    assert told_by(free, 4.9).told is CommandLevel.COMMUNITY
    assert told_by(free, 5).told is CommandLevel.STREET
    assert give_back(free, RULE, minute(3)) is None


def test_a_step_that_became_due_while_somebody_had_it_is_told_at_once() -> None:
    change = give_back(acknowledge(opened(), "甲", None, minute(1)), RULE, minute(12))
    assert change is not None
    assert told_by(change.alert, 12).told is CommandLevel.DISTRICT
    assert told_by(change.alert, 15).told is CommandLevel.CITY


def test_given_back_after_all_its_steps_or_while_it_is_quiet_it_waits_for_none() -> None:
    everybody_knows = acknowledge(told_by(opened(), 15), "甲", None, minute(16))
    change = give_back(everybody_knows, RULE, minute(17))
    assert change is not None and change.alert.escalate_at is None
    aside = shelve(acknowledge(opened(), "甲", None, minute(1)), "甲", "检修", minute(20), minute(2))
    assert aside is not None
    change = give_back(aside.alert, RULE, minute(3))
    assert change is not None and change.alert.escalate_at is None


def test_explained_by_another_or_over_it_escalates_to_nobody() -> None:
    alert = opened()
    assert told_by(replace(alert, suppressed_by="B"), 60).told is CommandLevel.COMMUNITY
    assert told_by(moved(alert, "medium", None, minute(2)), 60).told is CommandLevel.COMMUNITY


def test_water_that_comes_back_to_an_alert_nobody_took_escalates_as_if_it_had_stayed() -> None:
    back = moved(moved(opened(), "medium", None, minute(2)), None, "medium", minute(7))
    assert told_by(back, 7).told is CommandLevel.STREET


def test_what_was_quiet_when_the_condition_ended_waits_again_when_it_comes_back() -> None:
    over = replace(moved(opened(), "medium", None, minute(2)), escalate_at=None)
    back = moved(over, None, "medium", minute(30))
    assert told_by(back, 34).told is CommandLevel.COMMUNITY
    assert told_by(back, 35).told is CommandLevel.STREET


def test_a_raise_begins_the_time_anew_from_the_level_that_knows() -> None:
    raised = moved(told_by(opened(), 5), "medium", "heavy", minute(8))
    assert raised.told is CommandLevel.STREET
    assert told_by(raised, 17).told is CommandLevel.STREET
    assert told_by(raised, 18).told is CommandLevel.DISTRICT


def test_an_officer_tells_the_next_level_at_once_and_the_timer_goes_on_from_there() -> None:
    change = escalate_by_hand(opened(), RULE, minute(1))
    assert (change.event, change.alert.told) == ("alert.escalated", CommandLevel.STREET)
    assert told_by(change.alert, 9).told is CommandLevel.STREET
    assert told_by(change.alert, 10).told is CommandLevel.DISTRICT


def test_an_officer_who_has_it_may_still_ask_the_next_level_and_no_timer_begins() -> None:
    taken = acknowledge(opened(), "甲", None, minute(1))
    alert = escalate_by_hand(taken, RULE, minute(2)).alert
    assert (alert.told, alert.status, alert.escalate_at) == (
        CommandLevel.STREET,
        AlertStatus.ACKNOWLEDGED,
        None,
    )


def test_above_the_city_is_nobody_and_an_alert_that_is_over_is_told_to_nobody() -> None:
    with pytest.raises(ConflictError, match="no higher level"):
        escalate_by_hand(told_by(opened(), 15), RULE, minute(16))
    over = clear(opened(), by="甲", note=None, outcome=None, at=minute(1))
    with pytest.raises(ConflictError, match="cleared"):
        escalate_by_hand(over, RULE, minute(2))
    with pytest.raises(ConflictError, match="cleared"):
        give_back(over, RULE, minute(2))


def test_a_newer_rule_without_further_steps_ends_the_waiting() -> None:
    change = escalate(opened(), replace(RULE, escalation=()), minute(5))
    assert change is not None and change.event == "alert.escalation_ended"
    assert change.alert.escalate_at is None and change.alert.told is CommandLevel.COMMUNITY


def test_what_was_orange_is_followed_up_although_the_water_has_gone_until_somebody_takes_charge() -> None:
    over = moved(opened("heavy"), "heavy", None, minute(2))
    assert told_by(over, 60).told is CommandLevel.CITY
    assert told_by(acknowledge(over, "甲", None, minute(3)), 60).told is CommandLevel.COMMUNITY
