"""Reads one CAP message that anybody may have written, or refuses it with the reason."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar
from xml.etree.ElementTree import Element, TreeBuilder

from defusedxml import DefusedXmlException, DTDForbidden
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from core.errors import InvalidInputError
from core.geo import LonLat
from operations.cap import (
    CapArea,
    CapCategory,
    CapCertainty,
    CapCircle,
    CapInfo,
    CapMessage,
    CapMsgType,
    CapReference,
    CapResponse,
    CapScope,
    CapSeverity,
    CapStatus,
    CapUrgency,
)

MOST_BYTES = 1024 * 1024
"""Larger than every real message we know of (the longest, with a sound file inside, has 0.6 MB)."""
DEEPEST = 32
MOST_ELEMENTS = 20_000
MOST_ATTRIBUTES = 32
LONGEST_ATTRIBUTE = 4_096
MOST_POINTS = 5_000
"""Thirty times what real messages we know of have; more would take long to compare with the city's outline."""
MOST_REFERENCES = 500
MOST_CIRCLES = 200
LONGEST_NAME = 255
_LARGEST_RADIUS_KM = 20_038.0  # half way round the earth

CAP_12 = "urn:oasis:names:tc:emergency:cap:1.2"
VERSIONS = {
    CAP_12: "1.2",
    "urn:oasis:names:tc:emergency:cap:1.1": "1.1",
    "http://www.incident.com/cap/1.0": "1.0",
}
_SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"
_CONTAINERS = {"feed": "an Atom feed", "rss": "an RSS feed", "EDXLDistribution": "an EDXL envelope"}
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)")
_EARLIEST, _LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_SHOWN = 80
_MOST_REMARKS = 20

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


class CapRefusedError(InvalidInputError):
    """The body is no CAP message we read. `reason` is one of a few words, for counters; the message says where,
    found and expected."""

    def __init__(self, reason: str, where: str, found: str, expected: str, status: int = 422) -> None:
        super().__init__(
            f"{where}: found {found}, expected {expected}",
            errors=[{"pointer": where, "found": found, "expected": expected}],
        )
        self.reason = reason
        self.code = f"cap-{reason}"
        self.status = status


@dataclass(frozen=True, slots=True)
class ReadCap:
    """A message with what was noticed on the way. `signed` says that a signature is there; it is not verified."""

    message: CapMessage
    version: str
    signed: bool
    remarks: tuple[str, ...]


def read_cap(body: bytes) -> ReadCap:
    """The message of CAP 1.0, 1.1 or 1.2. Raises CapRefusedError.

    No document type, so no entities; nothing is fetched; size, depth, elements, attributes and points are limited.
    """
    root = _parsed(body)
    if container := _CONTAINERS.get(_local(root)):
        inside = len(_alerts_in(root))
        raise CapRefusedError(
            "not-one-alert", "/", f"{container} with {inside} CAP alerts inside", "one CAP alert alone"
        )
    return _read(root)


def read_every_cap(body: bytes) -> list[ReadCap | CapRefusedError]:
    """Each alert of a feed or an envelope with what became of it; of anything else, that alone."""
    try:
        root = _parsed(body)
    except CapRefusedError as error:
        return [error]
    found: list[ReadCap | CapRefusedError] = []
    for element in _alerts_in(root) or [root]:
        try:
            found.append(_read(element))
        except CapRefusedError as error:
            found.append(error)
    return found


class _Limited(TreeBuilder):
    """Builds the tree while it is small enough."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = self._elements = 0

    def start(self, tag: Any, attrs: dict[Any, Any], /) -> Element:
        self._depth += 1
        self._elements += 1
        if self._depth > DEEPEST:
            raise CapRefusedError("too-deep", "body", f"more than {DEEPEST} levels", f"at most {DEEPEST}")
        if self._elements > MOST_ELEMENTS:
            raise CapRefusedError(
                "too-large", "body", f"more than {MOST_ELEMENTS:,} elements", f"at most {MOST_ELEMENTS:,}"
            )
        if len(attrs) > MOST_ATTRIBUTES or any(len(value) > LONGEST_ATTRIBUTE for value in attrs.values()):
            raise CapRefusedError(
                "too-large",
                _shown(tag),
                "many or long attributes",
                f"at most {MOST_ATTRIBUTES} of {LONGEST_ATTRIBUTE:,} characters",
            )
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def _read(root: Element) -> ReadCap:
    namespace = root.tag.rpartition("}")[0].lstrip("{")
    version = VERSIONS.get(namespace)
    if _local(root) != "alert" or version is None:
        raise CapRefusedError("not-cap", "/", _shown(root.tag), "<alert> of CAP 1.2, 1.1 or 1.0")
    return _Reading(namespace, version).alert(root)


def _alerts_in(root: Element) -> list[Element]:
    return [element for element in root.iter() if _local(element) == "alert"]


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _parsed(body: bytes) -> Element:
    if len(body) > MOST_BYTES:
        raise CapRefusedError(
            "too-large", "body", f"{len(body):,} bytes", f"at most {MOST_BYTES:,}", status=413
        )
    # pyexpat says of an encoding it does not know LookupError, of one with several bytes a character ValueError.
    try:
        parser = DefusedXMLParser(target=_Limited(), forbid_dtd=True)
        parser.feed(body)
        root: Element = parser.close()
    except DTDForbidden as error:
        raise CapRefusedError("doctype", "body", "a document type declaration", "none") from error
    except DefusedXmlException as error:
        raise CapRefusedError("entities", "body", type(error).__name__, "no entities") from error
    except CapRefusedError:
        raise
    except (ParseError, ValueError, LookupError) as error:
        raise CapRefusedError(
            "not-xml", "body", _shown(str(error)), "well-formed XML in UTF-8, UTF-16 or one byte a character"
        ) from error
    return root


@dataclass
class _Reading:
    """One message being read: where its elements live, and what was noticed."""

    namespace: str
    version: str
    remarks: list[str] = field(default_factory=list)
    points: int = 0
    circles: int = 0

    def alert(self, root: Element) -> ReadCap:
        signed = root.find(f".//{_SIGNATURE}") is not None
        if signed:
            self.remark("a signature is there; it was not verified")
        of = self.children(root, "/alert", _ALERT)
        msg_type = of.one_of("msgType", CapMsgType)
        message = CapMessage(
            identifier=of.name("identifier"),
            sender=of.name("sender"),
            sent=of.instant("sent"),
            status=of.one_of("status", CapStatus),
            msg_type=msg_type,
            scope=of.one_of("scope", CapScope, CapScope.PUBLIC if self.version == "1.0" else None),
            source=of.text("source"),
            restriction=of.text("restriction"),
            addresses=of.text("addresses"),
            note=of.text("note"),
            references=self.references(of),
            infos=tuple(self.info(info, f"/alert/info[{n}]") for n, info in enumerate(of.all("info"), 1)),
        )
        if msg_type is not CapMsgType.ALERT and not message.references:
            raise CapRefusedError(
                "no-references", "/alert/references", "none", f"the messages that this {msg_type} is about"
            )
        return ReadCap(message, self.version, signed, tuple(self.remarks[:_MOST_REMARKS]))

    def info(self, element: Element, where: str) -> CapInfo:
        of = self.children(element, where, _INFO)
        if resources := len(of.all("resource")):
            self.remark(f"{where}: {resources} attached files are not kept")
        return CapInfo(
            language=of.text("language") or "en-US",
            categories=tuple(of.each_of("category", CapCategory, at_least=1)),
            event=of.required("event"),
            urgency=of.one_of("urgency", CapUrgency),
            severity=of.one_of("severity", CapSeverity),
            certainty=of.one_of("certainty", CapCertainty),
            responses=tuple(of.each_of("responseType", CapResponse)),
            event_codes=self.pairs(of, "eventCode"),
            effective=of.instant_or_none("effective"),
            onset=of.instant_or_none("onset"),
            expires=of.instant_or_none("expires"),
            sender_name=of.text("senderName"),
            headline=of.text("headline"),
            description=of.text("description"),
            instruction=of.text("instruction"),
            web=of.text("web"),
            contact=of.text("contact"),
            parameters=self.pairs(of, "parameter"),
            areas=tuple(self.area(area, f"{where}/area[{n}]") for n, area in enumerate(of.all("area"), 1)),
        )

    def area(self, element: Element, where: str) -> CapArea:
        of = self.children(element, where, _AREA)
        return CapArea(
            description=of.required("areaDesc"),
            polygons=tuple(self.polygon(text, f"{where}/polygon") for text in of.texts("polygon")),
            circles=tuple(self.circle(text, f"{where}/circle") for text in of.texts("circle")),
            geocodes=self.pairs(of, "geocode"),
        )

    def polygon(self, text: str, where: str) -> tuple[LonLat, ...]:
        """`lat,lon lat,lon …`, the last like the first."""
        pairs = text.split()
        self.points += len(pairs)
        if self.points > MOST_POINTS:
            raise CapRefusedError(
                "too-large", where, f"more than {MOST_POINTS:,} points", f"at most {MOST_POINTS:,}"
            )
        ring = tuple(_place(pair, where) for pair in pairs)
        if len(set(ring)) < 3:
            raise CapRefusedError("wrong-shape", where, _shown(text), "at least three different points")
        if ring[0] != ring[-1]:
            self.remark(f"{where}: the ring was not closed")
            ring = (*ring, ring[0])
        return ring

    def circle(self, text: str, where: str) -> CapCircle:
        """`lat,lon radius`, in kilometres."""
        self.circles += 1
        if self.circles > MOST_CIRCLES:
            raise CapRefusedError(
                "too-large", where, f"more than {MOST_CIRCLES} circles", f"at most {MOST_CIRCLES}"
            )
        parts = text.split()
        if len(parts) != 2:
            raise CapRefusedError("wrong-shape", where, _shown(text), "lat,lon radius")
        radius_km = _number(parts[1], where)
        if not 0 <= radius_km <= _LARGEST_RADIUS_KM:
            raise CapRefusedError("wrong-shape", where, _shown(text), "a radius in km on this earth")
        return CapCircle(_place(parts[0], where), radius_km)

    def references(self, of: _Children) -> tuple[CapReference, ...]:
        found = []
        words = (of.text("references") or "").split()
        if len(words) > MOST_REFERENCES:
            raise CapRefusedError(
                "too-large", "/alert/references", f"{len(words):,} of them", f"at most {MOST_REFERENCES}"
            )
        for written in words:
            parts = written.split(",")
            instant = _INSTANT.fullmatch(parts[2]) if len(parts) == 3 else None
            if instant is None or not parts[0] or not parts[1]:
                raise CapRefusedError(
                    "wrong-value", "/alert/references", _shown(written), "sender,identifier,sent …"
                )
            sent = _instant(parts[2], "/alert/references")
            found.append(CapReference(parts[0][:LONGEST_NAME], parts[1][:LONGEST_NAME], sent))
        return tuple(found)

    def pairs(self, of: _Children, name: str) -> tuple[tuple[str, str], ...]:
        """Names with values: two elements, or `NAME=value` as CAP 1.0 has it. Incomplete ones are left out."""
        found = []
        for element in of.all(name):
            key = (element.findtext(f"{{{self.namespace}}}valueName") or "").strip()
            value = (element.findtext(f"{{{self.namespace}}}value") or "").strip()
            if not key and not value:
                key, _, value = (part.strip() for part in (element.text or "").partition("="))
            if key and value:
                found.append((key, value))
            else:
                self.remark(f"{of.where}/{name}: an incomplete one was left out")
        return tuple(found)

    def children(self, element: Element, where: str, known: frozenset[str]) -> _Children:
        found: dict[str, list[Element]] = {}
        prefix = f"{{{self.namespace}}}"
        for child in element:
            name = child.tag.removeprefix(prefix)
            if name in known:
                found.setdefault(name, []).append(child)
            elif child.tag != _SIGNATURE:
                self.remark(f"{where}: unknown element {_shown(child.tag)} was passed over")
        return _Children(found, where, self)

    def remark(self, text: str) -> None:
        if text not in self.remarks and len(self.remarks) < _MOST_REMARKS:
            self.remarks.append(text)


@dataclass
class _Children:
    """The known children of one element, read by name."""

    found: Mapping[str, list[Element]]
    where: str
    reading: _Reading

    def all(self, name: str) -> list[Element]:
        return self.found.get(name, [])

    def texts(self, name: str) -> list[str]:
        return [text for element in self.all(name) if (text := (element.text or "").strip())]

    def text(self, name: str) -> str | None:
        """The text of an element that may be there once; an empty one counts as none."""
        there = self.all(name)
        if len(there) > 1:
            raise CapRefusedError("twice", f"{self.where}/{name}", f"{len(there)} of them", "one")
        if not there:
            return None
        text = (there[0].text or "").strip()
        if not text:
            self.reading.remark(f"{self.where}/{name} is empty")
        return text or None

    def required(self, name: str) -> str:
        text = self.text(name)
        if text is None:
            found = "an empty one" if self.all(name) else "none"
            raise CapRefusedError("missing", f"{self.where}/{name}", found, "a text")
        return text

    def name(self, name: str) -> str:
        """An identifier or sender: no space, comma, < or & (CAP 1.2, 3.2.1)."""
        text = self.required(name)
        if len(text) > LONGEST_NAME or re.search(r"[\s,<&]", text):
            raise CapRefusedError(
                "wrong-value",
                f"{self.where}/{name}",
                _shown(text),
                f"at most {LONGEST_NAME} characters without space, comma, < and &",
            )
        return text

    def instant(self, name: str) -> datetime:
        text = self.required(name)
        if re.search(r"\.\d|Z$", text):
            self.reading.remark(f"{self.where}/{name}: {_shown(text)} is not how CAP 1.2 writes instants")
        return _instant(text, f"{self.where}/{name}")

    def instant_or_none(self, name: str) -> datetime | None:
        return None if self.text(name) is None else self.instant(name)

    def one_of(self, name: str, kind: type[E], otherwise: E | None = None) -> E:
        if otherwise is not None and self.text(name) is None:
            return otherwise
        return _member(self.required(name), kind, f"{self.where}/{name}")

    def each_of(self, name: str, kind: type[E], at_least: int = 0) -> list[E]:
        found = [_member(text, kind, f"{self.where}/{name}") for text in self.texts(name)]
        if len(found) < at_least:
            raise CapRefusedError("missing", f"{self.where}/{name}", "none", _words(kind))
        return found


# fmt: off
_ALERT = frozenset(
    (
        "identifier", "sender", "sent", "status", "msgType", "source", "scope", "restriction",
        "addresses", "code", "note", "references", "incidents", "info", "password",
    )
)
_INFO = frozenset(
    (
        "language", "category", "event", "responseType", "urgency", "severity", "certainty",
        "audience", "eventCode", "effective", "onset", "expires", "senderName", "headline",
        "description", "instruction", "web", "contact", "parameter", "resource", "area",
    )
)
# fmt: on
_AREA = frozenset(("areaDesc", "polygon", "circle", "geocode", "altitude", "ceiling"))


def _member(text: str, kind: type[E], where: str) -> E:
    if text == "Very Likely" and kind is CapCertainty:  # CAP 1.0; deprecated in 1.1
        text = CapCertainty.LIKELY
    try:
        return kind(text)
    except ValueError as error:
        raise CapRefusedError("wrong-value", where, _shown(text), _words(kind)) from error


def _words(kind: type[StrEnum]) -> str:
    return "one of " + ", ".join(kind)


def _instant(text: str, where: str) -> datetime:
    def refused() -> CapRefusedError:
        return CapRefusedError(
            "wrong-value",
            where,
            _shown(text),
            "an instant between 1990 and 2100 as 2026-08-18T09:20:00+08:00",
        )

    if _INSTANT.fullmatch(text) is None:
        raise refused()
    at = _tried(lambda: datetime.fromisoformat(text), refused)
    if not _tried(lambda: _EARLIEST <= at < _LATEST, refused):
        raise refused()
    return at


def _place(text: str, where: str) -> LonLat:
    lat, _, lon = text.partition(",")
    place = LonLat(_number(lon, where), _number(lat, where))
    if not (-180 <= place.lon <= 180 and -90 <= place.lat <= 90):
        raise CapRefusedError("wrong-shape", where, _shown(text), "latitude,longitude in degrees")
    return place


def _number(text: str, where: str) -> float:
    # float() also reads 1_000, nan and digits of other scripts, which are no coordinates.
    if not re.fullmatch(r"[+-]?[0-9]{1,12}(\.[0-9]{0,20})?", text):
        raise CapRefusedError("wrong-shape", where, _shown(text), "a number")
    value = float(text)
    assert math.isfinite(value)
    return value


def _tried(attempt: Callable[[], T], refused: Callable[[], CapRefusedError]) -> T:
    try:
        return attempt()
    except (ValueError, OverflowError) as error:
        raise refused() from error


def _shown(text: str) -> str:
    """A text as it may be repeated to the sender: on one line, at most eighty characters."""
    text = repr(text[:_SHOWN]).strip()
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
