"""Registers the units of a shift: who can be sent, from which net, with what."""

from __future__ import annotations

from dataclasses import dataclass

from core.actor import Actor, Permission
from core.errors import InvalidInputError
from core.events import happened
from dispatch.model import Unit, UnitStatus
from operations.ports import Ports
from operations.public_state import changes
from operations.transaction import committed, require

MOST_UNITS = 60_000
"""Position frames carry a unit's index in 16 bits."""


@dataclass(frozen=True, slots=True)
class UnitRegistration:
    unit_id: str
    callsign: str
    net: str
    kind: str
    capabilities: frozenset[str]
    jurisdiction: str
    synthetic: bool = False
    shift: str = ""


@dataclass(frozen=True, slots=True)
class RegisterUnits:
    units: tuple[UnitRegistration, ...]


def register_units(ports: Ports, actor: Actor, command: RegisterUnits) -> tuple[Unit, ...]:
    """Adds the units that are new and renames those that are not; status and assignment stay.

    Raises InvalidInputError for an unknown net or kind, or two units of one id.
    """
    require(actor, Permission.REGISTER_UNITS)
    ids = [unit.unit_id for unit in command.units]
    if len(set(ids)) != len(ids):
        raise InvalidInputError("units: found the same unit_id twice, expected each once")
    for unit in command.units:
        if unit.net not in ports.catalogue.nets:
            raise InvalidInputError(
                f"units: found net {unit.net!r} of {unit.unit_id}, "
                f"expected one of {', '.join(sorted(ports.catalogue.nets))}"
            )
        if unit.kind not in ports.catalogue.units.kinds:
            raise InvalidInputError(
                f"units: found kind {unit.kind!r} of {unit.unit_id}, "
                f"expected one of {', '.join(ports.catalogue.units.kinds)}"
            )
        require(actor, Permission.REGISTER_UNITS, unit.jurisdiction)
    now = ports.clock.now()
    # Alone: two registrations at once would hand out the same indices.
    with committed(ports, alone=True, as_of=now) as tx:
        known = {unit.unit_id: unit for unit in tx.units()}
        index = max((unit.index for unit in known.values()), default=-1) + 1
        registered = []
        for new in command.units:
            old = known.get(new.unit_id)
            registered.append(
                Unit(
                    unit_id=new.unit_id,
                    index=old.index if old else index,
                    callsign=new.callsign,
                    net=new.net,
                    kind=new.kind,
                    capabilities=new.capabilities,
                    jurisdiction=new.jurisdiction,
                    status=old.status if old else UnitStatus.AVAILABLE,
                    status_at=old.status_at if old else now,
                    synthetic=new.synthetic,
                    version=old.version if old else 1,
                    assignment_id=old.assignment_id if old else None,
                    shift=new.shift,
                    overdue_status_at=old.overdue_status_at if old else None,
                )
            )
            index += old is None
        if index > MOST_UNITS:
            raise InvalidInputError(f"units: found {index} in all, expected at most {MOST_UNITS}")
        if all(known.get(unit.unit_id) == unit for unit in registered):
            return tuple(registered)
        tx.register_units(registered)
        tx.record(
            happened(
                actor,
                "units.registered",
                at=now,
                subject="units",
                data={"count": len(registered)},
                changes=changes(units=registered),
                reload=True,
            )
        )
    return tuple(registered)
