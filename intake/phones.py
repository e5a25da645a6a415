"""The routes that phones report to: OsmAnd, the Traccar Client, OwnTracks over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request

from core.actor import Actor
from core.errors import NotFoundError, PermissionDeniedError
from dispatch.terminals import TERMINAL, Terminal, TerminalProtocol, terminal_actor_id
from intake import osmand, owntracks
from intake.acting import By
from intake.counters import IntakeCounters
from intake.openapi import takes_any
from intake.terminals import Located, MalformedError, TerminalIntake

MOST_FIELDS = 64
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Sent:
    """What a phone's request holds: its parameters, address before form, and its body when that is no form."""

    parameters: dict[str, str]
    headers: dict[str, str]
    body: bytes


async def sent_by(request: Request) -> Sent:
    """The request, read whole."""
    body = await request.body()
    query = str(request.url.query)
    pairs: list[tuple[str, str]] = []
    form = request.headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM
    try:
        if form:
            pairs += parse_qsl(body.decode("latin-1"), max_num_fields=MOST_FIELDS)
        pairs += parse_qsl(query, max_num_fields=MOST_FIELDS)
    except ValueError:
        # Too many fields: the route finds none and says what it expected.
        pairs = []
    return Sent(dict(pairs), dict(request.headers), b"" if form else body)


Message = Annotated[Sent, Depends(sent_by)]


def add_phone_routes(router: APIRouter, intake: TerminalIntake, counters: IntakeCounters) -> None:
    """Adds the routes; what they block on runs in FastAPI's threads."""
    phones = _Phones(intake, counters)
    router.add_api_route("/osmand", phones.osmand, methods=["GET"], operation_id="osmand_get")
    router.add_api_route(
        "/osmand",
        phones.osmand,
        methods=["POST"],
        operation_id="osmand_post",
        openapi_extra=takes_any(_FORM, "application/json"),
    )
    router.add_api_route(
        "/owntracks", phones.owntracks, methods=["POST"], openapi_extra=takes_any("application/json")
    )


class _Phones:
    def __init__(self, intake: TerminalIntake, counters: IntakeCounters) -> None:
        self._intake, self._counters = intake, counters

    def osmand(self, actor: By, sent: Message) -> dict[str, str]:
        """One position of one phone, in the OsmAnd form or the Traccar Client's JSON. The address holds the
        phone's `id` and `key`. A place that makes no sense is quarantined and answered with success, because the
        phone would send it for ever."""
        terminal_id = osmand.terminal_of(sent.parameters)
        protocol = TerminalProtocol.OSMAND
        try:
            if sent.body:
                named, found = osmand.read_json(sent.body)
                if named and terminal_id and named != terminal_id:
                    raise MalformedError(
                        "terminal", f"device_id: found {named[:80]!r}, expected {terminal_id[:80]!r}"
                    )
                place: Located | None = found
                terminal_id = terminal_id or named
            else:
                place = osmand.read_parameters(sent.parameters, datetime.now(UTC))
        except MalformedError as error:
            self._counters.malformed(protocol, error.reason)
            raise
        return {"outcome": self._take(actor, protocol, terminal_id, place)}

    def owntracks(self, actor: By, sent: Message) -> list[Any]:
        """One OwnTracks message; types other than `location` are answered and not used. The answer is the empty
        list that OwnTracks expects."""
        protocol = TerminalProtocol.OWNTRACKS
        user = sent.parameters.get("u") or sent.headers.get("x-limit-u", "")
        device = sent.parameters.get("d") or sent.headers.get("x-limit-d", "")
        try:
            place = owntracks.read_message(sent.body)
        except MalformedError as error:
            self._counters.malformed(protocol, error.reason)
            raise
        self._take(actor, protocol, f"{user}/{device}", place)
        return []

    def _take(self, actor: Actor, protocol: TerminalProtocol, terminal_id: str, place: Located | None) -> str:
        terminal = self._terminal(actor, protocol, terminal_id)
        if place is None:
            self._counters.message(protocol, "ignored")
            return "ignored"
        result = self._intake.report(actor, protocol, [(terminal, place)])
        self._counters.message(protocol, "located")
        return "accepted" if result.accepted else "stale" if result.stale else "quarantined"

    def _terminal(self, actor: Actor, protocol: TerminalProtocol, terminal_id: str) -> Terminal:
        """The terminal, which the actor is or, by a device token, speaks for."""
        terminal = self._intake.terminals.find(protocol, terminal_id)
        foreign = actor.actor_id.startswith(TERMINAL) and actor.actor_id != terminal_actor_id(
            protocol, terminal_id
        )
        if terminal is None or foreign:
            self._counters.message(protocol, "unauthorised")
            if foreign:
                raise PermissionDeniedError(f"found the key of another terminal than {terminal_id[:80]!r}")
            raise NotFoundError(f"found {protocol} terminal {terminal_id[:80]!r}, expected a registered one")
        return terminal
