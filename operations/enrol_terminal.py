"""Notes which device a JT/T 808 terminal is when it registers for the first time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from core.actor import Actor, Permission
from core.events import happened
from dispatch.terminals import Terminal, TerminalProtocol
from operations.ports import Ports
from operations.transaction import committed, require


@dataclass(frozen=True, slots=True)
class EnrolTerminal:
    """`identity` is a hash of what the device says of itself: maker, model, device number."""

    terminal_id: str
    identity: str


class Enrolment(Enum):
    """What became of a registration."""

    ACCEPTED = "accepted"
    UNKNOWN = "unknown"
    """Nobody registered this number, or it was revoked."""
    ANOTHER_DEVICE = "another device"
    """The number belongs to a device that registered before."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What became of it, and the terminal as it is now; None for one that is unknown."""

    enrolment: Enrolment
    terminal: Terminal | None = None


def enrol_terminal(ports: Ports, actor: Actor, command: EnrolTerminal) -> Enrolled:
    """Commits the identity at the first registration; the same device may register again and again, another one
    only after the desk has registered the number anew."""
    require(actor, Permission.REPORT_POSITIONS)
    with committed(ports) as tx:
        name = TerminalProtocol.JT808, command.terminal_id
        terminal = tx.lock_terminals([name]).get(name)
        if terminal is None or terminal.revoked_at is not None:
            return Enrolled(Enrolment.UNKNOWN)
        if terminal.identity == command.identity:
            return Enrolled(Enrolment.ACCEPTED, terminal)
        if terminal.identity is not None:
            return Enrolled(Enrolment.ANOTHER_DEVICE, terminal)
        terminal = replace(terminal, identity=command.identity)
        tx.save_terminals([terminal])
        tx.record(
            happened(
                actor,
                "terminal.enrolled",
                at=ports.clock.now(),
                subject="terminals",
                data={"terminal_id": terminal.terminal_id, "unit_id": terminal.unit_id},
            )
        )
    return Enrolled(Enrolment.ACCEPTED, terminal)
