"""CAP messages for tests: one that is plain, any that Hypothesis makes, and an alert's life as journal rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from alerts.lifecycle import AlertChange, acknowledge, clear
from alerts.model import Alert, AlertStatus, Outcome, Severity
from core.actor import SYSTEM
from core.command_tree import CommandLevel
from core.events import JournalRow, happened
from core.geo import LonLat
from operations.cap import (
    CapArea,
    CapCategory,
    CapCertainty,
    CapCircle,
    CapInfo,
    CapMessage,
    CapMsgType,
    CapReference,
    CapResponse,
    CapScope,
    CapSeverity,
    CapStatus,
    CapUrgency,
)
from operations.public_state import changes

STORM = datetime(2026, 8, 18, 1, 20, tzinfo=UTC)
KUNMING = LonLat(102.7146, 25.0492)
ALERT_ID = "01K2XW5N0000000000000000AA"


def message(**fields: Any) -> CapMessage:
    """A rainstorm warning for a circle in the middle of Kunming, valid for three hours."""
    info = {
        "language": "zh-CN",
        "categories": (CapCategory.MET,),
        "event": "暴雨",
        "urgency": CapUrgency.IMMEDIATE,
        "severity": CapSeverity.SEVERE,
        "certainty": CapCertainty.LIKELY,
        "headline": "昆明市气象台发布暴雨橙色预警",
        "expires": STORM + timedelta(hours=3),
        "areas": (CapArea("昆明主城", circles=(CapCircle(KUNMING, 5.0),)),),
    }
    info |= {name: fields.pop(name) for name in list(fields) if name in info or name == "responses"}
    given = {
        "identifier": "53010041600000_20260818091500",
        "sender": "weather.kunming.example",
        "sent": STORM - timedelta(minutes=5),
        "status": CapStatus.ACTUAL,
        "msg_type": CapMsgType.ALERT,
        "scope": CapScope.PUBLIC,
        "infos": (CapInfo(**info),),
    }
    return CapMessage(**{**given, **fields})


def follow_up(to: CapMessage, msg_type: CapMsgType = CapMsgType.UPDATE, **fields: Any) -> CapMessage:
    """A later message of the same sender about this one and what it names."""
    number = len(to.references) + 1
    return message(
        **{
            "identifier": f"{to.identifier}-{number}",
            "sent": to.sent + timedelta(minutes=1),
            "msg_type": msg_type,
            "references": (*to.references, to.reference),
            **fields,
        }
    )


# ---------------------------------------------------------------- any message

_line = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), min_size=1, max_size=30
).map(lambda text: text.strip() or "x")
_name = st.from_regex(r"[A-Za-z0-9@._:-]{1,40}", fullmatch=True)
_instant = st.integers(0, 3_400_000_000).map(
    lambda s: datetime(1991, 1, 1, tzinfo=UTC) + timedelta(seconds=s)
)
_degrees = st.integers(-90_000_000, 90_000_000).map(lambda n: n / 1_000_000)
_place = st.builds(LonLat, _degrees, _degrees)
_ring = st.lists(_place, min_size=3, max_size=6, unique=True).map(lambda ring: (*ring, ring[0]))
_pairs = st.lists(st.tuples(_line, _line), max_size=2).map(tuple)


def _several(of: st.SearchStrategy[Any], least: int = 0) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(of, min_size=least, max_size=2).map(tuple)


_area = st.builds(
    CapArea,
    _line,
    _several(_ring),
    _several(st.builds(CapCircle, _place, st.integers(0, 9_999_999).map(lambda n: n / 1000))),
    _pairs,
)
_info = st.builds(
    CapInfo,
    language=st.sampled_from(["zh-CN", "en-US", "fr"]),
    categories=_several(st.sampled_from(CapCategory), 1),
    event=_line,
    urgency=st.sampled_from(CapUrgency),
    severity=st.sampled_from(CapSeverity),
    certainty=st.sampled_from(CapCertainty),
    responses=_several(st.sampled_from(CapResponse)),
    event_codes=_pairs,
    effective=st.none() | _instant,
    onset=st.none() | _instant,
    expires=st.none() | _instant,
    sender_name=st.none() | _line,
    headline=st.none() | _line,
    description=st.none() | _line,
    instruction=st.none() | _line,
    web=st.none() | st.just("https://weather.example/now"),
    contact=st.none() | _line,
    parameters=_pairs,
    areas=_several(_area),
)
any_message = st.builds(
    CapMessage,
    identifier=_name,
    sender=_name,
    sent=_instant,
    status=st.sampled_from(CapStatus),
    msg_type=st.sampled_from(CapMsgType),
    scope=st.sampled_from(CapScope),
    source=st.none() | _line,
    restriction=st.none() | _line,
    addresses=st.none() | _line,
    note=st.none() | _line,
    references=_several(st.builds(CapReference, _name, _name, _instant), 1),
    infos=_several(_info),
)


# ---------------------------------------------------------------- an alert's life


def alert(**fields: Any) -> Alert:
    given = {
        "alert_id": ALERT_ID,
        "rule_id": "waterlogging-depth",
        "rule_version": "2026-07-16",
        "catalogue_version": "test",
        "category": "waterlogging",
        "subject_id": "KM01",
        "name_zh": "金马凉亭立交",
        "name_en": "Jinma Liangting interchange",
        "place": LonLat(102.76, 25.03),
        "jurisdiction": "530111",
        "severity": Severity.YELLOW,
        "grade_code": "medium",
        "peak_grade_code": "medium",
        "status": AlertStatus.ACTIVE,
        "opened_at": STORM,
        "alarmed_at": STORM,
        "changed_at": STORM,
        "told": CommandLevel.DISTRICT,
        "value": 35.0,
        "quantity": "depth_cm",
        "point_id": "KM01",
    }
    return Alert(**{**given, **fields})


def rows(*life: AlertChange, first_seq: int = 7) -> list[JournalRow]:
    """As the journal holds them, with rows about other things between."""
    found = []
    for n, change in enumerate(life):
        event = happened(
            SYSTEM,
            change.event,
            at=change.alert.changed_at,
            subject=change.alert.alert_id,
            changes=changes(alerts=[change.alert]),
        )
        found.append(JournalRow(first_seq + 3 * n, change.alert.changed_at, event))
    return found


def whole_life(outcome: Outcome = Outcome.REAL, **fields: Any) -> Sequence[AlertChange]:
    """Opened, raised, acknowledged, returned, cleared: ten minutes apart."""
    minutes = [STORM + timedelta(minutes=10 * n, milliseconds=123) for n in range(5)]
    opened = alert(**fields, opened_at=minutes[0], alarmed_at=minutes[0], changed_at=minutes[0])
    raised = replace(
        opened,
        severity=Severity.RED,
        grade_code="heavy",
        peak_grade_code="heavy",
        value=62.0,
        changed_at=minutes[1],
    )
    taken = acknowledge(raised, "值班员", None, minutes[2])
    returned = replace(taken, value=3.0, returned_at=minutes[3], changed_at=minutes[3])
    cleared = clear(returned, by="值班员", note=None, outcome=outcome, at=minutes[4])
    return [
        AlertChange("alert.opened", opened),
        AlertChange("alert.raised", raised),
        AlertChange("alert.acknowledged", taken),
        AlertChange("alert.returned", returned),
        AlertChange("alert.cleared", cleared),
    ]
