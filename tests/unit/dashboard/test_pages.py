"""The pages as a browser first gets them: each face in both languages, with nothing from elsewhere."""

from __future__ import annotations

import asyncio
import json
import re
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI

from core.geo import LonLat
from dashboard.apps import mount_faces, set_up
from dashboard.ids import Analysis, Desk, HandOver, Phone, Replay, Wall, as_json
from dashboard.page import FaceSettings
from operations.places import Gazetteer
from operations.ports import Ports
from tests.unit.dashboard.states import CATALOGUE

FACES = {
    "/wall/": Wall,
    "/desk/": Desk,
    "/m/": Phone,
    "/analysis/": Analysis,
    "/replay/": Replay,
    "/handover/": HandOver,
}


class Browser:
    """Asks the server in this process; follows no redirect."""

    def __init__(self, server: FastAPI) -> None:
        self._transport = httpx.ASGITransport(server)

    def get(self, path: str, **more: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url="http://city") as client:
                return await client.get(path, **more)

        return asyncio.run(ask())


@pytest.fixture(scope="module")
def browser() -> Browser:
    server = FastAPI()
    ports = cast(Ports, SimpleNamespace(catalogue=CATALOGUE, mode="drill"))
    nowhere = cast(Gazetteer, SimpleNamespace(find=lambda _text, _limit: []))
    set_up(mount_faces(server, ports, lambda lon, lat, _frame: LonLat(lon, lat), nowhere))
    return Browser(server)


def config_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="cc-config">(.*?)</script>', page, re.S)
    assert found
    return cast(dict[str, Any], json.loads(found[1]))


@pytest.mark.parametrize("path", FACES)
def test_a_page_hands_its_scripts_the_ids_and_speaks_chinese_unless_asked_otherwise(
    browser: Browser, path: str
) -> None:
    chinese = config_of(browser.get(path).text)
    assert chinese["ids"] == as_json(FACES[path])
    assert (chinese["locale"], chinese["words"]) == ("zh", {})
    english = config_of(browser.get(path, headers={"cookie": "cc_lang=en"}).text)
    assert english["locale"] == "en"
    assert english["words"]["出警"] == "Dispatch"
    assert english["version"] == chinese["version"]


@pytest.mark.parametrize("path", FACES)
def test_every_component_of_the_face_stands_in_its_layout(browser: Browser, path: str) -> None:
    layout = browser.get(f"{path}_dash-layout").text
    asked = ("ASK_", "LIVE_", "OUTCOME")  # what the scripts call and what that puts out: no component
    placed = [i for name, i in as_json(FACES[path]).items() if not name.startswith(asked)]
    assert [i for i in placed if f'"{i}"' not in layout] == []


@pytest.mark.parametrize("path", FACES)
def test_a_page_knows_how_each_of_its_callbacks_is_called(browser: Browser, path: str) -> None:
    known = {c["inputs"][0]["id"]: c["output"] for c in browser.get(f"{path}_dash-dependencies").json()}
    wanted = {i for name, i in as_json(FACES[path]).items() if name.startswith(("ASK_", "LIVE_SUBJECT"))}
    assert config_of(browser.get(path).text)["callbacks"] == known
    assert wanted <= set(known)


@pytest.mark.parametrize(("path", "shown"), [("/desk/", 1), ("/m/", 1), ("/analysis/", 1), ("/wall/", 0)])
def test_beside_the_way_out_stands_where_one_is_signed_in(browser: Browser, path: str, shown: int) -> None:
    layout = json.dumps(browser.get(f"{path}_dash-layout").json())
    for href in (FaceSettings().sessions_url, FaceSettings().sign_out_url):
        assert layout.count(f'"href": "{href}"') == shown


@pytest.mark.parametrize("path", FACES)
def test_a_page_loads_nothing_from_elsewhere_and_no_library_it_does_not_use(
    browser: Browser, path: str
) -> None:
    page = browser.get(path).text
    assert re.findall(r'(?:src|href)="(?:https?:)?//', page) == []
    scripts = " ".join(re.findall(r'<script[^>]*src="([^"]*)"', page))
    # The board's grid is a megabyte: the desk asks for it when the board is first opened.
    assert "ag_grid" not in scripts
    assert "mantine" not in scripts


def test_each_face_gets_its_own_scripts_only(browser: Browser) -> None:
    assert "view-desk" not in browser.get("/wall/").text
    assert "view-wall" not in browser.get("/m/").text
    analysis = browser.get("/analysis/").text
    assert "view-analysis.css" in analysis
    assert not re.search(r"(live|map|base|view-shared)-?\w*\.js", analysis)
    assert "view-desk-queue.js" in browser.get("/desk/").text
