"""Whether another site made the browser send this (cross-site request forgery, socket hijacking)."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OURS = frozenset({"same-origin", "none"})


def is_cross_site(scope: Scope) -> bool:
    """True for an unsafe method or a WebSocket that a page of another origin sends.

    Browsers say so in Sec-Fetch-Site, older ones in Origin, which must name this Host. What has
    neither header is no browser and carries no cookie it was not given. (The same order as Go's
    net/http.CrossOriginProtection.)
    """
    if scope["type"] == "http" and scope["method"] in _SAFE_METHODS:
        return False
    headers = Headers(scope=scope)
    # Chromium sends no Sec-Fetch-Site with a WebSocket over plain http, but always an Origin.
    site = headers.get("sec-fetch-site")
    if site is not None and scope["type"] == "http":
        return site not in _OURS
    origin = headers.get("origin")
    if origin is None:
        return False
    try:
        return urlsplit(origin).netloc.lower() != headers.get("host", "").lower()
    except ValueError:
        return True
