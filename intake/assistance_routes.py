"""The API's routes about requests for units of another jurisdiction 联勤联动, for the system of the other side."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from intake import bodies
from intake.acting import By
from intake.bodies import json_body, parsed
from intake.counters import IntakeCounters
from intake.openapi import takes
from operations.answer_assistance import AnswerAssistance, answer_assistance
from operations.ports import Ports
from operations.public_state import Json, assistance_state
from operations.queries import assistance_waiting

Body = Annotated[bytes, Depends(json_body)]
RequestId = Annotated[str, Path(max_length=26, pattern=r"^[0-9A-Z]{26}$")]
ONE = "/assistance/{request_id}"


def add_assistance_routes(router: APIRouter, ports: Ports, counters: IntakeCounters) -> None:
    """Puts them into the router."""
    api = _Assistance(ports, counters)
    router.add_api_route("/assistance", api.waiting, methods=["GET"])
    router.add_api_route(ONE, api.answer, methods=["POST"], openapi_extra=takes("AssistanceIn"))


class _Assistance:
    def __init__(self, ports: Ports, counters: IntakeCounters) -> None:
        self._ports = ports
        self._counters = counters

    def waiting(self, actor: By) -> dict[str, list[Json]]:
        """Requests for units in the jurisdiction that wait for an answer, oldest first."""
        return {"assistance": assistance_waiting(self._ports, actor)}

    def answer(self, actor: By, request_id: RequestId, body: Body) -> Json:
        """Lends the unit, which is sent with that, or declines. The same answer again changes nothing."""
        sent = parsed(bodies.ASSISTANCE, body)
        command = AnswerAssistance(request_id, sent["accept"], sent.get("note"))
        request = answer_assistance(self._ports, actor, command)
        self._counters.accepted("/api/v1" + ONE)
        return assistance_state(request)
