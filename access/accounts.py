"""People and devices that may sign in, as access sees them; and what may be done to an account."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from access.passwords import hashed
from access.permissions import ROLES
from access.ports import AccountStore, Record
from core.actor import CITY, Actor, Permission, Role
from core.clock import Clock
from core.errors import InvalidInputError, NotFoundError
from core.events import Event
from core.ids import new_id

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")
_JURISDICTION = re.compile(r"[0-9]{4,12}")
_UNIT = re.compile(r"[^\s\x00-\x1f\x7f/]{1,64}")
_NOT_FOR_PEOPLE = frozenset({Role.DEVICE, Role.SYSTEM})


@dataclass(frozen=True, slots=True)
class Account:
    """A person's (or a wall's) account; demo accounts work in a drill only."""

    account_id: str
    login: str
    name: str
    role: Role
    jurisdiction: str
    password_hash: str
    demo: bool
    created_at: datetime
    disabled_at: datetime | None = None
    unit_id: str | None = None
    """The unit that a field unit's account speaks for."""

    @classmethod
    def from_row(cls, row: Mapping[str, object]) -> Account:
        account = cls(**row)  # type: ignore[arg-type]  # a row's columns are these fields
        return replace(account, role=Role(account.role))

    def to_row(self) -> dict[str, object]:
        return {**asdict(self), "role": self.role.value}

    def actor(self) -> Actor:
        return Actor(
            self.account_id, self.name, self.role, self.jurisdiction, ROLES[self.role], unit_id=self.unit_id
        )


class Accounts:
    """The accounts and their life; every change is journalled."""

    def __init__(self, store: AccountStore, record: Record, clock: Clock, wall: Clock) -> None:
        self._store, self._record, self._clock, self._wall = store, record, clock, wall

    def all(self) -> list[Account]:
        return [Account.from_row(row) for row in self._store.accounts()]

    def named(self, login: str) -> Account | None:
        row = self._store.account_named(login.strip().lower())
        return Account.from_row(row) if row else None

    def with_id(self, account_id: str) -> Account | None:
        row = self._store.account(account_id)
        return Account.from_row(row) if row else None

    def add(
        self,
        by: str,
        login: str,
        name: str,
        role: Role,
        password: str,
        jurisdiction: str = CITY,
        *,
        demo: bool = False,
        unit_id: str | None = None,
    ) -> Account:
        """A new account. Raises InvalidInputError for a name, role, place or password that cannot be,
        ConflictError when the login is taken. `by` is the actor_id of who adds it."""
        login = login.strip().lower()
        if not _LOGIN.fullmatch(login):
            raise InvalidInputError(
                f"login: found {login[:40]!r}, expected 2 to 32 of a-z 0-9 . _ - (not beginning with . _ -)"
            )
        if role in _NOT_FOR_PEOPLE:
            raise InvalidInputError(f"role: found {role}, expected one of {', '.join(people_roles())}")
        if not _JURISDICTION.fullmatch(jurisdiction) or not jurisdiction.startswith(CITY):
            raise InvalidInputError(
                f"jurisdiction: found {jurisdiction!r}, expected a code that begins with {CITY}"
            )
        if not name.strip() or not name.isprintable() or len(name) > 64:
            raise InvalidInputError(f"name: found {name[:70]!r}, expected 1 to 64 printable characters")
        _refuse_unit(role, unit_id)
        account = Account(
            account_id=new_id(),
            login=login,
            name=name.strip(),
            role=role,
            jurisdiction=jurisdiction,
            password_hash=hashed(password),
            demo=demo,
            created_at=self._wall.now(),
            unit_id=unit_id,
        )
        self._store.save_account(account.to_row())
        self._note("account.added", by, account, role=role.value, jurisdiction=jurisdiction)
        return account

    def set_password(self, by: str, login: str, password: str) -> Account:
        """A new password; every session of the account ends. Raises NotFoundError, InvalidInputError."""
        account = replace(self._existing(login), password_hash=hashed(password))
        self._store.save_account(account.to_row())
        self._store.revoke_sessions_of(account.account_id, self._wall.now())
        self._store.forget_sign_in_failures(account.login)
        self._note("account.password_set", by, account)
        return account

    def set_unit(self, by: str, login: str, unit_id: str | None) -> Account:
        """The unit a field unit's account speaks for from now on; None for none. Every session of the account
        ends, so that nobody goes on speaking for the old one. Raises NotFoundError, InvalidInputError."""
        account = replace(self._existing(login), unit_id=unit_id)
        _refuse_unit(account.role, unit_id)
        self._store.save_account(account.to_row())
        self._store.revoke_sessions_of(account.account_id, self._wall.now())
        self._note("account.unit_set", by, account, unit_id=unit_id or "")
        return account

    def disable(self, by: str, login: str) -> Account:
        """The account signs in no more and its sessions end. Raises NotFoundError."""
        account = replace(self._existing(login), disabled_at=self._wall.now())
        self._store.save_account(account.to_row())
        self._store.revoke_sessions_of(account.account_id, self._wall.now())
        self._note("account.disabled", by, account)
        return account

    def _existing(self, login: str) -> Account:
        account = self.named(login)
        if account is None:
            raise NotFoundError(f"found no account {login[:40]!r}; `app.py user list` shows those there are")
        return account

    def _note(self, event_type: str, by: str, account: Account, **data: str) -> None:
        self._record(
            Event(event_type, self._clock.now(), by, account.account_id, {"login": account.login, **data})
        )


def _refuse_unit(role: Role, unit_id: str | None) -> None:
    if unit_id is None:
        return
    if role is not Role.FIELD_UNIT:
        raise InvalidInputError(
            f"unit: found {unit_id[:40]!r} for a {role}, expected one for a field_unit only"
        )
    if not _UNIT.fullmatch(unit_id):
        raise InvalidInputError(f"unit: found {unit_id[:70]!r}, expected 1 to 64 characters without spaces")


def people_roles() -> list[str]:
    """The roles a person or a wall can have."""
    return [role.value for role in Role if role not in _NOT_FOR_PEOPLE]


def permission_names(permissions: frozenset[Permission]) -> str:
    return ", ".join(sorted(permission.value for permission in permissions))
