"""An accepted move-up: the order to an idle unit to wait at a place, for as long as it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.geo import LonLat

STANDS_FOR = timedelta(hours=1)
"""Then the unit goes its own way again, unless it was sent or asked anew before (proposal)."""


@dataclass(frozen=True, slots=True)
class MoveUpOrder:
    """`place` is the demand point of `grid`, `travel_time_s` away when the order was given.

    It stands until `ends_at`, and only while the unit has been available ever since: whoever was sent, or took a
    break, is free of it. A newer order to the same unit takes its place.
    """

    order_id: str
    unit_id: str
    callsign: str
    jurisdiction: str
    grid: str
    place: LonLat
    travel_time_s: float
    ordered_at: datetime
    ordered_by: str
    ends_at: datetime
