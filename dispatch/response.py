"""Response times: from the call to the first unit on scene, against the city's targets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil

from dispatch.model import Incident, Priority

TARGET_RESPONSE_S = 228.0
"""3.8 minutes, the street response radius the city states (2020 press conference, see docs/facts.md)."""

TARGET_MAJOR_S = 180.0
"""3 minutes, within which 90 % of major calls are to be reached (same source)."""


@dataclass(frozen=True, slots=True)
class ResponseFigures:
    """Seconds; None where nothing has been measured yet. Shares are 0 to 1."""

    count: int
    median_s: float | None
    p90_s: float | None
    share_within_target: float | None
    major_count: int
    share_major_within_180s: float | None


def response_figures(incidents: Iterable[Incident]) -> ResponseFigures:
    """Figures over the incidents a unit has reached; the others are not counted as zero."""
    reached = [(i, i.response_s) for i in incidents if i.response_s is not None]
    times = sorted(s for _, s in reached if s is not None)
    major = [s for i, s in reached if s is not None and i.priority is Priority.MAJOR]
    return ResponseFigures(
        count=len(times),
        median_s=_quantile(times, 0.5),
        p90_s=_quantile(times, 0.9),
        share_within_target=_share(times, TARGET_RESPONSE_S),
        major_count=len(major),
        share_major_within_180s=_share(major, TARGET_MAJOR_S),
    )


def _quantile(ordered: list[float], q: float) -> float | None:
    """The nearest-rank quantile: a time that was really measured."""
    return ordered[max(0, ceil(q * len(ordered)) - 1)] if ordered else None


def _share(times: list[float], limit_s: float) -> float | None:
    return sum(s <= limit_s for s in times) / len(times) if times else None
