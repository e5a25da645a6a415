"""Device tokens: `cc_<id>_<secret>`, for gauges, hotlines, terminals and the replayer."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from access.accounts import permission_names
from access.permissions import TOKEN_PERMISSIONS
from access.ports import AccountStore, Record
from access.remembered import RememberedActors
from access.sessions import digest
from core.actor import CITY, Actor, Permission, Role
from core.clock import Clock
from core.errors import InvalidInputError, NotFoundError
from core.events import Event
from core.ids import new_id

_FORM = re.compile(r"cc_([0-9A-Z]{26})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class Token:
    """A device's token; the secret itself is at the device only. Demo tokens work in a drill only."""

    token_id: str
    name: str
    secret_hash: str
    permissions: frozenset[Permission]
    jurisdiction: str
    demo: bool
    created_at: datetime
    created_by: str
    revoked_at: datetime | None = None

    @classmethod
    def from_row(cls, row: Mapping[str, object]) -> Token:
        token = cls(**row)  # type: ignore[arg-type]  # a row's columns are these fields
        return replace(token, permissions=frozenset(Permission(p) for p in token.permissions))

    def to_row(self) -> dict[str, object]:
        return {**asdict(self), "permissions": sorted(p.value for p in self.permissions)}

    def actor(self) -> Actor:
        return Actor(self.token_id, self.name, Role.DEVICE, self.jurisdiction, self.permissions)


class Tokens:
    """The device tokens and their life; every change is journalled."""

    def __init__(self, store: AccountStore, record: Record, clock: Clock, wall: Clock, *, demo: bool) -> None:
        self._store, self._record, self._clock, self._wall, self._demo = store, record, clock, wall, demo
        self._remembered = RememberedActors(self._look_up, "token")

    def create(
        self,
        by: str,
        name: str,
        permissions: Iterable[Permission],
        jurisdiction: str = CITY,
        *,
        demo: bool = False,
    ) -> str:
        """A new token; its text is answered once and never again. Raises InvalidInputError."""
        wanted = frozenset(permissions)
        if not wanted or not wanted <= TOKEN_PERMISSIONS:
            raise InvalidInputError(
                f"permissions: found {permission_names(wanted) or 'none'}, "
                f"expected some of {permission_names(TOKEN_PERMISSIONS)}"
            )
        if not name.strip() or not name.isprintable() or len(name) > 64:
            raise InvalidInputError(f"name: found {name[:70]!r}, expected 1 to 64 printable characters")
        if not re.fullmatch(CITY + "[0-9]{0,8}", jurisdiction):
            raise InvalidInputError(
                f"jurisdiction: found {jurisdiction!r}, expected a code that begins with {CITY}"
            )
        secret = secrets.token_urlsafe(32)
        token = Token(
            token_id=new_id(),
            name=name.strip(),
            secret_hash=digest(secret),
            permissions=wanted,
            jurisdiction=jurisdiction,
            demo=demo,
            created_at=self._wall.now(),
            created_by=by,
        )
        self._store.save_token(token.to_row())
        self._note("token.created", by, token, permissions=permission_names(wanted))
        return f"cc_{token.token_id}_{secret}"

    def all(self) -> list[Token]:
        return [Token.from_row(row) for row in self._store.tokens()]

    def revoke(self, by: str, token_id: str, reason: str = "") -> Token:
        """The token is worth nothing from now on. Raises NotFoundError."""
        row = self._store.token(token_id)
        if row is None:
            raise NotFoundError(
                f"found no token {token_id[:40]!r}; `app.py token list` shows those there are"
            )
        token = replace(Token.from_row(row), revoked_at=self._wall.now())
        self._store.save_token(token.to_row())
        self._remembered.forget_actor(token.token_id)
        self._note("token.revoked", by, token, reason=reason)
        return token

    def forget_actor(self, token_id: str) -> None:
        """What was remembered of a token is looked up again."""
        self._remembered.forget_actor(token_id)

    def fresh(self, text: str) -> Actor | None:
        """Whose it is when that was looked up in the last five seconds; never blocks."""
        return self._remembered.fresh(text)

    def resolve(self, text: str) -> Actor | None:
        """Whose it is, or None for one that is malformed, unknown, wrong or revoked.

        Raises UnavailableError when the database is away and the token was not known before.
        """
        return self._remembered.resolve(text) if _FORM.fullmatch(text) else None

    def _look_up(self, text: str) -> Actor | None:
        found = _FORM.fullmatch(text)
        row = self._store.token(found[1]) if found else None
        if found is None or row is None:
            return None
        token = Token.from_row(row)
        is_it = hmac.compare_digest(token.secret_hash, digest(found[2]))
        usable = token.revoked_at is None and (self._demo or not token.demo)
        return token.actor() if is_it and usable else None

    def _note(self, event_type: str, by: str, token: Token, **data: str) -> None:
        told = {"name": token.name, **data}
        self._record(Event(event_type, self._clock.now(), by, token.token_id, told, actor_name=by, origin=by))
