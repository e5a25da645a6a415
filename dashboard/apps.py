"""Mounts the faces on one server: the wall at /wall/, the desk at /desk/, the phone at /m/, analysis at /analysis/,
looking back at /replay/, handing over at /handover/."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dash import Dash
from fastapi import FastAPI

from core.geo import LonLat
from dashboard.callbacks import analysis as analysis_callbacks
from dashboard.callbacks import desk as desk_callbacks
from dashboard.callbacks import handover as handover_callbacks
from dashboard.callbacks import mobile as mobile_callbacks
from dashboard.callbacks import replay as replay_callbacks
from dashboard.exports.routes import export_router
from dashboard.ids import Analysis, Desk, HandOver, Phone, Replay, Wall
from dashboard.installable import HEAD, add_installable
from dashboard.language import LanguageMiddleware, mark
from dashboard.layouts import analysis as analysis_layout
from dashboard.layouts import desk as desk_layout
from dashboard.layouts import handover as handover_layout
from dashboard.layouts import mobile as mobile_layout
from dashboard.layouts import replay as replay_layout
from dashboard.layouts import wall as wall_layout
from dashboard.page import Face, FaceSettings, code_version, face_title
from operations.places import Gazetteer
from operations.ports import Ports

ToWgs84 = Callable[[float, float, str], LonLat]
"""Longitude, latitude and their frame (GCJ-02, BD-09 or WGS-84) to a WGS-84 place."""


def mount_faces(
    server: FastAPI,
    ports: Ports,
    to_wgs84: ToWgs84,
    gazetteer: Gazetteer,
    settings: FaceSettings | None = None,
) -> Sequence[Dash]:
    """The apps, mounted. `set_up` must be called with them when the server starts.

    Adds the language middleware to the server; `/language/{language}` is with the sign-in.
    """
    settings = settings or FaceSettings()
    server.add_middleware(LanguageMiddleware)
    server.include_router(export_router(ports, settings.zone))

    wall = Face(
        "wall",
        server,
        "/wall/",
        Wall,
        settings,
        face_title(settings, mark("指挥大屏")),
        r"view-(desk|phone|analysis|replay|handover)",
    )
    wall.layout = lambda: wall_layout.page(settings)

    desk = Face(
        "desk",
        server,
        "/desk/",
        Desk,
        settings,
        face_title(settings, mark("值班台")),
        r"view-(wall|phone|analysis|replay|handover)",
    )
    desk.layout = lambda: desk_layout.page(settings, ports.catalogue)
    desk_callbacks.register(desk, ports, to_wgs84, settings.zone, gazetteer)

    phone_title = face_title(settings, mark("分中心手机"))
    add_installable(server, phone_title, settings.city, code_version)
    phone = Face(
        "phone",
        server,
        "/m/",
        Phone,
        settings,
        phone_title,
        r"view-(desk|wall|analysis|replay|handover)",
        head=HEAD,
    )
    phone.layout = lambda: mobile_layout.page(settings, ports.catalogue)
    mobile_callbacks.register(phone, ports, settings.zone)

    analysis = Face(
        "analysis",
        server,
        "/analysis/",
        Analysis,
        settings,
        face_title(settings, mark("预警分析")),
        # A page that is asked, not followed: no live feed, no map.
        r"(base|live|map)-|view-(wall|desk|phone|shared|replay|handover)|incident|map\.css",
    )
    analysis.layout = lambda: analysis_layout.page(settings, ports.mode == "drill")
    analysis_callbacks.register(analysis, ports, settings.zone)

    replay = Face(
        "replay",
        server,
        "/replay/",
        Replay,
        settings,
        face_title(settings, mark("回放")),
        # It shows what was: no live socket, and nothing that acts.
        r"live-(link|assistance)|view-(wall|phone|analysis|handover)|view-desk-(?!queue)\w+|map-coverage",
    )
    replay.layout = lambda: replay_layout.page(settings, ports.mode == "drill")
    replay_callbacks.register(replay, ports, settings.zone)

    handover = Face(
        "handover",
        server,
        "/handover/",
        HandOver,
        settings,
        face_title(settings, mark("交接班")),
        # A page that is asked, not followed: no live feed, no map; a document as the analyst's is one.
        r"(base|live|map)-|view-(wall|desk|phone|shared|replay)|map\.css",
    )
    handover.layout = lambda: handover_layout.page(settings, ports.mode == "drill")
    handover_callbacks.register(handover, ports, settings.zone)
    return (wall, desk, phone, analysis, replay, handover)


def set_up(apps: Sequence[Dash]) -> None:
    """Readies the callbacks at start-up: else a browser that reconnects first after a restart finds none."""
    for app in apps:
        app._setup_server()  # type: ignore[no-untyped-call]
