"""What access needs from the world: rows of accounts, sessions and tokens, and a journal to write in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from starlette.types import ASGIApp, Scope

from core.events import Event

Row = Mapping[str, Any]
"""Columns by the field names of the dataclass that access makes of it."""


class AccountStore(Protocol):
    """Where accounts, sessions, tokens and failed sign-ins are kept.

    Every method is one transaction and raises UnavailableError when the database is away.
    """

    def accounts(self) -> Sequence[Row]: ...
    def account(self, account_id: str) -> Row | None: ...
    def account_named(self, login: str) -> Row | None: ...
    def account_of(self, issuer: str, subject: str) -> Row | None:
        """The account of a person whom this identity provider knows as `subject`."""
        ...

    def save_account(self, row: Row) -> None:
        """Inserts the account or replaces it. Raises ConflictError when another one has its login."""
        ...

    def add_session(self, row: Row) -> None:
        """Also forgets the sessions that expired more than a week before this one was made."""
        ...

    def session(self, token_hash: str) -> Row | None: ...
    def sessions_of(self, account_id: str) -> Sequence[Row]: ...
    def extend_session(self, token_hash: str, expires_at: datetime) -> None: ...
    def revoke_session(self, token_hash: str, at: datetime) -> None: ...
    def revoke_sessions_of(self, account_id: str, at: datetime) -> None: ...

    def tokens(self) -> Sequence[Row]: ...
    def token(self, token_id: str) -> Row | None: ...
    def save_token(self, row: Row) -> None: ...

    def sign_in_failures(self, login: str, address: str) -> Row | None:
        """`failures` and `locked_until` of a name from an address, whether an account has the name or not. The empty
        address stands for all of them."""
        ...

    def count_sign_in_failure(self, login: str, address: str, at: datetime) -> int:
        """Adds one and answers how many there are now; two at once count as two."""
        ...

    def lock_sign_in(self, login: str, address: str, until: datetime) -> None: ...
    def forget_sign_in_failures(self, login: str, address: str | None = None) -> None:
        """Those of the name from the address; without one, all of the name."""
        ...

    def begin_sign_in(self, row: Row, now: datetime) -> None:
        """Keeps a sign-in that is under way at the identity provider; forgets those that expired."""
        ...

    def take_sign_in(self, state_hash: str, browser_hash: str) -> Row | None:
        """The sign-in under way that this browser began, which nobody can take again; None when there is none."""
        ...


class Record(Protocol):
    """Writes one event into the journal, in a transaction of its own."""

    def __call__(self, event: Event) -> None: ...


class ProblemAnswer(Protocol):
    """An answer under /api that says what is wrong, in the form the API uses for that."""

    def __call__(
        self, scope: Scope, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None
    ) -> ASGIApp: ...
