"""Who acts: a person, a device or the system itself, with a role and a jurisdiction."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum

CITY = "5301"
"""Code of the whole city of Kunming; a district's code starts with its city's, a street's with its district's."""


class Role(StrEnum):
    """What an actor is in the command tree; access/permissions.py says what each may do."""

    WALL = "wall"
    DUTY_OFFICER = "duty_officer"
    SHIFT_COMMANDER = "shift_commander"
    SUB_CENTRE = "sub_centre"
    STREET_CENTRE = "street_centre"
    COMMUNITY = "community"
    FIELD_UNIT = "field_unit"
    ANALYST = "analyst"
    ADMINISTRATOR = "administrator"
    DEVICE = "device"
    SYSTEM = "system"


class Permission(StrEnum):
    """One thing an actor may be allowed to do."""

    VIEW_WALL = "view_wall"
    VIEW_DESK = "view_desk"
    VIEW_PHONE = "view_phone"
    ACKNOWLEDGE_ALERT = "acknowledge_alert"
    SET_PASSABILITY = "set_passability"
    TAKE_CALL = "take_call"
    DISPATCH = "dispatch"
    ANSWER_ASSISTANCE = "answer_assistance"
    CLOSE_INCIDENT = "close_incident"
    REPORT_READINGS = "report_readings"
    REPORT_POSITIONS = "report_positions"
    REPORT_STATUS = "report_status"
    REGISTER_UNITS = "register_units"
    READ_ASSIGNMENTS = "read_assignments"
    RUN_DRILL = "run_drill"
    GRADE = "grade"
    VIEW_METRICS = "view_metrics"
    VIEW_ANALYSIS = "view_analysis"
    VIEW_REPLAY = "view_replay"
    ADD_NOTE = "add_note"
    HAND_OVER = "hand_over"
    EXPORT_INCIDENT = "export_incident"
    READ_ALERTS = "read_alerts"
    SHELVE_ALERT = "shelve_alert"
    ALL_CLEAR = "all_clear"
    ESCALATE_ALERT = "escalate_alert"
    SET_RESPONSE_LEVEL = "set_response_level"
    LOCK_WALL = "lock_wall"
    READ_CAP = "read_cap"
    REPORT_CAP = "report_cap"
    ADD_ATTACHMENT = "add_attachment"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts. `jurisdiction` is the code of a node of the command tree: `5301` is the city."""

    actor_id: str
    name: str
    role: Role
    jurisdiction: str = CITY
    permissions: frozenset[Permission] = frozenset()
    origin: str = ""
    """Where the request came from, for the journal: an address and, when it was one, the face or the API."""
    unit_id: str | None = None
    """The unit that a field unit's account belongs to: it speaks for this one and no other."""

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def covers(self, jurisdiction: str) -> bool:
        """Whether the place with this code lies at or below the actor's node."""
        return jurisdiction.startswith(self.jurisdiction)


SYSTEM = Actor(
    "system",
    "系统",
    Role.SYSTEM,
    CITY,
    frozenset({Permission.GRADE, Permission.REPORT_STATUS}),
    origin="system",
)
"""The rules and computations themselves, when they act on nobody's behalf; milestones by GPS are theirs."""

current_actor: ContextVar[Actor | None] = ContextVar("current_actor", default=None)
"""The actor of the request being served; set by the access guard, read only by the edges."""
