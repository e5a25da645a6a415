"""Instants: the clock is handed in, so that a drill can run in its own time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Answers the present instant of the city, always aware.

    In service that is the wall clock. In a drill it is the scenario's time, so that
    limits, delays and response times mean what they mean in service at any speed.
    """

    def now(self) -> datetime: ...


class WallClock:
    """The machine's own clock, in UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class DrillTime:
    """How a drill's time runs: at `anchor_wall` it was `anchor_at`; since then `speed` times as fast.

    A speed of zero is a pause. `run` counts how often a drill was begun anew in this deployment.
    """

    scenario: str
    anchor_wall: datetime
    anchor_at: datetime
    speed: float
    run: int = 0

    def at(self, wall: datetime) -> datetime:
        """The scenario's instant when the wall clock shows `wall`."""
        elapsed_s = (wall - self.anchor_wall).total_seconds()
        return self.anchor_at + timedelta(seconds=elapsed_s * self.speed)


class FixedClock:
    """A clock that stands until it is moved; for tests and simulations."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def advance(self, seconds: float) -> None:
        self._at += timedelta(seconds=seconds)
