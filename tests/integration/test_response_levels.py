"""Response levels over the real database: proposed by the clock, set by persons, told to every screen."""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest

from access.permissions import ROLES, TOKEN_PERMISSIONS
from alerts.model import Alert, AlertStatus
from alerts.response_level import ResponseLevel, ResponseStep
from core.actor import CITY, Actor, Permission, Role
from core.errors import ConflictError, InvalidInputError, PermissionDeniedError
from live.frames import event_frame
from operations.acknowledge_alert import AcknowledgeAlert, acknowledge_alert
from operations.grade_readings import grade_readings
from operations.ports import Ports
from operations.propose_response_levels import propose_response_levels
from operations.queries import snapshot_state
from operations.set_response_level import SetResponseLevel, set_response_level
from tests.alert_cases import RULE
from tests.conftest import Bench
from tests.depth_rule import with_catalogue
from tests.integration.desk_work import (
    GUANDU,
    PANLONG,
    at_once,
    journal,
    raised,
    reading,
    send,
    somebody,
    types,
)
from tests.response_rule import response_rule

S = ResponseStep


@pytest.fixture
def ports(bench: Bench) -> Ports:
    rules = {rule.rule_id: rule for rule in (RULE, response_rule(off_delay=timedelta(minutes=30)))}
    return with_catalogue(bench.ports, rules=rules)


def as_role(role: Role, jurisdiction: str = CITY) -> Actor:
    return Actor(f"id of {role}", str(role), role, jurisdiction, ROLES[role])


def put(
    ports: Ports, level: str | None, by: Actor | None = None, where: str = CITY, reason: str = "会商"
) -> ResponseLevel:
    return set_response_level(ports, by or somebody("值班长"), SetResponseLevel(where, level, reason))


def flood(ports: Ports, how_many: int, depth_cm: float = 20) -> None:
    points = list(ports.catalogue.points)[:how_many]
    send(ports, *[reading(ports, depth_cm, point_id=point_id) for point_id in points])
    grade_readings(ports)


def levels(ports: Ports, actor: Actor | None = None) -> dict[str, str | None]:
    found = snapshot_state(ports, actor or somebody())["state"]["response_levels"]
    return {level["jurisdiction"]: level["proposed_level"] for level in found}


def test_the_rules_propose_for_the_city_and_each_district_and_set_nothing(bench: Bench, ports: Ports) -> None:
    flood(ports, 12)
    propose_response_levels(ports)
    propose_response_levels(ports)
    (row,) = [
        r.event
        for r in journal(ports)
        if r.event.type == "response_level.proposed" and r.event.subject == CITY
    ]
    assert (row.data["to"], row.data["stands"], row.data["because"]["points_graded"]) == ("III", None, 12.0)
    assert row.data["rules"] == ["flood-response@1"]
    in_guandu = sum(p.jurisdiction.startswith(GUANDU) for p in list(ports.catalogue.points.values())[:12])
    expected = "III" if in_guandu >= 10 else "IV" if in_guandu >= 3 else None
    assert levels(ports)[CITY] == "III" and levels(ports)[GUANDU] == expected
    assert "response_level.set" not in types(ports)


def test_a_proposal_tells_somebody_as_any_alert_does(bench: Bench, ports: Ports) -> None:
    flood(ports, 12)
    propose_response_levels(ports)
    alert = next(a for a in ports.store.open_alerts() if a.subject_id == f"area:{CITY}")
    assert (alert.name_zh, alert.grade_code, alert.jurisdiction) == ("昆明市", "III", CITY)


def test_when_the_water_has_gone_for_long_enough_the_end_is_proposed(bench: Bench, ports: Ports) -> None:
    flood(ports, 4)
    propose_response_levels(ports)
    for _ in range(2):
        bench.clock.advance(301)
        flood(ports, 4, depth_cm=0)
    propose_response_levels(ports)
    assert levels(ports)[CITY] == "IV", "the set-back holds"
    bench.clock.advance(1800)
    propose_response_levels(ports)
    assert levels(ports)[CITY] is None


def test_a_person_sets_it_and_the_journal_says_who_when_from_what_to_what_and_why(
    bench: Bench, ports: Ports
) -> None:
    flood(ports, 4)
    propose_response_levels(ports)
    put(ports, "standby")
    bench.clock.advance(600)
    level = put(ports, "IV", reason="雨势加大")
    assert (level.level, level.since_at, level.set_by) == (S.IV, bench.clock.now(), "值班长")
    rows = [r.event for r in journal(ports) if r.event.type == "response_level.set"]
    assert rows[-1].data == {
        "jurisdiction": CITY,
        "from": "standby",
        "to": "IV",
        "proposed": "IV",
        "reason": "雨势加大",
        "by": "值班长",
    }
    assert rows[-1].changes["response_levels"][0]["level"] == "IV"


def proposal(ports: Ports, where: str = CITY) -> Alert:
    with ports.store.transaction() as tx:
        return tx.open_alerts_of([f"area:{where}"])["flood-response", f"area:{where}"]


def test_who_sets_what_was_proposed_has_answered_the_proposal(bench: Bench, ports: Ports) -> None:
    flood(ports, 12)
    propose_response_levels(ports)
    put(ports, "III", reason="雨势加大")
    answered = proposal(ports)
    assert (answered.status, answered.acknowledged_by) == (AlertStatus.ACKNOWLEDGED, "值班长")
    assert (answered.note, answered.escalate_at) == ("雨势加大", None)
    rows = [r.event for r in journal(ports)][-2:]
    assert [r.type for r in rows] == ["response_level.set", "alert.acknowledged"]
    assert rows[1].subject == answered.alert_id
    assert rows[1].data == {"by": "值班长", "note": "雨势加大", "level": "III"}
    assert rows[1].changes["alerts"][0]["status"] == "acknowledged"


def test_a_higher_level_answers_too_and_a_lower_one_or_the_end_leaves_the_proposal_waiting(
    bench: Bench, ports: Ports
) -> None:
    flood(ports, 12)
    propose_response_levels(ports)
    for level in ("IV", "standby", None):
        put(ports, level)
        assert proposal(ports).status is AlertStatus.ACTIVE
    put(ports, "II")
    assert proposal(ports).status is AlertStatus.ACKNOWLEDGED


def test_the_citys_level_answers_no_districts_proposal_and_a_districts_not_the_citys(
    bench: Bench, ports: Ports
) -> None:
    in_guandu = [p for p in ports.catalogue.points.values() if p.jurisdiction.startswith(GUANDU)][:4]
    send(ports, *[reading(ports, 20, point_id=p.point_id) for p in in_guandu])
    grade_readings(ports)
    propose_response_levels(ports)
    put(ports, "I")
    assert proposal(ports, GUANDU).status is AlertStatus.ACTIVE
    put(ports, "I", somebody("官渡", GUANDU), GUANDU)
    assert proposal(ports, GUANDU).acknowledged_by == "官渡"


def test_who_has_the_proposals_alert_already_keeps_it(bench: Bench, ports: Ports) -> None:
    flood(ports, 12)
    propose_response_levels(ports)
    acknowledge_alert(ports, somebody("甲"), AcknowledgeAlert(proposal(ports).alert_id, "会商中"))
    put(ports, "III")
    assert (proposal(ports).acknowledged_by, proposal(ports).note) == ("甲", "会商中")
    assert types(ports).count("alert.acknowledged") == 1


def test_set_again_it_stands_and_two_at_once_agree_on_who_did(bench: Bench, ports: Ports) -> None:
    put(ports, "IV")
    put(ports, "IV")
    assert types(ports).count("response_level.set") == 1
    answers = at_once(*[lambda n=n: put(ports, "III", somebody(n)) for n in ("甲", "乙")])
    (refused,) = raised(answers)
    assert isinstance(refused, ConflictError)
    assert types(ports).count("response_level.set") == 2


def test_the_storm_of_2024_is_set_and_ended_step_by_step(bench: Bench, ports: Ports) -> None:
    """Standby 21:00, Ⅳ 21:10, Ⅲ 23:10, Ⅱ 01:05, end 05:45 (docs/facts.md)."""
    began = bench.clock.now()
    for minutes, step in ((0, "standby"), (10, "IV"), (130, "III"), (245, "II"), (525, None)):
        bench.clock.advance((began + timedelta(minutes=minutes) - bench.clock.now()).total_seconds())
        put(ports, step)
    told = [
        ((r.event.at - began) // timedelta(minutes=1), r.event.data["from"], r.event.data["to"])
        for r in journal(ports)
        if r.event.type == "response_level.set"
    ]
    assert told == [
        (0, None, "standby"),
        (10, "standby", "IV"),
        (130, "IV", "III"),
        (245, "III", "II"),
        (525, "II", None),
    ]


@pytest.mark.parametrize(
    ("where", "level", "reason"), [("5301", "V", "会商"), ("530199", "IV", "会商"), ("5301", "IV", " ")]
)
def test_what_makes_no_sense_is_refused_in_words(
    bench: Bench, ports: Ports, where: str, level: str, reason: str
) -> None:
    with pytest.raises(InvalidInputError, match=r"found .*expected"):
        put(ports, level, where=where, reason=reason)
    assert types(ports) == []


def test_the_city_is_the_shift_commanders_and_a_district_its_own_sub_centres(
    bench: Bench, ports: Ports
) -> None:
    commander, district = as_role(Role.SHIFT_COMMANDER), as_role(Role.SUB_CENTRE, GUANDU)
    put(ports, "IV", commander)
    put(ports, "III", district, GUANDU)
    put(ports, "II", commander, GUANDU)
    for where in (CITY, PANLONG):
        with pytest.raises(PermissionDeniedError, match="jurisdiction"):
            put(ports, "I", district, where)
    for role in (Role.DUTY_OFFICER, Role.WALL, Role.ANALYST, Role.FIELD_UNIT, Role.DEVICE, Role.SYSTEM):
        with pytest.raises(PermissionDeniedError, match="set_response_level"):
            put(ports, "I", as_role(role))
    assert not TOKEN_PERMISSIONS & {
        Permission.SET_RESPONSE_LEVEL,
        Permission.ALL_CLEAR,
        Permission.SHELVE_ALERT,
    }, "a person's judgement is no device's"


def test_a_district_sees_its_own_level_and_the_citys_and_no_other_district(
    bench: Bench, ports: Ports
) -> None:
    for where in (CITY, GUANDU, PANLONG):
        put(ports, "IV", where=where)
    assert set(levels(ports, somebody(jurisdiction=GUANDU))) == {CITY, GUANDU}
    shown = []
    for row in journal(ports):
        frame = orjson.loads(event_frame(row, GUANDU, {}))
        shown.append(
            (frame["subject"], [s["jurisdiction"] for s in frame["changes"].get("response_levels", [])])
        )
    assert shown == [(CITY, [CITY]), (GUANDU, [GUANDU]), ("", [])]


def test_a_drill_begun_anew_stands_at_no_level(bench: Bench, ports: Ports) -> None:
    put(ports, "II")
    with ports.store.transaction(alone=True) as tx:
        tx.end_everything_open(bench.clock.now(), "test")
    assert levels(ports) == {}
