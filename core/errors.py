"""Everything that can be refused, under one root; each error carries what a person needs to act on it."""

from __future__ import annotations

from typing import Any


class CommandCentreError(Exception):
    """The root. `code` names the kind of problem for a program, the message says found and expected,
    `status` is the HTTP status an edge answers with, `details` are fields for the answer."""

    code = "command-centre-error"
    status = 500

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class InvalidInputError(CommandCentreError):
    """What came in does not make sense; the message says what was found and what was expected."""

    code = "invalid-input"
    status = 422


class NotFoundError(CommandCentreError):
    """No such thing, or none that this actor may see."""

    code = "not-found"
    status = 404


class PermissionDeniedError(CommandCentreError):
    """The actor's role or jurisdiction does not allow this."""

    code = "permission-denied"
    status = 403


class ConflictError(CommandCentreError):
    """The thing has moved on since the actor saw it."""

    code = "conflict"
    status = 409


class UnitTakenError(ConflictError):
    """The unit is not available; details name who dispatched it, to which incident and when."""

    code = "unit-taken"


class UnavailableError(CommandCentreError):
    """A part this needs (database, Redis, worker) is away; nothing was changed; try again."""

    code = "unavailable"
    status = 503


class ClockSetBackError(UnavailableError):
    """A drill was begun anew while something was judged by its earlier clock; nothing was changed; try again."""
