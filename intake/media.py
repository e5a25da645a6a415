"""Photos and voice notes from strangers' phones: what they really are, and what may be kept of them."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from threading import BoundedSemaphore

import puremagic
from PIL import Image, ImageOps, UnidentifiedImageError

from core.errors import CommandCentreError, InvalidInputError
from dispatch.attachments import AttachmentKind

MOST_PIXELS = 25_000_000
"""Of a photo as it comes (proposed): twice what phones make by default, little enough to unpack."""

UNPACKED_AT_ONCE = 2
"""A photo takes some 150 MB while it is unpacked: those that come together wait for each other."""

LONGEST_SIDE_PX = 2048
JPEG_QUALITY = 82

_PHOTOS = ("JPEG", "PNG", "WEBP")
_VOICE = {
    "audio/webm": "audio/webm",
    "video/webm": "audio/webm",
    "audio/ogg": "audio/ogg",
    "application/ogg": "audio/ogg",
    "video/ogg": "audio/ogg",
    "audio/mp4": "audio/mp4",
    "video/mp4": "audio/mp4",
    "audio/x-m4a": "audio/mp4",
}
"""What puremagic calls the containers that MediaRecorder writes, and what each is served as: never as anything a
browser would run or show."""


class MediaError(CommandCentreError):
    """The body is neither a photo nor a voice note that we keep."""

    code = "unsupported-media-type"
    status = 415


@dataclass(frozen=True, slots=True)
class Media:
    """What is kept and served. Sizes in pixels, of a photo only."""

    kind: AttachmentKind
    media_type: str
    content: bytes
    width_px: int | None = None
    height_px: int | None = None


def clean_media(declared: str, content: bytes) -> Media:
    """The photo or voice note that these bytes hold, by their content: `declared`, the request's Content-Type, only
    says which of the two is meant. A photo is decoded and written anew, so that nothing of the file survives but its
    picture: no place, no owner, no appendix. Raises MediaError, InvalidInputError.
    """
    if not content:
        raise InvalidInputError("文件是空的 / body: found nothing, expected a photo or a voice note")
    family = declared.partition("/")[0].strip().lower()
    if family == "image":
        return _photo(content)
    if family in ("audio", "video"):
        return _voice(content)
    raise MediaError(f"Content-Type: found {declared[:80]!r}, expected image/… or audio/…")


_unpacking = BoundedSemaphore(UNPACKED_AT_ONCE)


def _photo(content: bytes) -> Media:
    try:
        with _unpacking, Image.open(BytesIO(content), formats=_PHOTOS) as found:
            if found.width * found.height > MOST_PIXELS:
                raise InvalidInputError(
                    f"照片太大 / photo: found {found.width} × {found.height} pixels, expected at most {MOST_PIXELS:,}"
                )
            found.draft("RGB", (LONGEST_SIDE_PX, LONGEST_SIDE_PX))
            upright = ImageOps.exif_transpose(found).convert("RGB")
            upright.thumbnail((LONGEST_SIDE_PX, LONGEST_SIDE_PX))
            clean = Image.new("RGB", upright.size)
            clean.paste(upright)
            written = BytesIO()
            clean.save(written, "JPEG", quality=JPEG_QUALITY, optimize=True)
    except (
        UnidentifiedImageError,
        Image.DecompressionBombError,
        OSError,
        SyntaxError,
        ValueError,
    ) as error:
        raise MediaError(
            f"照片无法读取 / photo: found {str(error)[:120]}, expected a JPEG, PNG or WebP that can be read"
        ) from error
    return Media(AttachmentKind.PHOTO, "image/jpeg", written.getvalue(), *clean.size)


def _voice(content: bytes) -> Media:
    try:
        found = [match.mime_type for match in puremagic.magic_string(content[:4096])]
    except puremagic.PureError:
        found = []
    served_as = next((_VOICE[name] for name in found if name in _VOICE), None)
    if served_as is None:
        raise MediaError(
            f"录音格式不对 / voice: found {found[0] if found and found[0] else 'something unknown'}, "
            "expected WebM, Ogg or MP4"
        )
    return Media(AttachmentKind.VOICE, served_as, content)
