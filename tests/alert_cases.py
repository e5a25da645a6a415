"""An alert at one gauge and a rule that escalates, for tests of what happens to alerts later."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alerts.lifecycle import Subject, follow_level
from alerts.model import Alert, LevelState, Severity
from alerts.rules import EscalationStep, Rule
from core.command_tree import CommandLevel
from core.geo import LonLat
from tests.depth_rule import depth_rule

START = datetime(2026, 8, 18, 1, 20, tzinfo=UTC)
TUNNEL = Subject(
    "P", "隧道", "tunnel", LonLat(102.7, 25.0), "530111001002", point_id="P", quantity="depth_cm"
)
STEPS = tuple(
    EscalationStep(timedelta(minutes=minutes), level)
    for minutes, level in ((5, CommandLevel.STREET), (10, CommandLevel.DISTRICT), (15, CommandLevel.CITY))
)
RULE: Rule = replace(
    depth_rule(
        clears_itself_after={Severity.BLUE: timedelta(minutes=30)},
        escalation=STEPS,
    ),
    tells=CommandLevel.COMMUNITY,
)
"""Tells the community, after 5, 10 and 15 minutes the street, the district and the city; blue clears itself."""


def minute(number: float) -> datetime:
    return START + timedelta(minutes=number)


def moved(alert: Alert | None, before: str | None, after: str | None, at: datetime) -> Alert:
    """The alert after the level went from one to another."""
    change = follow_level(
        alert,
        LevelState(RULE.rule_id, "P", before),
        LevelState(RULE.rule_id, "P", after),
        RULE,
        TUNNEL,
        value=33.0,
        because={},
        alert_id="A",
        catalogue_version="",
        at=at,
    )
    assert change is not None
    return change.alert


def opened(level: str = "medium", at: float = 0) -> Alert:
    return moved(None, None, level, minute(at))
