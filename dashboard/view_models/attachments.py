"""Photos and voice notes from the scene as a panel shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.language import t

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AttachmentView:
    """One of them: who took it and when, and whether it waited for a connection. Sizes in pixels, of a photo."""

    kind: str
    url: str
    who: str
    taken_at: str
    late: bool
    width_px: int | None
    height_px: int | None
    words: str


def attachment_views(found: Sequence[Json]) -> list[AttachmentView]:
    """From public states, the newest first."""
    return [
        AttachmentView(
            kind=one["kind"],
            url=f"/api/v1/attachments/{one['attachment_id']}",
            who=one["by_name"],
            taken_at=one["taken_at"],
            late=bool(one["late"]),
            width_px=one["width_px"],
            height_px=one["height_px"],
            words=t("{who}的现场照片", who=one["by_name"])
            if one["kind"] == "photo"
            else t("{who}的现场录音", who=one["by_name"]),
        )
        for one in reversed(found)
    ]
