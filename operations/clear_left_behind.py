"""Ends alerts that nothing judges any more, because their rule, point or geofence left the catalogue."""

from __future__ import annotations

from alerts.all_clear import clear_left_behind as left_behind
from alerts.inhibition import follow_explanation
from alerts.model import Alert, LevelState
from core.actor import SYSTEM, Actor, Permission
from operations.catalogue import Catalogue
from operations.inhibit_alerts import settle_inhibitions
from operations.one_alert import record_change
from operations.ports import OpenAlert, Ports
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
        changed: list[Alert] = []
        for known in found:
            why = _why_nothing_judges(known, ports.catalogue)
            rule = rules.get(known.rule_id)
            if why is not None:
                change = left_behind(tx.alert(known.alert_id), actor.name, why, now)
                record_change(tx, actor, change, {"because": "catalogue", "by": actor.name, "note": why})
                tx.save_level_states([LevelState(known.rule_id, known.subject_id)])
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


def _why_nothing_judges(alert: OpenAlert, catalogue: Catalogue) -> str | None:
    kind, _, rest = alert.subject_id.partition(":")
    if kind == "cap" and rest:
        return None  # another warning system ends what it began
    rule = catalogue.rules.get(alert.rule_id)
    if rule is None:
        return f"规则 {alert.rule_id} 已从目录移除 / rule {alert.rule_id} left the catalogue"
    if alert.point_id is not None:
        point = catalogue.points.get(alert.point_id)
        if point is None:
            return f"监测点 {alert.point_id} 已从目录移除 / point {alert.point_id} left the catalogue"
        if not rule.watches.sees(point):
            return f"规则 {alert.rule_id} 不再监视此点 / rule {alert.rule_id} no longer watches this point"
    fence = rest.rpartition("@")[2] if kind == "unit" else None
    if fence is not None and fence not in catalogue.geofences:
        return f"区域 {fence} 已从目录移除 / geofence {fence} left the catalogue"
    return None
