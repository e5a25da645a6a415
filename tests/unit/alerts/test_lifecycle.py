"""The life of an alert, step by step."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts.lifecycle import AlertChange, Subject, acknowledge, clear, follow_level
from alerts.model import Alert, AlertStatus, LevelState, Outcome, Severity
from alerts.rules import EscalationStep, Rule
from core.command_tree import CommandLevel
from core.errors import ConflictError
from core.geo import LonLat
from tests.depth_rule import depth_rule

START = datetime(2026, 8, 18, 1, 20, tzinfo=UTC)
TUNNEL = Subject(
    "P", "隧道", "tunnel", LonLat(102.7, 25.0), "530111", point_id="P", group_zh="二环", quantity="depth_cm"
)
BY_OFFICER = depth_rule(clears_itself_after=None)


def follow(
    alert: Alert | None, before: str | None, after: str | None, rule: Rule = BY_OFFICER, minute: float = 0
) -> AlertChange | None:
    """What the alert makes of the level going from `before` to `after` at this minute."""
    return follow_level(
        alert,
        LevelState(rule.rule_id, "P", before),
        LevelState(rule.rule_id, "P", after),
        rule,
        TUNNEL,
        value=33.0,
        because={"depth_cm": 33.0},
        alert_id=f"A{minute:g}",
        catalogue_version="c0ffee",
        at=START + timedelta(minutes=minute),
    )


def opened(code: str = "medium", rule: Rule = BY_OFFICER) -> Alert:
    change = follow(None, None, code, rule)
    assert change is not None and change.event == "alert.opened"
    return change.alert


def changed(
    alert: Alert, before: str | None, after: str | None, minute: float, rule: Rule = BY_OFFICER
) -> AlertChange:
    change = follow(alert, before, after, rule, minute)
    assert change is not None and change.alert.alert_id == alert.alert_id, "the same alert goes on"
    return change


def test_a_level_opens_an_alert_that_says_what_where_why_and_by_which_versions() -> None:
    alert = opened()
    assert (alert.alert_id, alert.subject_id, alert.jurisdiction, alert.group_zh) == (
        "A0",
        "P",
        "530111",
        "二环",
    )
    assert (alert.severity, alert.grade_code, alert.value) == (Severity.YELLOW, "medium", 33.0)
    assert (alert.rule_id, alert.rule_version, alert.catalogue_version) == (
        "waterlogging-depth",
        "7",
        "c0ffee",
    )
    assert (alert.status, alert.opened_at, alert.alarmed_at) == (AlertStatus.ACTIVE, START, START)
    assert alert.because == {"depth_cm": 33.0}


def test_without_a_level_there_is_no_alert() -> None:
    assert follow(None, None, None) is None


@pytest.mark.parametrize(
    ("before", "after", "event", "acknowledged"),
    [("light", "heavy", "alert.raised", False), ("heavy", "light", "alert.lowered", True)],
)
def test_a_higher_level_asks_for_a_new_acknowledgement_and_a_lower_one_keeps_the_old(
    before: str, after: str, event: str, acknowledged: bool
) -> None:
    change = changed(acknowledge(opened(before), "王", None, START), before, after, 1)
    assert change.event == event
    assert (change.alert.status is AlertStatus.ACKNOWLEDGED) is acknowledged
    assert (change.alert.acknowledged_by is not None) is acknowledged
    assert change.alert.opened_at == START


def test_water_that_falls_and_comes_back_calls_nobody_again() -> None:
    owned = acknowledge(opened("heavy"), "王", None, START)
    lowered = changed(owned, "heavy", "medium", 10).alert
    back = changed(lowered, "medium", "heavy", 20)
    assert back.event == "alert.resumed"
    assert (back.alert.status, back.alert.alarmed_at) == (AlertStatus.ACKNOWLEDGED, START)


def test_normal_again_waits_for_the_all_clear_and_the_same_level_then_goes_on_with_the_same_alert() -> None:
    owned = acknowledge(opened(), "王", None, START)
    returned = changed(owned, "medium", None, 60)
    assert returned.event == "alert.returned"
    assert (returned.alert.status, returned.alert.returned_at) == (
        AlertStatus.ACKNOWLEDGED,
        START + timedelta(minutes=60),
    )
    resumed = changed(returned.alert, None, "medium", 70)
    assert (resumed.event, resumed.alert.returned_at) == ("alert.resumed", None)
    assert follow(returned.alert, None, None, minute=80) is None, "it says so once"


def test_a_level_above_all_it_had_calls_people_even_after_it_returned() -> None:
    returned = changed(acknowledge(opened(), "王", None, START), "medium", None, 60).alert
    raised = changed(returned, None, "heavy", 70)
    assert (raised.event, raised.alert.status) == ("alert.raised", AlertStatus.ACTIVE)
    assert raised.alert.alarmed_at == START + timedelta(minutes=70)
    assert raised.alert.returned_at is None


def test_after_the_all_clear_the_next_level_is_another_alert() -> None:
    cleared = clear(opened(), by="王", note="水已退", outcome=Outcome.REAL, at=START)
    assert (cleared.status, cleared.cleared_by, cleared.outcome) == (AlertStatus.CLEARED, "王", Outcome.REAL)
    again = follow(None, None, "light", minute=90)
    assert again is not None and (again.event, again.alert.alert_id) == ("alert.opened", "A90")


@pytest.mark.parametrize(
    ("after", "opens"), [("light", False), ("medium", False), ("heavy", True), (None, False)]
)
def test_after_an_all_clear_while_the_level_stood_only_a_higher_one_opens_the_next(
    after: str | None, opens: bool
) -> None:
    change = follow(None, "medium", after)
    assert (change is not None and change.event == "alert.opened") is opens


def test_a_rule_that_clears_by_itself_does_so_by_the_peak_severity() -> None:
    rule = depth_rule(clears_itself_after={Severity.BLUE: timedelta(0)})
    assert changed(opened("light", rule), "light", None, 5, rule).event == "alert.cleared"
    assert changed(opened("medium", rule), "medium", None, 5, rule).event == "alert.returned"


def test_a_raise_lifts_the_shelf_since_a_lesser_thing_was_set_aside() -> None:
    shelved = replace(
        opened(), shelved_until=START + timedelta(hours=1), shelved_by="王", shelve_reason="施工"
    )
    raised = changed(shelved, "medium", "heavy", 5).alert
    assert (raised.shelved_until, raised.shelved_by, raised.shelve_reason) == (None, None, None)


def test_nobody_further_is_told_once_somebody_took_charge() -> None:
    rule = depth_rule(escalation=(EscalationStep(timedelta(minutes=5), CommandLevel.CITY),))
    alert = opened("heavy", rule)
    assert (alert.told, alert.escalate_at) == (CommandLevel.DISTRICT, START + timedelta(minutes=5))
    assert acknowledge(alert, "王", None, START).escalate_at is None


def test_acknowledging_says_who_when_and_why() -> None:
    owned = acknowledge(opened(), "王", "已核实", START)
    assert (owned.status, owned.acknowledged_by, owned.acknowledged_at, owned.note) == (
        AlertStatus.ACKNOWLEDGED,
        "王",
        START,
        "已核实",
    )


def test_what_somebody_has_nobody_else_takes() -> None:
    with pytest.raises(ConflictError, match="王"):
        acknowledge(acknowledge(opened(), "王", None, START), "李", None, START)


def test_a_cleared_alert_cannot_be_acknowledged() -> None:
    with pytest.raises(ConflictError, match="cleared"):
        acknowledge(replace(opened(), status=AlertStatus.CLEARED), "王", None, START)


def test_severities_rank_from_blue_to_red() -> None:
    assert [severity.rank for severity in Severity] == [1, 2, 3, 4]


def test_timers_count_from_when_people_heard_of_it_not_from_when_a_late_gauge_had_measured() -> None:
    rule = depth_rule(escalation=(EscalationStep(timedelta(minutes=5), CommandLevel.CITY),))
    heard = START + timedelta(minutes=20)
    change = follow_level(
        None,
        LevelState(rule.rule_id, "P"),
        LevelState(rule.rule_id, "P", "heavy"),
        rule,
        TUNNEL,
        value=60.0,
        because={},
        alert_id="A",
        catalogue_version="",
        at=START,
        called_at=heard,
    )
    assert change is not None
    assert (change.alert.opened_at, change.alert.alarmed_at) == (START, heard)
    assert change.alert.escalate_at == heard + timedelta(minutes=5)
