"""Signing in at a real OpenID Connect provider: who comes back, as what, and what no answer may do."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from access.oidc_login import BACK, BEGIN
from access.oidc_login import COOKIE as UNDER_WAY
from access.services import Access
from access.sessions import COOKIE
from bootstrap.embedded import EmbeddedServers
from bootstrap.settings import load_settings
from bootstrap.users import access_for
from bootstrap.web import build_web
from core.actor import Role
from store.database import make_engine
from store.migrate import migrate
from tests.integration.test_access_walk import served
from tests.oidc_server import provider, sign_in_there

HOST = "http://centre.test"
SECRET = "only for this test"
PEOPLE: dict[str, dict[str, Any]] = {
    "wang": {"name": "王警官", "groups": ["city-duty", "staff"]},
    "zhao": {"name": "赵主任", "groups": ["street"], "area": "530111001"},
    "high": {"name": "High", "groups": ["street"], "area": "5301"},
    "guest": {"name": "Guest", "groups": ["staff"]},
}
ROLES = """
roles:
  - {claim: groups, is: city-duty, role: duty_officer, jurisdiction: "5301"}
  - {claim: groups, is: street, role: street_centre, jurisdiction_from: area}
"""


@dataclass
class Centre:
    """The application behind its guard, told of a provider."""

    runner: asyncio.Runner
    guarded: Any
    access: Access
    store: Any
    issuer: str

    def browser(self) -> Browser:
        return Browser(self)


class Browser:
    """A browser that keeps its cookies and follows no redirect."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self.cookies = httpx.Cookies()

    def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self._centre.guarded)
            async with httpx.AsyncClient(transport=transport, base_url=HOST, cookies=self.cookies) as client:
                answer = await client.request(method, path, **more)
                self.cookies = client.cookies
                return answer

        return self._centre.runner.run(ask())

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.send("GET", path, **more)

    def go_there(self, next_path: str = "/") -> str:
        answer = self.get(BEGIN, params={"next": next_path})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]


@pytest.fixture(scope="module")
def centre() -> Iterator[Centre]:
    client = {
        "client_id": "centre",
        "client_secret": SECRET,
        "redirect_uris": [HOST + BACK],
        "post_logout_redirect_uris": [HOST + "/login"],
        "scope": "openid profile groups",
    }
    folder = Path(tempfile.mkdtemp(prefix="command-centre-"))
    try:
        with provider([client], PEOPLE) as issuer, EmbeddedServers(folder) as servers:
            (folder / "roles.yaml").write_text(ROLES)
            settings = load_settings(
                data_dir=folder,
                mode="drill",
                database_url=servers.database_url,
                redis_url=servers.redis_url,
                oidc_issuer=issuer,
                oidc_client_id="centre",
                oidc_client_secret=SECRET,
                oidc_scope="groups",
                oidc_roles=folder / "roles.yaml",
            )
            engine = make_engine(servers.database_url)
            migrate(engine)
            engine.dispose()
            web = build_web(settings)
            with asyncio.Runner() as runner, served(runner, web.guarded):
                yield Centre(runner, web.guarded, access_for(web.parts), web.parts.store, issuer)
            web.parts.engine.dispose()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def back(url: str) -> str:
    """The path of the way back, as the browser asks for it."""
    parts = urlsplit(url)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == HOST + BACK, url
    return f"{parts.path}?{parts.query}"


def test_a_person_signs_in_there_and_is_here_what_the_claims_say(centre: Centre) -> None:
    browser = centre.browser()
    shown = browser.get("/login")
    assert f'href="{BEGIN}' in shown.text and centre.issuer in shown.headers["content-security-policy"]
    url = browser.go_there("/desk/")
    asked = parse_qs(urlsplit(url).query)
    assert (asked["response_type"], asked["code_challenge_method"]) == (["code"], ["S256"])
    assert asked["state"] and asked["nonce"] and asked["redirect_uri"] == [HOST + BACK]
    entered = browser.get(back(sign_in_there(url, "wang")))
    assert (entered.status_code, entered.headers["location"]) == (303, "/desk/"), entered.text
    assert browser.get("/desk/").status_code == 200
    actor = centre.access.sessions.resolve(browser.cookies[COOKIE])
    assert actor is not None and (actor.name, actor.role, actor.jurisdiction) == (
        "王警官",
        Role.DUTY_OFFICER,
        "5301",
    )
    assert UNDER_WAY not in browser.cookies


def test_the_same_person_keeps_one_account_and_its_role_follows_the_provider(centre: Centre) -> None:
    first = centre.browser()
    first.get(back(sign_in_there(first.go_there(), "zhao")))
    before = centre.access.sessions.resolve(first.cookies[COOKIE])
    assert before is not None and (before.role, before.jurisdiction) == (Role.STREET_CENTRE, "530111001")
    assert first.get("/m/").status_code == 200 and first.get("/desk/").status_code == 403
    account = centre.access.accounts.with_id(before.actor_id)
    assert account is not None and account.password_hash is None
    # As if the provider had said something else the last time.
    centre.access.accounts.of_identity(centre.issuer, "zhao", "赵主任", Role.COMMUNITY, "530111001001")
    second = centre.browser()
    second.get(back(sign_in_there(second.go_there(), "zhao")))
    after = centre.access.sessions.resolve(second.cookies[COOKIE])
    assert after is not None and (after.actor_id, after.role) == (before.actor_id, Role.STREET_CENTRE)
    rows = [row.event for row in centre.store.journal_of([before.actor_id], 20)]
    assert [e.type for e in rows if e.type.startswith("account.")] == [
        "account.added",
        *["account.changed"] * 2,
    ]
    # What was open before the change is over.
    assert first.get("/m/").status_code == 303


@pytest.mark.parametrize(("sub", "why"), [("guest", "no role"), ("high", "a place above the role's level")])
def test_whom_no_row_gives_a_role_is_told_so_and_gets_no_session(centre: Centre, sub: str, why: str) -> None:
    browser = centre.browser()
    answer = browser.get(back(sign_in_there(browser.go_there(), sub)), headers={"accept-language": "en"})
    assert answer.status_code in (403, 422), why
    assert "未在本系统分配角色" in answer.text
    assert COOKIE not in browser.cookies
    assert centre.access.accounts.of_identity  # nobody was added
    assert not [a for a in centre.access.accounts.all() if a.subject == sub]


def test_an_answer_is_worth_something_once_and_to_the_browser_that_asked(centre: Centre) -> None:
    browser = centre.browser()
    answer = back(sign_in_there(browser.go_there(), "wang"))
    for begins in (False, True):
        thief = centre.browser()
        if begins:
            thief.go_there()
        assert thief.get(answer).status_code == 401 and COOKIE not in thief.cookies
    kept = httpx.Cookies(browser.cookies)
    assert browser.get(answer).status_code == 303, "a thief's try does not use it up"
    browser.cookies = kept
    assert browser.get(answer).status_code == 401, "replayed"


def change_state(query: dict[str, str]) -> dict[str, str]:
    return {**query, "state": "x" * 43}


def change_code(query: dict[str, str]) -> dict[str, str]:
    return {**query, "code": "x" * 43}


def change_issuer(query: dict[str, str]) -> dict[str, str]:
    return {**query, "iss": "https://evil.example"}


def denied(query: dict[str, str]) -> dict[str, str]:
    return {"state": query["state"], "error": "access_denied"}


@pytest.mark.parametrize("change", [change_state, change_code, change_issuer, denied, lambda _: {}])
def test_a_changed_answer_signs_nobody_in(
    centre: Centre, change: Callable[[dict[str, str]], dict[str, str]]
) -> None:
    browser = centre.browser()
    query = parse_qs(urlsplit(sign_in_there(browser.go_there(), "wang")).query)
    changed = change({name: values[0] for name, values in query.items()})
    answer = browser.get(BACK, params=changed)
    assert answer.status_code == 401 and COOKIE not in browser.cookies
    refused = centre.store.journal_of(["oidc"], 50)
    assert (
        refused[-1].event.type == "sign_in.refused" and refused[-1].event.data["reason"] == "identity-refused"
    )


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "/login"])
def test_the_way_back_never_leads_to_another_server(centre: Centre, wanted: str) -> None:
    browser = centre.browser()
    answer = browser.get(back(sign_in_there(browser.go_there(wanted), "wang")))
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/")


def test_no_password_opens_an_account_of_the_provider(centre: Centre) -> None:
    browser = centre.browser()
    browser.get(back(sign_in_there(browser.go_there(), "wang")))
    account = next(a for a in centre.access.accounts.all() if a.subject == "wang")
    for password in ("", "a password that no account has", "!"):
        answer = centre.browser().send("POST", "/login", data={"login": account.login, "password": password})
        assert answer.status_code == 401


def test_signing_out_here_leads_to_signing_out_there(centre: Centre) -> None:
    browser = centre.browser()
    browser.get(back(sign_in_there(browser.go_there(), "wang")))
    left = browser.send("POST", "/logout")
    assert left.headers["location"].startswith(f"{centre.issuer}/session/end?client_id=centre")
    assert browser.get("/desk/").status_code == 303
    with httpx.Client() as there:
        assert there.get(left.headers["location"]).status_code == 200
