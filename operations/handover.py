"""The hand-over of a shift 交接班: what the outgoing officer leaves, and who took it over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class HandOver:
    """`summary` is what operations/shift_summary.py found at `given_at` over the shift since `since_at`: what was
    handed over stays as it was, whatever happens later. Accepted once `accepted_at` is set."""

    handover_id: str
    jurisdiction: str
    since_at: datetime
    given_at: datetime
    given_by: str
    given_by_name: str
    remark: str
    summary: Mapping[str, Any]
    accepted_at: datetime | None = None
    accepted_by: str | None = None
    accepted_by_name: str | None = None


@dataclass(frozen=True, slots=True)
class ShiftCounts:
    """How much happened in a shift; `overridden` of the `sent` units went against the advice, with a reason."""

    opened: int
    closed: int
    calls: int
    sent: int
    overridden: int
    alerts: Mapping[str, int]
    """Alerts opened, by severity."""
