"""Keeps a photo or voice note from the scene with its incident, once for each idempotency key."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from core.actor import Actor, Permission
from core.errors import ConflictError
from core.events import happened
from core.geo import LonLat
from core.ids import new_id
from dispatch.attachments import Attachment, AttachmentKind
from operations.instants import not_in_the_future
from operations.own_unit import may_see_incident
from operations.ports import Ports
from operations.public_state import attachment_state, changes
from operations.texts import LONGEST_KEY, refuse_longer
from operations.transaction import committed, require

MOST_ATTACHMENTS = 100
"""Of one incident (proposed): a phone that sends for ever must not fill the database."""


@dataclass(frozen=True, slots=True)
class AddAttachment:
    """`content` is what will be served, checked and made clean before (intake/media.py); `sent_digest` is of the
    bytes as they came, which is what a retry repeats."""

    idempotency_key: str
    incident_id: str
    kind: AttachmentKind
    media_type: str
    content: bytes
    sent_digest: str
    taken_at: datetime
    late: bool = False
    width_px: int | None = None
    height_px: int | None = None
    place: LonLat | None = None
    accuracy_m: float | None = None

    @property
    def digest(self) -> str:
        """What makes two requests with one key the same."""
        parts = (self.incident_id, self.kind, self.sent_digest, self.taken_at.astimezone(UTC).isoformat())
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class AddedAttachment:
    """`repeated` says that the key came before and this is what was kept then."""

    attachment: Attachment
    repeated: bool


def add_attachment(ports: Ports, actor: Actor, command: AddAttachment) -> AddedAttachment:
    """Commits the bytes, their row and the journal's together; a closed incident takes them too, because a phone may
    have waited hours for a connection.

    Raises NotFoundError, PermissionDeniedError, InvalidInputError for a future instant, ConflictError when the
    key came before with something else or the incident has MOST_ATTACHMENTS.
    """
    require(actor, Permission.ADD_ATTACHMENT)
    refuse_longer(LONGEST_KEY, idempotency_key=command.idempotency_key)
    now = ports.clock.now()
    taken_at = not_in_the_future("taken_at", command.taken_at, now)
    with committed(ports, as_of=now) as tx:
        answer = tx.remembered_answer(actor.actor_id, command.idempotency_key, command.digest)
        if answer is not None:
            return AddedAttachment(tx.attachment(answer["attachment_id"]), repeated=True)
        incident = tx.incident(command.incident_id)
        may_see_incident(tx, actor, incident)
        if (found := len(tx.attachments_of(incident.incident_id))) >= MOST_ATTACHMENTS:
            raise ConflictError(
                f"{incident.number} 已有 {found} 个附件，最多 {MOST_ATTACHMENTS} 个 / "
                f"{incident.number}: found {found} attachments, expected fewer than {MOST_ATTACHMENTS}"
            )
        attachment = Attachment(
            attachment_id=new_id(),
            incident_id=incident.incident_id,
            kind=command.kind,
            media_type=command.media_type,
            size_bytes=len(command.content),
            taken_at=taken_at,
            received_at=now,
            by_id=actor.actor_id,
            by_name=actor.name,
            late=command.late,
            width_px=command.width_px,
            height_px=command.height_px,
            place=command.place,
            accuracy_m=command.accuracy_m,
        )
        tx.save_attachment(attachment, command.content)
        remembered = {"attachment_id": attachment.attachment_id}
        tx.remember_answer(actor.actor_id, command.idempotency_key, command.digest, remembered, now)
        tx.record(
            happened(
                actor,
                "attachment.added",
                at=taken_at,
                subject=incident.incident_id,
                data=attachment_state(attachment),
                # Unchanged, but its screens must hear of it, a district's too.
                changes=changes(incidents=[incident]),
            )
        )
    return AddedAttachment(attachment, repeated=False)
