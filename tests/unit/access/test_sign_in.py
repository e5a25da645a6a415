"""Guessing a password is slow, and what is answered tells nothing about which names exist."""

from __future__ import annotations

from typing import Any

import pytest

from access import passwords
from access.passwords import (
    FAILURES_BEFORE_LOCK_EVERYWHERE,
    FAILURES_PER_ADDRESS,
    TooManyAttemptsError,
    hashed,
    matches,
    network_of,
)
from access.sign_in import WrongCredentialsError
from core.actor import Role
from core.errors import InvalidInputError
from tests.unit.access.conftest import PASSWORD

MINUTE_S = 60


def fail(centre: Any, login: str = "li", address: str = "10.0.0.7") -> None:
    with pytest.raises(WrongCredentialsError):
        centre.access.sign_in(login, "wrong password", address)


def test_the_right_password_begins_a_session(centre: Any) -> None:
    centre.person("li", Role.DUTY_OFFICER)
    token, account = centre.access.sign_in(" LI ", PASSWORD, "10.0.0.7")
    assert centre.access.sessions.resolve(token).actor_id == account.account_id


@pytest.mark.parametrize("login", ["li", "nobody-has-this-name"])
def test_five_failures_lock_a_name_at_an_address_for_fifteen_minutes_whether_it_exists_or_not(
    centre: Any, login: str
) -> None:
    centre.person("li", Role.DUTY_OFFICER)
    for _ in range(5):
        fail(centre, login)
    with pytest.raises(TooManyAttemptsError) as refused:
        centre.access.sign_in(login, PASSWORD, "10.0.0.7")
    assert refused.value.details["retry_after_s"] == 15 * MINUTE_S + 1
    centre.wall.advance(15 * MINUTE_S + 1)
    if login == "li":
        assert centre.access.sign_in(login, PASSWORD, "10.0.0.7")


def test_nobody_locks_out_an_officer_who_sits_elsewhere(centre: Any) -> None:
    centre.person("li", Role.DUTY_OFFICER)
    for _ in range(5):
        fail(centre, "li", "198.51.100.1")
    assert centre.access.sign_in("li", PASSWORD, "10.0.0.7")


def test_guessing_one_name_from_many_addresses_locks_it_but_for_where_it_is_known(centre: Any) -> None:
    centre.person("li", Role.DUTY_OFFICER)
    centre.access.sign_in("li", PASSWORD, "10.0.0.7")
    for n in range(FAILURES_BEFORE_LOCK_EVERYWHERE):
        fail(centre, "li", f"198.51.100.{n}")
    with pytest.raises(TooManyAttemptsError):
        centre.access.sign_in("li", PASSWORD, "198.51.100.200")
    # Where the officer signs in every day, the right password is enough, and a wrong one still counts.
    assert centre.access.sign_in("li", PASSWORD, "10.0.0.7")
    for _ in range(5):
        fail(centre, "li", "10.0.0.7")
    with pytest.raises(TooManyAttemptsError):
        centre.access.sign_in("li", PASSWORD, "10.0.0.7")


def test_a_household_s_ipv6_addresses_count_as_one(centre: Any) -> None:
    for n in range(5):
        fail(centre, "li", f"2001:db8:1:2::{n:x}")
    with pytest.raises(TooManyAttemptsError):
        centre.access.sign_in("li", PASSWORD, "2001:db8:1:2:ffff::9")
    fail(centre, "li", "2001:db8:1:3::1")
    assert network_of("::ffff:10.0.0.7") == network_of("10.0.0.7")


def test_each_further_failure_doubles_the_lock(centre: Any) -> None:
    for _ in range(5):
        fail(centre)
    for minutes in (15, 30, 60, 120):
        centre.wall.advance(minutes * MINUTE_S - 5)
        with pytest.raises(TooManyAttemptsError):
            centre.access.sign_in("li", "wrong password", "10.0.0.7")
        centre.wall.advance(6)
        fail(centre)


def test_a_success_forgets_the_failures(centre: Any) -> None:
    centre.person("li", Role.DUTY_OFFICER)
    for _ in range(3):
        for _ in range(4):
            fail(centre)
        centre.access.sign_in("li", PASSWORD, "10.0.0.7")


def test_trying_many_names_from_one_address_is_stopped_too(centre: Any) -> None:
    for n in range(FAILURES_PER_ADDRESS):
        fail(centre, f"name{n}")
    with pytest.raises(TooManyAttemptsError):
        centre.access.sign_in("another", "wrong password", "10.0.0.7")
    fail(centre, "another", "10.0.0.9")
    centre.wall.advance(6 * MINUTE_S)
    fail(centre, "another")


def test_an_unknown_name_costs_as_much_work_as_a_known_one(
    centre: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    centre.person("li", Role.DUTY_OFFICER)
    tried: list[str] = []
    hasher = passwords._hasher

    class Counting:
        hash = hasher.hash

        def verify(self, password_hash: str, password: bytes) -> bool:
            tried.append(password_hash)
            return hasher.verify(password_hash, password)

    monkeypatch.setattr("access.passwords._hasher", Counting())
    fail(centre, "li")
    fail(centre, "nobody")
    assert len(tried) == 2


def test_failures_are_journalled_with_the_address(centre: Any) -> None:
    fail(centre, "li", "203.0.113.9")
    assert [(e.type, e.subject, e.origin) for e in centre.events] == [
        ("sign_in.refused", "li", "203.0.113.9")
    ]


@pytest.mark.parametrize("login", ["", "\x00", "a" * 10_000, "'; drop table accounts", "李", "\ud800"])
def test_whatever_is_typed_as_a_name_is_only_wrong(centre: Any, login: str) -> None:
    fail(centre, login)
    assert len(centre.events[-1].subject) <= 64 and "\x00" not in centre.events[-1].subject


def test_a_password_is_kept_as_argon2id_and_has_a_length(centre: Any) -> None:
    assert hashed(PASSWORD).startswith("$argon2id$")
    assert matches(PASSWORD, hashed(PASSWORD))
    assert not matches(PASSWORD + "x" * 300, hashed(PASSWORD))
    for wrong in ("short", "x" * 257):
        with pytest.raises(InvalidInputError):
            hashed(wrong)
