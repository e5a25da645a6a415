"""Finds who stands behind a request: a device token in its header or a session in its cookie."""

from __future__ import annotations

from dataclasses import dataclass, replace

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import Scope

from access.sessions import COOKIE, Sessions
from access.terminals import PresentedKey, TerminalKeys, presented_key
from access.tokens import Tokens
from core.actor import Actor

_LONGEST = 256
_THROUGH = {"wall": "wall", "desk": "desk", "m": "phone", "analysis": "analysis", "api": "api"}


@dataclass(frozen=True, slots=True)
class Presented:
    """What a request shows; the token counts when it shows more, then a terminal's key. `cookie` is empty for
    none."""

    bearer: str | None
    cookie: str
    terminal: PresentedKey | None = None

    @classmethod
    def by(cls, scope: Scope) -> Presented:
        headers = Headers(scope=scope)
        scheme, _, value = headers.get("authorization", "").partition(" ")
        bearer = value.strip()[:_LONGEST] if scheme.lower() == "bearer" else None
        cookie = cookie_parser(headers.get("cookie", "")).get(COOKIE, "")[:_LONGEST]
        return cls(bearer, cookie, presented_key(scope) if scope["type"] == "http" else None)


class Credentials:
    """Resolves what is presented to an actor."""

    def __init__(self, sessions: Sessions, tokens: Tokens, terminals: TerminalKeys | None = None) -> None:
        self._sessions, self._tokens, self._terminals = sessions, tokens, terminals

    async def actor_of(self, scope: Scope) -> Actor | None:
        """Who sends this, with the address it came from; None for nobody. Raises UnavailableError."""
        shown = Presented.by(scope)
        actor = self._fresh(shown) or await run_in_threadpool(self._resolve, shown)
        return replace(actor, origin=origin_of(scope)) if actor else None

    async def revalidate(self, scope: Scope) -> bool:
        """Whether what this open socket was connected with is still worth something. While the database
        is away that is yes for ten minutes, and then a raised UnavailableError."""
        return await self.actor_of(scope) is not None

    def _fresh(self, shown: Presented) -> Actor | None:
        if shown.bearer is not None:
            return self._tokens.fresh(shown.bearer)
        if shown.terminal is not None:
            return None
        return self._sessions.fresh(shown.cookie) if shown.cookie else None

    def _resolve(self, shown: Presented) -> Actor | None:
        if shown.bearer is not None:
            return self._tokens.resolve(shown.bearer)
        if shown.terminal is not None and self._terminals is not None:
            return self._terminals.resolve(shown.terminal)
        return self._sessions.resolve(shown.cookie) if shown.cookie else None


def origin_of(scope: Scope) -> str:
    """The address and through what it came, as the journal keeps it: `10.0.0.7 desk`, `10.0.0.8 api`."""
    through = _THROUGH.get(scope["path"].split("/", 2)[1])
    return " ".join(filter(None, (address_of(scope), through)))


def address_of(scope: Scope) -> str:
    """The address a request came from; behind a proxy uvicorn puts the forwarded one here."""
    client = scope.get("client")
    return str(client[0]) if client else ""
