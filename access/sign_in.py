"""Signing in: the name, the password, and everything that makes guessing them slow."""

from __future__ import annotations

from access.accounts import Account, Accounts
from access.passwords import AddressLimit, Lockout, matches
from access.ports import AccountStore, Record
from access.sessions import Sessions
from core.clock import Clock
from core.errors import CommandCentreError
from core.events import Event

_LONGEST_NAME = 64


class WrongCredentialsError(CommandCentreError):
    """Name and password do not belong together; which of the two is wrong is not said."""

    code = "wrong-credentials"
    status = 401


class SignIn:
    """Checks a name and a password and begins a session."""

    def __init__(
        self,
        store: AccountStore,
        accounts: Accounts,
        sessions: Sessions,
        record: Record,
        clock: Clock,
        wall: Clock,
    ) -> None:
        self._accounts, self._sessions, self._record = accounts, sessions, record
        self._clock, self._wall = clock, wall
        self._lockout = Lockout(store)
        self._addresses = AddressLimit()

    def __call__(self, login: str, password: str, address: str) -> tuple[str, Account]:
        """The cookie's value of a new session, and whose it is.

        Raises WrongCredentialsError, TooManyAttemptsError, UnavailableError.
        """
        now = self._wall.now()
        # What is typed becomes a key in the database: at most a name's length, and no NUL.
        login = "".join(c for c in login if c.isprintable()).strip().lower()[:_LONGEST_NAME]
        self._addresses.check(address, now)
        account = self._accounts.named(login)
        self._lockout.check(
            login, address, now, lambda: account is not None and self._sessions.knows(account, address)
        )
        usable = account if account and self._sessions.admits(account) else None
        if not matches(password, usable.password_hash if usable else None) or usable is None:
            self._lockout.failed(login, address, now)
            self.refused(login, address, "wrong-credentials")
            raise WrongCredentialsError("found a name and a password that do not belong together")
        self._lockout.succeeded(login, address)
        token, _ = self._sessions.begin(usable, address)
        return token, usable

    def refuse_flood(self, address: str) -> None:
        """Raises TooManyAttemptsError for an address that has failed too often lately."""
        self._addresses.check(address, self._wall.now())

    def refused(self, login: str, address: str, reason: str) -> None:
        """Counts and journals a sign-in that failed, by password or elsewhere."""
        self._addresses.failed(address, self._wall.now())
        data = {"login": login, "reason": reason}
        self._record(Event("sign_in.refused", self._clock.now(), "nobody", login, data, origin=address))
