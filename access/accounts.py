"""People and devices that may sign in, as access sees them; and what may be done to an account."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from access.passwords import hashed
from access.permissions import HIGHEST_LEVEL, ROLES
from access.ports import AccountStore, Record
from core.actor import CITY, Actor, Permission, Role
from core.clock import Clock
from core.command_tree import CommandLevel
from core.errors import ConflictError, InvalidInputError, NotFoundError
from core.events import Event
from core.ids import new_id

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")
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
    password_hash: str | None
    """None for a person whom the city's identity provider signs in."""
    demo: bool
    created_at: datetime
    disabled_at: datetime | None = None
    unit_id: str | None = None
    """The unit that a field unit's account speaks for."""
    issuer: str | None = None
    subject: str | None = None
    """How the identity provider `issuer` names the person."""

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
        refuse_place(role, jurisdiction)
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

    def of_identity(self, issuer: str, subject: str, name: str, role: Role, jurisdiction: str) -> Account:
        """The account of a person whom the identity provider vouches for: added at the first sign-in, given the name,
        role and place it has there now at each further one. Raises InvalidInputError for a place that cannot be."""
        refuse_place(role, jurisdiction)
        name = "".join(c for c in name if c.isprintable()).strip()[:64] or subject[:64]
        row = self._store.account_of(issuer, subject)
        before = Account.from_row(row) if row else None
        if before and (before.name, before.role, before.jurisdiction) == (name, role, jurisdiction):
            return before
        if before:
            account = replace(before, name=name, role=role, jurisdiction=jurisdiction)
            # What is open was opened with the old role.
            self._store.revoke_sessions_of(account.account_id, self._wall.now())
        else:
            account = Account(
                account_id=new_id(),
                # No person can type it: a name that somebody has at the provider must never meet one of ours.
                login=f"oidc:{new_id().lower()}",
                name=name,
                role=role,
                jurisdiction=jurisdiction,
                password_hash=None,
                demo=False,
                created_at=self._wall.now(),
                issuer=issuer,
                subject=subject,
            )
        self._store.save_account(account.to_row())
        told = {"issuer": issuer, "role": role.value, "jurisdiction": jurisdiction}
        self._note("account.changed" if before else "account.added", "identity-provider", account, **told)
        return account

    def set_password(self, by: str, login: str, password: str) -> Account:
        """A new password; every session of the account ends. Raises NotFoundError, InvalidInputError, and ConflictError
        for an account of an identity provider."""
        before = self.existing(login)
        if before.issuer is not None:
            raise ConflictError(
                f"login: found {login[:40]}, whom {before.issuer} signs in, expected one of ours"
            )
        account = replace(before, password_hash=hashed(password))
        self._store.save_account(account.to_row())
        self._store.revoke_sessions_of(account.account_id, self._wall.now())
        self._store.forget_sign_in_failures(account.login)
        self._note("account.password_set", by, account)
        return account

    def set_unit(self, by: str, login: str, unit_id: str | None) -> Account:
        """The unit a field unit's account speaks for from now on; None for none. Every session of the account
        ends, so that nobody goes on speaking for the old one. Raises NotFoundError, InvalidInputError."""
        account = replace(self.existing(login), unit_id=unit_id)
        _refuse_unit(account.role, unit_id)
        self._store.save_account(account.to_row())
        self._store.revoke_sessions_of(account.account_id, self._wall.now())
        self._note("account.unit_set", by, account, unit_id=unit_id or "")
        return account

    def disable(self, by: str, login: str, reason: str = "") -> Account:
        """The account signs in no more and its sessions end. Raises NotFoundError."""
        account = replace(self.existing(login), disabled_at=self._wall.now())
        self._store.save_account(account.to_row())
        self._store.revoke_sessions_of(account.account_id, self._wall.now())
        self._note("account.disabled", by, account, reason=reason)
        return account

    def existing(self, login: str) -> Account:
        """The account with this name. Raises NotFoundError."""
        account = self.named(login)
        if account is None:
            raise NotFoundError(f"found no account {login[:40]!r}; `app.py user list` shows those there are")
        return account

    def _note(self, event_type: str, by: str, account: Account, **data: str) -> None:
        told = {"login": account.login, **data}
        # Nobody changes accounts over the network: whoever does is also where it came from.
        self._record(
            Event(event_type, self._clock.now(), by, account.account_id, told, actor_name=by, origin=by)
        )


def refuse_place(role: Role, jurisdiction: str) -> None:
    """Raises InvalidInputError for what is no node of the command tree, or one above the role's own level."""
    lengths = {level.code_length: level for level in CommandLevel}
    if not (jurisdiction.isascii() and jurisdiction.isdigit() and jurisdiction.startswith(CITY)) or (
        len(jurisdiction) not in lengths
    ):
        raise InvalidInputError(
            f"jurisdiction: found {jurisdiction[:40]!r}, expected a code that begins with {CITY} and has 4, 6, 9 or 12 "
            "digits (city, district, street, community)"
        )
    highest = HIGHEST_LEVEL.get(role)
    if highest and lengths[len(jurisdiction)].rank > highest.rank:
        raise InvalidInputError(
            f"jurisdiction: found {jurisdiction} for the role {role}, expected the code of a {highest} "
            f"({highest.code_length} digits) or of something below it"
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
