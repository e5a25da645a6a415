"""Marks alerts that another open alert explains, and calls people again when it no longer does."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from alerts.inhibition import explained_by, follow_explanation
from alerts.model import Alert, AlertStatus
from alerts.rules import Rule
from core.actor import SYSTEM
from core.events import happened
from operations.ports import Ports, Transaction
from operations.public_state import changes


def settle_inhibitions(ports: Ports, tx: Transaction, changed: Iterable[Alert]) -> None:
    """Looks again at every alert that one of the changed ones may explain, and at the changed ones themselves."""
    rules = ports.catalogue.rules
    explaining = {inhibition.by for rule in rules.values() for inhibition in rule.inhibited_by}
    touched = {alert.alert_id: alert for alert in changed}
    changed_rules = {alert.rule_id for alert in touched.values()}
    explainable = {
        rule_id
        for rule_id, rule in rules.items()
        if rule.inhibited_by
        and (
            rule_id in changed_rules
            or any(inhibition.by in changed_rules for inhibition in rule.inhibited_by)
        )
    }
    if not explainable:
        return
    stand = tx.open_alerts_by_rules(explainable | explaining)
    at = max((alert.changed_at for alert in touched.values()), default=ports.clock.now())
    for alert in stand:
        if alert.rule_id in explainable and alert.status is not AlertStatus.CLEARED:
            _settle(tx, alert, rules[alert.rule_id], explained_by(alert, rules[alert.rule_id], stand), at)


def _settle(tx: Transaction, alert: Alert, rule: Rule, explanation: str | None, at: datetime) -> None:
    change = follow_explanation(alert, rule, explanation, at)
    if change is None:
        return
    tx.save_alert(change.alert)
    tx.record(
        happened(
            SYSTEM,
            change.event,
            at=change.alert.changed_at,
            subject=alert.alert_id,
            data={"by": explanation or alert.suppressed_by},
            changes=changes(alerts=[change.alert]),
        )
    )
