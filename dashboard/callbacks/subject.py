"""The incident being looked at: asked for again whenever the live feed says that it changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from dash import Dash, Input, Output, no_update
from dash.development.base_component import Component

from core.errors import CommandCentreError
from dashboard.callbacks.asking import acting
from dashboard.layouts.shared import failed, nothing
from dashboard.view_models.incident import IncidentView, incident_view
from dashboard.view_models.notices import one_language
from dispatch.response import TARGET_MAJOR_S, TARGET_RESPONSE_S
from operations.ports import Ports
from operations.queries import incident_detail


def show_subject(
    app: Dash, subject: str, panel: str, ports: Ports, draw: Callable[[IncidentView], Component]
) -> None:
    """`subject` holds {incident_id, stamp}; the stamp changes with the incident. Draws it into `panel`."""

    def shown(incident_id: str) -> Component:
        try:
            detail = incident_detail(ports, acting(), incident_id)
        except CommandCentreError as error:
            return failed(one_language(error.message))
        return draw(incident_view(detail, ports.catalogue, TARGET_RESPONSE_S, TARGET_MAJOR_S))

    @app.callback(Output(panel, "children"), Input(subject, "data"), prevent_initial_call=True)
    async def refresh(asked: dict[str, Any] | None) -> Any:
        if not asked:
            return nothing()
        if not asked.get("incident_id"):
            return no_update
        return await asyncio.to_thread(shown, asked["incident_id"])
