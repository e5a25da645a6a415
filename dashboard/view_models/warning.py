"""What others said in a warning that came in as a message (CAP), as its panel and its timeline show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.language import current_locale, mark, t

Json = Mapping[str, Any]

RECEIVED = "cap.received"
"""The journal row that keeps a message's words."""
_KIND = {
    "Alert": mark("收到外来预警"),
    "Update": mark("外来预警更新"),
    "Cancel": mark("外来预警撤销"),
    "Ack": mark("对方已收到"),
    "Error": mark("对方退回"),
}


@dataclass(frozen=True, slots=True)
class WarningView:
    """The words of the newest message that said something, in the reader's language where its sender wrote it.
    `sent_at` and `ends_at` are instants; empty texts were not given."""

    sender: str
    headline: str
    description: str
    instruction: str
    area: str
    sent_at: str | None
    ends_at: str | None


def warning_view(rows: Sequence[Json]) -> WarningView | None:
    """From an alert's journal rows, oldest first; None where nobody else warned."""
    said = next((r["data"] for r in reversed(rows) if r["type"] == RECEIVED and r["data"].get("event")), None)
    if said is None:
        return None
    words = _words(said)
    return WarningView(
        sender=str(words.get("sender_name") or said["sender"]),
        headline=str(words.get("headline") or words["event"]),
        description=str(words.get("description") or ""),
        instruction=str(words.get("instruction") or ""),
        area=str(words.get("area") or ""),
        sent_at=said.get("sent"),
        ends_at=said.get("ends_at"),
    )


def received_sentence(data: Json) -> str:
    """What kind of message came, from whom, and its headline."""
    words = _words(data)
    kind = t(_KIND.get(str(data.get("msg_type")), _KIND["Alert"]))
    told = words.get("headline") or words.get("event") or data.get("reason") or ""
    return " · ".join(part for part in (kind, words.get("sender_name") or data.get("sender"), told) if part)


def _words(data: Json) -> Json:
    english = data.get("english")
    return english if english and current_locale.get() == "en" else data
