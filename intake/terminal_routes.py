"""The routes of the terminal registry: which device belongs to which unit."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from typing_extensions import TypedDict

from core.actor import Permission
from dispatch.terminals import Terminal
from intake import bodies
from intake.acting import By
from intake.bodies import json_body, parsed
from intake.counters import IntakeCounters
from intake.openapi import takes
from intake.terminals import KnownTerminals
from operations.ports import Ports
from operations.register_terminals import RegisterTerminals, TerminalRegistration, register_terminals
from operations.revoke_terminal import RevokeTerminal, revoke_terminal
from operations.transaction import require

TERMINALS = "/api/v1/terminals"
Body = Annotated[bytes, Depends(json_body)]


class TerminalAnswer(TypedDict):
    """A registered terminal. `key` is told once, to whoever registered it, and null ever after."""

    protocol: str
    terminal_id: str
    unit_id: str
    registered_at: str
    revoked_at: str | None
    key: str | None


class TerminalsAnswer(TypedDict):
    """Terminals, ordered by protocol and id."""

    terminals: list[TerminalAnswer]


def add_terminal_routes(
    router: APIRouter, ports: Ports, counters: IntakeCounters, known: KnownTerminals
) -> None:
    """Adds the routes; what they block on runs in FastAPI's threads."""
    registry = _Registry(ports, counters, known)
    router.add_api_route("/terminals", registry.listed, methods=["GET"])
    router.add_api_route("/terminals", registry.register, methods=["PUT"], openapi_extra=takes("TerminalsIn"))
    router.add_api_route(
        "/terminals/revoke", registry.revoke, methods=["POST"], openapi_extra=takes("TerminalIn")
    )


class _Registry:
    def __init__(self, ports: Ports, counters: IntakeCounters, known: KnownTerminals) -> None:
        self._ports, self._counters, self._known = ports, counters, known

    def listed(self, actor: By) -> TerminalsAnswer:
        """Every terminal of the jurisdiction, without keys."""
        require(actor, Permission.REGISTER_UNITS)
        with self._ports.store.transaction() as tx:
            seen = {unit.unit_id for unit in tx.units() if actor.covers(unit.jurisdiction)}
            found = [terminal for terminal in tx.terminals() if terminal.unit_id in seen]
        return {"terminals": [_answer(terminal) for terminal in found]}

    def register(self, actor: By, body: Body) -> TerminalsAnswer:
        """Which terminal belongs to which unit. A phone's key is in the answer when it is new, or when
        `new` asks for another."""
        sent = parsed(bodies.TERMINALS, body)["terminals"]
        registered = register_terminals(
            self._ports,
            actor,
            RegisterTerminals(
                tuple(
                    TerminalRegistration(t["protocol"], t["terminal_id"], t["unit_id"], t.get("new", False))
                    for t in sent
                )
            ),
        )
        self._known.forget()
        self._counters.accepted(TERMINALS, len(registered))
        return {"terminals": [_answer(r.terminal, r.key) for r in registered]}

    def revoke(self, actor: By, body: Body) -> TerminalAnswer:
        """Shuts a terminal out, here at once and in every other process within five seconds."""
        sent = parsed(bodies.TERMINAL, body)
        revoked = revoke_terminal(self._ports, actor, RevokeTerminal(sent["protocol"], sent["terminal_id"]))
        self._known.forget()
        return _answer(revoked)


def _answer(terminal: Terminal, key: str | None = None) -> TerminalAnswer:
    return {
        "protocol": terminal.protocol.value,
        "terminal_id": terminal.terminal_id,
        "unit_id": terminal.unit_id,
        "registered_at": terminal.registered_at.isoformat(),
        "revoked_at": terminal.revoked_at.isoformat() if terminal.revoked_at else None,
        "key": key,
    }
