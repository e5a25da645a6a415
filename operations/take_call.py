"""Takes a call down: the call, and the incident it opens or joins, once for each idempotency key."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from core.actor import Actor, Permission
from core.errors import ConflictError, InvalidInputError
from core.events import happened
from core.geo import LonLat
from core.ids import new_id
from dispatch.correlation import with_call
from dispatch.model import Call, Incident, IncidentStatus, Priority
from operations.catalogue import Category
from operations.instants import not_in_the_future
from operations.open_incident import new_incident, open_incident_near
from operations.ports import Ports
from operations.public_state import changes
from operations.store import Transaction
from operations.texts import (
    LONGEST_KEY,
    LONGEST_LINE,
    LONGEST_REASON,
    LONGEST_TEXT,
    readable_reason,
    refuse_longer,
)
from operations.transaction import committed, require

MOST_ACCURACY_M = 50_000.0
"""Further off than this a place is none."""


@dataclass(frozen=True, slots=True)
class TakeCall:
    """`accuracy_m` is how far from `place` it may really be, in metres; None when nobody said. `priority` is an
    officer's own and asks for a reason; None takes the category's. `incident_id` adds the call to that open incident,
    `opens_new` opens another one beside those near; with neither it joins the open one it is about
    (dispatch/correlation.py)."""

    idempotency_key: str
    category: str
    place: LonLat
    caller: str
    text: str
    received_at: datetime
    accuracy_m: float | None = None
    priority: Priority | None = None
    priority_reason: str = ""
    incident_id: str | None = None
    opens_new: bool = False
    late: bool = False
    """It waited for a connection."""

    @property
    def digest(self) -> str:
        """What makes two calls with one key the same call."""
        parts = [
            self.category,
            f"{self.place.lon:.6f},{self.place.lat:.6f}",
            self.caller,
            self.text,
            self.received_at.astimezone(UTC).isoformat(),
        ]
        # Only what is given: a call kept before these existed has the digest it had.
        own = (self.accuracy_m, self.priority, self.priority_reason, self.incident_id, self.opens_new)
        if any(own):
            parts += map(str, own)
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
    that is too long, a priority of the officer's own without a reason, ConflictError when the key came before with
    another call or the incident it is added to was closed meanwhile.
    """
    require(actor, Permission.TAKE_CALL)
    refuse_longer(LONGEST_TEXT, text=command.text)
    refuse_longer(LONGEST_LINE, caller=command.caller)
    refuse_longer(LONGEST_REASON, priority_reason=command.priority_reason)
    refuse_longer(LONGEST_KEY, idempotency_key=command.idempotency_key)
    category = ports.catalogue.categories.get(command.category)
    if category is None:
        raise InvalidInputError(
            f"category: found {command.category!r}, expected one of "
            f"{', '.join(sorted(ports.catalogue.categories))}"
        )
    if command.accuracy_m is not None and not 0 <= command.accuracy_m <= MOST_ACCURACY_M:
        raise InvalidInputError(
            f"accuracy_m: found {command.accuracy_m:g}, expected 0 to {MOST_ACCURACY_M:g} / 位置误差应为 0 至 "
            f"{MOST_ACCURACY_M:g} 米"
        )
    own_priority = command.priority not in (None, category.priority)
    if own_priority and not readable_reason(command.priority_reason):
        raise InvalidInputError(
            f"priority_reason: found none, expected why it is not priority {category.priority} / 更改优先级须写明理由"
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
        incident, joined = _incident(tx, actor, category, command, jurisdiction, received_at)
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
                    **({} if command.accuracy_m is None else {"accuracy_m": command.accuracy_m}),
                    **(
                        {
                            "priority": int(incident.priority),
                            "priority_reason": readable_reason(command.priority_reason),
                        }
                        if own_priority
                        else {}
                    ),
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
    tx: Transaction,
    actor: Actor,
    category: Category,
    command: TakeCall,
    jurisdiction: str,
    at: datetime,
) -> tuple[Incident, bool]:
    """The incident with this call counted, and whether it was open already."""
    # Two callers at the same moment open one incident, not two.
    tx.lock_calls()
    open_one = _open_one(tx, actor, category, command, at)
    priority = command.priority or category.priority
    incident = open_one or new_incident(
        tx,
        category=category.code,
        title_zh=f"{category.name_zh}报警",
        title_en=f"{category.name_en} call",
        place=command.place,
        jurisdiction=jurisdiction,
        priority=priority,
        at=at,
        origin="call",
    )
    counted = with_call(incident, at, priority)
    tx.save_incident(counted)
    return counted, open_one is not None


def _open_one(
    tx: Transaction, actor: Actor, category: Category, command: TakeCall, at: datetime
) -> Incident | None:
    """The open incident this call is added to: the one named, else the one it is about; None to open another."""
    if command.incident_id is not None:
        named = tx.incident(command.incident_id)
        require(actor, Permission.TAKE_CALL, named.jurisdiction)
        if named.status is IncidentStatus.CLOSED:
            raise ConflictError(
                f"{named.number}: found closed, expected open / {named.number} 已销警，请另立一起",
                incident_id=named.incident_id,
            )
        return named
    return None if command.opens_new else open_incident_near(tx, category, command.place, at)
