"""What `app.py user …` does: plain functions that answer the lines to print."""

from __future__ import annotations

from collections.abc import Sequence

from access.accounts import people_roles, permission_names
from access.permissions import TOKEN_PERMISSIONS
from access.services import Access
from core.actor import CITY, Actor, Permission, Role
from core.errors import InvalidInputError

BY = "command-line"
"""Who the journal names: whoever may run programs on this machine with its data."""
COMMAND_LINE = Actor(BY, BY, Role.ADMINISTRATOR, origin="command-line")


def add_user(
    access: Access,
    login: str,
    name: str,
    role: str,
    password: str,
    jurisdiction: str = CITY,
    unit_id: str | None = None,
) -> list[str]:
    """A new account. Raises InvalidInputError, ConflictError."""
    if role not in people_roles():
        raise InvalidInputError(f"role: found {role!r}, expected one of {', '.join(people_roles())}")
    account = access.accounts.add(BY, login, name, Role(role), password, jurisdiction, unit_id=unit_id)
    return [f"added {account.login} ({account.name}), {account.role}, {account.jurisdiction}"]


def list_users(access: Access) -> list[str]:
    """One line for each account."""
    return [
        f"{a.login:<16} {a.role:<16} {a.jurisdiction:<12} {_state(a.disabled_at is None, a.demo):<9} {a.name}"
        + (f" · {a.unit_id}" if a.unit_id else "")
        for a in sorted(access.accounts.all(), key=lambda a: a.login)
    ]


def set_password(access: Access, login: str, password: str) -> list[str]:
    """A new password; sessions and locks of the account end. Raises NotFoundError, InvalidInputError."""
    account = access.accounts.set_password(BY, login, password)
    return [f"{account.login} has a new password; its sessions have ended"]


def set_unit(access: Access, login: str, unit_id: str | None) -> list[str]:
    """The unit a field unit's account speaks for; None for none. Raises NotFoundError, InvalidInputError."""
    account = access.accounts.set_unit(BY, login, unit_id)
    return [f"{account.login} speaks for {unit_id or 'no unit'}; its sessions have ended"]


def disable_user(access: Access, login: str, reason: str = "") -> list[str]:
    """The account signs in no more. Raises NotFoundError."""
    account = access.accounts.disable(BY, login, reason)
    return [f"{account.login} is disabled; its sessions have ended"]


def list_sessions(access: Access, login: str) -> list[str]:
    """One line for each signed-in browser of the account. Raises NotFoundError."""
    account = access.accounts.existing(login)
    return [
        f"{s.session_id}  {s.began_at:%Y-%m-%d %H:%M} UTC  from {s.origin}"
        for s in access.sessions.of(account.account_id)
    ]


def sign_out_user(access: Access, login: str, reason: str, session_id: str | None = None) -> list[str]:
    """Ends one session of the account, or all. Raises NotFoundError."""
    account = access.accounts.existing(login)
    ended = access.sessions.revoke(COMMAND_LINE, account.account_id, session_id, reason)
    return [f"{account.login}: {ended} sessions have ended; the account may sign in again"]


def create_token(
    access: Access, name: str, permissions: Sequence[str], jurisdiction: str = CITY
) -> list[str]:
    """A new device token; its text is shown this once. Raises InvalidInputError."""
    known = {permission.value for permission in TOKEN_PERMISSIONS}
    if unknown := [found for found in permissions if found not in known]:
        raise InvalidInputError(
            f"permissions: found {', '.join(unknown)}, expected some of {permission_names(TOKEN_PERMISSIONS)}"
        )
    text = access.tokens.create(BY, name, [Permission(found) for found in permissions], jurisdiction)
    return [text, "keep it now: it is not shown again"]


def list_tokens(access: Access) -> list[str]:
    """One line for each device token."""
    return [
        f"{t.token_id} {t.jurisdiction:<12} {_state(t.revoked_at is None, t.demo):<9} {t.name}: "
        f"{permission_names(t.permissions)}"
        for t in sorted(access.tokens.all(), key=lambda t: t.token_id)
    ]


def revoke_token(access: Access, token_id: str, reason: str = "") -> list[str]:
    """The token is worth nothing from now on. Raises NotFoundError."""
    token = access.tokens.revoke(BY, token_id, reason)
    return [f"revoked {token.token_id} ({token.name})"]


def _state(usable: bool, demo: bool) -> str:
    return "disabled" if not usable else "demo" if demo else "active"
