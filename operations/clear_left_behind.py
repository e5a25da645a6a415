"""Ends alerts that nothing judges any more, because what they are about or their rule left the catalogue or the city's
partition, or the rule looks elsewhere now."""

from __future__ import annotations

from collections.abc import Mapping

from alerts.all_clear import clear_left_behind as left_behind
from alerts.inhibition import follow_explanation
from alerts.model import Alert, LevelState
from core.actor import SYSTEM, Actor, Permission
from operations.catalogue import Catalogue
from operations.inhibit_alerts import settle_inhibitions
from operations.judge_calls import PREFIX as CALLS
from operations.judge_coverage import PREFIX as COVERAGE
from operations.one_alert import record_change
from operations.ports import Ports
from operations.stored import OpenAlert
from operations.transaction import committed, require


def clear_left_behind(ports: Ports, actor: Actor = SYSTEM) -> int:
    """Clears them by the system, which says why, and frees alerts that something gone explained; answers how many
    alerts changed. What a rule remembered there is forgotten: if it comes back it begins anew."""
    require(actor, Permission.GRADE)
    rules, now = ports.catalogue.rules, ports.clock.now()
    with committed(ports, as_of=now) as tx:
        tx.lock_rules()
        found = tx.open_alerts()
        standing = {alert.alert_id for alert in found}
        called = [a.subject_id.removeprefix(CALLS) for a in found if a.subject_id.startswith(CALLS)]
        called_about = {i.incident_id: i.category for i in tx.incidents(called)} if called else {}
        changed: list[Alert] = []
        for known in found:
            why = _why_nothing_judges(known, ports.catalogue, called_about) or _why_nothing_measures(
                ports, known
            )
            rule = rules.get(known.rule_id)
            if why is not None:
                change = left_behind(tx.alert(known.alert_id), actor.name, why, now)
                record_change(tx, actor, change, {"because": "catalogue", "by": actor.name, "note": why})
                forgotten = [known.subject_id]
                if known.subject_id.startswith(COVERAGE):
                    forgotten = [*forgotten, *tx.subjects_with_levels(known.subject_id)]  # its streets
                tx.save_level_states([LevelState(known.rule_id, subject_id) for subject_id in forgotten])
                changed.append(change.alert)
            elif known.suppressed_by is not None and rule is not None:
                if known.suppressed_by in standing and rule.inhibited_by:
                    continue  # settle_inhibitions keeps these
                freed = follow_explanation(tx.alert(known.alert_id), rule, None, now)
                if freed is not None:
                    record_change(tx, actor, freed, {"by": known.suppressed_by})
                    changed.append(freed.alert)
        settle_inhibitions(ports, tx, changed)
    return len(changed)


def _why_nothing_measures(ports: Ports, alert: OpenAlert) -> str | None:
    """An alert about coverage in an area that another partition of the city knows nothing of would stand for ever."""
    area = alert.subject_id.removeprefix(COVERAGE)
    if area == alert.subject_id or any(grid.code.startswith(area) for grid in ports.grid_times.grids):
        return None
    return f"网格划分已不含 {area} / no management grid of {area} is left"


def _why_nothing_judges(
    alert: OpenAlert, catalogue: Catalogue, called_about: Mapping[str, str]
) -> str | None:
    kind, _, name = alert.subject_id.partition(":")
    if kind == "cap" and name:
        return None  # another warning system ends what it began
    rule = catalogue.rules.get(alert.rule_id)
    if rule is None:
        return f"规则 {alert.rule_id} 已从目录移除 / rule {alert.rule_id} left the catalogue"
    watches = rule.watches
    if alert.point_id is not None:
        point = catalogue.points.get(alert.point_id)
        if point is None:
            return f"监测点 {alert.point_id} 已从目录移除 / point {alert.point_id} left the catalogue"
        watched = watches.sees(point)
    elif kind == "unit":
        fence = catalogue.geofences.get(name.rpartition("@")[2])
        if fence is None:
            gone = name.rpartition("@")[2]
            return f"区域 {gone} 已从目录移除 / geofence {gone} left the catalogue"
        watched = watches.sees_geofence(fence.jurisdiction)
    elif kind == "area":
        watched = watches.sees_area(name)
    elif kind == "coverage":
        watched = watches.joins_coverage_of(name)
    else:
        watched = watches.sees_calls(called_about.get(name, ""), alert.jurisdiction)
    if watched:
        return None
    return f"规则 {alert.rule_id} 不再监视此对象 / rule {alert.rule_id} no longer watches this"
