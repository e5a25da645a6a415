"""Below the districts: a street's account sees and does what lies in its street, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import orjson
import pytest

from access.permissions import ROLES
from core.actor import CITY, Actor, Permission, Role
from core.errors import PermissionDeniedError
from core.geo import LonLat
from live.frames import event_frame
from operations.acknowledge_alert import AcknowledgeAlert, acknowledge_alert
from operations.add_note import AddNote, add_note
from operations.grade_readings import grade_readings
from operations.ports import Ports
from operations.queries import alert_concerns, incident_detail, open_alerts, snapshot_state
from operations.report_passability import ReportPassability, report_passability
from operations.request_recommendation import request_recommendation
from roads.areas import DistrictAreas, load_districts, load_streets
from tests.conftest import Bench
from tests.integration.desk_work import GUANDU, called, journal, reading, register, send, somebody

STREET, COMMUNITY = "530111001", "530111001901"
IN_COMMUNITY, IN_STREET, ELSEWHERE = "KM07", "KM06", "KM01"
HERE, THERE = LonLat(102.742, 25.015), LonLat(102.7653, 25.0157)


def person(role: Role, jurisdiction: str) -> Actor:
    return Actor(f"id of {role}", role.value, role, jurisdiction, ROLES[role])


@pytest.fixture
def ports(bench: Bench) -> Ports:
    ports = replace(bench.ports, areas=DistrictAreas())
    register(ports, 2)
    for point_id in (IN_COMMUNITY, IN_STREET, ELSEWHERE):
        send(ports, reading(ports, 20, point_id=point_id))
    grade_readings(ports)
    return ports


def alerts_of(ports: Ports, actor: Actor) -> set[str]:
    return {str(a["point_id"]) for a in snapshot_state(ports, actor)["state"]["alerts"]}


@pytest.mark.parametrize(
    ("role", "jurisdiction", "points"),
    [
        (Role.COMMUNITY, COMMUNITY, {IN_COMMUNITY}),
        (Role.STREET_CENTRE, STREET, {IN_COMMUNITY, IN_STREET}),
        (Role.STREET_CENTRE, "530111002", set()),
        (Role.SUB_CENTRE, GUANDU, {IN_COMMUNITY, IN_STREET, ELSEWHERE}),
        (Role.DUTY_OFFICER, CITY, {IN_COMMUNITY, IN_STREET, ELSEWHERE}),
    ],
)
def test_each_node_sees_the_alerts_at_and_below_it(
    ports: Ports, role: Role, jurisdiction: str, points: set[str]
) -> None:
    actor = person(role, jurisdiction)
    state = snapshot_state(ports, actor)["state"]
    assert alerts_of(ports, actor) == points
    assert {str(a["point_id"]) for a in open_alerts(ports, actor)} == points
    assert all(str(p["jurisdiction"]).startswith(jurisdiction) for p in state["units"])
    shown = {p["point_id"] for p in state["points"]}
    assert (ELSEWHERE in shown) == (jurisdiction in (CITY, GUANDU))


def test_what_the_live_feed_tells_a_node_is_what_a_snapshot_would(ports: Ports) -> None:
    of_point: Mapping[str, str] = {p.point_id: p.jurisdiction for p in ports.catalogue.points.values()}
    for node in (COMMUNITY, STREET, "530111002", GUANDU, CITY):
        told: set[str] = set()
        for row in journal(ports):
            changes = orjson.loads(event_frame(row, node, of_point))["changes"]
            told |= {str(alert["point_id"]) for alert in changes.get("alerts", [])}
        assert told == alerts_of(ports, somebody(jurisdiction=node)), node


def test_a_street_acts_in_its_street_only(ports: Ports) -> None:
    street = person(Role.STREET_CENTRE, STREET)
    by_point = {a.point_id: a.alert_id for a in ports.store.open_alerts()}
    taken = acknowledge_alert(ports, street, AcknowledgeAlert(by_point[IN_STREET]))
    assert taken.acknowledged_by == street.name
    with pytest.raises(PermissionDeniedError):
        acknowledge_alert(ports, street, AcknowledgeAlert(by_point[ELSEWHERE]))
    with pytest.raises(PermissionDeniedError):
        acknowledge_alert(ports, person(Role.COMMUNITY, COMMUNITY), AcknowledgeAlert(by_point[IN_STREET]))
    closing = ReportPassability(ELSEWHERE, "closed", ports.clock.now(), "street", None)
    with pytest.raises(PermissionDeniedError):
        report_passability(ports, street, closing)
    for permission in (Permission.DISPATCH, Permission.SET_RESPONSE_LEVEL, Permission.SHELVE_ALERT):
        assert not street.may(permission)


def test_a_call_belongs_to_the_lowest_node_with_an_outline_and_to_all_above_it(ports: Ports) -> None:
    here, there = called(ports, place=HERE).incident_id, called(ports, place=THERE).incident_id
    codes = {i.incident_id: i.jurisdiction for i in ports.store.snapshot(ports.clock.now()).incidents}
    assert (codes[here], codes[there]) == (COMMUNITY, GUANDU)
    street = person(Role.STREET_CENTRE, STREET)
    assert incident_detail(ports, street, here)["incident"]["incident_id"] == here
    with pytest.raises(PermissionDeniedError):
        incident_detail(ports, street, there)
    assert here in {i["incident_id"] for i in snapshot_state(ports, street)["state"]["incidents"]}
    # The district's officer is still in charge of it, and its own cars are nobody else's to ask for.
    request_recommendation(ports, somebody(jurisdiction=GUANDU), here)


@pytest.mark.parametrize(
    ("role", "jurisdiction"), [(Role.STREET_CENTRE, STREET), (Role.COMMUNITY, COMMUNITY)]
)
def test_who_is_nearest_reports_and_notes_what_lies_in_its_own_area_only(
    ports: Ports, role: Role, jurisdiction: str
) -> None:
    nearest = person(role, jurisdiction)
    taken = called(ports, nearest, HERE)
    assert incident_detail(ports, nearest, taken.incident_id)["incident"]["jurisdiction"] == COMMUNITY
    note = AddNote("note", "incident", taken.incident_id, "水已过脚踝")
    assert add_note(ports, nearest, note)
    elsewhere = called(ports, place=THERE)
    with pytest.raises(PermissionDeniedError):
        called(ports, nearest, THERE)
    with pytest.raises(PermissionDeniedError):
        add_note(ports, nearest, replace(note, idempotency_key="other", subject_id=elsewhere.incident_id))
    # What is done about it stays with the district.
    for permission in (Permission.DISPATCH, Permission.CLOSE_INCIDENT, Permission.SHELVE_ALERT):
        assert not nearest.may(permission)


def test_what_is_said_about_a_whole_area_reaches_everybody_below_it() -> None:
    street = person(Role.STREET_CENTRE, STREET)
    assert alert_concerns(street, f"area:{GUANDU}", GUANDU) and alert_concerns(street, "cap:1", CITY)
    assert not alert_concerns(street, ELSEWHERE, GUANDU) and not alert_concerns(street, "calls:1", GUANDU)
    assert not alert_concerns(street, "area:530103", "530103")


def test_an_outline_below_a_district_lies_in_it_and_the_points_know_their_node(ports: Ports) -> None:
    districts = {d.code: d.polygon for d in load_districts()}
    nodes = {node.code: node.polygon for node in load_streets()}
    for code, polygon in nodes.items():
        above = nodes.get(code[:9] if len(code) == 12 else "", districts[code[:6]])
        assert len(code) in (9, 12) and above.covers(polygon), code
    # Two points lie so near a district's border that bulletin and outline name different ones: of those below only.
    for point in ports.catalogue.points.values():
        codes = {str(DistrictAreas().jurisdiction_of(point.place)), point.jurisdiction}
        assert len(codes) == 1 or max(map(len, codes)) == 6, (point.point_id, codes)
