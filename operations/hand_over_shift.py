"""The outgoing officer hands the shift over, with a remark of their own."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from core.actor import Actor, Permission
from core.events import happened
from core.ids import new_id
from operations.handover import HandOver
from operations.ports import Ports
from operations.shift_summary import shift_summary
from operations.texts import LONGEST_KEY, LONGEST_TEXT, refuse_longer, unturned
from operations.transaction import committed, require


@dataclass(frozen=True, slots=True)
class HandOverShift:
    idempotency_key: str
    remark: str


def hand_over_shift(ports: Ports, actor: Actor, command: HandOverShift) -> HandOver:
    """Commits the summary as it is now with the remark; it waits for whoever accepts it. The same key is answered
    with what it gave before. Raises InvalidInputError for a remark that is too long."""
    require(actor, Permission.HAND_OVER)
    refuse_longer(LONGEST_TEXT, remark=command.remark)
    refuse_longer(LONGEST_KEY, idempotency_key=command.idempotency_key)
    remark = unturned(command.remark).strip()
    digest = hashlib.sha256(remark.encode()).hexdigest()
    summary = shift_summary(ports, actor)
    now = ports.clock.now()
    with committed(ports, as_of=now) as tx:
        answer = tx.remembered_answer(actor.actor_id, command.idempotency_key, digest)
        if answer is not None:
            return tx.handover(answer["handover_id"])
        given = HandOver(
            handover_id=new_id(),
            jurisdiction=actor.jurisdiction,
            since_at=datetime.fromisoformat(summary["since"]),
            given_at=now,
            given_by=actor.actor_id,
            given_by_name=actor.name,
            remark=remark,
            summary=summary,
        )
        tx.save_handover(given)
        tx.remember_answer(
            actor.actor_id, command.idempotency_key, digest, {"handover_id": given.handover_id}, now
        )
        tx.record(
            happened(
                actor,
                "shift.handed_over",
                at=now,
                subject=given.handover_id,
                data={
                    "jurisdiction": given.jurisdiction,
                    "since": summary["since"],
                    "remark": remark,
                    "open_incidents": len(summary["incidents"]),
                },
            )
        )
    return given
