"""The routes of those on the spot: a unit's order, photos and voice notes from the scene."""

from __future__ import annotations

import hashlib
import re
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from pydantic import AwareDatetime
from typing_extensions import TypedDict

from core.errors import InvalidInputError
from core.geo import LonLat
from intake import bodies
from intake.acting import By
from intake.bodies import json_body, parsed
from intake.counters import IntakeCounters
from intake.media import clean_media
from intake.openapi import takes, takes_any
from operations.accept_assignment import AcceptAssignment, accept_assignment
from operations.add_attachment import AddAttachment, add_attachment
from operations.duty import attachment_content, duty_state
from operations.ports import Ports
from operations.public_state import Json, assignment_state, attachment_state

ACCEPT = "/api/v1/assignments/{assignment_id}/accept"
ATTACHMENTS = "/api/v1/incidents/{incident_id}/attachments"

Body = Annotated[bytes, Depends(json_body)]
Id = Annotated[str, Path(max_length=64, pattern=r"^[^\s\x00-\x1f\x7f/]+$")]
Key = Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$")]
TakenAt = Annotated[AwareDatetime, Query(description="ISO 8601 with an offset, the city's time")]
Late = Annotated[bool, Query(description="it waited for a connection")]
Lon = Annotated[float | None, Query(ge=-180, le=180, description="degrees east, WGS-84")]
Lat = Annotated[float | None, Query(ge=-90, le=90, description="degrees north, WGS-84")]
Accuracy = Annotated[float | None, Query(ge=0, le=100_000, description="metres")]
Ranges = Annotated[str, Header(alias="Range", max_length=80)]

_RANGE = re.compile(r"bytes=(\d{1,12})-(\d{0,12})")
_NEVER_CHANGES = {
    "Cache-Control": "private, max-age=86400, immutable",
    "Content-Disposition": "inline",
    # Opened by itself it is a picture or a sound in an empty page that may do nothing.
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Accept-Ranges": "bytes",
    "X-Content-Type-Options": "nosniff",
}


class AttachmentAnswer(TypedDict):
    """The attachment; `repeated` says that this key came before and this is what was kept then."""

    attachment: Json
    repeated: bool


async def raw_body(request: Request) -> tuple[str, bytes]:
    """What the body says it is, and the body."""
    return request.headers.get("content-type", ""), await request.body()


Raw = Annotated[tuple[str, bytes], Depends(raw_body)]


def add_scene_routes(router: APIRouter, ports: Ports, counters: IntakeCounters) -> None:
    """Adds the routes; what they block on runs in FastAPI's threads."""
    scene = _Scene(ports, counters)
    router.add_api_route("/duty", scene.duty, methods=["GET"])
    router.add_api_route(
        "/assignments/{assignment_id}/accept",
        scene.accept,
        methods=["POST"],
        openapi_extra=takes("AcceptIn"),
    )
    router.add_api_route(
        "/incidents/{incident_id}/attachments",
        scene.attach,
        methods=["POST"],
        status_code=201,
        openapi_extra=takes_any(
            "image/jpeg", "image/png", "image/webp", "audio/webm", "audio/ogg", "audio/mp4"
        ),
    )
    router.add_api_route(
        "/attachments/{attachment_id}", scene.content, methods=["GET"], response_class=Response
    )


class _Scene:
    def __init__(self, ports: Ports, counters: IntakeCounters) -> None:
        self._ports, self._counters = ports, counters

    def duty(self, actor: By) -> Json:
        """The unit that whoever asks speaks for, with its open assignment, that one's way and its incident."""
        return duty_state(self._ports, actor)

    def accept(self, actor: By, assignment_id: Id, body: Body) -> Json:
        """The unit has its order. Said again it changes nothing; the answer is the assignment as it is now."""
        sent = parsed(bodies.ACCEPT, body)
        command = AcceptAssignment(assignment_id, sent["accepted_at"], sent.get("late", False))
        accepted = accept_assignment(self._ports, actor, command)
        self._counters.accepted(ACCEPT)
        return assignment_state(accepted)

    def attach(
        self,
        actor: By,
        incident_id: Id,
        sent: Raw,
        key: Key,
        taken_at: TakenAt,
        response: Response,
        late: Late = False,
        lon: Lon = None,
        lat: Lat = None,
        accuracy_m: Accuracy = None,
    ) -> AttachmentAnswer:
        """A photo or a voice note, as the body's bytes; sent again with the same key it is the same, answered with
        200. A photo is decoded and written anew without what its file said of place and device."""
        declared, content = sent
        if (lon is None) is not (lat is None):
            raise InvalidInputError("place: found one of lon and lat, expected both or neither")
        media = clean_media(declared, content)
        added = add_attachment(
            self._ports,
            actor,
            AddAttachment(
                idempotency_key=key,
                incident_id=incident_id,
                kind=media.kind,
                media_type=media.media_type,
                content=media.content,
                sent_digest=hashlib.sha256(content).hexdigest(),
                taken_at=taken_at,
                late=late,
                width_px=media.width_px,
                height_px=media.height_px,
                place=LonLat(lon, lat) if lon is not None and lat is not None else None,
                accuracy_m=accuracy_m,
            ),
        )
        if added.repeated:
            response.status_code = HTTPStatus.OK
            self._counters.duplicates(ATTACHMENTS, 1)
        else:
            self._counters.accepted(ATTACHMENTS)
        return {"attachment": attachment_state(added.attachment), "repeated": added.repeated}

    def content(self, actor: By, attachment_id: Id, ranges: Ranges = "") -> Response:
        """The bytes of a photo or voice note, to whoever may see its incident; a part of them where a player asks
        for one."""
        attachment, content = attachment_content(self._ports, actor, attachment_id)
        asked = _RANGE.fullmatch(ranges)
        if asked is None:
            return Response(content, 200, _NEVER_CHANGES, attachment.media_type)
        first, last = int(asked[1]), min(int(asked[2] or len(content)), len(content) - 1)
        if not first <= last:
            refused = {**_NEVER_CHANGES, "Content-Range": f"bytes */{len(content)}"}
            return Response(b"", HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, refused)
        part = {**_NEVER_CHANGES, "Content-Range": f"bytes {first}-{last}/{len(content)}"}
        return Response(content[first : last + 1], HTTPStatus.PARTIAL_CONTENT, part, attachment.media_type)
