"""Setting an alert aside."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.escalation import escalate
from alerts.inhibition import follow_explanation
from alerts.lifecycle import acknowledge, clear
from alerts.model import Alert
from alerts.shelving import LONGEST_SHELF, expire_shelf, shelve, unshelve
from core.errors import ConflictError, InvalidInputError
from tests.alert_cases import RULE, minute, moved, opened


def shelved(alert: Alert, at: float = 1, until: float = 31, by: str = "甲", reason: str = "已派人") -> Alert:
    change = shelve(alert, by, reason, minute(until), minute(at))
    assert change is not None and change.event == "alert.shelved"
    return change.alert


def test_set_aside_it_says_who_why_and_until_when_and_calls_nobody() -> None:
    alert = shelved(opened())
    assert (alert.shelved_by, alert.shelve_reason, alert.shelved_until) == ("甲", "已派人", minute(31))
    assert escalate(alert, RULE, minute(30)) is None


def test_when_its_time_is_over_it_calls_people_again_from_then_on() -> None:
    alert = shelved(opened())
    assert expire_shelf(alert, RULE, minute(30.9)) is None
    back = expire_shelf(alert, RULE, minute(31))
    assert back is not None and back.event == "alert.unshelved"
    assert (back.alert.shelved_until, back.alert.alarmed_at) == (None, minute(31))
    assert back.alert.escalate_at == minute(36)


def test_taken_back_by_hand_it_is_as_if_its_time_were_over() -> None:
    back = unshelve(shelved(opened()), RULE, minute(3))
    assert back is not None and back.alert.escalate_at == minute(8)
    assert unshelve(back.alert, RULE, minute(4)) is None, "it is not set aside"


def test_what_somebody_has_or_another_explains_calls_nobody_when_it_comes_back() -> None:
    taken = shelved(acknowledge(opened(), "甲", None, minute(0.5)))
    explained = shelved(replace(opened(), suppressed_by="B"))
    over = moved(shelved(opened()), "medium", None, minute(5))
    for alert in (taken, explained, over):
        back = expire_shelf(alert, RULE, minute(31))
        assert back is not None
        assert (back.alert.escalate_at, back.alert.alarmed_at) == (back.alert.escalate_at, minute(0))


def test_freed_while_set_aside_it_stays_quiet_until_its_time_is_over() -> None:
    alert = shelved(replace(opened(), suppressed_by="B"))
    freed = follow_explanation(alert, RULE, None, minute(10))
    assert freed is not None and freed.alert.escalate_at is None
    back = expire_shelf(freed.alert, RULE, minute(31))
    assert back is not None and back.alert.escalate_at == minute(36)


def test_a_higher_level_lifts_the_shelf_since_a_lesser_thing_was_set_aside() -> None:
    raised = moved(shelved(opened()), "medium", "heavy", minute(7))
    assert (raised.shelved_until, raised.shelved_by) == (None, None)
    assert raised.escalate_at == minute(12)


def test_sent_again_it_is_the_same_shelf_and_another_reason_or_end_is_a_new_one() -> None:
    alert = shelved(opened())
    assert shelve(alert, "甲", "已派人", minute(31.5), minute(1.5)) is None
    assert shelved(alert, at=2, until=62).shelved_until == minute(62)
    assert shelved(alert, at=2, reason="传感器进水").shelve_reason == "传感器进水"
    assert shelved(alert, at=2, by="乙").shelved_by == "乙"


@pytest.mark.parametrize("minutes", [0, -1, LONGEST_SHELF / timedelta(minutes=1) + 1])
def test_no_longer_than_a_shift_and_not_into_the_past(minutes: float) -> None:
    with pytest.raises(InvalidInputError, match=r"minutes: found .* expected 1 to 480"):
        shelve(opened(), "甲", "已派人", minute(minutes), minute(0))


def test_not_without_a_reason_and_not_when_it_is_over() -> None:
    with pytest.raises(InvalidInputError, match="reason"):
        shelve(opened(), "甲", "  ", minute(30), minute(0))
    over = clear(opened(), by="甲", note=None, outcome=None, at=minute(1))
    with pytest.raises(ConflictError, match="cleared"):
        shelve(over, "甲", "已派人", minute(30), minute(2))
    assert unshelve(over, RULE, minute(3)) is None
