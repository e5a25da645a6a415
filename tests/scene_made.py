"""Photos and voice notes made for tests."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

_VOICE = {
    "webm": bytes.fromhex(
        "1a45dfa39f4286810142f7810142f2810442f381084282847765626d42878104428581021853806701ffffffffffffff1549a966"
    ),
    "ogg": b"OggS\x00\x02" + bytes(20) + b"\x01\x13OpusHead\x01\x01",
    "mp4": b"\x00\x00\x00\x1cftypiso5\x00\x00\x02\x00iso5iso6mp41",
}


def photo(
    width_px: int, height_px: int, form: str = "JPEG", orientation: int = 1, place: bool = False
) -> bytes:
    """A picture, with the EXIF that a phone writes; `place` puts a text into it that must not be kept."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    if place:
        exif[0x010E] = "GPS-SECRET"
    written = BytesIO()
    picture = Image.linear_gradient("L").resize((width_px, height_px)).convert("RGB")
    picture.save(written, form, **({"exif": exif} if form == "JPEG" else {}))
    return written.getvalue()


def voice(form: str) -> bytes:
    """The beginning of a recording as MediaRecorder writes it, with something behind it."""
    return _VOICE[form] + bytes(range(256)) * 4
