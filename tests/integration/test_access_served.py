"""Access as a running server: a session that ends takes its socket with it, and one sender cannot crowd out others."""

from __future__ import annotations

import asyncio
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from prometheus_client import REGISTRY
from starlette.responses import PlainTextResponse
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from access.commands import disable_user, sign_out_user
from access.services import Access
from access.sessions import COOKIE
from bootstrap.embedded import EmbeddedServers
from bootstrap.settings import load_settings
from bootstrap.users import access_for
from bootstrap.web import build_web
from bootstrap.wiring import wire
from core.actor import Actor, Permission, Role, current_actor
from intake.counters import IntakeCounters
from intake.problems import Problems
from intake.request_limit import BURST_S, RequestLimit
from live import socket as live_socket
from store.database import make_engine
from store.migrate import migrate
from tests.integration.desk_work import until

PASSWORD = "a password for the test"
REQUESTS_S = 5
HEARS_WITHIN_S, ENDS_WITHIN_S = 20, 120


@dataclass
class Server:
    """A web process that listens, and access as another process of the same centre has it."""

    port: int
    elsewhere: Access

    def client(self, **cookies: str) -> httpx.Client:
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}", cookies=cookies, timeout=20)

    def signed_in(self, login: str) -> str:
        with self.client() as browser:
            browser.post("/login", data={"login": login, "password": PASSWORD})
            return browser.cookies[COOKIE]

    @contextmanager
    def listening(self, cookie: str) -> Iterator[ClientConnection]:
        url = f"ws://127.0.0.1:{self.port}/ws/live"
        with connect(url, additional_headers={"Cookie": f"{COOKIE}={cookie}"}, max_size=None) as opened:
            opened.recv(HEARS_WITHIN_S)
            yield opened


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="command-centre-"))
    patch = pytest.MonkeyPatch()
    # Only what is told can close a socket here: asking again comes too late for any test.
    patch.setattr(live_socket, "REVALIDATE_EVERY_S", 3600.0)
    try:
        with EmbeddedServers(folder) as servers:
            settings = load_settings(
                data_dir=folder,
                mode="drill",
                database_url=servers.database_url,
                redis_url=servers.redis_url,
                api_requests_s=REQUESTS_S,
            )
            engine = make_engine(servers.database_url)
            migrate(engine)
            engine.dispose()
            web = build_web(settings)
            other = wire(settings, with_roads=False)
            access = access_for(other)
            for login in ("li", "wang"):
                access.accounts.add("test", login, login, Role.DUTY_OFFICER, PASSWORD)
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
            # In a thread, where uvloop does not close; processes of their own have it, and end (test_supervisor).
            served_by = uvicorn.Config(
                web.guarded, port=port, loop="asyncio", log_level="warning", timeout_graceful_shutdown=1
            )
            serving = uvicorn.Server(served_by)
            thread = threading.Thread(target=serving.run, daemon=True)
            thread.start()
            until(lambda: serving.started, HEARS_WITHIN_S)
            yield Server(port, access)
            serving.should_exit = True
            thread.join(ENDS_WITHIN_S)
            assert not thread.is_alive(), "the server does not end"
            web.parts.close()
            other.close()
    finally:
        patch.undo()
        shutil.rmtree(folder, ignore_errors=True)


def closed_with(opened: ClientConnection) -> int:
    """The code that the server closes the socket with; frames before it are passed over."""
    until = time.monotonic() + HEARS_WITHIN_S
    try:
        while time.monotonic() < until:
            opened.recv(HEARS_WITHIN_S)
    except ConnectionClosed as closed:
        assert closed.rcvd is not None
        return closed.rcvd.code
    raise AssertionError("the socket is still open")


def test_a_session_ended_by_the_command_line_takes_its_open_socket_with_it(server: Server) -> None:
    cookie, others = server.signed_in("li"), server.signed_in("wang")
    with server.listening(cookie) as opened, server.listening(others) as stays:
        sign_out_user(server.elsewhere, "li", "lost phone")
        assert closed_with(opened) == live_socket.SIGNED_OUT
        stays.recv(HEARS_WITHIN_S)
    with server.client(**{COOKIE: cookie}) as browser:
        assert browser.get("/desk/").status_code == 303, "the page is closed as well, at once"


def test_signing_out_in_one_window_closes_the_sockets_of_the_others_of_that_browser(server: Server) -> None:
    cookie = server.signed_in("li")
    with server.listening(cookie) as opened, server.client(**{COOKIE: cookie}) as browser:
        browser.post("/logout")
        assert closed_with(opened) == live_socket.SIGNED_OUT


def test_one_s_own_other_browsers_are_shown_and_ended(server: Server) -> None:
    here, there = server.signed_in("wang"), server.signed_in("wang")
    with server.listening(there) as opened, server.client(**{COOKIE: here}) as browser:
        shown = browser.get("/sessions")
        assert shown.status_code == 200 and here not in shown.text and there not in shown.text
        foreign = browser.post(
            "/sessions", data={"session": "others"}, headers={"origin": "http://evil.example"}
        )
        assert foreign.status_code == 403
        browser.post("/sessions", data={"session": "others"})
        assert closed_with(opened) == live_socket.SIGNED_OUT
        assert browser.get("/desk/").status_code == 200, "this browser stays signed in"


def test_a_disabled_account_is_out_at_once_and_stays_out(server: Server) -> None:
    server.elsewhere.accounts.add("test", "leaver", "leaver", Role.DUTY_OFFICER, PASSWORD)
    cookie = server.signed_in("leaver")
    with server.listening(cookie) as opened:
        disable_user(server.elsewhere, "leaver", "left the force")
        assert closed_with(opened) == live_socket.SIGNED_OUT
    with server.client() as browser:
        assert browser.post("/login", data={"login": "leaver", "password": PASSWORD}).status_code == 401


def test_a_sender_over_its_limit_is_told_when_to_come_back_and_others_are_not_held_up(server: Server) -> None:
    tokens = [
        server.elsewhere.tokens.create("test", name, [Permission.VIEW_METRICS]) for name in ("loud", "quiet")
    ]
    loud, quiet = ({"authorization": f"Bearer {token}"} for token in tokens)
    with server.client() as client:
        answers = [client.get("/api/v1/clock", headers=loud) for _ in range(REQUESTS_S * (BURST_S + 6))]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert answers[0].status_code == 200 and refused
        assert int(refused[0].headers["retry-after"]) >= 1
        assert refused[0].headers["content-type"] == "application/problem+json"
        assert refused[0].json()["code"] == "too-many-requests"
        assert client.get("/api/v1/clock", headers=quiet).status_code == 200
        counted = client.get("/api/v1/metrics", headers=quiet).text
        assert 'intake_refused_total{code="too-many-requests",route="none"}' in counted
        time.sleep(int(refused[-1].headers["retry-after"]) + 1)
        assert client.get("/api/v1/clock", headers=loud).status_code == 200


def test_while_redis_is_away_nothing_is_held_back_and_that_is_counted() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse("in")(scope, receive, send)

    limit = RequestLimit(app, Problems(IntakeCounters()), "redis://127.0.0.1:1/0", 1)

    async def many() -> list[int]:
        current_actor.set(Actor("a", "a", Role.DEVICE))
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(limit), base_url="http://centre"
        ) as client:
            return [(await client.get("/api/v1/clock")).status_code for _ in range(20)]

    before = REGISTRY.get_sample_value("cc_api_requests_not_limited_total") or 0.0
    assert asyncio.run(many()) == [200] * 20
    assert REGISTRY.get_sample_value("cc_api_requests_not_limited_total") == before + 20
