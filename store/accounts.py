"""Accounts, sessions, device tokens and failed sign-ins in PostgreSQL; fulfils the account port of access."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Engine, Executable, Table, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from core.errors import ConflictError
from store.accounts_tables import accounts, sessions, sign_in_failures, sign_ins_under_way, tokens
from store.database import translated

Row = Mapping[str, Any]

SESSIONS_KEPT_FOR = timedelta(days=7)
FAILURES_KEPT_FOR = timedelta(days=2)
"""Longer than the longest lock, so that forgetting old failures shortens none."""


class SqlAccounts:
    """Every method is one transaction and raises UnavailableError when the database is away."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def accounts(self) -> Sequence[Row]:
        return self._all(accounts)

    def account(self, account_id: str) -> Row | None:
        return self._one(accounts, accounts.c.account_id == account_id)

    def account_named(self, login: str) -> Row | None:
        return self._one(accounts, accounts.c.login == login)

    def account_of(self, issuer: str, subject: str) -> Row | None:
        return self._one(accounts, (accounts.c.issuer == issuer) & (accounts.c.subject == subject))

    def save_account(self, row: Row) -> None:
        try:
            self._upsert(accounts, "account_id", row)
        except IntegrityError as error:
            raise ConflictError(f"login: found {row['login']}, which another account has") from error

    def add_session(self, row: Row) -> None:
        old = sessions.c.expires_at < row["began_at"] - SESSIONS_KEPT_FOR
        self._execute(delete(sessions).where(old), insert(sessions).values(**row))

    def session(self, token_hash: str) -> Row | None:
        return self._one(sessions, sessions.c.token_hash == token_hash)

    def sessions_of(self, account_id: str) -> Sequence[Row]:
        return self._all(sessions, sessions.c.account_id == account_id)

    def extend_session(self, token_hash: str, expires_at: datetime) -> None:
        this = sessions.c.token_hash == token_hash
        self._execute(update(sessions).where(this).values(expires_at=expires_at))

    def revoke_session(self, token_hash: str, at: datetime) -> None:
        self._revoke(sessions.c.token_hash == token_hash, at)

    def revoke_sessions_of(self, account_id: str, at: datetime) -> None:
        self._revoke(sessions.c.account_id == account_id, at)

    def tokens(self) -> Sequence[Row]:
        return self._all(tokens)

    def token(self, token_id: str) -> Row | None:
        return self._one(tokens, tokens.c.token_id == token_id)

    def save_token(self, row: Row) -> None:
        self._upsert(tokens, "token_id", row)

    def sign_in_failures(self, login: str, address: str) -> Row | None:
        return self._one(sign_in_failures, _failure(login, address))

    def count_sign_in_failure(self, login: str, address: str, at: datetime) -> int:
        failure = sign_in_failures.c
        counted = (
            insert(sign_in_failures)
            .values(login=login, address=address, failures=1, failed_at=at)
            .on_conflict_do_update(
                index_elements=["login", "address"], set_={"failures": failure.failures + 1, "failed_at": at}
            )
            .returning(failure.failures)
        )
        with translated(), self._engine.begin() as connection:
            connection.execute(delete(sign_in_failures).where(failure.failed_at < at - FAILURES_KEPT_FOR))
            return int(connection.execute(counted).scalar_one())

    def lock_sign_in(self, login: str, address: str, until: datetime) -> None:
        self._execute(update(sign_in_failures).where(_failure(login, address)).values(locked_until=until))

    def forget_sign_in_failures(self, login: str, address: str | None = None) -> None:
        which = sign_in_failures.c.login == login if address is None else _failure(login, address)
        self._execute(delete(sign_in_failures).where(which))

    def begin_sign_in(self, row: Row, now: datetime) -> None:
        old = sign_ins_under_way.c.expires_at < now
        self._execute(delete(sign_ins_under_way).where(old), insert(sign_ins_under_way).values(**row))

    def take_sign_in(self, state_hash: str, browser_hash: str) -> Row | None:
        under_way = sign_ins_under_way.c
        this = (under_way.state_hash == state_hash) & (under_way.browser_hash == browser_hash)
        taken = delete(sign_ins_under_way).where(this).returning(sign_ins_under_way)
        with translated(), self._engine.begin() as connection:
            found = connection.execute(taken).mappings().one_or_none()
        return dict(found) if found else None

    def _revoke(self, which: ColumnElement[bool], at: datetime) -> None:
        still_valid = sessions.c.revoked_at.is_(None)
        self._execute(update(sessions).where(which, still_valid).values(revoked_at=at))

    def _all(self, table: Table, *which: ColumnElement[bool]) -> Sequence[Row]:
        with translated(), self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(select(table).where(*which)).mappings()]

    def _one(self, table: Table, which: ColumnElement[bool]) -> Row | None:
        with translated(), self._engine.connect() as connection:
            found = connection.execute(select(table).where(which)).mappings().one_or_none()
        return dict(found) if found else None

    def _upsert(self, table: Table, key: str, row: Row) -> None:
        statement = insert(table).values(**row)
        others = {name: value for name, value in row.items() if name != key}
        self._execute(statement.on_conflict_do_update(index_elements=[key], set_=others))

    def _execute(self, *statements: Executable) -> None:
        with translated(), self._engine.begin() as connection:
            for statement in statements:
                connection.execute(statement)


def _failure(login: str, address: str) -> ColumnElement[bool]:
    return (sign_in_failures.c.login == login) & (sign_in_failures.c.address == address)
