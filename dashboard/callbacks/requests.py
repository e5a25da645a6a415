"""What a page may send with a callback: one shape for each store that asks; what has another shape is forged."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from alerts.model import Outcome, Passability
from core.command_tree import CommandLevel
from dashboard.ids import Analysis, Desk, HandOver, Phone, Replay
from dashboard.view_models.analysis import PERIODS
from dispatch.model import UnitStatus
from dispatch.travel import ClosureKind, ClosureState

Ident = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Text = Annotated[str, StringConstraints(max_length=20_000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")]
"""Longer than any field takes, so that the operation itself says what is too long for it; PostgreSQL keeps no NUL."""


class _Asked(TypedDict):
    nonce: NotRequired[Ident | None]


class OfIncident(_Asked):
    incident_id: Ident


class OfAlert(_Asked):
    alert_id: Ident


class OfAlerts(_Asked):
    alert_ids: list[Ident]
    note: NotRequired[Text | None]


class Dispatching(OfIncident):
    unit_ids: list[Ident]
    recommendation_id: NotRequired[Ident | None]
    override_reason: NotRequired[Text | None]
    preempts: NotRequired[Ident | None]
    replaces: NotRequired[Ident | None]
    seen: NotRequired[dict[Ident, Annotated[int, Field(strict=True, ge=1, lt=2**31)]]]


class StandingDown(_Asked):
    assignment_ids: list[Ident]


class Shelving(OfAlert):
    minutes: int
    reason: Text


class Escalating(OfAlert):
    told: NotRequired[CommandLevel | Literal[""] | None]


class Clearing(OfAlert):
    outcome: Outcome
    note: NotRequired[Text | None]


class Responding(_Asked):
    jurisdiction: Ident
    level: NotRequired[Ident | None]
    reason: Text


class Passing(_Asked):
    point_id: Ident
    passability: Passability
    reason: NotRequired[Text | None]
    instead_of: NotRequired[Passability | None]


class Closing(_Asked):
    key: Ident
    kind: ClosureKind
    state: ClosureState
    corners: Annotated[list[tuple[float, float]], Field(max_length=1_000)]
    expires_at: Ident
    name: NotRequired[Text]
    reason: NotRequired[Text]


class Reopening(_Asked):
    closure_id: Ident


class Showing(_Asked):
    scene: NotRequired[Ident | None]
    subject: NotRequired[Ident | None]


class Noting(_Asked):
    key: Ident
    about: Literal["alert", "incident"]
    subject_id: Ident
    text: Text


class LookingUp(_Asked):
    text: NotRequired[Text]
    frame: NotRequired[Literal["WGS-84", "GCJ-02", "BD-09"] | None]


class LookingAround(_Asked):
    category: Ident
    lon: float
    lat: float


class ActingOnMany(_Asked):
    act: Literal["shelve", "unshelve", "escalate", "clear"]
    alert_ids: list[Ident]
    minutes: NotRequired[int]
    reason: NotRequired[Text]
    outcome: NotRequired[Outcome]
    note: NotRequired[Text | None]


class Reporting(_Asked):
    unit_id: Ident
    status: UnitStatus


class Calling(_Asked):
    key: Ident
    category: Ident
    coordinates: Text
    frame: Literal["WGS-84", "GCJ-02", "BD-09"]
    priority: NotRequired[Literal["1", "2", "3"]]
    priority_reason: NotRequired[Text]
    accuracy: NotRequired[Annotated[str, StringConstraints(pattern=r"^\d{0,6}(\.\d{1,3})?$")]]
    incident_id: NotRequired[Ident | None]
    opens_new: NotRequired[bool]
    caller: NotRequired[Text]
    text: NotRequired[Text]


class MovingUp(_Asked):
    unit_id: Ident
    grid: Ident


class Assisting(_Asked):
    request_id: Ident
    accept: bool


class Looking(TypedDict):
    """What is looked at; both are null while nothing is."""

    incident_id: NotRequired[Ident | None]
    alert_id: NotRequired[Ident | None]


SHAPES: Mapping[str, Any] = {
    f"{Desk.LIVE_SUBJECT}.data": Looking | None,
    f"{Desk.ASK_RECOMMEND}.data": OfIncident,
    f"{Desk.ASK_DISPATCH}.data": Dispatching,
    f"{Desk.ASK_CLOSE_ROAD}.data": Closing,
    f"{Desk.ASK_REOPEN_ROAD}.data": Reopening,
    f"{Desk.ASK_WALL_SCENE}.data": Showing,
    f"{Desk.ASK_STAND_DOWN}.data": StandingDown,
    f"{Desk.ASK_ACKNOWLEDGE}.data": OfAlerts,
    f"{Desk.ASK_UNACKNOWLEDGE}.data": OfAlerts,
    f"{Desk.ASK_SHELVE}.data": Shelving,
    f"{Desk.ASK_UNSHELVE}.data": OfAlert,
    f"{Desk.ASK_ESCALATE}.data": Escalating,
    f"{Desk.ASK_ALL_CLEAR}.data": Clearing,
    f"{Desk.ASK_RESPONSE_LEVEL}.data": Responding,
    f"{Desk.ASK_PASSABILITY}.data": Passing,
    f"{Desk.ASK_CLOSE}.data": OfIncident,
    f"{Desk.ASK_CALL}.data": Calling,
    f"{Desk.ASK_MOVE_UP}.data": MovingUp,
    f"{Desk.ASK_ASSISTANCE}.data": Assisting,
    f"{Phone.LIVE_SUBJECT}.data": Looking | None,
    f"{Phone.ASK_ACKNOWLEDGE}.data": OfAlerts,
    f"{Phone.ASK_UNACKNOWLEDGE}.data": OfAlerts,
    f"{Phone.ASK_ASSISTANCE}.data": Assisting,
    f"{Desk.ASK_NOTE}.data": Noting,
    f"{Desk.ASK_PLACES}.data": LookingUp,
    f"{Desk.ASK_SIMILAR}.data": LookingAround,
    f"{Desk.ASK_FIXES}.data": _Asked,
    f"{Desk.ASK_ALERTS}.data": ActingOnMany,
    f"{Desk.ASK_UNIT_STATUS}.data": Reporting,
    f"{Phone.ASK_NOTE}.data": Noting,
    f"{Replay.LIVE_SUBJECT}.data": Looking | None,
    f"{HandOver.REFRESH}.n_clicks": int | None,
    f"{HandOver.DONE}.data": Text | None,
    f"{HandOver.GIVE}.n_clicks": int | None,
    f"{HandOver.REMARK}.value": Text | None,
    f"{HandOver.KEY}.data": Ident,
    f"{HandOver.ACCEPT}.n_clicks": int | None,
    f"{HandOver.PENDING}.data": Ident | None,
    f"{Analysis.PERIOD}.data": Literal[tuple(PERIODS)],
    f"{Analysis.ASKED_RULES}.n_clicks": int | None,
    f"{Analysis.ASKED_ALERTS}.n_clicks": int | None,
}
"""By the property of the component that asks, as `component.property`."""


def fault_in(asked: str, value: Any) -> str | None:
    """What is wrong with the value of `asked`, in found and expected; None when a page may send it."""
    shape = _adapter(asked)
    if shape is None:
        return f"{asked}: found a store without a shape, expected one of dashboard/callbacks/requests.py"
    try:
        shape.validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = "/".join([asked, *(str(part)[:40] for part in first["loc"])])
        return f"{where}: {first['msg'][:200]}"
    return None


@lru_cache(maxsize=len(SHAPES))
def _adapter(asked: str) -> TypeAdapter[Any] | None:
    return TypeAdapter(SHAPES[asked]) if asked in SHAPES else None
