"""The rule behind warnings that others send: the level is the one they state."""

from __future__ import annotations

from datetime import timedelta

from alerts.model import Severity
from alerts.rules import Condition, Level, Rule, Watch
from core.command_tree import CommandLevel

STATED_RANK = "stated_rank"
"""The figure the rule looks at: rank of the stated severity, 1 for blue to 4 for red, 0 once it is over."""


def _at_least(rank: int) -> Condition:
    return lambda features: bool(features[STATED_RANK] >= rank)


def _level(severity: Severity, name_zh: str, name_en: str) -> Level:
    reached = _at_least(severity.rank)
    return Level(
        severity.value,
        name_zh,
        name_en,
        severity,
        opens_incident=False,
        reached=reached,
        held=reached,
        thresholds={},
    )


CAP_IMPORT = Rule(
    rule_id="cap-import",
    version="1",
    source_zh="OASIS CAP 1.2",
    source_en="OASIS CAP 1.2",
    category="",  # each message has its own
    name_zh="外来预警",
    name_en="warning from elsewhere",
    watches=Watch(subject="cap"),
    levels=(
        _level(Severity.BLUE, "蓝色", "blue"),
        _level(Severity.YELLOW, "黄色", "yellow"),
        _level(Severity.ORANGE, "橙色", "orange"),
        _level(Severity.RED, "红色", "red"),
    ),
    # It arrives at the city centre, above which nobody is told.
    tells=CommandLevel.CITY,
    # Who sent it says when it is over; nobody here has to confirm that.
    clears_itself_after=dict.fromkeys(Severity, timedelta(0)),
    uses=frozenset({STATED_RANK}),
)
