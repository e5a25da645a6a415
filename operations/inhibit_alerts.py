"""Marks alerts that another open alert explains, and calls people again when it no longer does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from alerts.inhibition import explained_by, follow_explanation, may_explain
from alerts.model import Alert
from core.actor import SYSTEM
from core.events import happened
from operations.ports import Ports
from operations.public_state import changes
from operations.store import Transaction


def settle_inhibitions(ports: Ports, tx: Transaction, changed: Iterable[Alert]) -> None:
    """Looks again at the changed alerts and at those one of them may explain, and so on with what that changes.

    Under the rules' lock. What stands is read without locks; only what changes is locked. Ends because no rule
    explains itself by a detour (bootstrap/catalogue/rules.py).
    """
    rules = {rule_id: rule for rule_id, rule in ports.catalogue.rules.items() if rule.inhibited_by}
    touched = {alert.alert_id: alert for alert in changed}
    explaining = {inhibition.by for rule in rules.values() for inhibition in rule.inhibited_by}
    if not any(alert.rule_id in rules or alert.rule_id in explaining for alert in touched.values()):
        return
    stand = {alert.alert_id: alert for alert in tx.open_alerts_by_rules(rules.keys() | explaining)}
    at = max(alert.changed_at for alert in touched.values())
    while touched:
        of_rule: dict[str, list[Alert]] = defaultdict(list)
        for alert in stand.values():
            of_rule[alert.rule_id].append(alert)
        settled: dict[str, Alert] = {}
        for alert in [alert for rule_id in rules for alert in of_rule[rule_id]]:
            rule = rules[alert.rule_id]
            concerned = (
                alert.alert_id in touched
                or alert.suppressed_by in touched
                or any(may_explain(alert, rule, other) for other in touched.values())
            )
            if not concerned:
                continue
            others = [other for inhibition in rule.inhibited_by for other in of_rule[inhibition.by]]
            explanation = explained_by(alert, rule, others)
            if explanation == alert.suppressed_by:
                continue
            # Locked and read again: somebody may have acknowledged it meanwhile.
            now = tx.alert(alert.alert_id)
            change = follow_explanation(now, rule, explanation, at)
            if change is not None:
                settled[alert.alert_id] = _save(tx, now, change.event, change.alert)
        stand |= settled
        touched = settled


def _save(tx: Transaction, before: Alert, event: str, alert: Alert) -> Alert:
    tx.save_alert(alert)
    tx.record(
        happened(
            SYSTEM,
            event,
            at=alert.changed_at,
            subject=alert.alert_id,
            data={"by": alert.suppressed_by or before.suppressed_by},
            changes=changes(alerts=[alert]),
        )
    )
    return alert
