"""A field unit with an account and nothing that simulates it, and what the desk does to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from access.demo import DEMO_PASSWORD
from bootstrap.embedded import with_servers
from bootstrap.settings import load_settings
from bootstrap.users import access_for
from bootstrap.wiring import Parts, wire
from core.actor import CITY, Actor, Permission, Role
from core.geo import LonLat
from dispatch.model import Assignment
from operations.accept_move_up import AcceptMoveUp, accept_move_up
from operations.dispatch_units import DispatchUnits, dispatch_units
from operations.ports import MoveUpAdvice
from operations.register_units import RegisterUnits, UnitRegistration, register_units
from operations.take_call import TakeCall, take_call
from tests.integration.desk_work import take_back
from tests.running_system import RunningSystem

GUANDU = "530111"
HERE = LonLat(102.7605, 25.0137)
"""A street of Guandu."""

OFFICER = Actor("tests", "值班员", Role.DUTY_OFFICER, CITY, frozenset(Permission))


@dataclass(frozen=True)
class FieldUnit:
    """The unit `unit_id`, whose account's sign-in name is `login`."""

    parts: Parts
    unit_id: str
    login: str
    callsign: str

    def sent(self, key: str, place: LonLat, text: str, at: datetime) -> Assignment:
        """A call at this place, and this unit sent there."""
        call = TakeCall(key, "traffic", place, "市民", text, at)
        taken = take_call(self.parts.ports, OFFICER, call)
        return dispatch_units(
            self.parts.ports,
            OFFICER,
            DispatchUnits(taken.incident_id, (self.unit_id,), override_reason="local"),
        )[0]

    def told_to_wait(self, place: LonLat, grid: str) -> None:
        """Advice to move this unit up there, accepted."""
        coverage = self.parts.ports.coverage
        record = coverage.newest()
        assert record is not None
        advised = MoveUpAdvice(self.unit_id, self.callsign, GUANDU, grid, place, 120, 4.5, 3)
        coverage.keep(replace(record, moves=(advised,)))
        accept_move_up(self.parts.ports, OFFICER, AcceptMoveUp(self.unit_id, grid))

    def taken_back(self, assignment: Assignment) -> None:
        take_back(self.parts.ports, OFFICER, assignment.assignment_id)


def field_unit(system: RunningSystem, number: int, jurisdiction: str = GUANDU) -> FieldUnit:
    """A new unit with a new account."""
    parts = wire(with_servers(load_settings(data_dir=system.data_dir, mode="drill")), with_roads=False)
    unit_id, login, callsign = f"unit-{number}", f"unit{number}", f"外勤-{number}"
    net = min(parts.ports.catalogue.nets)
    can = frozenset({"police", "traffic_control"})
    register_units(
        parts.ports,
        OFFICER,
        RegisterUnits((UnitRegistration(unit_id, callsign, net, "car", can, jurisdiction),)),
    )
    accounts = access_for(parts).accounts
    if accounts.named(login) is None:
        accounts.add(
            "tests", login, callsign, Role.FIELD_UNIT, DEMO_PASSWORD, jurisdiction, demo=True, unit_id=unit_id
        )
    return FieldUnit(parts, unit_id, login, callsign)
