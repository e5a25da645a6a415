"""The pages that access shows itself: the sign-in and the refusals; nothing in them comes from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse
from starlette.types import Scope

from access.demo import DemoAccount
from access.sessions import Session
from access.words import WORDS, language_of

CITY_ZONE = ZoneInfo("Asia/Shanghai")


class Pages:
    """Renders the pages. `stylesheet` is the path of the design tokens, if the server has them;
    `demo_accounts` are shown on the sign-in page, so they are given in a drill only;
    `provider` is the name of the identity provider, empty for the words of the page, None where there is none."""

    def __init__(
        self,
        city_name: Mapping[str, str],
        stylesheet: str | None = None,
        demo_accounts: Sequence[DemoAccount] = (),
        provider: str | None = None,
        zone: ZoneInfo = CITY_ZONE,
    ) -> None:
        self._zone = zone
        self._provider = provider
        self._city_name, self._stylesheet, self._demo_accounts = city_name, stylesheet, demo_accounts
        self._templates = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
        )

    def sign_in(
        self,
        connection: HTTPConnection,
        next_path: str,
        *,
        status: int = 200,
        error: str = "",
        login: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> HTMLResponse:
        """The sign-in page; `error` is already in the person's language."""
        given = {**(headers or {}), "Cache-Control": "no-store"}
        return self._page(
            connection,
            "login.html",
            status,
            given,
            next_path=next_path,
            error=error,
            login=login,
            demo_accounts=self._demo_accounts,
            provider=self._provider,
        )

    def sessions(self, connection: HTTPConnection, sessions: Sequence[Session], this: str) -> HTMLResponse:
        """The browsers that are signed in to an account; `this` is the session_id of the one that asks."""
        given = {"Cache-Control": "no-store"}
        return self._page(
            connection, "sessions.html", 200, given, sessions=sessions, this=this, zone=self._zone
        )

    def sign_out(self, connection: HTTPConnection) -> HTMLResponse:
        """One button that signs out."""
        return self._page(connection, "sign_out.html", 200, {"Cache-Control": "no-store"})

    def refusal(self, scope: Scope, status: int, headers: Mapping[str, str]) -> HTMLResponse:
        """What a person sees where there is nothing to see."""
        return self._page(HTTPConnection(scope), "refusal.html", status, headers, status=status)

    def _page(
        self,
        connection: HTTPConnection,
        template: str,
        status_code: int,
        headers: Mapping[str, str],
        **values: Any,
    ) -> HTMLResponse:
        language = language_of(connection)
        html = self._templates.get_template(template).render(
            words=WORDS[language],
            language=language,
            other=("en" if language == "zh" else "zh"),
            city=self._city_name[language],
            stylesheet=self._stylesheet,
            **values,
        )
        return HTMLResponse(html, status_code, dict(headers))
