"""The feed of our CAP messages: Atom 1.0 (RFC 4287), one entry for each message."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from notify.cap_xml import MEDIA_TYPE, cap_instant, plain
from operations.cap import CapMessage
from operations.cap_map import CapMap

FEED_MEDIA_TYPE = "application/atom+xml"
_ATOM = "http://www.w3.org/2005/Atom"
_NOTHING_YET = datetime(2000, 1, 1, tzinfo=UTC)


def write_feed(messages: Sequence[CapMessage], cap: CapMap) -> bytes:
    """The messages, newest first. Links are relative to the feed, so they hold behind any proxy."""
    feed = Element("feed", {"xmlns": _ATOM})
    _add(feed, "id", f"urn:command-centre:cap:{cap.sender}")
    _add(feed, "title", f"{cap.sender_name_zh} 预警 · {cap.sender_name_en} warnings")
    _add(feed, "updated", cap_instant(max((m.sent for m in messages), default=_NOTHING_YET)))
    author = SubElement(feed, "author")
    _add(author, "name", cap.sender_name_zh or cap.sender)
    SubElement(feed, "link", {"rel": "self", "type": FEED_MEDIA_TYPE, "href": "feed"})
    for message in messages:
        _entry(SubElement(feed, "entry"), message)
    written: bytes = tostring(feed, "utf-8", xml_declaration=True)
    return written


def etag_of(body: bytes) -> str:
    """Weak, because what travels may be compressed."""
    return f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'


def matches(etag: str, if_none_match: str | None) -> bool:
    """Whether the asker has this body already (RFC 9110, 13.1.2: compared weakly)."""
    if if_none_match is None:
        return False
    known = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return "*" in known or etag.removeprefix("W/") in known


def _entry(to: Element, message: CapMessage) -> None:
    _add(to, "id", f"urn:command-centre:cap:{message.sender}:{message.identifier}")
    headlines = [info.headline for info in message.infos if info.headline]
    _add(to, "title", " · ".join(headlines) or message.note or message.msg_type.value)
    _add(to, "updated", cap_instant(message.sent))
    _add(to, "published", cap_instant(message.sent))
    for term in (message.status, message.msg_type, *(message.infos[0].categories if message.infos else ())):
        SubElement(to, "category", {"term": term.value})
    link = {"rel": "alternate", "type": MEDIA_TYPE, "href": f"messages/{message.identifier}"}
    SubElement(to, "link", link)
    if message.infos:
        _add(to, "summary", message.infos[0].description or message.infos[0].event)


def _add(to: Element, name: str, text: str) -> None:
    SubElement(to, name).text = plain(text)
