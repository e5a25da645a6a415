"""Signed-in browsers: a random token in a cookie, its hash in the database, revocable at once."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from access.accounts import Account, Accounts
from access.passwords import network_of
from access.ports import AccountStore, Record
from access.remembered import RememberedActors
from core.actor import Actor, Role
from core.clock import Clock
from core.errors import NotFoundError
from core.events import happened

COOKIE = "cc_session"
LASTS = timedelta(hours=12)
"""One shift; then a person signs in again."""
WALL_LASTS = timedelta(days=90)
"""Nobody stands at a wall to sign it in: it stays for 90 days after it was last seen."""
_EXTEND_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in browser; the token itself is in its cookie only."""

    token_hash: str
    account_id: str
    began_at: datetime
    expires_at: datetime
    origin: str
    revoked_at: datetime | None = None

    @classmethod
    def from_row(cls, row: Mapping[str, object]) -> Session:
        return cls(**row)  # type: ignore[arg-type]  # a row's columns are these fields

    @property
    def session_id(self) -> str:
        """Names the session to people and in the journal; nobody can sign in with it."""
        return self.token_hash[:16]


def digest(secret: str) -> str:
    """What is kept of a secret of 256 random bits; such a secret needs no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class Sessions:
    """The sessions; times are wall time, the journal's events are the city's."""

    def __init__(
        self,
        store: AccountStore,
        accounts: Accounts,
        record: Record,
        clock: Clock,
        wall: Clock,
        *,
        demo: bool,
    ) -> None:
        self._store, self._accounts, self._record = store, accounts, record
        self._clock, self._wall, self._demo = clock, wall, demo
        self._remembered = RememberedActors(self._look_up, "session")

    def begin(self, account: Account, origin: str) -> tuple[str, Session]:
        """A new session; the first of the pair is the cookie's value, which exists nowhere else."""
        token = secrets.token_urlsafe(32)
        now = self._wall.now()
        session = Session(digest(token), account.account_id, now, now + lasts(account.role), origin)
        self._store.add_session(asdict(session))
        self._note("session.began", replace(account.actor(), origin=origin), session.session_id)
        return token, session

    def end(self, token: str, origin: str) -> None:
        """Sign out: the session is worth nothing from now on. An unknown token is no error."""
        key = digest(token)
        actor = self._remembered.resolve(key)
        self._store.revoke_session(key, self._wall.now())
        self._remembered.forget(key)
        if actor:
            self._note("session.ended", replace(actor, origin=origin), key[:16])

    def of(self, account_id: str) -> list[Session]:
        """The sessions of an account that are worth something, the newest first."""
        now = self._wall.now()
        found = [Session.from_row(row) for row in self._store.sessions_of(account_id)]
        valid = [s for s in found if s.revoked_at is None and s.expires_at > now]
        return sorted(valid, key=lambda s: s.began_at, reverse=True)

    def knows(self, account: Account, address: str) -> bool:
        """Whether somebody has signed in to the account from this address in the last weeks."""
        there = network_of(address)
        found = self._store.sessions_of(account.account_id)
        return any(network_of(Session.from_row(row).origin) == there for row in found)

    def revoke(self, by: Actor, account_id: str, session_id: str | None = None, reason: str = "") -> int:
        """Ends one session of an account, or all of them, at once and everywhere; how many ended. `by` is the person
        themselves or an administrator. Raises NotFoundError when there is no such session."""
        valid = self.of(account_id)
        ending = [s for s in valid if session_id in (None, s.session_id)]
        if session_id is not None and not ending:
            raise NotFoundError(f"session: found no {session_id[:40]!r} that is still open")
        for session in ending:
            self._store.revoke_session(session.token_hash, self._wall.now())
            self._note("session.revoked", by, session.session_id, account_id, reason=reason)
        self._remembered.forget_actor(account_id)
        return len(ending)

    def forget_actor(self, account_id: str) -> None:
        """What was remembered of an account is looked up again."""
        self._remembered.forget_actor(account_id)

    def fresh(self, token: str) -> Actor | None:
        """Who it is when that was looked up in the last five seconds; never blocks."""
        return self._remembered.fresh(digest(token))

    def resolve(self, token: str) -> Actor | None:
        """Who it is, or None for a session that is unknown, expired, revoked or of a disabled account.

        Raises UnavailableError when the database is away and the session was not known before.
        """
        return self._remembered.resolve(digest(token))

    def is_valid(self, token: str) -> bool:
        """Whether a long-lived socket of this session may stay open; an outage does not end it."""
        return self.resolve(token) is not None

    def _look_up(self, key: str) -> Actor | None:
        row = self._store.session(key)
        now = self._wall.now()
        if row is None:
            return None
        session = Session.from_row(row)
        if session.revoked_at is not None or session.expires_at <= now:
            return None
        account = self._accounts.with_id(session.account_id)
        if account is None or not self.admits(account):
            return None
        # Sliding, but written once a day: a wall is looked up every five seconds.
        if account.role is Role.WALL and session.expires_at < now + WALL_LASTS - _EXTEND_AFTER:
            self._store.extend_session(key, now + WALL_LASTS)
        return account.actor()

    def admits(self, account: Account) -> bool:
        """Whether this account may be signed in here at all; demo accounts only in a drill."""
        return account.disabled_at is None and (self._demo or not account.demo)

    def _note(self, event_type: str, by: Actor, session_id: str, account_id: str = "", **data: str) -> None:
        told = {"name": by.name, "session": session_id, **data}
        subject = account_id or by.actor_id
        self._record(happened(by, event_type, at=self._clock.now(), subject=subject, data=told))


def lasts(role: Role) -> timedelta:
    return WALL_LASTS if role is Role.WALL else LASTS
