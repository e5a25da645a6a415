"""Shuts a terminal out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.actor import Actor, Permission
from core.errors import NotFoundError
from core.events import happened
from dispatch.terminals import Terminal, TerminalProtocol
from operations.ports import Ports
from operations.transaction import committed, require


@dataclass(frozen=True, slots=True)
class RevokeTerminal:
    protocol: TerminalProtocol
    terminal_id: str


def revoke_terminal(ports: Ports, actor: Actor, command: RevokeTerminal) -> Terminal:
    """Commits that the terminal is let in no more; one revoked already is answered as it is.

    Raises NotFoundError, PermissionDeniedError for a unit of another jurisdiction.
    """
    require(actor, Permission.REGISTER_UNITS)
    now = ports.clock.now()
    with committed(ports, as_of=now) as tx:
        name = command.protocol, command.terminal_id
        terminal = tx.lock_terminals([name]).get(name)
        if terminal is None:
            raise NotFoundError(
                f"found {command.protocol} terminal {command.terminal_id[:80]!r}, expected a registered one"
            )
        for unit in tx.units([terminal.unit_id]):
            require(actor, Permission.REGISTER_UNITS, unit.jurisdiction)
        if terminal.revoked_at is not None:
            return terminal
        revoked = replace(terminal, revoked_at=now, key_hash=None, identity=None)
        tx.save_terminals([revoked])
        tx.record(
            happened(
                actor,
                "terminal.revoked",
                at=now,
                subject="terminals",
                data={"protocol": terminal.protocol.value, "terminal_id": terminal.terminal_id},
            )
        )
    return revoked
