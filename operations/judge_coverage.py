"""Rules about coverage: where no free unit is in reach in time, judged for each street, told once for an area."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from alerts.lifecycle import Subject
from alerts.model import LevelState
from alerts.rules import Features, Rule
from core.actor import SYSTEM, Actor, Permission
from core.command_tree import CommandLevel, level_of, node_at
from core.geo import LonLat
from dispatch.coverage import AreaCoverage
from operations.apply_rules import RuleWork
from operations.inhibit_alerts import settle_inhibitions
from operations.ports import Ports
from operations.public_state import Json
from operations.transaction import committed, require

PREFIX = "coverage:"


def judge_coverage(
    ports: Ports, areas: Mapping[str, AreaCoverage], at: datetime, actor: Actor = SYSTEM
) -> set[str]:
    """Judges every street by what was measured at `at`; answers the streets that some alert is about.

    A rule remembers each street by itself, so that delays and set-back hold for each, and all streets of a district
    (or of the city) have one alert at the level of the worst: forty gaps at once are one thing to do.
    """
    require(actor, Permission.GRADE)
    rules = ports.catalogue.rule_index.about("coverage")
    if not rules:
        return set()
    streets = sorted(code for code in areas if level_of(code) is CommandLevel.STREET)
    asked = [(rule, *joined) for rule in rules for joined in _joined(rule, streets)]
    subjects = {PREFIX + code for code in (*streets, *(node for _, node, _ in asked))}
    lacking: set[str] = set()
    with committed(ports, as_of=at) as tx:
        tx.lock_rules()
        work = RuleWork(ports, tx, subjects, ports.catalogue)
        for rule, node, within in asked:
            lacking |= _judge_node(ports, work, rule, node, within, areas, at)
        work.finish()
        settle_inhibitions(ports, tx, work.changed.values())
    for incident_id in work.opened_incidents:
        ports.work.recommend_units(incident_id)
    return lacking


def _joined(rule: Rule, streets: Iterable[str]) -> list[tuple[str, list[str]]]:
    """The nodes that the rule has one alert for, each with the streets it judges there."""
    found: dict[str, list[str]] = defaultdict(list)
    for code in streets:
        if rule.watches.sees_coverage(code):
            found[node_at(rule.watches.joins_streets_of, code)].append(code)
    return list(found.items())


def _judge_node(
    ports: Ports,
    work: RuleWork,
    rule: Rule,
    node: str,
    streets: Iterable[str],
    areas: Mapping[str, AreaCoverage],
    at: datetime,
) -> set[str]:
    """The rule at the streets of one node of the command tree, and what it makes of their one alert."""
    levels = {code: work.judge(rule, PREFIX + code, _features(areas, code), at).level for code in streets}
    lacking = {code for code, level in levels.items() if level is not None}
    worst = max(levels.values(), key=rule.rank)
    subject = _subject(ports, node, lacking)
    figures: Features = {
        "covered_pct": {code: _percent(areas[code].covered) for code in sorted(lacking)},
        "usual_pct": {code: _percent(areas[code].usual_known) for code in sorted(lacking)},
    }
    # Streets are named with both figures whatever the conditions mention.
    telling = replace(rule, uses=None)
    if lacking:
        work.restate(telling, subject, figures, "covered_pct", at)
    work.follow(telling, subject, LevelState(rule.rule_id, subject.subject_id, worst), figures, at)
    return lacking


def _features(areas: Mapping[str, AreaCoverage], street: str) -> Features:
    here, district = areas[street], areas[street[:6]]
    return {
        "covered_pct": _percent(here.covered),
        "usual_pct": _percent(here.usual_known),
        "demand_pct": _percent(here.weight / district.weight if district.weight else 0.0),
        "district_covered_pct": _percent(district.covered),
        "district_usual_pct": _percent(district.usual_known),
    }


def _percent(share: float) -> float:
    return round(100.0 * share, 1)


def _subject(ports: Ports, node: str, lacking: set[str]) -> Subject:
    """The area, named by its one street or by how many streets it is about; its place is in their middle."""
    zh, en = ports.areas.names().get(node, (node, node))
    if len(lacking) == 1:
        zh, en = _street_name(ports, *lacking)
    elif lacking:
        zh, en = f"{zh} {len(lacking)} 个街道", f"{en}: {len(lacking)} streets"
    return Subject(PREFIX + node, zh, en, _middle(ports, lacking or {node}), node)


def _street_name(ports: Ports, street: str) -> tuple[str, str]:
    """Its name; one without a name is a number of its district."""
    zh, en = ports.areas.names().get(street[:6], (street[:6], street[:6]))
    return ports.areas.names_below().get(street, (f"{zh}{street[6:]}号街道", f"{en}, street {street[6:]}"))


def lacking_streets(ports: Ports, alert: Json) -> list[Json]:
    """The streets that an alert about coverage names, given its public state: what was reached of each when the alert
    was last stated, and what was usual then, in percent. Empty for any other alert."""
    found: list[Json] = []
    for figure, covered in alert["because"].items():
        name, _, street = figure.partition(".")
        if not alert["subject_id"].startswith(PREFIX) or name != "covered_pct":
            continue
        zh, en = _street_name(ports, street)
        place = _middle(ports, {street})
        found.append(
            {
                "code": street,
                "name_zh": zh,
                "name_en": en,
                "place": [place.lon, place.lat],
                "covered_pct": covered,
                "usual_pct": alert["because"].get(f"usual_pct.{street}"),
            }
        )
    return found


def _middle(ports: Ports, codes: set[str]) -> LonLat:
    """The middle of the demand of these areas."""
    grids = [grid for grid in ports.grid_times.grids if grid.code.startswith(tuple(codes))]
    weights = [grid.weight or 1e-9 for grid in grids]
    total = sum(weights) or 1.0
    return LonLat(
        sum(grid.place.lon * weight for grid, weight in zip(grids, weights, strict=True)) / total,
        sum(grid.place.lat * weight for grid, weight in zip(grids, weights, strict=True)) / total,
    )
