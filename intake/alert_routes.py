"""The API's routes about alerts and the flood response level, for the city's other systems."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from intake import bodies
from intake.acting import By
from intake.bodies import json_body, parsed
from intake.counters import IntakeCounters
from intake.openapi import takes
from operations.acknowledge_alert import AcknowledgeAlert, acknowledge_alert
from operations.all_clear_alert import AllClearAlert, all_clear_alert
from operations.escalate_alert import EscalateAlert, escalate_alert
from operations.ports import Ports
from operations.public_state import Json, alert_state, response_level_state
from operations.queries import open_alerts
from operations.set_response_level import SetResponseLevel, set_response_level
from operations.shelve_alert import ShelveAlert, shelve_alert
from operations.unacknowledge_alert import UnacknowledgeAlert, unacknowledge_alert
from operations.unshelve_alert import UnshelveAlert, unshelve_alert

Body = Annotated[bytes, Depends(json_body)]
AlertId = Annotated[str, Path(max_length=26, pattern=r"^[0-9A-Z]{26}$")]
ALERTS = "/api/v1/alerts"
RESPONSE_LEVELS = "/api/v1/response-levels"


def add_alert_routes(router: APIRouter, ports: Ports, counters: IntakeCounters) -> None:
    """Puts them into the router. All of them answer the whole state as it is now."""
    api = _Alerts(ports, counters)
    add = router.add_api_route
    of = "/alerts/{alert_id}"
    add("/alerts", api.standing, methods=["GET"])
    add(of + "/acknowledge", api.acknowledge, methods=["POST"], openapi_extra=takes("AcknowledgeIn"))
    add(of + "/unacknowledge", api.unacknowledge, methods=["POST"], openapi_extra=takes("NothingIn"))
    add(of + "/escalate", api.escalate, methods=["POST"], openapi_extra=takes("EscalateIn"))
    add(of + "/shelve", api.shelve, methods=["POST"], openapi_extra=takes("ShelveIn"))
    add(of + "/unshelve", api.unshelve, methods=["POST"], openapi_extra=takes("NothingIn"))
    add(of + "/all-clear", api.all_clear, methods=["POST"], openapi_extra=takes("AllClearIn"))
    add("/response-levels", api.response_level, methods=["POST"], openapi_extra=takes("ResponseLevelIn"))


class _Alerts:
    def __init__(self, ports: Ports, counters: IntakeCounters) -> None:
        self._ports = ports
        self._counters = counters

    def standing(self, actor: By) -> dict[str, list[Json]]:
        """Open alerts in the jurisdiction, the gravest first."""
        return {"alerts": open_alerts(self._ports, actor)}

    def acknowledge(self, actor: By, alert_id: AlertId, body: Body) -> Json:
        """Takes charge of an alert. Repeated by who has it, it answers what stands."""
        sent = parsed(bodies.ACKNOWLEDGE, body)
        alert = acknowledge_alert(self._ports, actor, AcknowledgeAlert(alert_id, sent.get("note")))
        self._counters.accepted(ALERTS + "/{alert_id}/acknowledge")
        return alert_state(alert)

    def unacknowledge(self, actor: By, alert_id: AlertId, body: Body) -> Json:
        """Gives an alert back; its timer begins anew."""
        parsed(bodies.NOTHING, body)
        alert = unacknowledge_alert(self._ports, actor, UnacknowledgeAlert(alert_id))
        self._counters.accepted(ALERTS + "/{alert_id}/unacknowledge")
        return alert_state(alert)

    def escalate(self, actor: By, alert_id: AlertId, body: Body) -> Json:
        """Tells the next level of the command tree at once. With `told`, the highest level that had been told
        when the sender decided, a repeated request answers what stands."""
        sent = parsed(bodies.ESCALATE, body)
        command = EscalateAlert(alert_id, sent.get("note"), sent.get("told"))
        alert = escalate_alert(self._ports, actor, command)
        self._counters.accepted(ALERTS + "/{alert_id}/escalate")
        return alert_state(alert)

    def shelve(self, actor: By, alert_id: AlertId, body: Body) -> Json:
        """Sets an alert aside for so many minutes, for a reason."""
        sent = parsed(bodies.SHELVE, body)
        command = ShelveAlert(alert_id, sent["minutes"], sent["reason"])
        alert = shelve_alert(self._ports, actor, command)
        self._counters.accepted(ALERTS + "/{alert_id}/shelve")
        return alert_state(alert)

    def unshelve(self, actor: By, alert_id: AlertId, body: Body) -> Json:
        """Takes an alert back that was set aside."""
        parsed(bodies.NOTHING, body)
        alert = unshelve_alert(self._ports, actor, UnshelveAlert(alert_id))
        self._counters.accepted(ALERTS + "/{alert_id}/unshelve")
        return alert_state(alert)

    def all_clear(self, actor: By, alert_id: AlertId, body: Body) -> Json:
        """The all-clear. While the condition stands only a `false_alarm` can be cleared."""
        sent = parsed(bodies.ALL_CLEAR, body)
        command = AllClearAlert(alert_id, sent["outcome"], sent.get("note"))
        alert = all_clear_alert(self._ports, actor, command)
        self._counters.accepted(ALERTS + "/{alert_id}/all-clear")
        return alert_state(alert)

    def response_level(self, actor: By, body: Body) -> Json:
        """Sets the flood response level of the city or a district; null ends the response."""
        sent = parsed(bodies.RESPONSE_LEVEL, body)
        command = SetResponseLevel(sent["jurisdiction"], sent["level"], sent["reason"])
        level = set_response_level(self._ports, actor, command)
        self._counters.accepted(RESPONSE_LEVELS)
        return response_level_state(level)
