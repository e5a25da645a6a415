"""Signed-in browsers: a random token in a cookie, its hash in the database, revocable at once."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from access.accounts import Account, Accounts
from access.ports import AccountStore, Record
from access.remembered import RememberedActors
from core.actor import Actor, Role
from core.clock import Clock
from core.events import Event

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
        self._note("session.began", account.actor(), origin)
        return token, session

    def end(self, token: str, origin: str) -> None:
        """Sign out: the session is worth nothing from now on. An unknown token is no error."""
        key = digest(token)
        actor = self._remembered.resolve(key)
        self._store.revoke_session(key, self._wall.now())
        self._remembered.forget(key)
        if actor:
            self._note("session.ended", actor, origin)

    def end_all_of(self, account_id: str) -> None:
        """Every session of an account."""
        self._store.revoke_sessions_of(account_id, self._wall.now())
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

    def _note(self, event_type: str, actor: Actor, origin: str) -> None:
        self._record(
            Event(
                event_type,
                self._clock.now(),
                actor.actor_id,
                actor.actor_id,
                {"name": actor.name},
                origin=origin,
            )
        )


def lasts(role: Role) -> timedelta:
    return WALL_LASTS if role is Role.WALL else LASTS
