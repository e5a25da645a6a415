"""Sessions and tokens: how long they last, how they end, and what happens while the database is away."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from access.accounts import Account
from access.commands import list_sessions, sign_out_user
from access.credentials import origin_of
from access.demo import ensure_demo_accounts, ensure_replayer_token
from access.remembered import RememberedActors
from access.revocations import ENDING
from access.sign_in import WrongCredentialsError
from core.actor import CITY, Actor, Permission, Role
from core.errors import ConflictError, InvalidInputError, NotFoundError, UnavailableError
from tests.unit.access.conftest import PASSWORD

HOUR_S, DAY_S = 3600, 86_400


def begin(centre: Any, account: Account) -> str:
    token, _ = centre.access.sessions.begin(account, "10.0.0.7")
    return token


def test_a_session_is_its_owner_until_the_shift_ends(centre: Any) -> None:
    token = begin(centre, centre.person("li", Role.DUTY_OFFICER))
    centre.wall.advance(12 * HOUR_S - 1)
    actor = centre.started_again().sessions.resolve(token)
    assert actor and actor.role is Role.DUTY_OFFICER and actor.may(Permission.DISPATCH)
    centre.wall.advance(2)
    assert centre.started_again().sessions.resolve(token) is None


def test_a_wall_stays_signed_in_for_ninety_days_after_it_was_last_seen(centre: Any) -> None:
    token = begin(centre, centre.person("wall-east", Role.WALL))
    for _ in range(4):
        centre.wall.advance(60 * DAY_S)
        assert centre.started_again().sessions.resolve(token)
    centre.wall.advance(91 * DAY_S)
    assert centre.started_again().sessions.resolve(token) is None


def test_the_cookie_s_value_is_kept_nowhere(centre: Any) -> None:
    token = begin(centre, centre.person("li", Role.DUTY_OFFICER))
    assert token not in repr(vars(centre.store)) + repr(centre.events)


def test_signing_out_ends_the_session_at_once_and_is_journalled(centre: Any) -> None:
    token = begin(centre, centre.person("li", Role.DUTY_OFFICER))
    assert centre.access.sessions.is_valid(token)
    centre.access.sessions.end(token, "10.0.0.7")
    assert not centre.access.sessions.is_valid(token)
    assert [event.type for event in centre.events] == ["account.added", "session.began", "session.ended"]
    assert centre.events[-1].origin == "10.0.0.7"


@pytest.mark.parametrize("what", ["disable", "set_password"])
def test_a_disabled_account_or_a_new_password_ends_every_session(centre: Any, what: str) -> None:
    token = begin(centre, centre.person("li", Role.DUTY_OFFICER))
    if what == "disable":
        centre.access.accounts.disable("admin", "li")
    else:
        centre.access.accounts.set_password("admin", "li", "another long password")
    assert centre.started_again().sessions.resolve(token) is None


def test_a_resolved_session_is_not_looked_up_again_for_five_seconds(centre: Any) -> None:
    token = begin(centre, centre.person("li", Role.DUTY_OFFICER))
    centre.access.sessions.resolve(token)
    asked = centre.store.asked
    for _ in range(100):
        assert centre.access.sessions.resolve(token)
    assert centre.store.asked == asked


class Outage:
    """A look-up whose database and clock a test moves."""

    def __init__(self) -> None:
        self.at_s, self.away, self.asked = 0.0, False, 0
        self.known: dict[str, Actor] = {"k": Actor("a", "李", Role.WALL)}
        self.remembered = RememberedActors(self._look_up, "session", lambda: self.at_s)

    def _look_up(self, key: str) -> Actor | None:
        self.asked += 1
        if self.away:
            raise UnavailableError("away")
        return self.known.get(key)


def test_while_the_database_is_away_who_was_known_goes_on_for_ten_minutes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    outage = Outage()
    assert outage.remembered.resolve("k")
    outage.away = True
    for outage.at_s in range(10, 590, 10):
        assert outage.remembered.resolve("k")
    assert caplog.text.count("database away") == 1
    outage.at_s = 601.0
    with pytest.raises(UnavailableError):
        outage.remembered.resolve("k")


def test_while_the_database_is_away_nobody_new_is_believed() -> None:
    outage = Outage()
    outage.away = True
    with pytest.raises(UnavailableError):
        outage.remembered.resolve("k")


def test_while_the_database_is_away_it_is_not_asked_for_every_request() -> None:
    outage = Outage()
    outage.remembered.resolve("k")
    outage.away = True
    outage.at_s, outage.asked = 10.0, 0
    for _ in range(50):
        outage.remembered.resolve("k")
    assert outage.asked == 1


def test_when_the_database_is_back_a_session_revoked_meanwhile_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    outage = Outage()
    outage.remembered.resolve("k")
    outage.away, outage.at_s = True, 10.0
    assert outage.remembered.resolve("k")
    outage.away, outage.at_s = False, 20.0
    outage.known.clear()
    assert outage.remembered.resolve("k") is None
    assert "database back" in caplog.text


def test_a_token_may_do_what_it_says_and_where(centre: Any) -> None:
    text = centre.access.tokens.create("admin", "gauge 7", [Permission.REPORT_READINGS], CITY + "11")
    actor = centre.access.tokens.resolve(text)
    assert actor.role is Role.DEVICE and actor.permissions == {Permission.REPORT_READINGS}
    assert actor.covers("530111") and not actor.covers("530102")
    assert text.split("_", 2)[2] not in repr(vars(centre.store)) + repr(centre.events)


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1] + ("A" if t[-1] != "A" else "B"), lambda t: "", lambda t: t + "x"]
)
def test_a_token_that_is_not_exactly_right_is_nothing(centre: Any, change: Any) -> None:
    text = centre.access.tokens.create("admin", "gauge 7", [Permission.REPORT_READINGS])
    assert centre.access.tokens.resolve(change(text)) is None


def test_a_revoked_token_is_nothing_at_once(centre: Any) -> None:
    text = centre.access.tokens.create("admin", "gauge 7", [Permission.REPORT_READINGS])
    assert centre.access.tokens.resolve(text)
    [token] = centre.access.tokens.all()
    centre.access.tokens.revoke("admin", token.token_id)
    assert centre.access.tokens.resolve(text) is None
    assert [event.type for event in centre.events] == ["token.created", "token.revoked"]


@pytest.mark.parametrize("permission", [Permission.DISPATCH, Permission.GRADE, Permission.VIEW_DESK])
def test_no_token_can_dispatch_grade_or_look(centre: Any, permission: Permission) -> None:
    with pytest.raises(InvalidInputError):
        centre.access.tokens.create("admin", "x", [permission])


def test_what_an_account_cannot_be_is_refused(centre: Any) -> None:
    add = centre.access.accounts.add
    centre.person("li", Role.DUTY_OFFICER)
    with pytest.raises(ConflictError):
        add("admin", "LI", "Li", Role.ANALYST, "long enough 1")
    for login, role, password, place in [
        ("l", Role.ANALYST, "long enough 1", CITY),
        ("o'brien", Role.ANALYST, "long enough 1", CITY),
        ("wang", Role.SYSTEM, "long enough 1", CITY),
        ("wang", Role.DEVICE, "long enough 1", CITY),
        ("wang", Role.ANALYST, "short", CITY),
        ("wang", Role.ANALYST, "long enough 1", "110101"),
        ("wang", Role.ANALYST, "long enough 1", ""),
    ]:
        with pytest.raises(InvalidInputError):
            add("admin", login, "Wang", role, password, place)
    with pytest.raises(NotFoundError):
        centre.access.accounts.disable("admin", "nobody")


def test_demo_accounts_and_their_token_are_worth_nothing_in_service(centre: Any, tmp_path: Any) -> None:
    demo = ensure_demo_accounts(centre.access.accounts)
    logins = [
        "wall",
        "desk1",
        "desk2",
        "commander",
        "phone",
        "street",
        "community",
        "patrol",
        "analyst",
        "admin",
    ]
    assert [account.login for account in demo] == logins
    assert ensure_demo_accounts(centre.access.accounts) == demo
    token, account = centre.access.sign_in("phone", demo[3].password, "::1")
    assert account.jurisdiction == "530111"
    path = ensure_replayer_token(centre.access.tokens, tmp_path)
    assert path.stat().st_mode & 0o077 == 0
    text = path.read_text()
    assert ensure_replayer_token(centre.access.tokens, tmp_path).read_text() == text
    in_service = centre.started_again(demo=False)
    assert in_service.sessions.resolve(token) is None
    assert in_service.tokens.resolve(text) is None
    with pytest.raises(Exception, match="do not belong together"):
        in_service.sign_in("admin", demo[4].password, "::1")


def test_a_person_sees_their_sessions_and_ends_one_of_them(centre: Any) -> None:
    person = centre.person("li", Role.DUTY_OFFICER)
    here, _ = centre.access.sign_in("li", PASSWORD, "10.0.0.7")
    centre.wall.advance(60)
    there, _ = centre.access.sign_in("li", PASSWORD, "10.0.0.8")
    actor = centre.access.sessions.resolve(here)
    newest, oldest = centre.access.sessions.of(person.account_id)
    assert [newest.origin, oldest.origin] == ["10.0.0.8", "10.0.0.7"]
    assert there not in repr([newest.session_id, oldest.session_id])
    assert centre.access.sessions.revoke(actor, person.account_id, newest.session_id, "left open") == 1
    assert centre.access.sessions.resolve(there) is None and centre.access.sessions.resolve(here)
    assert centre.events[-1].type == "session.revoked" and centre.events[-1].data["reason"] == "left open"


def test_nobody_ends_a_session_of_somebody_else_by_its_name(centre: Any) -> None:
    person, other = centre.person("li", Role.DUTY_OFFICER), centre.person("wang", Role.DUTY_OFFICER)
    token, _ = centre.access.sign_in("wang", PASSWORD, "10.0.0.8")
    [session] = centre.access.sessions.of(other.account_id)
    with pytest.raises(NotFoundError):
        centre.access.sessions.revoke(person.actor(), person.account_id, session.session_id)
    assert centre.access.sessions.resolve(token)


def test_every_process_hears_of_a_session_that_ended_elsewhere(centre: Any) -> None:
    person = centre.person("li", Role.DUTY_OFFICER)
    token, _ = centre.access.sign_in("li", PASSWORD, "10.0.0.7")
    elsewhere = centre.started_again()
    assert elsewhere.sessions.resolve(token)
    centre.access.sessions.revoke(person.actor(), person.account_id, None, "handed in")
    assert elsewhere.sessions.fresh(token), "trusted for five seconds while nobody tells it"
    assert elsewhere.revocations.heard(centre.events[-1]) == person.account_id
    assert elsewhere.sessions.fresh(token) is None and elsewhere.sessions.resolve(token) is None


def test_a_look_up_that_began_before_a_revocation_is_not_remembered_after_it() -> None:
    actor = Actor("a", "a", Role.DUTY_OFFICER)

    def look_up(_: str) -> Actor:
        remembered.forget_actor("a")  # revoked while the database was answering
        return actor

    remembered = RememberedActors(look_up, "session")
    assert remembered.resolve("k") is actor
    assert remembered.fresh("k") is None


@pytest.mark.parametrize(
    ("role", "place"),
    [
        (Role.STREET_CENTRE, CITY),
        (Role.STREET_CENTRE, "530111"),
        (Role.COMMUNITY, "530111001"),
        (Role.DUTY_OFFICER, "53011"),
        (Role.DUTY_OFFICER, "5301110010010"),
    ],
)
def test_an_account_stands_on_a_node_of_the_command_tree_of_its_own_level_or_below(
    centre: Any, role: Role, place: str
) -> None:
    with pytest.raises(InvalidInputError):
        centre.person("li", role, place)


def test_what_the_command_line_ends_is_ended_with_a_reason(centre: Any) -> None:
    centre.person("li", Role.DUTY_OFFICER)
    token, _ = centre.access.sign_in("li", PASSWORD, "10.0.0.7")
    assert len(list_sessions(centre.access, "li")) == 1
    sign_out_user(centre.access, "li", "lost phone")
    assert centre.access.sessions.resolve(token) is None
    told = centre.events[-1]
    assert (told.actor_id, told.origin, told.data["reason"]) == ("command-line", "command-line", "lost phone")


def test_every_row_about_access_says_who_and_from_where(centre: Any) -> None:
    accounts, sessions, tokens = centre.access.accounts, centre.access.sessions, centre.access.tokens
    person = centre.person("li", Role.DUTY_OFFICER)
    token, _ = centre.access.sign_in("li", PASSWORD, "10.0.0.7")
    with pytest.raises(WrongCredentialsError):
        centre.access.sign_in("li", "wrong password", "10.0.0.9")
    sessions.end(token, "10.0.0.7")
    sessions.begin(person, "10.0.0.8")
    sessions.revoke(replace(person.actor(), origin="10.0.0.7"), person.account_id)
    accounts.of_identity("https://id.example", "sub", "Wang", Role.ANALYST, CITY)
    accounts.of_identity("https://id.example", "sub", "Wang", Role.WALL, CITY)
    tokens.create("command-line", "gauge", [Permission.REPORT_READINGS])
    tokens.revoke("command-line", tokens.all()[0].token_id, "stolen")
    accounts.set_password("command-line", "li", PASSWORD)
    accounts.disable("command-line", "li", "left")
    assert {e.type for e in centre.events} >= ENDING
    nowhere = [e.type for e in centre.events if not e.actor_id or not e.origin]
    assert not nowhere


@pytest.mark.parametrize(
    ("path", "origin"),
    [
        ("/desk/_dash-update-component", "10.0.0.7 desk"),
        ("/m/", "10.0.0.7 phone"),
        ("/api/v1/calls", "10.0.0.7 api"),
    ],
)
def test_what_comes_in_by_a_face_or_the_api_says_so(path: str, origin: str) -> None:
    assert origin_of({"type": "http", "path": path, "client": ("10.0.0.7", 1)}) == origin
    assert origin_of({"type": "http", "path": "/sessions", "client": ("10.0.0.7", 1)}) == "10.0.0.7"
