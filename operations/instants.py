"""When an instant that a device or a person states is refused."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.errors import InvalidInputError

FUTURE_TOLERANCE = timedelta(seconds=60)
"""How far a device's clock may run ahead before its instants are refused."""


def refuse_future(name: str, at: datetime, now: datetime) -> None:
    """Raises InvalidInputError for an instant that has not come yet."""
    if at > now + FUTURE_TOLERANCE:
        raise InvalidInputError(
            f"{name}: found {at.isoformat()}, expected no later than {now.isoformat()} + 60 s"
        )
