"""What the desk asks and changes nothing by: places by name or coordinates, incidents nearby, ages of positions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from dash import Dash, Input, Output

from core.actor import Actor
from core.errors import CommandCentreError
from core.geo import LonLat
from dashboard.callbacks.asking import Request, acting
from dashboard.ids import Desk
from dashboard.language import named, t
from dashboard.view_models.notices import one_language
from dashboard.view_models.places import FRAMES, frame_named, looks_like_a_place, pasted_place, written
from operations.places import Gazetteer, NamedPlace
from operations.ports import Ports
from operations.position_times import position_times
from operations.similar_incidents import similar_incidents

MOST_PLACES = 8
EXACT_M = 20.0
"""Coordinates that somebody read off a map or a handheld device (assumption)."""

ToWgs84 = Callable[[float, float, str], LonLat]
Answer = dict[str, Any]


def answer_questions(app: Dash, ports: Ports, to_wgs84: ToWgs84, gazetteer: Gazetteer) -> None:
    """Ties what is asked to its answers."""

    def places(_actor: Actor, request: Request) -> Answer:
        text = str(request.get("text", ""))[:200]
        if looks_like_a_place(text):
            return coordinates(ports, to_wgs84, text, request.get("frame"))
        return {"places": [_shown(found) for found in gazetteer.find(text, MOST_PLACES)]}

    def similar(actor: Actor, request: Request) -> Answer:
        place = LonLat(float(request["lon"]), float(request["lat"]))
        return {"incidents": similar_incidents(ports, actor, str(request["category"]), place)}

    def fixes(actor: Actor, _request: Request) -> Answer:
        return {"fixes": position_times(ports, actor)}

    _answer(app, Desk.ASK_PLACES, Desk.LIVE_PLACES, places)
    _answer(app, Desk.ASK_SIMILAR, Desk.LIVE_SIMILAR, similar)
    _answer(app, Desk.ASK_FIXES, Desk.LIVE_FIXES, fixes)


def coordinates(ports: Ports, to_wgs84: ToWgs84, text: str, frame: str | None) -> Answer:
    """What coordinates mean in each frame, the one that the text names or that was chosen first.

    `written` is the place as pasted, `lon` and `lat` are WGS-84, `area` is empty outside the city.
    """
    pasted = pasted_place(text)
    meant = frame_named(text) or (frame if frame in FRAMES else FRAMES[0])
    names = ports.areas.names()
    understood = []
    for each in sorted(FRAMES, key=lambda f: f != meant):
        place = to_wgs84(pasted.lon, pasted.lat, each)
        code = ports.areas.jurisdiction_of(place)
        zh, en = names.get(code, (code, code)) if code else ("", "")
        understood.append(
            {
                "kind": "coordinates",
                "name": t("{written}（{frame}）", written=written(pasted), frame=each),
                "frame": each,
                "lon": round(place.lon, 6),
                "lat": round(place.lat, 6),
                "area": named({"name_zh": zh, "name_en": en}),
                "accuracy_m": EXACT_M,
            }
        )
    return {"places": understood, "frame": meant}


def _shown(found: NamedPlace) -> Answer:
    return {
        "kind": found.kind,
        "name": named({"name_zh": found.name_zh, "name_en": found.name_en}),
        "lon": round(found.place.lon, 6),
        "lat": round(found.place.lat, 6),
        "area": named({"name_zh": found.area_zh, "name_en": found.area_en}),
        "accuracy_m": round(found.accuracy_m),
    }


def _answer(app: Dash, asked: str, answered: str, question: Callable[[Actor, Request], Answer]) -> None:
    def found(request: Request) -> Answer:
        try:
            return question(acting(), request)
        except CommandCentreError as error:
            return {"problem": one_language(error.message)}

    @app.callback(Output(answered, "data"), Input(asked, "data"), prevent_initial_call=True)
    async def respond(request: Request) -> Answer:
        return await asyncio.to_thread(found, request)
