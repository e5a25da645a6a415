"""Signing in at the city's identity provider: the way there, the way back, and what becomes of an answer."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from access.accounts import Account
from access.credentials import address_of
from access.identity_roles import IdentityRoles
from access.login import Door
from access.next_page import safe_next
from access.oidc import IdentityProvider, IdentityRefusedError
from access.ports import AccountStore
from access.services import Access
from access.sessions import digest
from access.words import WORDS, language_of
from core.clock import Clock
from core.errors import CommandCentreError, UnavailableError

log = logging.getLogger(__name__)

BEGIN, BACK = "/login/oidc", "/login/oidc/back"
COOKIE = "cc_oidc"
LASTS = timedelta(minutes=10)
"""How long somebody may take to sign in at the provider."""


class NoRoleError(CommandCentreError):
    """The provider knows the person, but nothing it says gives them a role here."""

    code = "no-role"
    status = 403


def oidc_router(
    access: Access,
    door: Door,
    provider: IdentityProvider,
    roles: IdentityRoles,
    store: AccountStore,
    wall: Clock,
) -> APIRouter:
    """The routes /login/oidc and /login/oidc/back."""
    router = APIRouter(include_in_schema=False)
    way = _Way(access, door, provider, roles, store, wall)
    router.add_api_route(BEGIN, way.there, methods=["GET"])
    router.add_api_route(BACK, way.back, methods=["GET"])
    return router


class _Way:
    def __init__(
        self,
        access: Access,
        door: Door,
        provider: IdentityProvider,
        roles: IdentityRoles,
        store: AccountStore,
        wall: Clock,
    ) -> None:
        self._access, self._door, self._provider = access, door, provider
        self._roles, self._store, self._wall = roles, store, wall

    async def there(self, request: Request) -> Response:
        wanted = safe_next(request.query_params.get("next"))
        try:
            await run_in_threadpool(self._access.sign_in.refuse_flood, address_of(request.scope))
            errand = await self._provider.begin(_back_url(request))
            # The browser that began is the only one that can finish: its secret is not in the address.
            browser = secrets.token_urlsafe(32)
            now = self._wall.now()
            row = {
                "state_hash": digest(errand.state),
                "browser_hash": digest(browser),
                "nonce": errand.nonce,
                "verifier": errand.verifier,
                "next_path": wanted,
                "expires_at": now + LASTS,
            }
            await run_in_threadpool(self._store.begin_sign_in, row, now)
        except CommandCentreError as error:
            return self._refused(request, wanted, error)
        response = RedirectResponse(errand.url, status_code=303)
        response.set_cookie(COOKIE, browser, **_cookie(request), max_age=int(LASTS.total_seconds()))
        return response

    async def back(self, request: Request) -> Response:
        wanted = "/"
        address = address_of(request.scope)
        try:
            asked = request.query_params
            row = await self._under_way(asked.get("state", "")[:256], request.cookies.get(COOKIE, "")[:256])
            wanted = safe_next(str(row["next_path"]))
            if asked.get("iss") not in (None, self._provider.issuer):
                raise IdentityRefusedError("iss: found another issuer's answer")
            if "code" not in asked:
                raise IdentityRefusedError(f"found {asked.get('error', 'no code')[:60]}, expected a code")
            claims = await self._provider.finish(
                asked["code"][:4096], str(row["verifier"]), str(row["nonce"]), _back_url(request)
            )
            token, account = await run_in_threadpool(self._enter, claims, address)
        except CommandCentreError as error:
            if not isinstance(error, UnavailableError):
                await run_in_threadpool(self._access.sign_in.refused, "oidc", address, error.code)
            return self._refused(request, wanted, error)
        response = self._door.entered(request, token, account, wanted)
        response.delete_cookie(COOKIE, **_cookie(request))
        return response

    async def _under_way(self, state: str, browser: str) -> Mapping[str, Any]:
        """What this browser began; nobody can take it again. Raises IdentityRefusedError."""
        row = await run_in_threadpool(self._store.take_sign_in, digest(state), digest(browser))
        if row is None or row["expires_at"] <= self._wall.now():
            raise IdentityRefusedError("state: found one that this browser did not begin, or did long ago")
        return row

    def _enter(self, claims: Mapping[str, Any], address: str) -> tuple[str, Account]:
        place = self._roles.of(claims)
        subject = str(claims["sub"])
        if place is None:
            known = self._store.account_of(self._provider.issuer, subject)
            if known:
                # What was open was opened with a role that the provider has taken back.
                account = Account.from_row(known)
                self._access.sessions.revoke(account.actor(), account.account_id, reason="no-role")
            raise NoRoleError(f"{self._provider.issuer} gives {subject[:60]} no role here")
        name = next(
            (str(claims[n]) for n in ("name", "preferred_username", "email") if claims.get(n)), subject
        )
        account = self._access.accounts.of_identity(
            self._provider.issuer, subject, name, place.role, place.jurisdiction
        )
        # When the role changed, what this process remembers of the account is of the old one.
        self._access.sessions.forget_actor(account.account_id)
        if not self._access.sessions.admits(account):
            raise IdentityRefusedError("found an account that is disabled")
        return self._access.sessions.begin(account, address)[0], account

    def _refused(self, request: Request, wanted: str, error: CommandCentreError) -> Response:
        log.warning("sign-in by %s refused: %s", self._provider.issuer, error.message)
        words = WORDS[language_of(request)]
        key = {"no-role": "no_role", "identity-refused": "not_proven", "too-many-attempts": "too_many"}.get(
            error.code
        )
        key = key or ("provider_away" if isinstance(error, UnavailableError) else "no_role")
        response = self._door.refused(request, wanted, "", error.status, words[key])
        response.delete_cookie(COOKIE, **_cookie(request))
        return response


def _back_url(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}{BACK}"


def _cookie(request: Request) -> dict[str, Any]:
    # Lax: the way back is a link that the provider's page follows.
    return {"path": BEGIN, "httponly": True, "samesite": "lax", "secure": request.url.scheme == "https"}
