"""Times and lengths as an officer reads them: minutes:seconds, ages, metres."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from dashboard.language import t

NOTHING = "–:––"


def minutes_seconds(seconds: float | None) -> str:
    """`3:48`; an hour and more as `1:03:48`; NOTHING for None. Negative counts as zero."""
    if seconds is None:
        return NOTHING
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    if hours:
        return f"{hours}:{rest // 60:02d}:{rest % 60:02d}"
    return f"{rest // 60}:{rest % 60:02d}"


def distance_words(metres: float) -> str:
    """`850 m` below a kilometre, `1.2 km` above."""
    return f"{round(metres, -1):.0f} m" if metres < 995 else f"{metres / 1000:.1f} km"


def clock_words(instant: str | datetime | None, zone: ZoneInfo) -> str:
    """`09:20:05` in the city's own time; NOTHING for None."""
    if instant is None:
        return NOTHING
    parsed = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
    return parsed.astimezone(zone).strftime("%H:%M:%S")


def share_words(share: float | None) -> str:
    """`92 %`; a dash where nothing was measured. Shares are 0 to 1."""
    return "–" if share is None else t("{share} %", share=round(share * 100))
