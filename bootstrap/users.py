"""Accounts and tokens from the command line and at the start of a demonstration."""

from __future__ import annotations

from collections.abc import Sequence

from access import commands
from access.demo import ensure_demo_accounts
from access.services import Access, access_services
from access.terminals import FindTerminal
from bootstrap.run_all import DemoAccount
from bootstrap.settings import Settings
from bootstrap.wiring import Parts, wire
from core.actor import CITY
from core.clock import WallClock
from core.events import Event
from store.accounts import SqlAccounts


def access_for(parts: Parts, find_terminal: FindTerminal | None = None) -> Access:
    """Sign-in over this deployment's database; what it does is in the journal."""

    def record(event: Event) -> None:
        with parts.store.transaction() as tx:
            tx.record(event)
        if tx.last_seq:
            parts.ports.doorbell.ring(tx.last_seq)

    return access_services(
        SqlAccounts(parts.engine),
        record,
        parts.clock,
        WallClock(),
        demo=parts.settings.mode == "drill",
        find_terminal=find_terminal,
    )


def demo_accounts(settings: Settings) -> Sequence[DemoAccount]:
    """The sign-ins of a demonstration, made if they are not there; none in service."""
    if settings.mode != "drill":
        return []
    access = access_for(wire(settings, with_roads=False))
    return [
        DemoAccount(demo.login, demo.password, f"{demo.name_zh} {demo.name_en}")
        for demo in ensure_demo_accounts(access.accounts)
    ]


def add(
    settings: Settings,
    name: str,
    *,
    role: str,
    password: str,
    jurisdiction: str = CITY,
    unit_id: str | None = None,
) -> list[str]:
    """What to say after adding a person. Raises InvalidInputError, ConflictError."""
    return commands.add_user(_access(settings), name, name, role, password, jurisdiction, unit_id)


def set_unit(settings: Settings, name: str, unit_id: str | None) -> list[str]:
    """What to say after tying a field unit's account to its unit. Raises NotFoundError, InvalidInputError."""
    parts = wire(settings, with_roads=False)
    with parts.store.transaction() as tx:
        is_there = unit_id is None or bool(tx.units([unit_id]))
    said = commands.set_unit(access_for(parts), name, unit_id)
    return said if is_there else [*said, f"no unit {unit_id} is registered yet"]


def listing(settings: Settings) -> list[str]:
    """One line for each account."""
    return commands.list_users(_access(settings))


def set_password(settings: Settings, name: str, *, password: str) -> list[str]:
    """What to say after a new password. Raises NotFoundError, InvalidInputError."""
    return commands.set_password(_access(settings), name, password)


def disable(settings: Settings, name: str, *, reason: str = "") -> list[str]:
    """What to say after barring a person. Raises NotFoundError."""
    return commands.disable_user(_access(settings), name, reason)


def sessions(settings: Settings, name: str) -> list[str]:
    """One line for each signed-in browser of a person. Raises NotFoundError."""
    return commands.list_sessions(_access(settings), name)


def sign_out(settings: Settings, name: str, *, reason: str, session: str | None) -> list[str]:
    """What to say after ending a person's sessions. Raises NotFoundError."""
    return commands.sign_out_user(_access(settings), name, reason, session)


def create_token(settings: Settings, name: str, permissions: Sequence[str], jurisdiction: str) -> list[str]:
    """A new device token, shown this once. Raises InvalidInputError."""
    return commands.create_token(_access(settings), name, permissions, jurisdiction)


def list_tokens(settings: Settings) -> list[str]:
    """One line for each device token."""
    return commands.list_tokens(_access(settings))


def revoke_token(settings: Settings, token_id: str, *, reason: str = "") -> list[str]:
    """What to say after ending a token. Raises NotFoundError."""
    return commands.revoke_token(_access(settings), token_id, reason)


def _access(settings: Settings) -> Access:
    return access_for(wire(settings, with_roads=False))
