"""Looking back: the lists follow the replayed state; the panel asks what was known of a thing at that instant."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dash import Dash, Input, Output
from dash.development.base_component import Component

from core.errors import CommandCentreError
from dashboard.callbacks.asking import acting
from dashboard.callbacks.subject import as_text
from dashboard.ids import Replay
from dashboard.layouts.alert_panel import past_alert_panel
from dashboard.layouts.incident_panel import past_panel
from dashboard.layouts.shared import failed, nothing
from dashboard.view_models.alert import alert_view
from dashboard.view_models.incident import incident_view
from dashboard.view_models.notices import one_language
from dispatch.response import TARGET_MAJOR_S, TARGET_RESPONSE_S
from operations.ports import Ports
from operations.replay import past_alert, past_incident


def register(app: Dash, ports: Ports, zone: ZoneInfo) -> None:
    """Ties the panel to what is looked at."""

    def shown(asked: dict[str, Any]) -> Component:
        actor, at = acting(), datetime.fromisoformat(asked["at"])
        try:
            if asked.get("alert_id"):
                found = past_alert(ports, actor, asked["alert_id"], at)
                return past_alert_panel(alert_view(found, ports.catalogue, actor), zone)
            detail = past_incident(ports, actor, asked["incident_id"], at)
        except CommandCentreError as error:
            return failed(one_language(error.message))
        view = incident_view(
            detail, ports.catalogue, TARGET_RESPONSE_S, TARGET_MAJOR_S, ports.areas.names(), actor.covers
        )
        return past_panel(view, zone)

    @app.callback(
        Output(Replay.LIVE_SHOWN, "data"), Input(Replay.LIVE_SUBJECT, "data"), prevent_initial_call=True
    )
    async def refresh(asked: dict[str, Any] | None) -> Any:
        if not asked or not (asked.get("incident_id") or asked.get("alert_id")):
            return as_text(nothing())
        return await asyncio.to_thread(lambda: as_text(shown(asked)))
