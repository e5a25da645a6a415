"""Registers the devices that report for units; a phone gets the key it must show."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from core.actor import Actor, Permission
from core.errors import InvalidInputError, NotFoundError
from core.events import happened
from dispatch.terminals import Terminal, TerminalProtocol
from operations.ports import Ports
from operations.transaction import committed, require


@dataclass(frozen=True, slots=True)
class TerminalRegistration:
    """`new` gives a phone another key and lets a JT/T 808 unit be another device under the same number."""

    protocol: TerminalProtocol
    terminal_id: str
    unit_id: str
    new: bool = False


@dataclass(frozen=True, slots=True)
class RegisterTerminals:
    terminals: tuple[TerminalRegistration, ...]


@dataclass(frozen=True, slots=True)
class RegisteredTerminal:
    """`key` is told this once, when it was made; None otherwise."""

    terminal: Terminal
    key: str | None


def key_hash(key: str) -> str:
    """What is kept of a key: 256 random bits need no slow hash."""
    return sha256(key.encode()).hexdigest()


def register_terminals(
    ports: Ports, actor: Actor, command: RegisterTerminals
) -> tuple[RegisteredTerminal, ...]:
    """Commits which terminal belongs to which unit. One that is known keeps its key unless `new` is asked; a
    revoked one is let in again with a new one.

    Raises NotFoundError for an unknown unit, InvalidInputError for one terminal twice, PermissionDeniedError
    for a unit, or a terminal of a unit, of another jurisdiction.
    """
    require(actor, Permission.REGISTER_UNITS)
    names = [(t.protocol, t.terminal_id) for t in command.terminals]
    if len(set(names)) != len(names):
        raise InvalidInputError("terminals: found the same terminal twice, expected each once")
    now = ports.clock.now()
    registered = []
    with committed(ports, as_of=now) as tx:
        units = {unit.unit_id: unit for unit in tx.units()}
        known = tx.lock_terminals(names)
        changed = []
        for new in sorted(command.terminals, key=lambda t: (t.protocol, t.terminal_id)):
            unit = units.get(new.unit_id)
            if unit is None:
                raise NotFoundError(f"unit_id: found {new.unit_id!r}, expected a registered unit")
            require(actor, Permission.REGISTER_UNITS, unit.jurisdiction)
            old = known.get((new.protocol, new.terminal_id))
            if old is not None and old.unit_id in units:
                require(actor, Permission.REGISTER_UNITS, units[old.unit_id].jurisdiction)
            afresh = old is None or new.new or old.revoked_at is not None
            terminal, key = _renewed(new, actor, now) if afresh else (old, None)
            assert terminal is not None
            terminal = replace(terminal, unit_id=new.unit_id)
            if terminal != old:
                changed.append(terminal)
            registered.append(RegisteredTerminal(terminal, key))
        tx.save_terminals(changed)
        if changed:
            tx.record(
                happened(
                    actor,
                    "terminals.registered",
                    at=now,
                    subject="terminals",
                    data={"terminals": [f"{t.protocol} {t.terminal_id} → {t.unit_id}" for t in changed]},
                )
            )
    return tuple(registered)


def _renewed(new: TerminalRegistration, actor: Actor, now: datetime) -> tuple[Terminal, str | None]:
    key = None if new.protocol is TerminalProtocol.JT808 else secrets.token_urlsafe(24)
    kept = key_hash(key) if key else None
    return Terminal(new.protocol, new.terminal_id, new.unit_id, now, actor.name, kept), key
