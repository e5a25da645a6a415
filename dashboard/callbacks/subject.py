"""The incident or alert being looked at: asked for again whenever the live feed says that it changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from dash import Dash, Input, Output, no_update
from dash.development.base_component import Component

from core.errors import CommandCentreError
from dashboard.callbacks.asking import acting
from dashboard.callbacks.outcomes import as_text, tell_subject
from dashboard.layouts.shared import failed, nothing
from dashboard.view_models.alert import AlertView, alert_view
from dashboard.view_models.incident import IncidentView, incident_view
from dashboard.view_models.notices import one_language
from dispatch.response import TARGET_MAJOR_S, TARGET_RESPONSE_S
from operations.alert_detail import alert_detail
from operations.ports import Ports
from operations.queries import incident_detail


def show_subject(
    app: Dash,
    subject: str,
    answer: str,
    panel: str,
    ports: Ports,
    draw: Callable[[IncidentView], Component],
    draw_alert: Callable[[AlertView], Component],
) -> None:
    """`subject` holds {incident_id or alert_id, stamp}; the stamp changes with it. What `draw` makes of it goes through
    the store `answer` into `panel`."""
    tell_subject(app, answer, panel)

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
