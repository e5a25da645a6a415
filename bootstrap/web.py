"""The web process: three faces, the live socket and the intake API on one server, behind one guard."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import uvicorn
from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from access.callbacks import CallbackGate, Forms
from access.demo import DEMO_ACCOUNTS, ensure_demo_accounts
from access.guard import Guard
from access.identity_roles import IdentityRoles
from access.login import Door, login_router
from access.oidc import IdentityProvider
from access.oidc_login import oidc_router
from access.pages import Pages
from access.sessions_page import sessions_router
from bootstrap.promptness import answer_promptly
from bootstrap.settings import REPOSITORY, Settings, SettingsError
from bootstrap.users import access_for
from bootstrap.wiring import Parts, wire
from core.actor import Actor
from core.clock import WallClock
from core.errors import InvalidInputError
from core.events import Event
from dashboard.apps import mount_faces, set_up
from dashboard.callback_forms import callback_forms
from dashboard.page import FaceSettings
from intake.body_limit import BodyLimit
from intake.coordinates import to_wgs84
from intake.counters import IntakeCounters
from intake.problems import Problems
from intake.request_limit import RequestLimit
from intake.router import intake_router
from intake.terminals import KnownTerminals
from jobs.names import LAST_SWEEP_KEY
from live.health import HealthMonitor
from live.hub import HubSources, LiveHub
from live.replay import replay_router
from live.socket import live_router
from notify.cap_router import cap_router
from operations.alarm_load import alarm_load_state
from operations.instants import FUTURE_TOLERANCE
from operations.last_hour import last_hour_state
from operations.public_state import Json
from operations.queries import clock_state, failing_rules, may_look, response_metrics, snapshot_state
from roads.areas import city_bounds
from roads.basemap import write_areas
from roads.commands import basemap_dir, network_path
from roads.gazetteer import RoadGazetteer
from roads.grid_outlines import write_outlines
from store.accounts import SqlAccounts

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Web:
    """The server as it is run (`guarded`), and the application inside it, whose routes and callbacks a test walks."""

    guarded: ASGIApp
    app: FastAPI
    parts: Parts
    forms: Callable[[], Forms]


def build_web(settings: Settings) -> Web:
    """Everything one web process serves. Raises SettingsError for live mode over a drill's database."""
    parts = wire(settings, with_roads=False)
    demo = settings.mode == "drill"
    if not demo and parts.store.drill_time() is not None:
        raise SettingsError(
            "CC_MODE: found live over a database that holds a drill; expected an empty one (another CC_DATA_DIR "
            "or DATABASE_URL), so that nothing made up is ever shown as real"
        )
    terminals = KnownTerminals(parts.store)
    access = access_for(parts, terminals.find)
    if demo:
        ensure_demo_accounts(access.accounts)
    counters = IntakeCounters()
    problems = Problems(counters)
    provider, roles = _identity_provider(settings)
    pages = Pages(
        {"zh": settings.city_name, "en": settings.city_name_en},
        stylesheet="/assets/tokens.css",
        demo_accounts=DEMO_ACCOUNTS if demo else (),
        provider=settings.oidc_name if provider else None,
    )
    hub = _hub(parts, access.revocations.heard)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        set_up(faces)
        following = asyncio.create_task(hub.run())
        yield
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following

    # No generated docs: their pages load scripts from elsewhere. The document itself is /api/v1/openapi.json.
    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    problems.install(app)
    door = Door(access, pages, provider)
    app.include_router(login_router(door))
    app.include_router(sessions_router(access.sessions, pages))
    if provider and roles:
        app.include_router(oidc_router(access, door, provider, roles, SqlAccounts(parts.engine), WallClock()))
    cap = cap_router(parts.ports, counters)
    app.include_router(intake_router(parts.ports, counters, city_bounds(), terminals, described_with=cap))
    app.include_router(cap)
    app.include_router(replay_router(parts.ports))
    app.include_router(live_router(hub, _listening_actor, access.credentials.revalidate))
    # Without a network there are no roads to draw: their files are then not found, and the screens say so.
    basemap = basemap_dir(settings.data_dir)
    write_areas(basemap)
    write_outlines(settings.data_dir, basemap)
    app.mount("/basemap", StaticFiles(directory=basemap))
    app.mount("/assets", StaticFiles(directory=REPOSITORY / "assets"))
    faces = mount_faces(
        app,
        parts.ports,
        to_wgs84,
        RoadGazetteer(
            settings.road_network or network_path(settings.data_dir),
            parts.catalogues,
            parts.ports.grid_times.grids,
        ),
        FaceSettings(
            city_zh=settings.city_name,
            city_en=settings.city_name_en,
            zone=ZoneInfo("Asia/Shanghai"),
            tile_url=settings.tile_url,
            tile_attribution=settings.tile_attribution,
            sign_in_url="/login",
            sign_out_url="/logout",
            sessions_url="/sessions",
            scene_s={
                "city": settings.scene_city_s,
                "district": settings.scene_district_s,
                "incident": settings.scene_incident_s,
            },
        ),
    )
    # Dash knows all callbacks of a face only once the server has started.
    forms: Callable[[], Forms] = cache(
        lambda: {face.config.url_base_pathname.rstrip("/"): callback_forms(face) for face in faces}
    )
    gated = CallbackGate(app, forms, problems.answer)
    inner: ASGIApp = GZipMiddleware(BodyLimit(gated, problems), minimum_size=1_000, compresslevel=6)
    limited = RequestLimit(inner, problems, str(settings.redis_url), settings.api_requests_s)
    guarded = Guard(
        limited,
        access.credentials,
        problems.answer,
        pages,
        image_hosts=_tile_hosts(settings),
        # One inline script, which starts Dash's renderer and is the same in every face.
        form_hosts=(provider.origin,) if provider else (),
        script_hashes=tuple(sorted({value for face in faces for value in face.csp_hashes()})),
    )
    return Web(guarded, app, parts, forms)


def _identity_provider(settings: Settings) -> tuple[IdentityProvider | None, IdentityRoles | None]:
    """The city's provider and what its people may be here; raises SettingsError for roles that cannot be read."""
    if settings.oidc_issuer is None or settings.oidc_roles is None:
        return None, None
    try:
        roles = IdentityRoles.load(settings.oidc_roles)
    except InvalidInputError as error:
        raise SettingsError(f"CC_OIDC_ROLES: {error.message}") from error
    secret = settings.oidc_client_secret
    provider = IdentityProvider(
        settings.oidc_issuer,
        settings.oidc_client_id,
        secret.get_secret_value() if secret else None,
        settings.oidc_scope,
    )
    return provider, roles


def serve(settings: Settings) -> None:
    """Serves until told to stop."""
    logging.basicConfig(level=settings.log_level, format="%(levelname)s %(name)s: %(message)s")
    guarded = build_web(settings).guarded
    answer_promptly()
    uvicorn.run(
        guarded,
        host=settings.host,
        port=settings.port,
        log_level="warning",
        # Measured: with deflate 500 screens drop frames, without it one process holds them.
        ws_per_message_deflate=False,
        ws_max_size=4096,
        timeout_graceful_shutdown=3,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies or None,
    )


def _hub(parts: Parts, sign_in_ended: Callable[[Event], str | None]) -> LiveHub:
    ports = parts.ports

    def clock() -> Json:
        return clock_state(ports, datetime.now(UTC), parts.drill_time())

    sources = HubSources(
        snapshot=lambda actor: snapshot_state(ports, actor),
        metrics=lambda: {**response_metrics(ports), "hour": last_hour_state(ports)},
        alarm_load=lambda nodes: alarm_load_state(ports, nodes),
        clock=clock,
        refresh_clock=parts.refresh_clock,
        coverage=parts.coverage.state,
        may_look=lambda actor, subject_id: may_look(ports, actor, subject_id),
        sign_in_ended=sign_in_ended,
    )
    health = HealthMonitor(
        parts.store,
        parts.redis,
        parts.board,
        LAST_SWEEP_KEY,
        parts.store.quarantined_count,
        lambda: failing_rules(ports),
        parts.catalogues.refused_state,
        lambda: parts.store.points_ahead(ports.clock.now() + FUTURE_TOLERANCE),
    )
    return LiveHub(ports, parts.board, health, sources, str(parts.settings.redis_url))


def _listening_actor(scope: dict[str, Any]) -> Actor:
    actor: Actor = scope["state"]["actor"]
    return actor


def _tile_hosts(settings: Settings) -> tuple[str, ...]:
    if settings.tile_url is None or settings.tile_url.startswith("/"):
        return ()
    parts = urlsplit(settings.tile_url)
    # t{s}.example.org stands for several servers; a policy's wildcard is a whole leftmost label.
    host = "*." + parts.netloc.partition(".")[2] if "{s}" in parts.netloc else parts.netloc
    return (f"{parts.scheme}://{host}",)
