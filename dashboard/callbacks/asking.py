"""How a face asks for an action: off the event loop, as the person signed in, answered in words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from dash import Dash, Input, Output

from core.actor import Actor, current_actor
from core.errors import CommandCentreError, PermissionDeniedError
from dashboard.language import t
from dashboard.view_models.notices import Notice, refusal

Request = dict[str, Any]
Action = Callable[[Actor, Request], Notice]


def acting() -> Actor:
    """Who is asking. Raises PermissionDeniedError for nobody: the guard should have refused before."""
    actor = current_actor.get()
    if actor is None:
        raise PermissionDeniedError(t("请重新登录"))
    return actor


def answer_requests(app: Dash, asked: str, outcome: str, name: str, action: Action, zone: ZoneInfo) -> None:
    """Runs `action` for each request that arrives in the store `asked`; its notice goes to `outcome`.

    Dash on FastAPI runs plain callbacks on the event loop; the database must not hold that up.
    """

    def answered(request: Request) -> dict[str, Any]:
        try:
            return action(acting(), request).as_json()
        except CommandCentreError as error:
            return refusal(error, name, zone).as_json()

    @app.callback(
        Output(outcome, "data", allow_duplicate=True),
        Input(asked, "data"),
        prevent_initial_call=True,
    )
    async def respond(request: Request) -> dict[str, Any]:
        notice = await asyncio.to_thread(answered, request)
        # The nonce tells the page which request this answers; equal notices must both be shown.
        return {**notice, "nonce": request.get("nonce")}
