"""The guard around the whole application: it applies the permission table to every request and socket."""

from __future__ import annotations

import logging

from starlette.datastructures import MutableHeaders
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from access.credentials import Credentials
from access.cross_site import is_cross_site
from access.headers import security_headers
from access.next_page import sign_in_path
from access.pages import Pages
from access.permissions import Door, RouteTable, Rule
from access.ports import ProblemAnswer
from core.actor import Actor, current_actor
from core.errors import UnavailableError

log = logging.getLogger(__name__)

API_PREFIX = "/api/"
CLOSE_ANONYMOUS, CLOSE_FORBIDDEN, CLOSE_TRY_LATER = 4401, 4403, 1013
RETRY_AFTER_S = 2
_WORDS = {
    401: (
        "unauthenticated",
        "found no valid credentials, expected a session or Authorization: Bearer <token>",
    ),
    403: ("permission-denied", "this role or token may not do this"),
    404: ("not-found", "no such path"),
    405: ("method-not-allowed", "this path knows other methods, see Allow"),
    503: ("unavailable", "the database is away, so nobody can be recognised; try again"),
}


class Guard:
    """Pure-ASGI middleware, the outermost one. Sets `core.actor.current_actor` and
    `scope["state"]["actor"]` for what it lets pass, and closes everything the table does not open.

    `image_hosts` are further sources of images (a tile server), `script_hashes` those of inline
    scripts (Dash's `app.csp_hashes()`); without any hash no inline script runs. `form_hosts` are where a form may lead.
    """

    def __init__(
        self,
        app: ASGIApp,
        credentials: Credentials,
        problem: ProblemAnswer,
        pages: Pages,
        table: RouteTable | None = None,
        image_hosts: tuple[str, ...] = (),
        script_hashes: tuple[str, ...] = (),
        form_hosts: tuple[str, ...] = (),
    ) -> None:
        self._app = app
        self._credentials = credentials
        self._problem = problem
        self._pages = pages
        self._table = table or RouteTable()
        self._headers = security_headers(image_hosts, script_hashes, form_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, self._with_headers(scope, send))
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        rule = self._table.rule(scope["method"], path)
        if rule is None:
            methods = self._table.methods(path)
            refusal = self._refusal(scope, 405 if methods else 404, allow=", ".join(methods))
            await refusal(scope, receive, send)
            return
        if is_cross_site(scope):
            log.warning("%s %s refused: sent by a page of another origin", scope["method"], path)
            await self._refusal(scope, 403)(scope, receive, send)
            return
        if rule.needs is Door.PUBLIC:
            await self._app(scope, receive, send)
            return
        try:
            actor = await self._credentials.actor_of(scope)
        except UnavailableError:
            await self._refusal(scope, 503)(scope, receive, send)
            return
        if actor is None:
            await self._anonymous(scope, rule)(scope, receive, send)
        elif not rule.opens_for(actor.permissions):
            await self._refusal(scope, 403)(scope, receive, send)
        else:
            await self._pass_as(actor, scope, receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        rule = self._table.rule("WS", scope["path"])
        if rule is None:
            # Closed before it was accepted: the browser sees a failed handshake (HTTP 403).
            await send({"type": "websocket.close", "code": CLOSE_FORBIDDEN})
            return
        if is_cross_site(scope):
            log.warning("socket %s refused: opened by a page of another origin", scope["path"])
            await _close(receive, send, CLOSE_FORBIDDEN)
            return
        try:
            actor = await self._credentials.actor_of(scope)
        except UnavailableError:
            await _close(receive, send, CLOSE_TRY_LATER)
            return
        if actor is None:
            await _close(receive, send, CLOSE_ANONYMOUS)
        elif not rule.opens_for(actor.permissions):
            await _close(receive, send, CLOSE_FORBIDDEN)
        else:
            await self._pass_as(actor, scope, receive, send)

    async def _pass_as(self, actor: Actor, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["actor"] = actor
        token = current_actor.set(actor)
        try:
            await self._app(scope, receive, send)
        finally:
            current_actor.reset(token)

    def _anonymous(self, scope: Scope, rule: Rule) -> ASGIApp:
        if rule.page:
            return RedirectResponse(sign_in_path(scope), status_code=303)
        return self._refusal(scope, 401)

    def _refusal(self, scope: Scope, status: int, allow: str = "") -> ASGIApp:
        code, detail = _WORDS[status]
        headers = {"Allow": allow} if allow else {}
        if status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        if status == 503:
            headers["Retry-After"] = str(RETRY_AFTER_S)
        if scope["path"].startswith(API_PREFIX):
            return self._problem(scope, status, code, detail, headers)
        return self._pages.refusal(scope, status, headers)

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        is_private = not scope["path"].startswith(("/assets/",))

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                # A shared cache must not hand one officer's answer to another.
                if is_private:
                    headers.setdefault("Cache-Control", "private, no-cache")
            await send(message)

        return sending


async def _close(receive: Receive, send: Send, code: int) -> None:
    # Only an accepted socket can carry a close code to the browser; a refused handshake is a bare 1006.
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": code})
