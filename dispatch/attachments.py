"""What people on the spot send of an incident: photos and voice notes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.geo import LonLat


class AttachmentKind(StrEnum):
    PHOTO = "photo"
    VOICE = "voice"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A photo or voice note; its bytes stand elsewhere. `taken_at` is the phone's word, in the city's time; `late`
    says that it waited for a connection. Sizes are in pixels, of photos only."""

    attachment_id: str
    incident_id: str
    kind: AttachmentKind
    media_type: str
    size_bytes: int
    taken_at: datetime
    received_at: datetime
    by_id: str
    by_name: str
    late: bool = False
    width_px: int | None = None
    height_px: int | None = None
    place: LonLat | None = None
    accuracy_m: float | None = None
