"""Chinese and English: which one a request wants, and the words; the Chinese text is the key."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from functools import lru_cache
from http.cookies import CookieError, SimpleCookie
from pathlib import Path

from babel.messages.pofile import read_po
from starlette.types import ASGIApp, Receive, Scope, Send

COOKIE = "cc_lang"
LOCALES = ("zh", "en")
DEFAULT = "zh"
CATALOGUE = Path(__file__).parent / "translations" / "en.po"

current_locale: ContextVar[str] = ContextVar("current_locale", default=DEFAULT)
"""The language of the request being served."""


def locale_of(cookies: Mapping[str, str]) -> str:
    """`zh` or `en` from the cookies of a request; Chinese when nothing usable was chosen."""
    chosen = cookies.get(COOKIE, DEFAULT)
    return chosen if chosen in LOCALES else DEFAULT


@lru_cache(maxsize=1)
def english() -> Mapping[str, str]:
    """Every message of the catalogue, Chinese to English."""
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="en")
    return {str(m.id): str(m.string) for m in catalogue if m.id and m.string}


def t(message: str, **params: object) -> str:
    """The message in the language of the request, with `{name}` filled in."""
    words = english().get(message, message) if current_locale.get() == "en" else message
    return words.format(**params) if params else words


def mark(message: str) -> str:
    """The message itself: says that this text is translated where it is used."""
    return message


def named(thing: Mapping[str, object], field: str = "name") -> str:
    """`name_zh` or `name_en` of a public state (or `title_…`), in the language of the request."""
    return str(thing.get(f"{field}_{current_locale.get()}") or thing.get(f"{field}_zh") or "")


class LanguageMiddleware:
    """Sets `current_locale` from the cookie for each request; pure ASGI, so it reaches the callbacks."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        token = current_locale.set(locale_of(_cookies(scope)))
        try:
            await self._app(scope, receive, send)
        finally:
            current_locale.reset(token)


def _cookies(scope: Scope) -> dict[str, str]:
    header = next((value for name, value in scope["headers"] if name == b"cookie"), b"")
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(header.decode("latin-1"))
    except CookieError:  # a malformed cookie chooses no language
        return {}
    return {name: morsel.value for name, morsel in jar.items()}
