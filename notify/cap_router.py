"""The routes of CAP: our feed and messages for others, and the door for theirs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from typing_extensions import TypedDict

from core.actor import Actor, current_actor
from core.errors import CommandCentreError
from notify.cap_feed import FEED_MEDIA_TYPE, etag_of, matches, write_feed
from notify.cap_reader import CapRefusedError, read_cap
from notify.cap_xml import MEDIA_TYPE, write_cap
from operations.cap import CapOutcome
from operations.cap_messages import cap_feed, cap_message
from operations.ports import Ports
from operations.receive_cap import ReceiveCap, quarantine_refused_cap, receive_cap

PREFIX = "/api/v1"
CAP = PREFIX + "/cap"
_TAKEN = (MEDIA_TYPE, "text/xml", "application/xml")


class Counters(Protocol):
    """What the intake counts by route; handed in, because edges do not know each other."""

    def accepted(self, route: str, count: int = 1) -> None: ...
    def duplicates(self, route: str, count: int) -> None: ...
    def quarantined(self, route: str, reasons: Iterable[str]) -> None: ...


class UnauthenticatedError(CommandCentreError):
    """Nobody stands behind this request."""

    code = "unauthenticated"
    status = 401


class MediaTypeError(CommandCentreError):
    """The body is not declared as CAP."""

    code = "unsupported-media-type"
    status = 415


class CapAnswer(TypedDict):
    """What became of a message. `repeated` says that it came before and this was the answer then."""

    outcome: str
    reason: str | None
    detail: str | None
    alert_id: str | None
    repeated: bool
    version: str
    signature: str
    remarks: list[str]


def acting() -> Actor:
    """Who sends this request, as the access guard found it. Raises UnauthenticatedError."""
    actor = current_actor.get()
    if actor is None:
        raise UnauthenticatedError(
            "found no credentials, expected a session or Authorization: Bearer <token>"
        )
    return actor


async def xml_body(request: Request) -> bytes:
    """The raw body of a request that says it is XML; its encoding is what the document itself says.

    Raises MediaTypeError.
    """
    found = request.headers.get("content-type", "")
    if found.partition(";")[0].strip().lower() not in _TAKEN:
        raise MediaTypeError(f"Content-Type: found {found[:80]!r}, expected one of {', '.join(_TAKEN)}")
    if encoding := request.headers.get("content-encoding"):
        raise MediaTypeError(f"Content-Encoding: found {encoding[:80]!r}, expected none")
    return await request.body()


By = Annotated[Actor, Depends(acting)]
Body = Annotated[bytes, Depends(xml_body)]
Identifier = Annotated[str, Path(max_length=64, pattern=r"^[0-9A-Za-z-]+$")]
IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match", max_length=1000)]


def cap_router(ports: Ports, counters: Counters) -> APIRouter:
    """The routes under /api/v1/cap. They need Problems.install on the application and the guard around it."""
    api = _Cap(ports, counters)
    router = APIRouter(prefix=PREFIX)
    add = router.add_api_route
    taken = {media_type: {"schema": {"type": "string"}} for media_type in _TAKEN}
    takes: dict[str, Any] = {"requestBody": {"required": True, "content": taken}}
    add("/cap", api.receive, methods=["POST"], openapi_extra=takes)
    add("/cap/feed", api.feed, methods=["GET"], response_class=Response)
    add("/cap/messages/{identifier}", api.message, methods=["GET"], response_class=Response)
    return router


class _Cap:
    """What the routes do. All of it blocks on PostgreSQL, so FastAPI runs it in its threads."""

    def __init__(self, ports: Ports, counters: Counters) -> None:
        self._ports = ports
        self._counters = counters

    def receive(self, actor: By, body: Body) -> CapAnswer:
        """One warning of somebody else (CAP 1.0, 1.1 or 1.2). Sending it again is harmless."""
        try:
            read = read_cap(body)
        except CapRefusedError as error:
            quarantine_refused_cap(self._ports, actor, error.reason, error.message, body)
            raise
        receipt = receive_cap(self._ports, actor, ReceiveCap(read.message, read.version, read.signed))
        if receipt.repeated:
            self._counters.duplicates(CAP, 1)
        elif receipt.outcome is CapOutcome.QUARANTINED:
            self._counters.quarantined(CAP, [receipt.reason or ""])
        else:
            self._counters.accepted(CAP)
        return {
            "outcome": receipt.outcome.value,
            "reason": receipt.reason,
            "detail": receipt.detail,
            "alert_id": receipt.alert_id,
            "repeated": receipt.repeated,
            "version": read.version,
            "signature": "not verified" if read.signed else "none",
            "remarks": list(read.remarks),
        }

    def feed(self, actor: By, if_none_match: IfNoneMatch = None) -> Response:
        """Messages of alerts that stand or were cleared within a day, as an Atom feed."""
        body = write_feed(cap_feed(self._ports, actor), self._ports.cap)
        return _answer(body, FEED_MEDIA_TYPE, if_none_match)

    def message(self, actor: By, identifier: Identifier, if_none_match: IfNoneMatch = None) -> Response:
        """One message as CAP 1.2."""
        return _answer(write_cap(cap_message(self._ports, actor, identifier)), MEDIA_TYPE, if_none_match)


def _answer(body: bytes, media_type: str, if_none_match: str | None) -> Response:
    etag = etag_of(body)
    if matches(etag, if_none_match):
        return Response(status_code=304, headers={"ETag": etag})
    return Response(body, headers={"ETag": etag}, media_type=media_type)
