"""Somebody writes a note on an incident or an alert, for all who look at it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

from core.actor import Actor, Permission
from core.errors import InvalidInputError
from core.events import happened
from operations.ports import Ports
from operations.public_state import changes
from operations.texts import LONGEST_KEY, LONGEST_REASON, readable_reason, refuse_longer
from operations.transaction import committed, require


@dataclass(frozen=True, slots=True)
class AddNote:
    """`about` says what `subject_id` is. The key makes sending it again harmless."""

    idempotency_key: str
    about: Literal["incident", "alert"]
    subject_id: str
    text: str


def add_note(ports: Ports, actor: Actor, command: AddNote) -> bool:
    """Commits the note; False when its key came before. What has ended can still be written about.

    Raises NotFoundError, PermissionDeniedError, InvalidInputError for a note that says nothing, ConflictError when
    the key came before with another note.
    """
    require(actor, Permission.ADD_NOTE)
    refuse_longer(LONGEST_REASON, text=command.text)
    refuse_longer(LONGEST_KEY, idempotency_key=command.idempotency_key)
    text = readable_reason(command.text).strip()
    if not text:
        raise InvalidInputError("请先写明备注 / text: found nothing that can be read, expected a note")
    digest = hashlib.sha256(f"{command.about}\x1f{command.subject_id}\x1f{text}".encode()).hexdigest()
    now = ports.clock.now()
    with committed(ports, as_of=now) as tx:
        if tx.remembered_answer(actor.actor_id, command.idempotency_key, digest) is not None:
            return False
        # The states are not changed by it; they say whose note it is to read.
        if command.about == "incident":
            incident = tx.incident(command.subject_id)
            require(actor, Permission.ADD_NOTE, incident.jurisdiction)
            told = changes(incidents=[incident])
        else:
            alert = tx.alert(command.subject_id)
            require(actor, Permission.ADD_NOTE, alert.jurisdiction)
            told = changes(alerts=[alert])
        tx.remember_answer(actor.actor_id, command.idempotency_key, digest, {}, now)
        tx.record(
            happened(
                actor,
                "note.added",
                at=now,
                subject=command.subject_id,
                data={"text": text, "key": command.idempotency_key},
                changes=told,
            )
        )
    return True
