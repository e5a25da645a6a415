"""Every route of the real application, as every role and as nobody: closed unless the table opens it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

from access.callbacks import PATH, CallbackForm, Forms, outputs_as_sent
from access.permissions import CALLBACKS, ROLES, ROUTES, TOKEN_PERMISSIONS, Door, RouteTable, Rule
from access.services import Access
from access.sessions import COOKIE
from bootstrap.embedded import EmbeddedServers
from bootstrap.settings import load_settings
from bootstrap.users import access_for
from bootstrap.web import build_web
from core.actor import CITY, Role
from dashboard.callbacks.requests import SHAPES
from store.database import make_engine
from store.migrate import migrate

TABLE = RouteTable()
PEOPLE = [role for role in Role if role not in (Role.DEVICE, Role.SYSTEM)]
PASSWORD = "a password for the walk"
PLACES = {Role.STREET_CENTRE: "530111001", Role.COMMUNITY: "530111001901"}
HOST = "centre.test"


@dataclass
class Centre:
    """The application as it is served, and a credential for each role."""

    runner: asyncio.Runner
    guarded: Any
    app: Any
    store: Any
    access: Access
    cookies: dict[Role, str]
    token: str
    forms: Forms

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        transport = httpx.ASGITransport(self.guarded, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as client:
            return await client.request(method, path, headers=headers, json=body)

    def call(self, face: str, body: Any, role: Role | None) -> httpx.Response:
        """A callback of a face, as a page of ours sends it for this role, or nobody's."""
        cookie = {"cookie": f"{COOKIE}={self.cookies[role]}"} if role else {}
        return self.runner.run(self.send("POST", face + PATH, body, **cookie))

    def get(self, method: str, path: str, **headers: str) -> httpx.Response:
        return self.runner.run(self.send(method, path, **headers))

    def connect(self, path: str, **headers: str) -> dict[str, Any]:
        """The first thing the server says to a WebSocket after it accepted, or its refusal."""

        async def connected() -> dict[str, Any]:
            said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
            heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
            await heard.put({"type": "websocket.connect"})
            sent = {"host": HOST, **headers}
            scope = {
                "type": "websocket",
                "path": path,
                "raw_path": path.encode(),
                "query_string": b"",
                "root_path": "",
                "scheme": "ws",
                "headers": [(k.encode(), v.encode()) for k, v in sent.items()],
                "client": ("127.0.0.1", 1),
                "server": (HOST, 80),
                "subprotocols": [],
                "extensions": {},
                "state": {},
            }
            serving = asyncio.create_task(self.guarded(scope, heard.get, said.put))
            first = await asyncio.wait_for(said.get(), 10)
            if first["type"] == "websocket.accept":
                with suppress(TimeoutError):
                    second = await asyncio.wait_for(said.get(), 0.3)
                    if second["type"] == "websocket.close":
                        first = second
            await heard.put({"type": "websocket.disconnect", "code": 1001})
            serving.cancel()
            with suppress(asyncio.CancelledError):
                await serving
            return first

        return self.runner.run(connected())


@contextmanager
def served(runner: asyncio.Runner, app: Any) -> Iterator[None]:
    """The application started and, in the end, stopped, as a server does it."""
    heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def until(answer: str) -> None:
        message = await asyncio.wait_for(said.get(), 30)
        assert message["type"] == answer, message

    async def start() -> asyncio.Task[None]:
        serving = asyncio.create_task(app({"type": "lifespan", "state": {}}, heard.get, said.put))
        await heard.put({"type": "lifespan.startup"})
        await until("lifespan.startup.complete")
        return serving

    async def stop() -> None:
        await heard.put({"type": "lifespan.shutdown"})
        await until("lifespan.shutdown.complete")
        await serving

    serving = runner.run(start())
    try:
        yield
    finally:
        runner.run(stop())


@pytest.fixture(scope="module")
def centre() -> Iterator[Centre]:
    # Not tmp_path: PostgreSQL without root must pass through every folder above; pytest closes its own.
    folder = Path(tempfile.mkdtemp(prefix="command-centre-"))
    try:
        with EmbeddedServers(folder) as servers:
            settings = load_settings(
                data_dir=folder,
                mode="drill",
                database_url=servers.database_url,
                redis_url=servers.redis_url,
            )
            engine = make_engine(servers.database_url)
            migrate(engine)
            engine.dispose()
            web = build_web(settings)
            access = access_for(web.parts)
            cookies = {}
            for role in PEOPLE:
                place = PLACES.get(role, CITY)
                account = access.accounts.add(
                    "test", f"walk-{role.value}"[:31], role.value, role, PASSWORD, place
                )
                cookies[role], _ = access.sessions.begin(account, "test")
            token = access.tokens.create("test", "walk", TOKEN_PERMISSIONS)
            with asyncio.Runner() as runner, served(runner, web.guarded):
                yield Centre(
                    runner, web.guarded, web.app, web.parts.store, access, cookies, token, web.forms()
                )
            web.parts.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def routes_of(app: Any) -> list[tuple[str, str]]:
    """(method, path) of every route, included and mounted ones too, with each parameter filled in."""
    found: list[tuple[str, str]] = []
    for route in iter_route_contexts(app.router.routes):
        path = re.sub(r"\{\w+(:\w+)?\}", "x", str(route.path))
        if route.methods:
            found += [(method, path) for method in route.methods if method != "HEAD"]
        else:
            # A mount serves what lies below it; what else has no method is a WebSocket.
            is_mount = isinstance(getattr(route, "original_route", None), Mount)
            found.append(("GET", path + "/x") if is_mount else ("WS", path))
    return found


def test_every_route_has_its_row_in_the_table(centre: Centre) -> None:
    routes = routes_of(centre.app)
    assert len(routes) > 40, "the walk found too few routes: does FastAPI keep them elsewhere now?"
    missing = sorted(
        {f"{method} {path}" for method, path in routes if TABLE.row(method, path) is None} - CATCH_ALL
    )
    assert not missing, "add these to access/permissions.py"


CATCH_ALL = {"GET x", "GET /x"}
"""Dash's answer to any path; the next test shows that it never gets to answer."""


@pytest.mark.parametrize(
    "path", ["/nothing", "/wall/nothing", "/api/v1/nothing", "/docs", "/openapi.json", "/_mcp"]
)
def test_an_unknown_path_is_a_404_to_everybody_alike(centre: Centre, path: str) -> None:
    answers = [
        centre.get("GET", path),
        centre.get("GET", path, cookie=f"{COOKIE}={centre.cookies[Role.ADMINISTRATOR]}"),
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content


def sample(rule: Rule) -> str:
    return re.sub(r"\{\w+\}", "zh", rule.path).replace("*", "x")


HTTP_RULES = [rule for rule in ROUTES if rule.method != "WS"]
SOCKET_RULES = [rule for rule in ROUTES if rule.method == "WS"]


@pytest.mark.parametrize("rule", HTTP_RULES, ids=lambda rule: f"{rule.method} {rule.path}")
def test_nobody_passes_where_the_table_does_not_say_public(centre: Centre, rule: Rule) -> None:
    answer = centre.get(rule.method, sample(rule))
    if rule.path == "/login" and rule.method == "POST":
        assert answer.status_code == 401 and "form" in answer.text
    elif rule.needs is Door.PUBLIC:
        assert answer.status_code not in (401, 403, 500)
    elif rule.needs is Door.CLOSED:
        assert answer.status_code == 404
    elif rule.page:
        assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/login")
    else:
        assert answer.status_code == 401


@pytest.mark.parametrize("role", PEOPLE)
def test_a_role_passes_exactly_where_the_table_opens(centre: Centre, role: Role) -> None:
    for rule in HTTP_RULES:
        if rule.path in ("/login", "/logout"):
            continue
        answer = centre.get(rule.method, sample(rule), cookie=f"{COOKIE}={centre.cookies[role]}")
        where = f"{role} {rule.method} {rule.path}: {answer.status_code}"
        if rule.needs is Door.CLOSED:
            assert answer.status_code == 404, where
        elif rule.opens_for(ROLES[role]):
            assert answer.status_code not in (401, 403, 405), where
        else:
            assert answer.status_code == 403, where


def test_a_device_passes_where_its_token_says_and_sees_no_face(centre: Centre) -> None:
    for rule in HTTP_RULES:
        if rule.path in ("/login", "/logout"):
            continue
        answer = centre.get(rule.method, sample(rule), authorization=f"Bearer {centre.token}")
        where = f"{rule.method} {rule.path}: {answer.status_code}"
        if rule.needs is Door.CLOSED:
            assert answer.status_code == 404, where
        elif rule.opens_for(TOKEN_PERMISSIONS):
            assert answer.status_code not in (401, 403, 405), where
        else:
            assert answer.status_code == 403, where
    assert centre.connect("/ws/live", authorization=f"Bearer {centre.token}")["code"] == 4403


@pytest.mark.parametrize("rule", SOCKET_RULES, ids=lambda rule: rule.path)
def test_a_socket_opens_for_those_the_table_names(centre: Centre, rule: Rule) -> None:
    nobody = centre.connect(sample(rule))
    assert (nobody["type"], nobody["code"]) == (
        "websocket.close",
        4403 if rule.needs is Door.CLOSED else 4401,
    )
    for role in PEOPLE:
        said = centre.connect(sample(rule), cookie=f"{COOKIE}={centre.cookies[role]}")
        opens = rule.needs is not Door.CLOSED and rule.opens_for(ROLES[role])
        assert said["type"] == ("websocket.accept" if opens else "websocket.close"), role


def test_a_socket_of_another_site_is_closed_although_the_cookie_is_right(centre: Centre) -> None:
    cookie = f"{COOKIE}={centre.cookies[Role.DUTY_OFFICER]}"
    said = centre.connect("/ws/live", cookie=cookie, origin="http://evil.example")
    assert (said["type"], said["code"]) == ("websocket.close", 4403)
    assert centre.connect("/ws/live", cookie=cookie, origin=f"http://{HOST}")["type"] == "websocket.accept"


def test_a_form_of_another_site_is_refused_although_the_cookie_is_right(centre: Centre) -> None:
    cookie = f"{COOKIE}={centre.cookies[Role.DUTY_OFFICER]}"
    for path in ("/desk/_dash-update-component", "/logout", "/login", "/api/v1/calls"):
        answer = centre.get("POST", path, cookie=cookie, origin="http://evil.example")
        assert answer.status_code == 403, path
    assert centre.access.sessions.is_valid(centre.cookies[Role.DUTY_OFFICER])


def test_every_answer_carries_the_security_headers(centre: Centre) -> None:
    cookie = f"{COOKIE}={centre.cookies[Role.DUTY_OFFICER]}"
    for path in ("/login", "/desk/", "/nothing", "/api/v1/health", "/assets/tokens.css"):
        headers = centre.get("GET", path, cookie=cookie).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"], path
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["cross-origin-opener-policy"] == "same-origin", path


def test_signing_in_by_the_form_leads_to_one_s_face_and_signing_out_ends_it(centre: Centre) -> None:
    async def walk() -> list[httpx.Response]:
        transport = httpx.ASGITransport(centre.guarded)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as browser:
            name = f"walk-{Role.WALL.value}"
            wrong = await browser.post("/login", data={"login": name, "password": "wrong"})
            right = await browser.post("/login", data={"login": name, "password": PASSWORD, "next": "/desk/"})
            inside = await browser.get("/wall/")
            out = await browser.post("/logout")
            after = await browser.get("/wall/")
            return [wrong, right, inside, out, after]

    wrong, right, inside, out, after = centre.runner.run(walk())
    assert wrong.status_code == 401 and "set-cookie" not in wrong.headers
    cookie = right.headers["set-cookie"].lower()
    # The wall may not see the desk it asked for, so it goes to its own face.
    assert (right.status_code, right.headers["location"]) == (303, "/wall/")
    assert "httponly" in cookie and "samesite=lax" in cookie
    assert inside.status_code == 200
    assert (out.status_code, after.status_code) == (303, 303)


def test_what_access_does_is_in_the_journal(centre: Centre) -> None:
    account = centre.access.accounts.add("test", "journalled", "记录", Role.ANALYST, PASSWORD, CITY)
    token, _ = centre.access.sessions.begin(account, "203.0.113.9")
    centre.access.sessions.end(token, "203.0.113.9")
    rows = centre.store.journal_of([account.account_id], 10)
    assert [row.event.type for row in rows] == ["account.added", "session.began", "session.ended"]
    assert rows[-1].event.origin == "203.0.113.9"


def as_sent(name: str, form: CallbackForm, value: Any = None) -> dict[str, Any]:
    """What a page sends for this callback when all its values are `value`."""

    def part(component: str, prop: str) -> dict[str, Any]:
        return {"id": component, "property": prop, "value": value}

    return {
        "output": name,
        "outputs": outputs_as_sent(form),
        "inputs": [part(*each) for each in form.inputs],
        "state": [part(*each) for each in form.states],
        "changedPropIds": [form.asks],
    }


def test_every_callback_has_its_row_in_the_table_and_a_shape(centre: Centre) -> None:
    asked = {form.asks for forms in centre.forms.values() for form in forms.values()}
    assert asked - set(CALLBACKS) == set(), "add these to CALLBACKS in access/permissions.py"
    assert set(CALLBACKS) - asked == set(), "these belong to no callback"
    told = {name for forms in centre.forms.values() for form in forms.values() for name in form.inputs}
    assert {".".join(name) for name in told} <= set(SHAPES), "add these to dashboard/callbacks/requests.py"


@pytest.mark.parametrize("role", [*PEOPLE, None], ids=str)
def test_a_callback_answers_exactly_those_the_table_opens_it_for(centre: Centre, role: Role | None) -> None:
    for face, forms in centre.forms.items():
        for name, form in forms.items():
            said = centre.call(face, as_sent(name, form), role)
            where = f"{role} {form.asks}: {said.status_code} {said.text[:200]}"
            sees = role is not None and TABLE.rule("POST", face + PATH).opens_for(ROLES[role])  # type: ignore[union-attr]
            if role is None:
                assert said.status_code == 401, where
            elif sees and CALLBACKS[form.asks] in ROLES[role]:
                assert said.status_code in (200, 204, 422), where
            else:
                assert said.status_code == 403, where


def test_a_forged_callback_is_refused_and_never_a_fault_of_ours(centre: Centre) -> None:
    dispatch = next(n for n, f in centre.forms["/desk"].items() if f.asks == "desk-ask-dispatch.data")
    form = centre.forms["/desk"][dispatch]
    right = as_sent(dispatch, form, {"incident_id": "x", "unit_ids": ["y"]})
    forged: list[tuple[int, Any]] = [
        (404, {}),
        (404, []),
        (400, None),
        (404, {**right, "output": "desk-truth-banner.children"}),
        (404, {**right, "output": ["a"]}),
        (400, {**right, "inputs": []}),
        (400, {**right, "inputs": "x"}),
        (400, {**right, "inputs": [None]}),
        (400, {**right, "inputs": [{"id": "desk-ask-call", "property": "data", "value": {}}]}),
        (400, {**right, "state": [{"id": "desk-ask-call", "property": "data", "value": {}}]}),
        (422, as_sent(dispatch, form, None)),
        (422, as_sent(dispatch, form, "text")),
        (422, as_sent(dispatch, form, {"incident_id": "x"})),
        (422, as_sent(dispatch, form, {"incident_id": "x\x00", "unit_ids": []})),
        (422, as_sent(dispatch, form, {"incident_id": {"$ne": 1}, "unit_ids": []})),
        (422, as_sent(dispatch, form, {"incident_id": "x", "unit_ids": "y"})),
    ]
    for status, body in forged:
        said = centre.call("/desk", body, Role.ADMINISTRATOR)
        assert said.status_code == status, (body, said.text)
        assert said.headers["content-type"] == "application/problem+json"
    # What is missing or false may be added: nothing but the callback's own parts and the values reach Dash.
    answered = centre.call("/desk", {**right, "outputs": [1], "changedPropIds": {}}, Role.ADMINISTRATOR)
    assert answered.status_code == 200 and "desk-outcome-latest" in answered.text


def test_a_device_with_every_permission_a_token_can_have_reaches_no_callback(centre: Centre) -> None:
    for face, forms in centre.forms.items():
        name, form = next(iter(forms.items()), ("", None))
        if form is not None:
            sent = centre.send(
                "POST", face + PATH, as_sent(name, form), authorization=f"Bearer {centre.token}"
            )
            assert centre.runner.run(sent).status_code == 403


def test_no_page_may_run_a_script_that_is_not_ours(centre: Centre) -> None:
    """The one inline script of a face is named by its hash; everything else inline is refused by the browser."""
    cookie = f"{COOKIE}={centre.cookies[Role.ADMINISTRATOR]}"
    for face in ("/wall/", "/desk/", "/m/", "/analysis/"):
        answer = centre.get("GET", face, cookie=cookie)
        policy = dict(
            part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";")
        )
        assert "unsafe" not in policy["script-src"]
        inline = re.findall(r"<script([^>]*)>(.*?)</script>", answer.text, re.S)
        run = [text for given, text in inline if "src=" not in given and "application/json" not in given]
        for text in run:
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            assert f"'sha256-{digest}'" in policy["script-src"], text[:80]
        assert not re.search(r"<[^>]+\son[a-z]+=", answer.text), "an event handler written into the page"
