"""Passwords: kept as Argon2id hashes, tried slowly, and locked after five failures from one address."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from ipaddress import IPv6Address, ip_address, ip_network
from threading import BoundedSemaphore, Lock

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from access.ports import AccountStore
from core.errors import CommandCentreError, InvalidInputError

SHORTEST, LONGEST = 10, 256
FAILURES_BEFORE_LOCK = 5
FAILURES_BEFORE_LOCK_EVERYWHERE = 50
FIRST_LOCK = timedelta(minutes=15)
LONGEST_LOCK = timedelta(hours=24)
FAILURES_PER_ADDRESS = 30
ADDRESS_WINDOW = timedelta(minutes=5)
_MOST_ADDRESSES = 10_000
_EVERYWHERE = ""

_hasher = PasswordHasher()
# One try takes 64 MiB; forty at once would take the memory that PostgreSQL needs.
_at_once = BoundedSemaphore(2)


class TooManyAttemptsError(CommandCentreError):
    """This name or address has failed too often; details hold `retry_after_s`."""

    code = "too-many-attempts"
    status = 429


def hashed(password: str) -> str:
    """The Argon2id hash. Raises InvalidInputError for a password that is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidInputError(
            f"password: found {len(password)} characters, expected {SHORTEST} to {LONGEST} / "
            f"密码长度应为 {SHORTEST} 至 {LONGEST} 个字符"
        )
    with _at_once:
        return _hasher.hash(password.encode("utf-8", "surrogatepass"))


def matches(password: str, password_hash: str | None) -> bool:
    """Whether it is the password; without a hash the same work is done and the answer is no."""
    too_long = len(password) > LONGEST
    with _at_once:
        try:
            _hasher.verify(
                password_hash or _nobodys_hash(), password[:LONGEST].encode("utf-8", "surrogatepass")
            )
        except (VerificationError, InvalidHashError):
            return False
    return password_hash is not None and not too_long


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("a password that no account has")


class Lockout:
    """Counts failures by the name that was tried, whether an account has it or not, so that a lock does not tell
    which names exist.

    The fifth from one address locks the name there for 15 minutes, each further one for twice as long. So nobody
    locks out an officer who sits elsewhere. Guessing one name from many addresses is slow too: from the fiftieth
    failure on the name is locked everywhere but where somebody has signed in with it before.
    """

    def __init__(self, store: AccountStore) -> None:
        self._store = store

    def check(self, login: str, address: str, now: datetime, is_known_there: Callable[[], bool]) -> None:
        """Raises TooManyAttemptsError while the name is locked for this address. `is_known_there` answers whether
        somebody has signed in with the name from there; it is asked only while the name is locked everywhere."""
        if here := self._wait(login, network_of(address), now):
            raise _too_many(here)
        everywhere = self._wait(login, _EVERYWHERE, now)
        if everywhere and not is_known_there():
            raise _too_many(everywhere)

    def failed(self, login: str, address: str, now: datetime) -> None:
        self._count(login, network_of(address), now, FAILURES_BEFORE_LOCK)
        self._count(login, _EVERYWHERE, now, FAILURES_BEFORE_LOCK_EVERYWHERE)

    def succeeded(self, login: str, address: str) -> None:
        """Forgets the failures from there; those from elsewhere were somebody else's."""
        self._store.forget_sign_in_failures(login, network_of(address))

    def _wait(self, login: str, address: str, now: datetime) -> timedelta | None:
        found = self._store.sign_in_failures(login, address)
        locked_until: datetime | None = found["locked_until"] if found else None
        return locked_until - now if locked_until and locked_until > now else None

    def _count(self, login: str, address: str, now: datetime, most: int) -> None:
        failures = self._store.count_sign_in_failure(login, address, now)
        if failures >= most:
            lock = min(FIRST_LOCK * 2 ** min(failures - most, 10), LONGEST_LOCK)
            self._store.lock_sign_in(login, address, now + lock)


def network_of(address: str) -> str:
    """What counts as one address: of IPv6 the first 64 bits, which one household or one attacker has whole."""
    try:
        found = ip_address(address)
    except ValueError:
        return address[:64] or "unknown"
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or ip_network((found, 64), strict=False))
    return address


class AddressLimit:
    """At most 30 failures in five minutes from one address, so that trying many names is slow too.
    Counted in this process: a restart forgets it, the lock of a name stays."""

    def __init__(self) -> None:
        self._failures: dict[str, deque[datetime]] = {}
        self._lock = Lock()

    def check(self, address: str, now: datetime) -> None:
        """Raises TooManyAttemptsError."""
        address = network_of(address)
        with self._lock:
            failures = self._recent(address, now)
            if len(failures) >= FAILURES_PER_ADDRESS:
                raise _too_many(failures[0] + ADDRESS_WINDOW - now)

    def failed(self, address: str, now: datetime) -> None:
        address = network_of(address)
        with self._lock:
            if len(self._failures) >= _MOST_ADDRESSES and address not in self._failures:
                self._failures.pop(next(iter(self._failures)))
            self._failures.setdefault(address, deque(maxlen=FAILURES_PER_ADDRESS)).append(now)

    def _recent(self, address: str, now: datetime) -> deque[datetime]:
        failures = self._failures.get(address, deque())
        while failures and failures[0] <= now - ADDRESS_WINDOW:
            failures.popleft()
        if not failures:
            self._failures.pop(address, None)
        return failures


def _too_many(wait: timedelta) -> TooManyAttemptsError:
    wait_s = int(wait.total_seconds()) + 1
    return TooManyAttemptsError(f"too many failed attempts; try again in {wait_s} s", retry_after_s=wait_s)
