"""A rule that proposes a flood response level, for tests. Its thresholds are made up: no plan's are public."""

from __future__ import annotations

from datetime import timedelta

from alerts.model import Severity
from alerts.rules import Features, Level, Rule, Watch

LEAST = {
    "standby": ("rain_mm_1h_max", 10.0, Severity.BLUE),
    "IV": ("points_graded", 3.0, Severity.BLUE),
    "III": ("points_graded", 10.0, Severity.YELLOW),
    "II": ("points_graded", 20.0, Severity.ORANGE),
    "I": ("points_graded", 60.0, Severity.RED),
}


def response_rule(off_delay: timedelta = timedelta(minutes=30)) -> Rule:
    """Standby from 10 mm in an hour, then Ⅳ, Ⅲ, Ⅱ, Ⅰ from 3, 10, 20 and 60 points with a grade."""

    def level(code: str) -> Level:
        name, least, severity = LEAST[code]

        def reached(features: Features) -> bool:
            return bool(features[name] >= least)

        return Level(code, code, code, severity, False, reached, reached, {name: least})

    return Rule(
        rule_id="flood-response",
        version="1",
        source_zh="试验",
        source_en="test",
        category="waterlogging",
        name_zh="防汛响应建议",
        name_en="proposed flood response",
        watches=Watch(subject="area"),
        levels=tuple(level(code) for code in LEAST),
        off_delay=off_delay,
        clears_itself_after=dict.fromkeys(Severity, timedelta(0)),
    )
