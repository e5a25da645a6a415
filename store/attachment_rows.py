"""Photos and voice notes: a row for each, its bytes beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select

from core.errors import NotFoundError
from core.geo import LonLat
from dispatch.attachments import Attachment, AttachmentKind
from store import tables as t
from store.run import CURRENT_RUN


class AttachmentRows:
    """Part of a transaction: what operations.store.Transaction asks about attachments."""

    connection: Connection

    def attachment(self, attachment_id: str) -> Attachment:
        asked = select(t.attachments).where(t.attachments.c.attachment_id == attachment_id)
        row = self.connection.execute(asked).mappings().one_or_none()
        if row is None:
            raise NotFoundError(
                f"found no attachment {attachment_id!r}, expected an existing one / 没有这个附件"
            )
        return _attachment(row)

    def attachments_of(self, incident_id: str) -> Sequence[Attachment]:
        attachment = t.attachments.c
        asked = select(t.attachments).where(attachment.incident_id == incident_id)
        rows = self.connection.execute(
            asked.order_by(attachment.taken_at, attachment.attachment_id)
        ).mappings()
        return [_attachment(row) for row in rows]

    def attachment_content(self, attachment_id: str) -> bytes:
        asked = select(t.attachment_contents.c.content).where(
            t.attachment_contents.c.attachment_id == attachment_id
        )
        return bytes(self.connection.execute(asked).scalar_one())

    def save_attachment(self, attachment: Attachment, content: bytes) -> None:
        row = {name: getattr(attachment, name) for name in _NAMES}
        row["lon"], row["lat"] = attachment.place or (None, None)
        row["kind"] = attachment.kind.value
        self.connection.execute(insert(t.attachments).values(**row, run=CURRENT_RUN))
        kept = {"attachment_id": attachment.attachment_id, "content": content}
        self.connection.execute(insert(t.attachment_contents).values(**kept))


_NAMES = [c.name for c in t.attachments.columns if c.name not in ("run", "lon", "lat")]


def _attachment(row: Mapping[Any, Any]) -> Attachment:
    values = {name: row[name] for name in _NAMES}
    place = None if row["lon"] is None else LonLat(row["lon"], row["lat"])
    return Attachment(**{**values, "kind": AttachmentKind(row["kind"]), "place": place})
