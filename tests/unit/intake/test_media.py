"""What is kept of a photo or voice note is what it really holds, and nothing else of the file."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from dispatch.attachments import AttachmentKind
from intake.media import LONGEST_SIDE_PX, MediaError, clean_media
from tests.scene_made import photo, voice


def test_a_photo_loses_where_and_with_what_it_was_taken_and_keeps_its_picture() -> None:
    sent = photo(400, 300, place=True)
    assert b"GPS-SECRET" in sent
    media = clean_media("image/jpeg", sent)
    assert (media.kind, media.media_type) == (AttachmentKind.PHOTO, "image/jpeg")
    assert b"GPS-SECRET" not in media.content
    with Image.open(BytesIO(media.content)) as kept:
        assert kept.size == (400, 300) and not kept.getexif() and kept.info.get("icc_profile") is None


def test_a_photo_that_was_held_sideways_stands_upright() -> None:
    media = clean_media("image/jpeg", photo(400, 300, orientation=6))
    assert (media.width_px, media.height_px) == (300, 400)


def test_a_large_photo_is_made_smaller() -> None:
    media = clean_media("image/png", photo(4000, 1000, form="PNG"))
    assert (media.width_px, media.height_px) == (LONGEST_SIDE_PX, LONGEST_SIDE_PX // 4)
    assert media.media_type == "image/jpeg"


def test_what_follows_the_picture_in_the_file_is_gone() -> None:
    media = clean_media("image/jpeg", photo(50, 50) + b"<script>alert(1)</script>")
    assert b"script" not in media.content


@pytest.mark.parametrize(
    ("form", "served_as"), [("webm", "audio/webm"), ("ogg", "audio/ogg"), ("mp4", "audio/mp4")]
)
def test_a_voice_note_is_served_as_what_its_content_says(form: str, served_as: str) -> None:
    media = clean_media("audio/whatever", voice(form))
    assert (media.kind, media.media_type, media.content) == (AttachmentKind.VOICE, served_as, voice(form))


@pytest.mark.parametrize(
    ("declared", "content"),
    [
        ("image/jpeg", b"<html><script>alert(1)</script>"),
        ("image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"),
        ("image/jpeg", photo(50, 50)[:200]),
        ("image/gif", photo(50, 50, form="GIF")),
        ("audio/webm", b"<html><script>alert(1)</script>"),
        ("audio/webm", photo(50, 50)),
        ("audio/webm", b"\x00" * 100),
        ("text/html", photo(50, 50)),
        ("application/octet-stream", photo(50, 50)),
    ],
)
def test_anything_else_is_refused_with_what_was_found_and_expected(declared: str, content: bytes) -> None:
    with pytest.raises(MediaError, match=r"found .*, expected"):
        clean_media(declared, content)
