"""The city's clock as a source of the drill may use it: never ahead of what every process has seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from drills.intake_api import CityClock

SETTLES_S = 1.0
"""Wall seconds after which every process follows a change of the drill's time (they look twice a second)."""

JITTER_S = 0.25
"""Wall seconds by which one line through the polls may miss one of them."""


@dataclass(frozen=True, slots=True)
class Settled:
    """The instant all processes have reached, or None while a change of the clock is still spreading."""

    now: datetime | None
    set_back: bool
    """True once each time another run began: what was sent belongs to one that has ended."""


class SettlingClock:
    """Takes polls of the clock and answers what has settled.

    Right after a change one process may show an instant that another has not reached or that a pause took
    back; so after every break in the line through the polls nothing is settled for `SETTLES_S`.
    """

    def __init__(self) -> None:
        self._previous: CityClock | None = None
        self._steady_since: datetime | None = None

    def take(self, polled: CityClock) -> Settled:
        previous, self._previous = self._previous, polled
        if previous is None:
            self._steady_since = polled.wall_now
            return Settled(None, set_back=False)
        another = (polled.scenario, polled.run) != (previous.scenario, previous.run)
        set_back = another or polled.now < previous.now
        if set_back or not _on_one_line(previous, polled):
            self._steady_since = polled.wall_now
        assert self._steady_since is not None
        steady_s = (polled.wall_now - self._steady_since).total_seconds()
        return Settled(polled.now if steady_s >= SETTLES_S else None, set_back)


def _on_one_line(a: CityClock, b: CityClock) -> bool:
    passed_s = (b.now - a.now).total_seconds()
    expected_s = (b.wall_now - a.wall_now).total_seconds() * b.speed
    return a.speed == b.speed and abs(passed_s - expected_s) <= JITTER_S * max(1.0, b.speed)
