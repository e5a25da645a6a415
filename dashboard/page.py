"""The page around a face: one HTML shell that hands the scripts their ids, words and settings as JSON."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import dash
from dash import Dash
from fastapi import FastAPI

from core.actor import CITY
from dashboard.ids import FaceIds, as_json
from dashboard.language import current_locale, english, t
from dashboard.theme import ASSETS, plotly_template, tokens
from dashboard.view_models.figures import figure_words
from dashboard.view_models.incident import GRADE_NUMERAL
from dashboard.view_models.notices import unexpected

logger = logging.getLogger(__name__)

CHINA = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class FaceSettings:
    """What a deployment decides about the faces.

    `tile_url` is a template with {x}, {y} and {z}, or None for the offline base map; `zone` is the
    city's time zone; `sign_in_url` is where a browser whose session has ended is sent, `sessions_url` where a person
    ends sessions of their own; `scene_s` is how long the wall shows each of its scenes.
    """

    city_zh: str = "昆明"
    city_en: str = "Kunming"
    zone: ZoneInfo = CHINA
    tile_url: str | None = None
    tile_attribution: str = ""
    sign_in_url: str = "/sign-in"
    sign_out_url: str = "/sign-out"
    sessions_url: str = "/sessions"
    scene_s: Mapping[str, int] = field(default_factory=lambda: {"city": 45, "district": 20, "incident": 20})

    def city(self) -> str:
        return self.city_en if current_locale.get() == "en" else self.city_zh


AMAP_URL = "https://uri.amap.com/navigation"
"""Amap's own address for a way to a place, in GCJ-02: it opens the app. Only a person's tap leads there."""

_SHELL = """<!DOCTYPE html>
<html lang="{lang}" class="face-{face}">
<head>
<meta charset="utf-8">
{metas}
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="dark">
<meta name="theme-color" content="{ground}">
<title>{title}</title>
<link rel="icon" type="image/svg+xml" href="{icon}">
{css}
{head}
</head>
<body>
{app_entry}
<script type="application/json" id="cc-config">{page_config}</script>
<footer>{config}{scripts}{renderer}</footer>
</body>
</html>"""


class Face(Dash):
    """A Dash app whose page carries the configuration of the scripts and speaks the reader's language."""

    def __init__(
        self,
        name: str,
        server: FastAPI,
        prefix: str,
        ids: FaceIds,
        settings: FaceSettings,
        title: Callable[[], str],
        ignored_assets: str,
        head: str = "",
    ) -> None:
        super().__init__(
            name,
            server=server,  # type: ignore[arg-type]  # dash 4 takes a FastAPI
            url_base_pathname=prefix,
            assets_folder=str(ASSETS),
            assets_ignore=ignored_assets,
            title=name,
            update_title="",
            on_error=self._report,
            # The scripts call the callbacks: what these are asked by and answer with is no component on the page.
            suppress_callback_exceptions=True,
        )
        self.enable_dev_tools(debug=False)
        # The renderer would open a socket of its own for callbacks; nothing here uses it.
        self.backend.websocket_capability = False
        self._face = prefix.strip("/")
        self._ids = ids
        self._settings = settings
        self._title_now = title
        self._head = head

    def _report(self, error: Exception) -> None:
        """FastAPI callbacks lose their exceptions otherwise; the person is told as well."""
        logger.error("callback of face %s failed", self._face, exc_info=error)
        if "OUTCOME" in self._ids.__members__:
            dash.set_props(self._ids["OUTCOME"], {"data": unexpected("fault").as_json()})

    def interpolate_index(self, **parts: str) -> str:  # type: ignore[override]
        return _SHELL.format(
            lang="en" if current_locale.get() == "en" else "zh-CN",
            face=self._face,
            metas=parts["metas"],
            ground=tokens()["ground"],
            title=self._title_now(),
            icon=self.get_asset_url("favicon.svg"),
            css=parts["css"],
            head=self._head,
            app_entry=parts["app_entry"],
            page_config=_script_safe(self._page_config()),
            config=parts["config"],
            scripts=parts["scripts"],
            renderer=parts["renderer"],
        )

    def _page_config(self) -> dict[str, Any]:
        locale = current_locale.get()
        settings = self._settings
        return {
            "face": self._face,
            "version": code_version(),
            "locale": locale,
            "zone": settings.zone.key,
            "city": settings.city(),
            "whole": CITY,
            "ids": as_json(self._ids),
            # How the scripts call each: by what asks, its output.
            "callbacks": {each["inputs"][0]["id"]: output for output, each in self.callback_map.items()},
            "words": dict(english()) if locale == "en" else {},
            "tokens": dict(tokens()),
            "numerals": GRADE_NUMERAL,
            "figures": figure_words(),
            "chart": plotly_template(),
            "tile_url": settings.tile_url,
            "tile_attribution": settings.tile_attribution,
            "sign_in_url": settings.sign_in_url,
            "scene_s": dict(settings.scene_s),
            "sign_out_url": settings.sign_out_url,
            "sessions_url": settings.sessions_url,
            "amap_url": AMAP_URL,
        }


def _script_safe(config: dict[str, Any]) -> str:
    """JSON that cannot end the script element it stands in."""
    return json.dumps(config, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


@lru_cache(maxsize=1)
def code_version() -> str:
    """Changes when anything of the pages changes; a wall that sees another one loads itself again, once."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    for file in sorted([*ASSETS.iterdir(), *here.rglob("*.py"), *here.rglob("*.po")]):
        if file.is_file():
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def face_title(settings: FaceSettings, word: str) -> Callable[[], str]:
    """The title of a page in the reader's language: the face, then the city."""
    return lambda: f"{t(word)} · {settings.city()}"
