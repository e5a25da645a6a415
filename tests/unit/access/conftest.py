"""Access over an account store that lives in memory, and a wall clock that a test moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from access.accounts import Account
from access.ports import Row
from access.services import Access, access_services
from core.actor import CITY, Role
from core.clock import FixedClock
from core.errors import ConflictError, UnavailableError
from core.events import Event

PASSWORD = "correct horse battery"


class MemoryAccounts:
    """Fulfils access.ports.AccountStore; `away` makes every method say so."""

    def __init__(self) -> None:
        self.away = False
        self.asked = 0
        self._accounts: dict[str, dict[str, Any]] = {}
        self._sessions: dict[str, dict[str, Any]] = {}
        self._tokens: dict[str, dict[str, Any]] = {}
        self._failures: dict[tuple[str, str], dict[str, Any]] = {}
        self._under_way: dict[str, dict[str, Any]] = {}

    def _ask(self) -> None:
        self.asked += 1
        if self.away:
            raise UnavailableError("the database is away")

    def accounts(self) -> Sequence[Row]:
        self._ask()
        return list(self._accounts.values())

    def account(self, account_id: str) -> Row | None:
        self._ask()
        return self._accounts.get(account_id)

    def account_named(self, login: str) -> Row | None:
        self._ask()
        return next((row for row in self._accounts.values() if row["login"] == login), None)

    def account_of(self, issuer: str, subject: str) -> Row | None:
        self._ask()
        wanted = (issuer, subject)
        return next((r for r in self._accounts.values() if (r["issuer"], r["subject"]) == wanted), None)

    def save_account(self, row: Row) -> None:
        self._ask()
        if any(
            r["login"] == row["login"] and r["account_id"] != row["account_id"]
            for r in self._accounts.values()
        ):
            raise ConflictError(f"login: found {row['login']}, which another account has")
        self._accounts[row["account_id"]] = dict(row)

    def add_session(self, row: Row) -> None:
        self._ask()
        old = [k for k, s in self._sessions.items() if s["expires_at"] < row["began_at"] - timedelta(days=7)]
        for key in old:
            del self._sessions[key]
        self._sessions[row["token_hash"]] = dict(row)

    def session(self, token_hash: str) -> Row | None:
        self._ask()
        return self._sessions.get(token_hash)

    def sessions_of(self, account_id: str) -> Sequence[Row]:
        self._ask()
        return [row for row in self._sessions.values() if row["account_id"] == account_id]

    def extend_session(self, token_hash: str, expires_at: datetime) -> None:
        self._ask()
        self._sessions[token_hash]["expires_at"] = expires_at

    def revoke_session(self, token_hash: str, at: datetime) -> None:
        self._ask()
        if token_hash in self._sessions and self._sessions[token_hash]["revoked_at"] is None:
            self._sessions[token_hash]["revoked_at"] = at

    def revoke_sessions_of(self, account_id: str, at: datetime) -> None:
        for key, row in self._sessions.items():
            if row["account_id"] == account_id:
                self.revoke_session(key, at)

    def tokens(self) -> Sequence[Row]:
        self._ask()
        return list(self._tokens.values())

    def token(self, token_id: str) -> Row | None:
        self._ask()
        return self._tokens.get(token_id)

    def save_token(self, row: Row) -> None:
        self._ask()
        self._tokens[row["token_id"]] = dict(row)

    def sign_in_failures(self, login: str, address: str) -> Row | None:
        self._ask()
        return self._failures.get((login, address))

    def count_sign_in_failure(self, login: str, address: str, at: datetime) -> int:
        self._ask()
        row = self._failures.setdefault((login, address), {"failures": 0, "locked_until": None})
        row["failures"] += 1
        return int(row["failures"])

    def lock_sign_in(self, login: str, address: str, until: datetime) -> None:
        self._ask()
        self._failures[login, address]["locked_until"] = until

    def forget_sign_in_failures(self, login: str, address: str | None = None) -> None:
        self._ask()
        for key in [k for k in self._failures if k[0] == login and address in (None, k[1])]:
            del self._failures[key]

    def begin_sign_in(self, row: Row, now: datetime) -> None:
        self._ask()
        self._under_way = {k: r for k, r in self._under_way.items() if r["expires_at"] >= now}
        self._under_way[row["state_hash"]] = dict(row)

    def take_sign_in(self, state_hash: str, browser_hash: str) -> Row | None:
        self._ask()
        if self._under_way.get(state_hash, {}).get("browser_hash") != browser_hash:
            return None
        return self._under_way.pop(state_hash)


@dataclass
class Centre:
    """Everything a test of access turns on and off."""

    store: MemoryAccounts = field(default_factory=MemoryAccounts)
    wall: FixedClock = field(default_factory=lambda: FixedClock(datetime(2026, 8, 18, 1, 0, tzinfo=UTC)))
    events: list[Event] = field(default_factory=list)
    demo: bool = True

    def __post_init__(self) -> None:
        self.access = self.started_again()

    def started_again(self, *, demo: bool = True) -> Access:
        """Another process over the same store: nothing is remembered."""
        return access_services(self.store, self.events.append, self.wall, self.wall, demo=demo)

    def person(self, login: str, role: Role, jurisdiction: str = CITY) -> Account:
        return self.access.accounts.add("test", login, login, role, PASSWORD, jurisdiction)


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    from argon2 import PasswordHasher

    monkeypatch.setattr("access.passwords._hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def centre() -> Centre:
    return Centre()
