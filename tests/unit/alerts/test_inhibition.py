"""One alert explains another: nobody is called twice for one thing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerts.inhibition import explained_by, follow_explanation
from alerts.lifecycle import Subject, acknowledge, clear, follow_level
from alerts.model import Alert, LevelState, Severity
from alerts.rules import EscalationStep, Inhibition, Rule
from core.command_tree import CommandLevel
from core.geo import LonLat
from tests.depth_rule import depth_rule

START = datetime(2026, 8, 18, 1, 20, tzinfo=UTC)
TUNNEL, NEXT_DOOR, FAR = LonLat(102.7, 25.0), LonLat(102.702, 25.0), LonLat(102.8, 25.0)
PUMP: Rule = replace(
    depth_rule(escalation=(EscalationStep(timedelta(minutes=5), CommandLevel.CITY),)),
    rule_id="pump",
    inhibited_by=(Inhibition("waterlogging-depth", Severity.ORANGE, 300.0),),
)


def an_alert(rule: Rule, place: LonLat, code: str = "heavy", name: str = "A", subject: str = "P") -> Alert:
    change = follow_level(
        None,
        LevelState(rule.rule_id, subject),
        LevelState(rule.rule_id, subject, code),
        rule,
        Subject(subject, "点", "point", place, "530111"),
        value=60.0,
        because={},
        alert_id=name,
        catalogue_version="",
        at=START,
    )
    assert change is not None
    return change.alert


UNDERPASS = an_alert(depth_rule(), TUNNEL, name="UNDERPASS")


@pytest.mark.parametrize(
    ("what", "place", "other", "explained"),
    [
        ("a grave alert next door explains", NEXT_DOOR, UNDERPASS, True),
        ("one too far away does not", FAR, UNDERPASS, False),
        ("one too slight does not", NEXT_DOOR, an_alert(depth_rule(), TUNNEL, "light"), False),
        ("one of another rule does not", NEXT_DOOR, replace(UNDERPASS, rule_id="other"), False),
        ("one whose condition is over does not", NEXT_DOOR, replace(UNDERPASS, returned_at=START), False),
        (
            "a cleared one does not",
            NEXT_DOOR,
            clear(UNDERPASS, by="王", note=None, outcome=None, at=START),
            False,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_explains_an_alert(what: str, place: LonLat, other: Alert, explained: bool) -> None:
    pump = an_alert(PUMP, place, name="PUMP", subject="Q")
    assert (explained_by(pump, PUMP, [other, pump]) is not None) is explained, what


def test_without_a_distance_only_the_same_subject_explains() -> None:
    same = replace(PUMP, inhibited_by=(Inhibition("waterlogging-depth", Severity.ORANGE, 0.0),))
    assert explained_by(an_alert(same, FAR, name="S"), same, [UNDERPASS]) == "UNDERPASS"
    assert explained_by(an_alert(same, TUNNEL, name="S", subject="Q"), same, [UNDERPASS]) is None


def test_what_explained_it_before_goes_on_explaining_it() -> None:
    pump = replace(an_alert(PUMP, NEXT_DOOR, name="PUMP", subject="Q"), suppressed_by="UNDERPASS")
    older = replace(UNDERPASS, alert_id="AN OLDER ONE")
    assert explained_by(pump, PUMP, [older, UNDERPASS]) == "UNDERPASS"


def test_a_suppressed_alert_tells_nobody_further_until_it_stands_for_itself_again() -> None:
    pump = an_alert(PUMP, NEXT_DOOR, name="PUMP", subject="Q")
    change = follow_explanation(pump, PUMP, "UNDERPASS", START)
    assert change is not None and change.event == "alert.suppressed"
    assert (change.alert.suppressed_by, change.alert.escalate_at) == ("UNDERPASS", None)
    assert follow_explanation(change.alert, PUMP, "UNDERPASS", START) is None, "it says so once"
    later = START + timedelta(hours=1)
    freed = follow_explanation(change.alert, PUMP, None, later)
    assert freed is not None and freed.event == "alert.unsuppressed"
    assert (freed.alert.alarmed_at, freed.alert.escalate_at) == (later, later + timedelta(minutes=5))


def test_an_acknowledged_alert_calls_nobody_when_its_explanation_goes_away() -> None:
    pump = acknowledge(an_alert(PUMP, NEXT_DOOR, name="PUMP", subject="Q"), "王", None, START)
    hidden = follow_explanation(pump, PUMP, "UNDERPASS", START)
    assert hidden is not None
    freed = follow_explanation(hidden.alert, PUMP, None, START + timedelta(hours=1))
    assert freed is not None and (freed.alert.alarmed_at, freed.alert.escalate_at) == (START, None)


@pytest.mark.parametrize(
    ("what", "changed"),
    [
        ("set aside", {"shelved_until": START + timedelta(hours=1)}),
        ("itself explained", {"suppressed_by": "ANOTHER"}),
        ("of a lesser colour", {"severity": Severity.YELLOW}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_alert_explains_nothing_graver_and_nothing_while_nobody_is_called_to_it(
    what: str, changed: Any
) -> None:
    rule = replace(PUMP, inhibited_by=(Inhibition("waterlogging-depth", Severity.BLUE, 300.0),))
    pump = an_alert(rule, NEXT_DOOR, name="PUMP", subject="Q")
    assert explained_by(pump, rule, [UNDERPASS]) == "UNDERPASS"
    assert explained_by(pump, rule, [replace(UNDERPASS, **changed)]) is None, what
