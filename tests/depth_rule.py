"""A rule that grades by depth, and how a gauge's readings move it; for tests of grading and alerts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from alerts.features import remember
from alerts.grading import next_level
from alerts.model import LevelState, PointState, Reading, Severity
from alerts.rules import EscalationStep, Rule, Watch
from alerts.tables import Grade, GradingTable
from operations.catalogue import StandingCatalogue
from operations.ports import Ports

GRADES = (
    Grade("light", "轻度", "light", Severity.BLUE, {"depth_cm": 5}),
    Grade("medium", "中度", "medium", Severity.YELLOW, {"depth_cm": 30}),
    Grade("heavy", "重度", "heavy", Severity.ORANGE, {"depth_cm": 50}),
)
AT_ONCE: Mapping[Severity, timedelta] = dict.fromkeys(Severity, timedelta(0))


def depth_rule(
    on_delay_s: float = 0,
    off_delay_s: float = 300,
    set_back_cm: float = 3,
    clears_itself_after: Mapping[Severity, timedelta] | None = AT_ONCE,
    escalation: tuple[EscalationStep, ...] = (),
    version: str = "7",
) -> Rule:
    """Light from 5 cm, medium from 30, heavy from 50; by default the all-clear follows at once."""
    return Rule(
        rule_id="waterlogging-depth",
        version=version,
        source_zh="试验",
        source_en="test",
        category="waterlogging",
        name_zh="积水深度",
        name_en="depth of water",
        watches=Watch(),
        levels=GradingTable("depth", version, "test", GRADES, {"depth_cm": set_back_cm}).levels(["heavy"]),
        on_delay=timedelta(seconds=on_delay_s),
        off_delay=timedelta(seconds=off_delay_s),
        grades_point=True,
        escalation=escalation,
        clears_itself_after=clears_itself_after,
        uses=frozenset({"depth_cm"}),
    )


def asked_for(depth_cm: float, rule: Rule) -> str | None:
    """The grade whose threshold the depth reaches, without delay or set-back."""
    reached = [level.code for level in rule.levels if depth_cm >= level.thresholds["depth_cm"]]
    return reached[-1] if reached else None


def levels(readings: Iterable[Reading], rule: Rule) -> list[tuple[Reading, LevelState, LevelState]]:
    """Each reading that counted (late ones do not), with the rule's memory before and after it."""
    point, state = PointState("P"), LevelState(rule.rule_id, "P")
    steps = []
    for reading in readings:
        known = remember(point, reading, "depth_cm")
        if known is point:
            continue
        after = next_level(state, rule, {"depth_cm": reading.value}, reading.observed_at)
        steps.append((reading, state, after))
        point, state = known, after
    return steps


def with_catalogue(ports: Ports, **changes: Any) -> Ports:
    """The ports with these parts of the catalogue changed."""
    return replace(ports, catalogues=StandingCatalogue(replace(ports.catalogue, **changes)))


def with_rules(ports: Ports, *rules: Rule) -> Ports:
    """The ports with a catalogue of these rules only."""
    return with_catalogue(ports, rules={rule.rule_id: rule for rule in rules})


def in_a_community(ports: Ports) -> Ports:
    """The ports with every point in a community that is known, so that the whole command tree can be told."""
    points = {
        p.point_id: replace(p, jurisdiction=p.jurisdiction + "001002")
        for p in ports.catalogue.points.values()
    }
    return with_catalogue(ports, points=points)
