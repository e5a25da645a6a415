"""The phone as an installed program: its manifest and the worker that keeps it usable without a connection."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from fastapi import FastAPI
from starlette.responses import Response

from dashboard.language import current_locale
from dashboard.theme import tokens

WORKER = Path(__file__).parent / "phone_worker.js"
ICONS = (("icon-192.png", "192x192", "any"), ("icon-512.png", "512x512", "any maskable"))

HEAD = (
    '<link rel="manifest" href="/m/manifest.webmanifest">\n'
    '<link rel="apple-touch-icon" href="/assets/icon-192.png">\n'
    '<meta name="mobile-web-app-capable" content="yes">'
)
"""What the phone's page says of it."""


def add_installable(
    server: FastAPI, title: Callable[[], str], city: Callable[[], str], version: Callable[[], str]
) -> None:
    """Adds the two routes. `version` changes with the program: the worker's text then differs, and the browser takes
    the new one; neither is kept by any cache, so that nobody is held by an old one."""

    def manifest() -> Response:
        ground = tokens()["ground"]
        said = {
            "id": "/m/",
            "name": title(),
            "short_name": city(),
            "lang": "en" if current_locale.get() == "en" else "zh-CN",
            "start_url": "/m/",
            "scope": "/m/",
            "display": "standalone",
            "orientation": "portrait",
            "background_color": ground,
            "theme_color": ground,
            "icons": [
                {"src": f"/assets/{name}", "sizes": sizes, "type": "image/png", "purpose": purpose}
                for name, sizes, purpose in ICONS
            ],
        }
        text = json.dumps(said, ensure_ascii=False)
        return Response(text, media_type="application/manifest+json", headers={"Cache-Control": "no-cache"})

    def worker() -> Response:
        text = WORKER.read_text(encoding="utf-8").replace("{version}", version())
        return Response(
            text, media_type="text/javascript; charset=utf-8", headers={"Cache-Control": "no-cache"}
        )

    server.add_api_route("/m/manifest.webmanifest", manifest, include_in_schema=False)
    server.add_api_route("/m/worker.js", worker, include_in_schema=False)
