"""The hand-over of a shift: the summary is read, given with a remark, and accepted by somebody else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from dash import Dash, Input, Output, State, no_update

from core.actor import Actor
from core.errors import CommandCentreError
from core.ids import new_id
from dashboard.callbacks.asking import acting
from dashboard.ids import HandOver
from dashboard.language import t
from dashboard.layouts.handover import earlier as earlier_layout
from dashboard.layouts.handover import now as now_layout
from dashboard.layouts.shared import failed
from dashboard.view_models.handover import HandOverView, handover_view
from dashboard.view_models.notices import one_language
from operations.accept_shift import AcceptShift, accept_shift
from operations.hand_over_shift import HandOverShift, hand_over_shift
from operations.handover import HandOver as Given
from operations.ports import Ports
from operations.shift_summary import handovers, shift_summary


def register(app: Dash, ports: Ports, zone: ZoneInfo) -> None:
    """Ties the page to what it shows and does."""

    def view(summary: Any, given: Given | None = None) -> HandOverView:
        return handover_view(summary, ports.catalogue, ports.areas.names(), zone, given)

    def shown() -> tuple[Any, Any, str | None]:
        actor = acting()
        try:
            now = view(shift_summary(ports, actor))
            known = handovers(ports, actor)
        except CommandCentreError as error:
            return failed(one_language(error.message)), earlier_layout(None, None), None
        newest = known[0] if known else None
        pending = newest if newest is not None and newest.accepted_at is None else None
        accepted = next((one for one in known if one.accepted_at is not None), None)
        parts = earlier_layout(
            view(pending.summary, pending) if pending else None,
            view(accepted.summary, accepted) if accepted else None,
        )
        return now_layout(now, folded=pending is not None), parts, pending.handover_id if pending else None

    @app.callback(
        Output(HandOver.BODY, "children"),
        Output(HandOver.EARLIER, "children"),
        Output(HandOver.PENDING, "data"),
        Input(HandOver.REFRESH, "n_clicks"),
        Input(HandOver.DONE, "data"),
    )
    async def refresh(_clicks: int | None, _done: str | None) -> Any:
        return await asyncio.to_thread(shown)

    def given(actor: Actor, remark: str | None, key: str) -> str:
        hand_over_shift(ports, actor, HandOverShift(key, remark or ""))
        return t("已交班，等待接班人确认")

    def accepted(actor: Actor, pending: str) -> str:
        found = accept_shift(ports, actor, AcceptShift(pending))
        return t("已接班：{name} 交来", name=found.given_by_name)

    @app.callback(
        Output(HandOver.SAID, "children", allow_duplicate=True),
        Output(HandOver.DONE, "data", allow_duplicate=True),
        Output(HandOver.KEY, "data"),
        Output(HandOver.REMARK, "value"),
        Input(HandOver.GIVE, "n_clicks"),
        State(HandOver.REMARK, "value"),
        State(HandOver.KEY, "data"),
        prevent_initial_call=True,
    )
    async def give(_clicks: int, remark: str | None, key: str) -> Any:
        done, words = await asyncio.to_thread(_said, lambda: given(acting(), remark, key))
        # What was not kept stays in its field, and keeps its key: sending it again is harmless.
        return (words, key, new_id(), "") if done else (words, no_update, no_update, no_update)

    @app.callback(
        Output(HandOver.SAID, "children", allow_duplicate=True),
        Output(HandOver.DONE, "data", allow_duplicate=True),
        Input(HandOver.ACCEPT, "n_clicks"),
        State(HandOver.PENDING, "data"),
        prevent_initial_call=True,
    )
    async def accept(clicks: int | None, pending: str | None) -> Any:
        if not clicks or not pending:
            return no_update, no_update
        done, words = await asyncio.to_thread(_said, lambda: accepted(acting(), pending))
        return words, f"accepted {pending}" if done else no_update


def _said(act: Callable[[], str]) -> tuple[bool, str]:
    """Whether it was done, and what the person is told."""
    try:
        return True, act()
    except CommandCentreError as error:
        return False, one_language(error.message)
