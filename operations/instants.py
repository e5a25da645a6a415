"""When an instant that a device or a person states is refused."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.errors import InvalidInputError

FUTURE_TOLERANCE = timedelta(seconds=60)
"""How far a device's clock may run ahead before its instants are refused."""


def not_in_the_future(name: str, at: datetime, now: datetime) -> datetime:
    """The instant, or `now` for one a little ahead: whatever comes next must not lie before it.

    Raises InvalidInputError for an instant beyond the tolerance.
    """
    if at > now + FUTURE_TOLERANCE:
        raise InvalidInputError(
            f"{name}: found {at.isoformat()}, expected no later than {now.isoformat()} + 60 s"
        )
    return min(at, now)
