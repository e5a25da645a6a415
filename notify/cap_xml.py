"""Writes CAP 1.2: one message as XML, the same bytes for the same message."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from xml.etree.ElementTree import Element, SubElement, tostring

from core.geo import LonLat
from operations.cap import CapArea, CapInfo, CapMessage

CAP_12 = "urn:oasis:names:tc:emergency:cap:1.2"
MEDIA_TYPE = "application/cap+xml"
_CITY_TIME = timezone(timedelta(hours=8))
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_cap(message: CapMessage) -> bytes:
    """The message in the order of elements that the schema wants. Instants are in the city's zone, whole seconds."""
    alert = Element(_tag("alert"))
    _add(alert, "identifier", message.identifier)
    _add(alert, "sender", message.sender)
    _add(alert, "sent", cap_instant(message.sent))
    _add(alert, "status", message.status)
    _add(alert, "msgType", message.msg_type)
    _add(alert, "source", message.source)
    _add(alert, "scope", message.scope)
    _add(alert, "restriction", message.restriction)
    _add(alert, "addresses", message.addresses)
    _add(alert, "note", message.note)
    if message.references:
        named = (f"{r.sender},{r.identifier},{cap_instant(r.sent)}" for r in message.references)
        _add(alert, "references", " ".join(named))
    for info in message.infos:
        _info(SubElement(alert, _tag("info")), info)
    written: bytes = tostring(alert, "utf-8", xml_declaration=True, default_namespace=CAP_12)
    return written


def cap_instant(at: datetime) -> str:
    """As CAP 1.2 (3.3.2) wants it: with an offset, without fractions of a second, never Z."""
    return at.astimezone(_CITY_TIME).isoformat(timespec="seconds")


def plain(text: str) -> str:
    """The text without characters that XML 1.0 cannot hold."""
    return _NOT_XML.sub("", text)


def _info(to: Element, info: CapInfo) -> None:
    _add(to, "language", info.language)
    _add_each(to, "category", info.categories)
    _add(to, "event", info.event)
    _add_each(to, "responseType", info.responses)
    _add(to, "urgency", info.urgency)
    _add(to, "severity", info.severity)
    _add(to, "certainty", info.certainty)
    _add_pairs(to, "eventCode", info.event_codes)
    for name, at in (("effective", info.effective), ("onset", info.onset), ("expires", info.expires)):
        _add(to, name, None if at is None else cap_instant(at))
    _add(to, "senderName", info.sender_name)
    _add(to, "headline", info.headline)
    _add(to, "description", info.description)
    _add(to, "instruction", info.instruction)
    _add(to, "web", info.web)
    _add(to, "contact", info.contact)
    _add_pairs(to, "parameter", info.parameters)
    for area in info.areas:
        _area(SubElement(to, _tag("area")), area)


def _area(to: Element, area: CapArea) -> None:
    _add(to, "areaDesc", area.description)
    _add_each(to, "polygon", (" ".join(_lat_lon(place) for place in ring) for ring in area.polygons))
    _add_each(to, "circle", (f"{_lat_lon(c.centre)} {_decimal(c.radius_km)}" for c in area.circles))
    _add_pairs(to, "geocode", area.geocodes)


def _lat_lon(place: LonLat) -> str:
    return f"{_decimal(place.lat)},{_decimal(place.lon)}"


def _decimal(value: float) -> str:
    """Six decimals of a degree are a tenth of a metre; never an exponent, which CAP does not read."""
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _add(to: Element, name: str, text: str | None) -> None:
    if text is not None:
        SubElement(to, _tag(name)).text = plain(text)


def _add_each(to: Element, name: str, texts: Iterable[str]) -> None:
    for text in texts:
        _add(to, name, text)


def _add_pairs(to: Element, name: str, pairs: Iterable[tuple[str, str]]) -> None:
    for key, value in pairs:
        pair = SubElement(to, _tag(name))
        _add(pair, "valueName", key)
        _add(pair, "value", value)


def _tag(name: str) -> str:
    return f"{{{CAP_12}}}{name}"
