"""Signing in and out, choosing a language, and the way to one's own face."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from access.accounts import Account
from access.credentials import Presented, address_of
from access.next_page import safe_next
from access.oidc import IdentityProvider
from access.pages import Pages
from access.passwords import TooManyAttemptsError
from access.permissions import HOMES, RouteTable
from access.services import Access
from access.sessions import COOKIE, lasts
from access.sign_in import WrongCredentialsError
from access.words import LANGUAGE_COOKIE, LANGUAGES, WORDS, language_of
from core.actor import Actor, current_actor
from core.errors import NotFoundError, UnavailableError

_YEAR_S = 365 * 24 * 3600
_LONGEST_FORM_BYTES = 16_384


def login_router(door: Door) -> APIRouter:
    """The routes /, /login, /logout and /language."""
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/", door.home, methods=["GET"])
    router.add_api_route("/login", door.show, methods=["GET"])
    router.add_api_route("/login", door.enter, methods=["POST"])
    router.add_api_route("/logout", door.leave, methods=["POST"])
    router.add_api_route("/logout", door.ask_to_leave, methods=["GET"])
    router.add_api_route("/language/{language}", door.choose_language, methods=["GET"])
    return router


class Door:
    """The routes, and what the sign-in by an identity provider shares with the one by password."""

    def __init__(self, access: Access, pages: Pages, provider: IdentityProvider | None = None) -> None:
        self._access, self._pages, self._provider = access, pages, provider
        self._table = RouteTable()

    async def home(self) -> Response:
        actor = current_actor.get()
        return RedirectResponse(_home(actor) if actor else "/login", status_code=303)

    async def show(self, request: Request) -> Response:
        wanted = safe_next(request.query_params.get("next"))
        try:
            actor = await self._access.credentials.actor_of(request.scope)
        except UnavailableError:
            actor = None
        if actor:
            return RedirectResponse(self._reachable(actor, wanted), status_code=303)
        return self._pages.sign_in(request, wanted)

    async def enter(self, request: Request) -> Response:
        form = await form_of(request)
        wanted, login = safe_next(form.get("next")), form.get("login", "")
        words = WORDS[language_of(request)]
        try:
            before = Presented.by(request.scope).cookie
            token, account = await run_in_threadpool(
                self._access.sign_in, login, form.get("password", ""), address_of(request.scope)
            )
            if before:
                await run_in_threadpool(self._access.sessions.end, before, address_of(request.scope))
        except WrongCredentialsError:
            return self.refused(request, wanted, login, 401, words["wrong"])
        except TooManyAttemptsError as error:
            wait_s = int(error.details["retry_after_s"])
            message = words["locked"].format(minutes=-(-wait_s // 60))
            return self.refused(request, wanted, login, 429, message, wait_s)
        except UnavailableError:
            return self.refused(request, wanted, login, 503, words["away"], 2)
        return self.entered(request, token, account, wanted)

    def entered(self, request: Request, token: str, account: Account, wanted: str) -> Response:
        """The way to where the person wanted to go, with the cookie of the session."""
        response = RedirectResponse(self._reachable(account.actor(), wanted), status_code=303)
        response.set_cookie(
            COOKIE,
            token,
            max_age=int(lasts(account.role).total_seconds()),
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
        return response

    async def ask_to_leave(self, request: Request) -> Response:
        """A plain link may sign out only from our own pages: another site could hold such a link too."""
        came_from = urlsplit(request.headers.get("referer", "")).netloc
        if came_from and came_from == request.headers.get("host"):
            return await self.leave(request)
        return self._pages.sign_out(request)

    async def leave(self, request: Request) -> Response:
        target = "/login"
        if cookie := Presented.by(request.scope).cookie:
            if self._provider is not None:
                of_provider = await run_in_threadpool(self._is_of_provider, cookie)
                here = f"{request.url.scheme}://{request.url.netloc}/login"
                target = (of_provider and await self._provider.leave_url(here)) or target
            await run_in_threadpool(self._access.sessions.end, cookie, address_of(request.scope))
        response = RedirectResponse(target, status_code=303)
        response.delete_cookie(COOKIE, httponly=True, samesite="lax")
        return response

    async def choose_language(self, request: Request, language: str) -> Response:
        if language not in LANGUAGES:
            raise NotFoundError(f"found language {language[:20]!r}, expected one of {', '.join(LANGUAGES)}")
        wanted = request.query_params.get("next", "")
        # Here the sign-in page is a place to return to.
        target = wanted if wanted == "/login" or wanted.startswith("/login?") else safe_next(wanted)
        response = RedirectResponse(target, status_code=303)
        response.set_cookie(LANGUAGE_COOKIE, language, max_age=_YEAR_S, samesite="lax")
        return response

    def _is_of_provider(self, cookie: str) -> bool:
        actor = self._access.sessions.resolve(cookie)
        account = self._access.accounts.with_id(actor.actor_id) if actor else None
        return account is not None and account.issuer is not None

    def _reachable(self, actor: Actor, wanted: str) -> str:
        """Where the person wanted to go, or their own face when that is closed to them."""
        rule = self._table.rule("GET", wanted.partition("?")[0])
        if wanted != "/" and rule and rule.page and rule.opens_for(actor.permissions):
            return wanted
        return _home(actor)

    def refused(
        self, request: Request, wanted: str, login: str, status: int, error: str, retry_after_s: int = 0
    ) -> Response:
        headers = {"Retry-After": str(retry_after_s)} if retry_after_s else {}
        return self._pages.sign_in(
            request, wanted, status=status, error=error, login=login[:64], headers=headers
        )


def _home(actor: Actor) -> str:
    return HOMES.get(actor.role, "/login")


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a small urlencoded form; the first of each name."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST_FORM_BYTES:
            return {}
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=10)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}
