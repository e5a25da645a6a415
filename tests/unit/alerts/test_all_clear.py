"""The all-clear as an act of its own."""

from __future__ import annotations

import pytest

from alerts.all_clear import all_clear, clear_by_rule, clear_left_behind
from alerts.lifecycle import follow_level
from alerts.model import AlertStatus, LevelState, Outcome
from core.errors import ConflictError
from tests.alert_cases import RULE, TUNNEL, minute, moved, opened


def test_an_officer_clears_what_is_over_and_says_what_it_was() -> None:
    over = moved(opened(), "medium", None, minute(5))
    change = all_clear(over, "甲", Outcome.REAL, "已抽排", minute(9))
    assert change is not None and change.event == "alert.cleared"
    alert = change.alert
    assert (alert.status, alert.cleared_by, alert.cleared_at) == (AlertStatus.CLEARED, "甲", minute(9))
    assert (alert.outcome, alert.clear_note, alert.escalate_at) == (Outcome.REAL, "已抽排", None)


@pytest.mark.parametrize("outcome", [Outcome.REAL, Outcome.UNKNOWN])
def test_while_the_water_stands_nobody_clears_it(outcome: Outcome) -> None:
    with pytest.raises(ConflictError, match="still stands"):
        all_clear(opened(), "甲", outcome, None, minute(1))


@pytest.mark.parametrize("outcome", Outcome)
def test_where_the_gauge_has_been_silent_for_over_an_hour_what_a_person_found_counts(
    outcome: Outcome,
) -> None:
    change = all_clear(opened(), "甲", outcome, "已干", minute(70), silent_s=3601)
    assert change is not None and change.alert.outcome is outcome
    if outcome is not Outcome.FALSE_ALARM:
        with pytest.raises(ConflictError, match="still stands"):
            all_clear(opened(), "甲", outcome, None, minute(60), silent_s=3600)


def test_a_gauge_that_lies_is_cleared_as_a_false_alarm_and_calls_again_only_for_more() -> None:
    change = all_clear(opened(), "甲", Outcome.FALSE_ALARM, "枯枝", minute(1))
    assert change is not None and change.alert.outcome is Outcome.FALSE_ALARM

    def next_alert(before: str | None, after: str | None) -> bool:
        found = follow_level(
            None,
            LevelState(RULE.rule_id, "P", before),
            LevelState(RULE.rule_id, "P", after),
            RULE,
            TUNNEL,
            value=33.0,
            because={},
            alert_id="B",
            catalogue_version="",
            at=minute(2),
        )
        return found is not None

    assert not next_alert("medium", "light")
    assert not next_alert("medium", None)
    assert next_alert("medium", "heavy")
    assert next_alert(None, "light")


def test_given_again_by_the_same_person_it_stands_and_by_another_it_is_a_conflict() -> None:
    over = moved(opened(), "medium", None, minute(5))
    change = all_clear(over, "甲", Outcome.REAL, None, minute(9))
    assert change is not None
    assert all_clear(change.alert, "甲", Outcome.REAL, None, minute(10)) is None
    with pytest.raises(ConflictError, match="甲"):
        all_clear(change.alert, "乙", Outcome.REAL, None, minute(10))
    with pytest.raises(ConflictError, match="甲"):
        all_clear(change.alert, "甲", Outcome.FALSE_ALARM, None, minute(10))


def test_a_rule_clears_what_never_was_more_than_blue_after_its_time_and_leaves_the_rest_to_people() -> None:
    blue = moved(opened("light"), "light", None, minute(5))
    assert clear_by_rule(blue, RULE, minute(34.9)) is None
    change = clear_by_rule(blue, RULE, minute(35))
    assert change is not None and (change.alert.cleared_by, change.alert.outcome) == (None, None)
    yellow = moved(moved(opened("medium"), "medium", "light", minute(3)), "light", None, minute(5))
    assert clear_by_rule(yellow, RULE, minute(500)) is None
    assert clear_by_rule(opened("light"), RULE, minute(500)) is None, "the water still stands"


def test_what_nothing_judges_any_more_is_cleared_with_the_reason() -> None:
    alert = clear_left_behind(opened(), "系统", "规则已移除", minute(5)).alert
    assert (alert.status, alert.cleared_by, alert.clear_note) == (AlertStatus.CLEARED, "系统", "规则已移除")
    assert alert.outcome is Outcome.UNKNOWN
