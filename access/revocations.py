"""What the journal says about sign-ins that have ended, so that no process goes on trusting them."""

from __future__ import annotations

from access.sessions import Sessions
from access.tokens import Tokens
from core.events import Event

ENDING = frozenset(
    {
        "session.ended",
        "session.revoked",
        "account.disabled",
        "account.password_set",
        "account.changed",
        "token.revoked",
    }
)
"""Rows after which whoever is their subject has to be recognised anew."""


class Revocations:
    """Hears the rows of the journal in each web process, within milliseconds of their commit (a second while Redis is
    away), whichever process or command wrote them."""

    def __init__(self, sessions: Sessions, tokens: Tokens) -> None:
        self._sessions, self._tokens = sessions, tokens

    def heard(self, event: Event) -> str | None:
        """The actor_id of whoever has to be recognised anew; None for every other row."""
        if event.type not in ENDING:
            return None
        self._sessions.forget_actor(event.subject)
        self._tokens.forget_actor(event.subject)
        return event.subject
