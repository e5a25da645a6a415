"""Relieving: a free unit that would be clearly sooner at an incident than one that is on its way to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dispatch.preemption import CLEARLY_S

TURN_OUT_S = 60.0
"""What a turn-out is taken to last (assumption: the mean of those that simulated days draw from is 62 s,
drills/simulator/demand.py)."""


@dataclass(frozen=True, slots=True)
class Relief:
    """Whom a free unit would relieve: the assignment of the one on its way, its callsign, and by how many seconds the
    free one would be there sooner, its turn-out counted."""

    assignment_id: str
    callsign: str
    gain_s: float


def arrives_in_s(drive_s: float, waited_s: float | None) -> float:
    """Seconds until a unit on its way arrives: its drive, and what is left of its turn-out where it has not set off.

    `waited_s` is how long ago it was sent, None once it drives. One that takes longer to turn out than is usual counts
    as about to set off.
    """
    return drive_s if waited_s is None else drive_s + max(0.0, TURN_OUT_S - waited_s)


def may_be_relieved(left_s: float) -> bool:
    """Whether somebody could be clearly sooner than one that arrives so many seconds from now."""
    return left_s - TURN_OUT_S >= CLEARLY_S


def reliefs(
    left_s: Mapping[str, float], nearest: Callable[[str], Sequence[tuple[str, float]]]
) -> dict[str, tuple[str, float]]:
    """Who should take over from whom: for each the unit and by how many seconds it is sooner, the greatest gain first.

    `left_s` says when each one on its way arrives, `nearest` the free units nearest to where it is going with the
    seconds each drives; these turn out first. No unit is named twice, and nobody for less than `CLEARLY_S`.
    """
    offers = sorted(
        (-gain_s, one, unit_id)
        for one, arrives_s in left_s.items()
        if may_be_relieved(arrives_s)
        for unit_id, drive_s in nearest(one)
        if (gain_s := arrives_s - TURN_OUT_S - drive_s) >= CLEARLY_S
    )
    found: dict[str, tuple[str, float]] = {}
    named: set[str] = set()
    for loss_s, one, unit_id in offers:
        if one not in found and unit_id not in named:
            found[one] = (unit_id, -loss_s)
            named.add(unit_id)
    return found
