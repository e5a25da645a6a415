"""A person raises or lowers the flood response level of the city or of a district."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.response_level import ResponseLevel, answers, response_step, set_level
from core.actor import Actor, Permission
from core.errors import InvalidInputError
from core.events import happened
from operations.acknowledge_alert import take_charge
from operations.ports import Ports
from operations.propose_response_levels import PREFIX
from operations.public_state import changes
from operations.texts import LONGEST_REASON, readable_reason, refuse_longer
from operations.transaction import committed, require


@dataclass(frozen=True, slots=True)
class SetResponseLevel:
    """`level` is `standby`, `IV`, `III`, `II`, `I`, or None to end the response."""

    jurisdiction: str
    level: str | None
    reason: str


def set_response_level(ports: Ports, actor: Actor, command: SetResponseLevel) -> ResponseLevel:
    """Commits the level with who set it, when, from what and why. One that is at least as high as the area's rules
    propose answers them: whoever set it has their alert, with the reason as its note.

    Raises InvalidInputError for an unknown jurisdiction or level or without a reason, PermissionDeniedError outside
    the actor's jurisdiction, ConflictError when somebody else has set this level.
    """
    require(actor, Permission.SET_RESPONSE_LEVEL)
    refuse_longer(LONGEST_REASON, reason=command.reason)
    reason = readable_reason(command.reason)
    step = response_step(command.level)
    known = ports.areas.names()
    if command.jurisdiction not in known:
        raise InvalidInputError(
            f"jurisdiction: found {command.jurisdiction[:40]!r}, expected one of {', '.join(sorted(known))}"
        )
    require(actor, Permission.SET_RESPONSE_LEVEL, command.jurisdiction)
    now = ports.clock.now()
    with committed(ports, as_of=now) as tx:
        # Rules make and change the proposal's alert; none is made between the level and the look at it.
        tx.lock_rules()
        before = tx.response_level(command.jurisdiction)
        after = set_level(before, step, actor.name, reason, now)
        if after is None:
            return before
        tx.save_response_level(after)
        tx.record(
            happened(
                actor,
                "response_level.set",
                at=now,
                subject=command.jurisdiction,
                data={
                    "jurisdiction": command.jurisdiction,
                    "from": before.level,
                    "to": after.level,
                    "proposed": before.proposed_level,
                    "reason": reason,
                    "by": actor.name,
                },
                changes=changes(response_levels=[after]),
            )
        )
        for (rule_id, _), alert in tx.open_alerts_of([PREFIX + command.jurisdiction]).items():
            if answers(step, alert, ports.catalogue.rules.get(rule_id)):
                take_charge(tx, actor, alert, reason, now, level=str(step))
    return after
