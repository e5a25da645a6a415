"""Who sends a request, for the routes."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from core.actor import Actor, current_actor
from core.errors import CommandCentreError


class UnauthenticatedError(CommandCentreError):
    """Nobody stands behind this request."""

    code = "unauthenticated"
    status = 401


def acting() -> Actor:
    """Who sends this request, as the access guard found it. Raises UnauthenticatedError."""
    actor = current_actor.get()
    if actor is None:
        raise UnauthenticatedError("found no credentials, expected Authorization: Bearer <device token>")
    return actor


By = Annotated[Actor, Depends(acting)]
