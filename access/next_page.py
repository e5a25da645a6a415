"""Where to go after signing in: only ever a path of our own."""

from __future__ import annotations

import re
from urllib.parse import quote

from starlette.types import Scope

_OURS = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]{0,511}")
_NO_PLACE_TO_RETURN_TO = ("/login", "/logout", "/language/")


def safe_next(wanted: str | None, otherwise: str = "/") -> str:
    """The path if it stays on this server, else `otherwise`. `//host` and `/\\host` are other servers."""
    if (
        wanted
        and _OURS.fullmatch(wanted)
        and wanted.isascii()
        and not wanted.startswith(_NO_PLACE_TO_RETURN_TO)
    ):
        return wanted
    return otherwise


def sign_in_path(scope: Scope) -> str:
    """The sign-in page, with the way back to what was asked for."""
    query = scope.get("query_string", b"").decode("ascii", "ignore")
    wanted = safe_next(quote(scope["path"]) + (f"?{query}" if query else ""))
    return "/login" if wanted == "/" else f"/login?next={quote(wanted, safe='/')}"
