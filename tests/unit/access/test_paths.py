"""The permission table and the small rules around it, without a server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from access.cross_site import is_cross_site
from access.next_page import safe_next
from access.permissions import HOMES, ROLES, ROUTES, TOKEN_PERMISSIONS, RouteTable
from core.actor import Permission, Role

TABLE = RouteTable()


def test_every_role_has_permissions_and_every_person_a_face_they_may_see() -> None:
    assert set(ROLES) == set(Role)
    for role, home in HOMES.items():
        rule = TABLE.rule("GET", home)
        assert rule and rule.opens_for(ROLES[role]), role


def test_nobody_but_the_system_grades() -> None:
    assert [role for role, held in ROLES.items() if Permission.GRADE in held] == [Role.SYSTEM]


def test_no_row_stands_twice() -> None:
    assert len({(rule.method, rule.path) for rule in ROUTES}) == len(ROUTES)


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/wall/nothing",
        "/wall//",
        "//wall/",
        "/wall/assets/../../desk/",
        "/wall/assets/./x",
        "/assets/\x00",
        "/assets/..\\app.py",
        "/assets/",
        "/api/v1/",
        "/api/v1/units/a/b/status",
        "/WALL/",
        "/wall/_dash-ws-callback",
        "/wall/_reload-hash",
        "/docs",
        "/openapi.json",
        "",
    ],
)
def test_a_path_that_is_not_in_the_table_is_closed(path: str) -> None:
    for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "WS"):
        assert TABLE.rule(method, path) is None


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("/desk/", "/desk/"),
        ("/desk/?incident=I1", "/desk/?incident=I1"),
        (None, "/"),
        ("", "/"),
        ("desk", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\r\nSet-Cookie: x=y", "/"),
        ("/a\tb", "/"),
        ("/" + "a" * 2000, "/"),
        ("/login?next=/login", "/"),
        ("/logout", "/"),
    ],
)
def test_after_signing_in_one_goes_to_a_path_of_ours_only(wanted: str | None, found: str) -> None:
    assert safe_next(wanted) == found


def request(method: str, **headers: str) -> dict[str, Any]:
    sent = {"host": "centre:8050", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return {"type": "http", "method": method, "headers": [(k.encode(), v.encode()) for k, v in sent.items()]}


@pytest.mark.parametrize(
    ("method", "headers", "foreign"),
    [
        ("POST", {"sec_fetch_site": "same-origin"}, False),
        ("POST", {"sec_fetch_site": "none"}, False),
        ("POST", {"sec_fetch_site": "cross-site"}, True),
        ("POST", {"sec_fetch_site": "same-site", "origin": "http://centre:8050"}, True),
        ("POST", {"origin": "http://centre:8050"}, False),
        ("POST", {"origin": "http://centre:8051"}, True),
        ("POST", {"origin": "null"}, True),
        ("POST", {"origin": "http://[::1"}, True),
        ("POST", {}, False),
        ("GET", {"origin": "http://evil.example"}, False),
        ("DELETE", {"origin": "http://evil.example"}, True),
    ],
)
def test_what_another_site_sends_is_recognised(method: str, headers: dict[str, str], foreign: bool) -> None:
    assert is_cross_site(request(method, **headers)) is foreign


@pytest.mark.parametrize(
    ("origin", "foreign"), [("http://centre:8050", False), ("http://evil.example", True)]
)
def test_a_socket_from_another_site_is_recognised(origin: str, foreign: bool) -> None:
    scope = {**request("GET", origin=origin, sec_fetch_site="same-origin"), "type": "websocket"}
    assert is_cross_site(scope) is foreign


def test_the_documentation_names_every_role_and_what_a_token_can_hold() -> None:
    text = (Path(__file__).parents[3] / "docs" / "access.md").read_text(encoding="utf-8")
    missing = [name for name in (*Role, *TOKEN_PERMISSIONS) if f"`{name}`" not in text]
    assert not missing
