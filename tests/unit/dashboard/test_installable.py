"""The phone's worker and manifest: never kept by a cache, and another text for another version."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import httpx
from fastapi import FastAPI

from dashboard.installable import HEAD, add_installable

ASSETS = Path(__file__).resolve().parents[3] / "assets"


def served(path: str, version: str) -> httpx.Response:
    app = FastAPI()
    add_installable(app, lambda: "手机 · 昆明", lambda: "昆明", lambda: version)

    async def got() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://centre") as client:
            return await client.get(path)

    return asyncio.run(got())


def test_a_new_version_is_a_new_worker_that_no_cache_holds_back() -> None:
    old, new = served("/m/worker.js", "aaa"), served("/m/worker.js", "bbb")
    assert old.text != new.text and "cc-phone-bbb" in new.text
    assert new.headers["cache-control"] == "no-cache"
    assert new.headers["content-type"].startswith("text/javascript")
    assert "skipWaiting" in new.text and "clients.claim" in new.text


def test_the_worker_keeps_no_answer_that_holds_data() -> None:
    kept = re.findall(r'"(/[^"]*)"', served("/m/worker.js", "v").text)
    assert not [path for path in kept if path.startswith(("/api", "/ws", "/login"))]


def test_the_manifest_names_icons_that_are_there_and_stays_inside_the_phone() -> None:
    manifest = served("/m/manifest.webmanifest", "v").json()
    assert (manifest["scope"], manifest["start_url"], manifest["name"]) == ("/m/", "/m/", "手机 · 昆明")
    assert [(ASSETS.parent / icon["src"].lstrip("/")).is_file() for icon in manifest["icons"]] == [True, True]
    assert 'href="/m/manifest.webmanifest"' in HEAD
