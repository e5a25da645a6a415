"""The permission table: what each role may do, and what each path needs. What is not here is closed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from core.actor import Permission, Role
from core.command_tree import CommandLevel

P = Permission

_OFFICER = frozenset(
    {
        P.VIEW_WALL,
        P.VIEW_DESK,
        P.VIEW_PHONE,
        P.ACKNOWLEDGE_ALERT,
        P.SET_PASSABILITY,
        P.TAKE_CALL,
        P.DISPATCH,
        P.ANSWER_ASSISTANCE,
        P.CLOSE_INCIDENT,
        P.REPORT_STATUS,
        P.READ_ASSIGNMENTS,
        P.READ_ALERTS,
        P.SHELVE_ALERT,
        P.ALL_CLEAR,
        P.ESCALATE_ALERT,
        P.READ_CAP,
        P.LOCK_WALL,
        P.VIEW_REPLAY,
        P.ADD_NOTE,
        P.HAND_OVER,
        P.EXPORT_INCIDENT,
        P.ADD_ATTACHMENT,
    }
)
_DISTRICT = frozenset(
    {
        P.VIEW_PHONE,
        P.ACKNOWLEDGE_ALERT,
        P.SET_PASSABILITY,
        P.REPORT_STATUS,
        P.READ_ASSIGNMENTS,
        # Its own units, asked for by another jurisdiction.
        P.ANSWER_ASSISTANCE,
        P.READ_ALERTS,
        P.SHELVE_ALERT,
        P.ALL_CLEAR,
        P.ESCALATE_ALERT,
        P.READ_CAP,
        # A district decides its own response, in its own jurisdiction only; the city's is the shift commander's.
        P.SET_RESPONSE_LEVEL,
        P.VIEW_REPLAY,
        P.ADD_NOTE,
        P.EXPORT_INCIDENT,
        # What its people on the street see.
        P.TAKE_CALL,
        P.ADD_ATTACHMENT,
    }
)
_UNIT = frozenset(
    {
        P.VIEW_PHONE,
        P.READ_ASSIGNMENTS,
        # Of its own unit only: operations/own_unit.py.
        P.REPORT_STATUS,
        P.REPORT_POSITIONS,
        P.TAKE_CALL,
        P.ADD_ATTACHMENT,
    }
)

_COMMUNITY = frozenset(
    {
        P.VIEW_PHONE,
        P.ACKNOWLEDGE_ALERT,
        P.ESCALATE_ALERT,
        P.READ_ALERTS,
        P.READ_ASSIGNMENTS,
        P.READ_CAP,
        # What its people see, in its own area: who is nearest reports first. What is done about it is the district's.
        P.TAKE_CALL,
        P.ADD_NOTE,
        P.ADD_ATTACHMENT,
    }
)
_STREET = _COMMUNITY | {P.SET_PASSABILITY}

ROLES: dict[Role, frozenset[Permission]] = {
    Role.WALL: frozenset({P.VIEW_WALL}),
    Role.DUTY_OFFICER: _OFFICER,
    Role.SHIFT_COMMANDER: _OFFICER | {P.RUN_DRILL, P.VIEW_METRICS, P.SET_RESPONSE_LEVEL, P.VIEW_ANALYSIS},
    Role.SUB_CENTRE: _DISTRICT,
    # Setting an alert aside, the all-clear and lending units stay with the district (a proposal).
    Role.STREET_CENTRE: _STREET,
    Role.COMMUNITY: _COMMUNITY,
    Role.FIELD_UNIT: _UNIT,
    Role.ANALYST: frozenset(
        {P.VIEW_WALL, P.VIEW_METRICS, P.READ_ALERTS, P.READ_CAP, P.VIEW_ANALYSIS, P.VIEW_REPLAY}
    ),
    # Grading belongs to the rules, readings, positions and others' warnings to devices: nobody writes them by hand.
    Role.ADMINISTRATOR: frozenset(Permission)
    - {P.GRADE, P.REPORT_READINGS, P.REPORT_POSITIONS, P.REPORT_CAP},
    # A device may do what its token says and nothing else.
    Role.DEVICE: frozenset(),
    Role.SYSTEM: frozenset({P.GRADE, P.REPORT_STATUS}),
}

HIGHEST_LEVEL: dict[Role, CommandLevel] = {
    Role.STREET_CENTRE: CommandLevel.STREET,
    Role.COMMUNITY: CommandLevel.COMMUNITY,
}
"""The highest node of the command tree that an account of the role can stand on; any for the other roles."""

TOKEN_PERMISSIONS = frozenset(
    {
        P.REPORT_READINGS,
        P.REPORT_POSITIONS,
        P.REPORT_STATUS,
        P.REGISTER_UNITS,
        P.READ_ASSIGNMENTS,
        P.SET_PASSABILITY,
        P.TAKE_CALL,
        P.RUN_DRILL,
        P.VIEW_METRICS,
        P.READ_ALERTS,
        P.ACKNOWLEDGE_ALERT,
        P.ESCALATE_ALERT,
        P.READ_CAP,
        P.REPORT_CAP,
    }
)
"""What a device token may be given: no face, no dispatch, no grade, and none of the acts that take a person's
judgement: setting an alert aside, the all-clear, the response level."""

HOMES: dict[Role, str] = {
    Role.WALL: "/wall/",
    Role.ANALYST: "/analysis/",
    Role.DUTY_OFFICER: "/desk/",
    Role.SHIFT_COMMANDER: "/desk/",
    Role.ADMINISTRATOR: "/desk/",
    Role.SUB_CENTRE: "/m/",
    Role.STREET_CENTRE: "/m/",
    Role.COMMUNITY: "/m/",
    Role.FIELD_UNIT: "/m/",
}
"""The face a role starts with."""


class Door(Enum):
    """What a path needs that is no single permission."""

    PUBLIC = "everybody"
    SIGNED_IN = "anybody signed in, a device included"
    ANY_FACE = "anybody who may see one of the three faces"
    CLOSED = "nobody: the route exists, but answers as if it did not"


@dataclass(frozen=True)
class Rule:
    """One row: who may use `method` on the paths that match `path`.

    In `path`, `{name}` stands for one segment and a final `*` for everything below. `WS` is a
    WebSocket. `page` says that a person is looking: send them to the sign-in instead of an error.
    """

    method: str
    path: str
    needs: Permission | Door
    page: bool = False

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        escaped = re.escape(self.path).replace(r"\*", ".+")
        return re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", escaped))

    def covers(self, path: str) -> bool:
        return self._pattern.fullmatch(path) is not None

    def opens_for(self, permissions: frozenset[Permission]) -> bool:
        """Whether somebody known, with these permissions, may pass."""
        if self.needs is Door.ANY_FACE:
            return bool(permissions & {P.VIEW_WALL, P.VIEW_DESK, P.VIEW_PHONE})
        return self.needs in (Door.PUBLIC, Door.SIGNED_IN) or self.needs in permissions


def _face(prefix: str, needs: Permission) -> tuple[Rule, ...]:
    """A Dash app: its page, what its page loads, and the inner routes that this program does not use."""
    return (
        Rule("GET", prefix, needs, page=True),
        Rule("GET", prefix + "/", needs, page=True),
        Rule("GET", prefix + "/_dash-layout", needs),
        Rule("GET", prefix + "/_dash-dependencies", needs),
        Rule("POST", prefix + "/_dash-update-component", needs),
        Rule("GET", prefix + "/_dash-component-suites/*", needs),
        Rule("GET", prefix + "/_favicon.ico", needs),
        Rule("GET", prefix + "/assets/*", Door.PUBLIC),
        Rule("GET", prefix + "/_reload-hash", Door.CLOSED),
        Rule("WS", prefix + "/_dash-ws-callback", Door.CLOSED),
    )


ROUTES: tuple[Rule, ...] = (
    Rule("GET", "/", Door.SIGNED_IN, page=True),
    Rule("GET", "/login", Door.PUBLIC, page=True),
    Rule("POST", "/login", Door.PUBLIC, page=True),
    Rule("GET", "/login/oidc", Door.PUBLIC, page=True),
    Rule("GET", "/login/oidc/back", Door.PUBLIC, page=True),
    Rule("GET", "/logout", Door.PUBLIC, page=True),
    Rule("POST", "/logout", Door.PUBLIC, page=True),
    Rule("GET", "/sessions", Door.ANY_FACE, page=True),
    Rule("POST", "/sessions", Door.ANY_FACE, page=True),
    Rule("GET", "/language/{language}", Door.PUBLIC, page=True),
    Rule("GET", "/assets/*", Door.PUBLIC),
    Rule("GET", "/basemap/*", Door.ANY_FACE),
    Rule("WS", "/ws/live", Door.ANY_FACE),
    *_face("/wall", P.VIEW_WALL),
    *_face("/desk", P.VIEW_DESK),
    *_face("/m", P.VIEW_PHONE),
    # The browser asks for both without a sign-in, and a newer worker must reach whoever is signed out.
    Rule("GET", "/m/worker.js", Door.PUBLIC),
    Rule("GET", "/m/manifest.webmanifest", Door.PUBLIC),
    *_face("/analysis", P.VIEW_ANALYSIS),
    *_face("/replay", P.VIEW_REPLAY),
    *_face("/handover", P.HAND_OVER),
    Rule("GET", "/export/incidents/{incident_id}/timeline.pdf", P.EXPORT_INCIDENT),
    Rule("GET", "/export/incidents/{incident_id}/timeline.csv", P.EXPORT_INCIDENT),
    Rule("GET", "/api/v1/replay/period", P.VIEW_REPLAY),
    Rule("GET", "/api/v1/replay/state", P.VIEW_REPLAY),
    Rule("GET", "/api/v1/replay/rows", P.VIEW_REPLAY),
    Rule("GET", "/api/v1/replay/positions", P.VIEW_REPLAY),
    Rule("POST", "/api/v1/readings", P.REPORT_READINGS),
    Rule("POST", "/api/v1/passability", P.SET_PASSABILITY),
    Rule("POST", "/api/v1/calls", P.TAKE_CALL),
    Rule("POST", "/api/v1/closures", P.SET_PASSABILITY),
    Rule("DELETE", "/api/v1/closures/{closure_id}", P.SET_PASSABILITY),
    Rule("POST", "/api/v1/positions", P.REPORT_POSITIONS),
    Rule("GET", "/api/v1/osmand", P.REPORT_POSITIONS),
    Rule("POST", "/api/v1/osmand", P.REPORT_POSITIONS),
    Rule("POST", "/api/v1/owntracks", P.REPORT_POSITIONS),
    Rule("GET", "/api/v1/terminals", P.REGISTER_UNITS),
    Rule("PUT", "/api/v1/terminals", P.REGISTER_UNITS),
    Rule("POST", "/api/v1/terminals/revoke", P.REGISTER_UNITS),
    Rule("PUT", "/api/v1/units", P.REGISTER_UNITS),
    Rule("POST", "/api/v1/units/{unit_id}/status", P.REPORT_STATUS),
    Rule("GET", "/api/v1/assignments", P.READ_ASSIGNMENTS),
    Rule("GET", "/api/v1/orders", P.READ_ASSIGNMENTS),
    Rule("POST", "/api/v1/assignments/{assignment_id}/accept", P.REPORT_STATUS),
    Rule("GET", "/api/v1/duty", P.VIEW_PHONE),
    Rule("POST", "/api/v1/incidents/{incident_id}/attachments", P.ADD_ATTACHMENT),
    Rule("GET", "/api/v1/attachments/{attachment_id}", Door.ANY_FACE),
    Rule("GET", "/api/v1/assistance", P.ANSWER_ASSISTANCE),
    Rule("POST", "/api/v1/assistance/{request_id}", P.ANSWER_ASSISTANCE),
    Rule("GET", "/api/v1/alerts", P.READ_ALERTS),
    Rule("POST", "/api/v1/alerts/{alert_id}/acknowledge", P.ACKNOWLEDGE_ALERT),
    Rule("POST", "/api/v1/alerts/{alert_id}/unacknowledge", P.ACKNOWLEDGE_ALERT),
    Rule("POST", "/api/v1/alerts/{alert_id}/escalate", P.ESCALATE_ALERT),
    Rule("POST", "/api/v1/alerts/{alert_id}/shelve", P.SHELVE_ALERT),
    Rule("POST", "/api/v1/alerts/{alert_id}/unshelve", P.SHELVE_ALERT),
    Rule("POST", "/api/v1/alerts/{alert_id}/all-clear", P.ALL_CLEAR),
    Rule("POST", "/api/v1/response-levels", P.SET_RESPONSE_LEVEL),
    Rule("GET", "/api/v1/clock", Door.SIGNED_IN),
    Rule("POST", "/api/v1/drill/time", P.RUN_DRILL),
    Rule("GET", "/api/v1/metrics", P.VIEW_METRICS),
    Rule("GET", "/api/v1/cap/feed", P.READ_CAP),
    Rule("GET", "/api/v1/cap/messages/{identifier}", P.READ_CAP),
    Rule("POST", "/api/v1/cap", P.REPORT_CAP),
    Rule("GET", "/api/v1/openapi.json", Door.SIGNED_IN),
    Rule("GET", "/api/v1/health", Door.PUBLIC),
)


CALLBACKS: dict[str, Permission] = {
    "desk-live-subject.data": P.VIEW_DESK,
    "desk-ask-recommend.data": P.DISPATCH,
    "desk-ask-dispatch.data": P.DISPATCH,
    "desk-ask-standdown.data": P.DISPATCH,
    "desk-ask-moveup.data": P.DISPATCH,
    "desk-ask-acknowledge.data": P.ACKNOWLEDGE_ALERT,
    "desk-ask-unacknowledge.data": P.ACKNOWLEDGE_ALERT,
    "desk-ask-shelve.data": P.SHELVE_ALERT,
    "desk-ask-unshelve.data": P.SHELVE_ALERT,
    "desk-ask-escalate.data": P.ESCALATE_ALERT,
    "desk-ask-allclear.data": P.ALL_CLEAR,
    "desk-ask-responselevel.data": P.SET_RESPONSE_LEVEL,
    "desk-ask-passability.data": P.SET_PASSABILITY,
    "desk-ask-closeroad.data": P.SET_PASSABILITY,
    "desk-ask-reopenroad.data": P.SET_PASSABILITY,
    "desk-ask-wallscene.data": P.LOCK_WALL,
    "desk-ask-close.data": P.CLOSE_INCIDENT,
    "desk-ask-call.data": P.TAKE_CALL,
    "desk-ask-assistance.data": P.ANSWER_ASSISTANCE,
    "desk-ask-note.data": P.ADD_NOTE,
    "desk-ask-places.data": P.VIEW_DESK,
    "desk-ask-similar.data": P.VIEW_DESK,
    "desk-ask-fixes.data": P.VIEW_DESK,
    # Shelving, escalating and clearing many; each act asks for its own permission too.
    "desk-ask-alerts.data": P.SHELVE_ALERT,
    "desk-ask-unitstatus.data": P.REPORT_STATUS,
    "phone-live-subject.data": P.VIEW_PHONE,
    "phone-ask-note.data": P.ADD_NOTE,
    "phone-ask-acknowledge.data": P.ACKNOWLEDGE_ALERT,
    "phone-ask-unacknowledge.data": P.ACKNOWLEDGE_ALERT,
    "phone-ask-assistance.data": P.ANSWER_ASSISTANCE,
    "replay-live-subject.data": P.VIEW_REPLAY,
    "handover-refresh-button.n_clicks": P.HAND_OVER,
    "handover-give-button.n_clicks": P.HAND_OVER,
    "handover-accept-button.n_clicks": P.HAND_OVER,
    "analysis-period-choice.data": P.VIEW_ANALYSIS,
    "analysis-asked-rules.n_clicks": P.VIEW_ANALYSIS,
    "analysis-asked-alerts.n_clicks": P.VIEW_ANALYSIS,
}
"""What each callback that the server answers needs, beyond its face: by the component and property that ask. The
wall has none: everything on it follows the live feed."""


def callback_needs(asks: str) -> Permission | None:
    """What the callback needs; None for one that is not in the table, which is closed."""
    return CALLBACKS.get(asks)


class RouteTable:
    """Finds the row for a request."""

    def __init__(self, rules: tuple[Rule, ...] = ROUTES) -> None:
        self._rules = rules
        self._exact = {(rule.method, rule.path): rule for rule in rules}

    def rule(self, method: str, path: str) -> Rule | None:
        """The row, or None: closed. HEAD is the head of a GET."""
        method = "GET" if method == "HEAD" else method
        found = self._exact.get((method, path))
        if found is None and _is_plain(path):
            found = next((r for r in self._rules if r.method == method and r.covers(path)), None)
        return None if found is None or found.needs is Door.CLOSED else found

    def methods(self, path: str) -> list[str]:
        """The HTTP methods that are open on this path, for the answer to another one."""
        return sorted({r.method for r in self._rules if r.method != "WS" and self.rule(r.method, path)})

    def row(self, method: str, path: str) -> Rule | None:
        """The row as it is written, closed ones included; for the test that walks every route."""
        return next((r for r in self._rules if r.method == method and r.covers(path)), None)


def _is_plain(path: str) -> bool:
    """No `..`, no empty segment, no backslash or NUL: what servers disagree about is closed."""
    parts = path.split("/")
    return not {"..", "."} & set(parts) and "" not in parts[1:-1] and not re.search(r"[\\\x00-\x1f]", path)
