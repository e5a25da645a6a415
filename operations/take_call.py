"""Takes a call down: the call, and the incident it opens or joins, once for each idempotency key."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from core.actor import Actor, Permission
from core.errors import InvalidInputError
from core.events import happened
from core.geo import LonLat
from core.ids import new_id
from dispatch.correlation import with_call
from dispatch.model import Call, Incident
from operations.catalogue import Category
from operations.instants import not_in_the_future
from operations.open_incident import new_incident, open_incident_near
from operations.ports import Ports, Transaction
from operations.public_state import changes
from operations.texts import LONGEST_KEY, LONGEST_LINE, LONGEST_TEXT, refuse_longer
from operations.transaction import committed, require


@dataclass(frozen=True, slots=True)
class TakeCall:
    idempotency_key: str
    category: str
    place: LonLat
    caller: str
    text: str
    received_at: datetime
    accuracy_m: float | None = None
    """How exact the place is, when a receiver gave it."""
    late: bool = False
    """It waited for a connection."""

    @property
    def digest(self) -> str:
        """What makes two calls with one key the same call."""
        parts = (
            self.category,
            f"{self.place.lon:.6f},{self.place.lat:.6f}",
            self.caller,
            self.text,
            self.received_at.astimezone(UTC).isoformat(),
        )
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class TakenCall:
    """`repeated` says that the key came before and this is the answer given then, `joined` that the incident was
    open already."""

    call_id: str
    incident_id: str
    incident_number: str
    repeated: bool
    joined: bool = False


def take_call(ports: Ports, actor: Actor, command: TakeCall) -> TakenCall:
    """Commits the call; it joins the open incident it is about or opens one, for which advice follows in a worker.

    Raises InvalidInputError for an unknown category, a place outside the city, a future instant or a text
    that is too long, ConflictError when the key came before with another call.
    """
    require(actor, Permission.TAKE_CALL)
    refuse_longer(LONGEST_TEXT, text=command.text)
    refuse_longer(LONGEST_LINE, caller=command.caller)
    refuse_longer(LONGEST_KEY, idempotency_key=command.idempotency_key)
    category = ports.catalogue.categories.get(command.category)
    if category is None:
        raise InvalidInputError(
            f"category: found {command.category!r}, expected one of "
            f"{', '.join(sorted(ports.catalogue.categories))}"
        )
    jurisdiction = ports.areas.jurisdiction_of(command.place)
    if jurisdiction is None:
        raise InvalidInputError(
            f"place: found {command.place.lon:.5f},{command.place.lat:.5f}, expected a place inside the "
            "city (WGS-84; was another frame meant?) / 地点不在本市范围内，请检查坐标系"
        )
    require(actor, Permission.TAKE_CALL, jurisdiction)
    now = ports.clock.now()
    received_at = not_in_the_future("received_at", command.received_at, now)
    with committed(ports, as_of=now) as tx:
        answer = tx.remembered_answer(actor.actor_id, command.idempotency_key, command.digest)
        if answer is not None:
            return TakenCall(**answer, repeated=True)
        incident, joined = _incident(tx, category, command.place, jurisdiction, received_at)
        call = Call(
            call_id=new_id(),
            incident_id=incident.incident_id,
            caller=command.caller,
            text=command.text,
            place=command.place,
            received_at=received_at,
            taken_by=actor.name,
            accuracy_m=command.accuracy_m,
        )
        tx.save_call(call)
        taken = {
            "call_id": call.call_id,
            "incident_id": incident.incident_id,
            "incident_number": incident.number,
        }
        answer = {**taken, "joined": joined}
        tx.remember_answer(actor.actor_id, command.idempotency_key, command.digest, answer, now)
        tx.record(
            happened(
                actor,
                "call.joined" if joined else "call.taken",
                at=received_at,
                subject=incident.incident_id,
                data={
                    "call_id": call.call_id,
                    "text": command.text,
                    "caller": command.caller,
                    "calls": incident.calls,
                    "late": command.late,
                },
                changes=changes(incidents=[incident]),
            )
        )
    if not joined:
        ports.work.recommend_units(incident.incident_id)
    ports.work.judge_calls(incident.incident_id)
    return TakenCall(**taken, repeated=False, joined=joined)


def _incident(
    tx: Transaction, category: Category, place: LonLat, jurisdiction: str, at: datetime
) -> tuple[Incident, bool]:
    """The incident with this call counted, and whether it was open already."""
    # Two callers at the same moment open one incident, not two.
    tx.lock_calls()
    open_one = open_incident_near(tx, category, place, at)
    incident = open_one or new_incident(
        tx,
        category=category.code,
        title_zh=f"{category.name_zh}报警",
        title_en=f"{category.name_en} call",
        place=place,
        jurisdiction=jurisdiction,
        priority=category.priority,
        at=at,
        origin="call",
    )
    counted = with_call(incident, at, category.priority)
    tx.save_incident(counted)
    return counted, open_one is not None
