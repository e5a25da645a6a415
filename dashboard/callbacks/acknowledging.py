"""Acknowledging from any face: one alert, or a whole group of a flood."""

from __future__ import annotations

from contextlib import suppress

from core.actor import Actor
from core.errors import ConflictError
from dashboard.callbacks.asking import Request
from dashboard.language import named, t
from dashboard.view_models.notices import Notice
from operations.acknowledge_alert import AcknowledgeAlert, acknowledge_alert
from operations.acknowledge_group import AcknowledgeGroup, acknowledge_group
from operations.ports import Ports
from operations.unacknowledge_alert import UnacknowledgeAlert, unacknowledge_alert


def acknowledged(ports: Ports, actor: Actor, request: Request) -> Notice:
    """`request` holds `alert_ids` and perhaps a `note`."""
    alert_ids, note = list(request["alert_ids"]), request.get("note") or None
    if len(alert_ids) == 1:
        alert = acknowledge_alert(ports, actor, AcknowledgeAlert(alert_ids[0], note))
        name = named({"name_zh": alert.name_zh, "name_en": alert.name_en})
        return Notice("done", t("已确认：{name}", name=name), "acknowledge", alert_ids)
    answer = acknowledge_group(ports, actor, AcknowledgeGroup(alert_ids, note))
    if answer.left:
        words = t("已确认 {n} 条；{left} 条已有人确认或已解除", n=len(answer.taken), left=len(answer.left))
    else:
        words = t("已确认 {n} 条", n=len(answer.taken))
    return Notice("done", words, "acknowledge", [alert.alert_id for alert in answer.taken])


def given_back(ports: Ports, actor: Actor, request: Request) -> Notice:
    """Undoes it; what was cleared meanwhile stays as it is. `request` holds `alert_ids`."""
    free = 0
    for alert_id in request["alert_ids"]:
        with suppress(ConflictError):
            unacknowledge_alert(ports, actor, UnacknowledgeAlert(alert_id))
            free += 1
    return Notice("done", t("已撤销确认 {n} 条", n=free), "unacknowledge")
