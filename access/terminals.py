"""Phones that report positions: they show a key of their own, in the address or as a password."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.types import Scope

from core.actor import Actor, Permission, Role
from dispatch.terminals import Terminal, TerminalProtocol
from operations.register_terminals import key_hash

FindTerminal = Callable[[TerminalProtocol, str], Terminal | None]
"""The registered terminal that is not revoked, or None. Raises UnavailableError."""

_LONGEST = 256


@dataclass(frozen=True, slots=True)
class PresentedKey:
    """Which terminal says it is there, and the key it shows."""

    protocol: TerminalProtocol
    terminal_id: str
    key: str


def presented_key(scope: Scope) -> PresentedKey | None:
    """What a request on one of the phones' paths shows; None on every other path and for nothing.

    OsmAnd and the Traccar Client can only be given an address, so its `id` and `key` are in there. OwnTracks
    names user and device in headers and shows the key as the password of HTTP Basic.
    """
    path: str = scope["path"]
    if path not in ("/api/v1/osmand", "/api/v1/owntracks"):
        return None
    query = parse_qs(scope.get("query_string", b"")[:4096].decode("latin-1"), max_num_fields=64)
    headers = Headers(scope=scope)

    def asked(*names: str) -> str:
        return next((query[name][0][:_LONGEST] for name in names if name in query), "")

    if path == "/api/v1/osmand":
        found = PresentedKey(TerminalProtocol.OSMAND, asked("id", "deviceid"), asked("key"))
    else:
        user = asked("u") or headers.get("x-limit-u", "")[:_LONGEST]
        device = asked("d") or headers.get("x-limit-d", "")[:_LONGEST]
        key = asked("key") or _password(headers.get("authorization", ""))
        found = PresentedKey(TerminalProtocol.OWNTRACKS, f"{user}/{device}" if user and device else "", key)
    return found if found.terminal_id and found.key else None


class TerminalKeys:
    """Resolves a shown key to the terminal as an actor, which may report positions and nothing else."""

    def __init__(self, find: FindTerminal) -> None:
        self._find = find

    def resolve(self, shown: PresentedKey) -> Actor | None:
        """The terminal, or None when it is unknown, revoked or shows a wrong key. Raises UnavailableError."""
        terminal = self._find(shown.protocol, shown.terminal_id)
        if terminal is None or terminal.key_hash is None:
            return None
        if not hmac.compare_digest(terminal.key_hash, key_hash(shown.key)):
            return None
        allowed = frozenset({Permission.REPORT_POSITIONS})
        return Actor(terminal.actor_id, terminal.terminal_id, Role.DEVICE, permissions=allowed)


def _password(authorization: str) -> str:
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        decoded = base64.b64decode(value.strip()[: 4 * _LONGEST], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return decoded.partition(":")[2][:_LONGEST]
