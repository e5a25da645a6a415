"""One's own signed-in browsers, and ending those that should not be."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from access.credentials import Presented
from access.login import form_of
from access.pages import Pages
from access.sessions import Sessions, digest
from core.actor import Actor, Role, current_actor
from core.errors import PermissionDeniedError

PATH, OTHERS = "/sessions", "others"


def sessions_router(sessions: Sessions, pages: Pages) -> APIRouter:
    """The page /sessions and what its buttons send."""
    router = APIRouter(include_in_schema=False)

    async def show(request: Request) -> Response:
        found = await run_in_threadpool(sessions.of, _person().actor_id)
        return pages.sessions(request, found, _this(request))

    async def end(request: Request) -> Response:
        actor, wanted = _person(), (await form_of(request)).get("session", "")
        this = _this(request)
        open_now = await run_in_threadpool(sessions.of, actor.actor_id)
        ending = [s.session_id for s in open_now if s.session_id != this] if wanted == OTHERS else [wanted]
        for session_id in ending:
            await run_in_threadpool(sessions.revoke, actor, actor.actor_id, session_id, "own")
        return RedirectResponse(PATH, status_code=303)

    router.add_api_route(PATH, show, methods=["GET"])
    router.add_api_route(PATH, end, methods=["POST"])
    return router


def _person() -> Actor:
    actor = current_actor.get()
    if actor is None or actor.role is Role.DEVICE:
        raise PermissionDeniedError("found no person signed in")
    return actor


def _this(request: Request) -> str:
    return digest(Presented.by(request.scope).cookie)[:16]
