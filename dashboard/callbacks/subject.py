"""The incident or alert being looked at: asked for again whenever the live feed says that it changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
from dash import Dash, Input, Output, no_update
from dash.development.base_component import Component

from core.errors import CommandCentreError
from dashboard.callbacks.asking import acting
from dashboard.layouts.shared import failed, nothing
from dashboard.view_models.alert import AlertView, alert_view
from dashboard.view_models.incident import IncidentView, incident_view
from dashboard.view_models.notices import one_language
from dispatch.response import TARGET_MAJOR_S, TARGET_RESPONSE_S
from operations.alert_detail import alert_detail
from operations.ports import Ports
from operations.queries import incident_detail


def as_text(panel: Component) -> str:
    """A panel for a script to draw. Dash itself would look at each of its parts once more in the event loop, while
    every other browser waits: a third of the time that a panel takes."""
    return orjson.dumps(panel, default=lambda part: part.to_plotly_json()).decode()


def show_subject(
    app: Dash,
    subject: str,
    answer: str,
    ports: Ports,
    draw: Callable[[IncidentView], Component],
    draw_alert: Callable[[AlertView], Component],
) -> None:
    """`subject` asks with {incident_id or alert_id}; what `draw` makes of it is the text of `answer`."""

    def shown(asked: dict[str, Any]) -> Component:
        actor = acting()
        try:
            if asked.get("alert_id"):
                found = alert_detail(ports, actor, asked["alert_id"])
                return draw_alert(alert_view(found, ports.catalogue, actor))
            detail = incident_detail(ports, actor, asked["incident_id"])
        except CommandCentreError as error:
            return failed(one_language(error.message))
        return draw(
            incident_view(
                detail, ports.catalogue, TARGET_RESPONSE_S, TARGET_MAJOR_S, ports.areas.names(), actor.covers
            )
        )

    @app.callback(Output(answer, "data"), Input(subject, "data"), prevent_initial_call=True)
    async def refresh(asked: dict[str, Any] | None) -> Any:
        if not asked:
            return as_text(nothing())
        if not asked.get("incident_id") and not asked.get("alert_id"):
            return no_update
        return await asyncio.to_thread(lambda: as_text(shown(asked)))
