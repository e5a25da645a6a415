"""The analyst's page: a period is chosen, the report computed; tables are downloaded as they are shown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from dash import Dash, Input, Output, State
from dash.development.base_component import Component

from core.actor import Actor
from core.errors import CommandCentreError
from dashboard.callbacks.asking import acting
from dashboard.ids import Analysis
from dashboard.layouts.analysis import report as report_layout
from dashboard.layouts.dispatch_report import dispatch_section
from dashboard.layouts.shared import failed
from dashboard.view_models.analysis import alerts_frame, analysis_view, as_csv, begin_of, rules_frame
from dashboard.view_models.dispatch_report import dispatch_view
from dashboard.view_models.notices import one_language
from operations.alarm_load import alarm_report
from operations.dispatch_report import dispatch_report
from operations.ports import Ports
from operations.record_export import record_tables_export
from operations.verify_rules import verify_rules


def register(app: Dash, ports: Ports, zone: ZoneInfo) -> None:
    """Ties the period to the report, and the buttons to their files."""

    def shown(period: str) -> list[Component] | Component:
        actor = acting()
        now = ports.clock.now()
        since = begin_of(period, now)
        try:
            view = analysis_view(
                alarm_report(ports, actor, since, now),
                verify_rules(ports, actor, since, now),
                ports.catalogue,
                {**ports.areas.names_below(), **ports.areas.names()},
                zone,
            )
            dispatches = dispatch_report(ports, actor, since, now)
        except CommandCentreError as error:
            return failed(one_language(error.message))
        found = report_layout(view)
        return [*found, dispatch_section(dispatch_view(dispatches))] if dispatches.sent else found

    @app.callback(Output(Analysis.REPORT, "children"), Input(Analysis.PERIOD, "data"))
    async def refresh(period: str) -> Any:
        return await asyncio.to_thread(shown, period)

    def rules(actor: Actor, period: str) -> pd.DataFrame:
        now = ports.clock.now()
        return rules_frame(verify_rules(ports, actor, begin_of(period, now), now), ports.catalogue)

    def alerts(actor: Actor, period: str) -> pd.DataFrame:
        now = ports.clock.now()
        return alerts_frame(alarm_report(ports, actor, begin_of(period, now), now).alerts, ports.catalogue)

    def exported(name: str, table: Callable[[Actor, str], pd.DataFrame], period: str) -> str:
        actor = acting()
        text = as_csv(table(actor, period))
        record_tables_export(ports, actor, name, period)
        return text

    for asked, file, name, table in (
        (Analysis.ASKED_RULES, Analysis.DOWNLOAD_RULES, "rules", rules),
        (Analysis.ASKED_ALERTS, Analysis.DOWNLOAD_ALERTS, "alerts", alerts),
    ):
        _download(app, asked, file, name, partial(exported, name, table))


def _download(app: Dash, asked: str, file: str, name: str, content: Any) -> None:
    @app.callback(
        Output(file, "data"),
        Input(asked, "n_clicks"),
        State(Analysis.PERIOD, "data"),
        prevent_initial_call=True,
    )
    async def download(_clicks: int, period: str) -> dict[str, Any]:
        text = await asyncio.to_thread(content, period)
        return {"content": text, "filename": f"{name}-{period}.csv", "type": "text/csv"}
