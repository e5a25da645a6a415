"""CAP over the real database: an alert's life told to others, and their warnings taken in, changed and ended."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from alerts.lifecycle import clear
from alerts.model import Alert, AlertStatus, Severity
from core.actor import Actor, Permission, current_actor
from core.errors import InvalidInputError, NotFoundError, PermissionDeniedError, UnavailableError
from core.events import JournalRow
from core.geo import LonLat, distance_m
from intake.body_limit import BodyLimit
from intake.counters import IntakeCounters
from intake.problems import Problems
from notify.cap_reader import read_cap
from notify.cap_router import cap_router
from notify.cap_xml import write_cap
from operations.acknowledge_alert import AcknowledgeAlert, acknowledge_alert
from operations.cap import (
    CapArea,
    CapCircle,
    CapMessage,
    CapMsgType,
    CapOutcome,
    CapResponse,
    CapSeverity,
    CapStatus,
)
from operations.cap_messages import RECENT, cap_feed, cap_message
from operations.expire_cap import expire_cap
from operations.grade_readings import grade_readings
from operations.ports import Ports
from operations.receive_cap import CapReceipt, ReceiveCap, receive_cap
from roads.areas import DistrictAreas
from tests.cap_made import STORM, any_message, follow_up, message
from tests.conftest import Bench
from tests.integration.desk_work import PANLONG, reading, send, somebody

FAR = (CapArea("Sacramento", circles=(CapCircle(LonLat(-121.5, 38.6), 40.0),)),)
XML = {"Content-Type": "application/cap+xml"}


def take(ports: Ports, sent: CapMessage, actor: Actor | None = None, signed: bool = False) -> CapReceipt:
    return receive_cap(ports, actor or somebody(), ReceiveCap(sent, "1.2", signed))


def alerts_of(bench: Bench) -> list[Alert]:
    """Alerts that stand or were cleared in the last hour."""
    return list(bench.store.snapshot(bench.clock.now() - timedelta(hours=1)).alerts)


def only(bench: Bench) -> Alert:
    (found,) = alerts_of(bench)
    return found


def journal(bench: Bench) -> list[JournalRow]:
    return list(bench.store.journal_after(0, 1000))


def types(bench: Bench) -> list[str]:
    return [row.event.type for row in journal(bench)]


@pytest.fixture
def live(bench: Bench) -> Ports:
    return replace(bench.ports, mode="live")


# ---------------------------------------------------------------- our alerts, told to others


def at_depth(bench: Bench, depth_cm: float, after_s: float = 60) -> None:
    bench.clock.advance(after_s)
    send(bench.ports, reading(bench.ports, depth_cm))
    grade_readings(bench.ports)


def test_a_life_from_the_gauge_is_told_with_references_and_the_same_after_a_restart(bench: Bench) -> None:
    at_depth(bench, 35)
    at_depth(bench, 60)
    acknowledge_alert(bench.ports, somebody(), AcknowledgeAlert(only(bench).alert_id))
    at_depth(bench, 35)
    at_depth(bench, 35, 301)
    at_depth(bench, 0)
    at_depth(bench, 0, 301)
    assert only(bench).status is AlertStatus.CLEARED
    *told, first = cap_feed(bench.ports, somebody())
    life = [first, *reversed(told)]
    assert [m.msg_type for m in life] == [CapMsgType.ALERT, *[CapMsgType.UPDATE] * 3]
    assert [m.infos[0].severity for m in life[:3]] == [
        CapSeverity.MODERATE,
        CapSeverity.SEVERE,
        CapSeverity.MODERATE,
    ]
    assert life[-1].infos[0].responses == (CapResponse.ALL_CLEAR,)
    for n, later in enumerate(life):
        assert later.references == tuple(earlier.reference for earlier in life[:n])
        assert cap_message(bench.ports, somebody(), later.identifier) == later
    assert {m.status for m in life} == {CapStatus.EXERCISE}, "this bench is a drill"
    assert {m.status for m in cap_feed(replace(bench.ports, mode="live"), somebody())} == {CapStatus.ACTUAL}
    bench.clock.advance(RECENT.total_seconds() + 1)
    assert cap_feed(bench.ports, somebody()) == []
    assert cap_message(bench.ports, somebody(), first.identifier) == first


def test_a_district_is_told_of_its_own_alerts_only(bench: Bench) -> None:
    at_depth(bench, 35)
    (told,) = cap_feed(bench.ports, somebody())
    elsewhere = somebody("盘龙", PANLONG)
    assert cap_feed(bench.ports, elsewhere) == []
    for actor, identifier in ((elsewhere, told.identifier), (somebody(), "nothing-1"), (somebody(), "x")):
        with pytest.raises(NotFoundError):
            cap_message(bench.ports, actor, identifier)
    with pytest.raises(PermissionDeniedError):
        cap_feed(bench.ports, somebody(without=Permission.READ_CAP))


# ---------------------------------------------------------------- warnings of others


def test_a_warning_for_the_city_becomes_an_alert_once(bench: Bench, live: Ports) -> None:
    first = take(live, message(), signed=True)
    again = take(live, message())
    assert (first.outcome, first.repeated) == (CapOutcome.OPENED, False)
    assert again == replace(first, repeated=True)
    found = only(bench)
    assert (found.rule_id, found.category, found.severity) == ("cap-import", "rainstorm", Severity.ORANGE)
    assert found.subject_id == "cap:weather.kunming.example,53010041600000_20260818091500"
    assert found.name_zh == "昆明市气象台发布暴雨橙色预警"
    assert (found.alert_id, found.jurisdiction) == (first.alert_id, "530111")
    assert types(bench) == ["alert.opened", "cap.received"]
    said = journal(bench)[-1].event
    assert (said.data["area"], said.data["headline"]) == ("昆明主城", "昆明市气象台发布暴雨橙色预警")
    assert "english" not in said.data, "it was written in Chinese only"
    assert (said.subject, said.data["outcome"], said.data["signature"]) == (
        first.alert_id,
        "opened",
        "not verified",
    )
    assert cap_feed(live, somebody()) == [], "what others said is not sent back to them"


def test_the_same_message_from_many_at_once_opens_one_alert(bench: Bench, live: Ports) -> None:
    with ThreadPoolExecutor(8) as pool:
        receipts = list(pool.map(lambda _: take(live, message()), range(16)))
    assert [r.repeated for r in receipts].count(False) == 1
    assert len({r.alert_id for r in receipts}) == 1
    assert types(bench) == ["alert.opened", "cap.received"]


@pytest.mark.parametrize(
    ("severity", "colour"),
    [
        (CapSeverity.EXTREME, Severity.RED),
        (CapSeverity.SEVERE, Severity.ORANGE),
        (CapSeverity.MODERATE, Severity.YELLOW),
        (CapSeverity.MINOR, Severity.BLUE),
        (CapSeverity.UNKNOWN, Severity.YELLOW),
    ],
)
def test_severity_becomes_a_colour(
    bench: Bench, live: Ports, severity: CapSeverity, colour: Severity
) -> None:
    take(live, message(severity=severity))
    assert only(bench).severity is colour


def test_updates_raise_lower_and_rename_and_an_all_clear_ends_it(bench: Bench, live: Ports) -> None:
    first = message()
    take(live, first)
    acknowledge_alert(live, somebody(), AcknowledgeAlert(only(bench).alert_id))
    raised = follow_up(first, severity=CapSeverity.EXTREME, headline="升级为红色")
    assert take(live, raised).outcome is CapOutcome.CHANGED
    found = only(bench)
    assert (found.severity, found.status, found.name_zh) == (Severity.RED, AlertStatus.ACTIVE, "升级为红色")
    lowered = follow_up(raised, severity=CapSeverity.MODERATE)
    take(live, lowered)
    assert only(bench).severity is Severity.YELLOW
    same = follow_up(lowered, severity=CapSeverity.MODERATE, headline="延长")
    take(live, same)
    assert only(bench).name_zh == "延长"
    over = follow_up(same, responses=(CapResponse.ALL_CLEAR,))
    assert take(live, over).outcome is CapOutcome.CLEARED
    assert only(bench).status is AlertStatus.CLEARED
    assert [t for t in types(bench) if t.startswith("alert.")] == [
        "alert.opened",
        "alert.acknowledged",
        "alert.raised",
        "alert.lowered",
        "alert.cleared",
    ]
    assert len({row.event.subject for row in journal(bench)}) == 1
    assert not live.store.snapshot(STORM).alerts[0].escalate_at


def test_a_cancel_ends_it_and_is_harmless_twice(bench: Bench, live: Ports) -> None:
    take(live, message())
    cancel = follow_up(message(), CapMsgType.CANCEL, infos=())
    assert [take(live, cancel).repeated for _ in range(2)] == [False, True]
    assert only(bench).status is AlertStatus.CLEARED
    assert types(bench).count("alert.cleared") == 1


def test_order_does_not_matter(bench: Bench, live: Ports) -> None:
    first = message()
    cancel = follow_up(first, CapMsgType.CANCEL, infos=())
    assert take(live, cancel).reason == "nothing-to-cancel"
    late = take(live, first)
    assert (late.outcome, late.reason) == (CapOutcome.NOTED, "superseded")
    assert alerts_of(bench) == []


def test_an_update_whose_alert_never_came_opens_the_warning(bench: Bench, live: Ports) -> None:
    first = message(identifier="lost")
    update = follow_up(first)
    assert take(live, update).outcome is CapOutcome.OPENED
    assert take(live, first).reason == "superseded"
    assert take(live, follow_up(update, CapMsgType.CANCEL, infos=())).outcome is CapOutcome.CLEARED
    assert only(bench).status is AlertStatus.CLEARED


def test_one_update_about_two_warnings_leaves_one(bench: Bench, live: Ports) -> None:
    one, two = message(identifier="one"), message(identifier="two")
    take(live, one)
    take(live, two)
    both = follow_up(one, references=(one.reference, two.reference))
    take(live, both)
    assert sorted(a.status for a in alerts_of(bench)) == [AlertStatus.ACTIVE, AlertStatus.CLEARED]


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (message(areas=FAR), "outside-the-city"),
        (message(areas=(CapArea("only words"),)), "no-place"),
        (message(areas=(CapArea("Montana", geocodes=(("SAME", "530111"),)),)), "no-place"),
        (message(status=CapStatus.TEST), "not-actual"),
        (message(status=CapStatus.EXERCISE), "not-actual"),
        (message(status=CapStatus.DRAFT), "not-actual"),
        (message(status=CapStatus.SYSTEM), "not-actual"),
        (message(infos=()), "no-info"),
        (message(expires=STORM - timedelta(seconds=1)), "expired"),
        (message(sent=STORM - timedelta(hours=25), expires=None), "expired"),
        (message(sender="command-centre.kunming.example"), "our-own"),
        (follow_up(message(sender="someone.else"), sender="weather.kunming.example"), "other-sender"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_does_not_concern_the_city_is_kept_aside_and_never_drawn(
    bench: Bench, live: Ports, sent: CapMessage, reason: str
) -> None:
    receipt = take(live, sent)
    assert (receipt.outcome, receipt.reason, receipt.alert_id) == (CapOutcome.QUARANTINED, reason, None)
    assert receipt.detail and "found" in receipt.detail
    assert alerts_of(bench) == []
    assert bench.store.quarantined_count() == 1
    assert take(live, sent).repeated and bench.store.quarantined_count() == 1
    assert types(bench) == ["cap.received"]


def test_an_exercise_counts_in_a_drill_and_a_test_never(bench: Bench) -> None:
    assert take(bench.ports, message(status=CapStatus.EXERCISE)).outcome is CapOutcome.OPENED
    assert take(bench.ports, message(identifier="t", status=CapStatus.TEST)).reason == "not-actual"


def test_another_sender_ends_no_warning(bench: Bench, live: Ports) -> None:
    take(live, message())
    stranger = follow_up(message(), CapMsgType.CANCEL, sender="stranger", infos=())
    assert take(live, stranger).reason == "other-sender"
    assert only(bench).status is AlertStatus.ACTIVE


def test_an_acknowledgement_or_error_is_noted_with_what_it_is_about(bench: Bench, live: Ports) -> None:
    for msg_type in (CapMsgType.ACK, CapMsgType.ERROR):
        receipt = take(live, follow_up(message(), msg_type, identifier=msg_type.lower(), infos=()))
        assert (receipt.outcome, receipt.reason) == (CapOutcome.NOTED, msg_type.lower())
    assert alerts_of(bench) == []


def test_a_warning_that_moves_away_is_over_here(bench: Bench, live: Ports) -> None:
    take(live, message())
    receipt = take(live, follow_up(message(), areas=FAR))
    assert (receipt.outcome, receipt.reason) == (CapOutcome.CLEARED, "outside-the-city")
    assert only(bench).status is AlertStatus.CLEARED


def test_a_warning_ends_when_its_newest_message_expires_and_not_before(bench: Bench, live: Ports) -> None:
    take(live, message(expires=STORM + timedelta(hours=1)))
    take(live, follow_up(message(), expires=STORM + timedelta(hours=2)))
    bench.clock.advance(3601)
    assert expire_cap(live) == 0
    bench.clock.advance(3600)
    assert [expire_cap(live), expire_cap(live)] == [1, 0]
    assert only(bench).status is AlertStatus.CLEARED
    assert types(bench).count("alert.cleared") == 1


def test_what_an_officer_cleared_is_opened_again_only_by_something_graver(bench: Bench, live: Ports) -> None:
    first = message()
    take(live, first)
    with live.store.transaction() as tx:
        tx.save_alert(clear(only(bench), by="值班员", note=None, outcome=None, at=STORM))
    same = follow_up(first)
    assert take(live, same).reason == "cleared-here"
    graver = follow_up(same, severity=CapSeverity.EXTREME)
    assert take(live, graver).outcome is CapOutcome.OPENED
    assert sorted(a.status for a in alerts_of(bench)) == [AlertStatus.ACTIVE, AlertStatus.CLEARED]


def test_a_message_from_the_future_or_for_another_district_changes_nothing(bench: Bench, live: Ports) -> None:
    with pytest.raises(InvalidInputError, match="sent: found"):
        take(live, message(sent=STORM + timedelta(minutes=2)))
    with pytest.raises(PermissionDeniedError):
        take(live, message(), somebody("盘龙", PANLONG))
    with pytest.raises(PermissionDeniedError):
        take(live, message(), somebody(without=Permission.REPORT_CAP))
    assert types(bench) == [] and bench.store.quarantined_count() == 0
    assert take(live, message()).outcome is CapOutcome.OPENED


@pytest.mark.parametrize(
    ("areas", "districts"),
    [
        ((CapArea("官渡", circles=(CapCircle(LonLat(102.75, 25.02), 0.2),)),), {"530111"}),
        ((CapArea("code", geocodes=(("GB/T 2260", "530111000000"),)),), {"530111"}),
        ((CapArea("street", geocodes=(("GB/T 2260", "530111001"),)),), {"530111"}),
    ],
)
def test_the_real_districts_say_which_part_of_the_city_an_area_touches(
    areas: tuple[CapArea, ...], districts: set[str]
) -> None:
    codes = [code for area in areas for _, code in area.geocodes]
    part = DistrictAreas().part_in_city(areas, codes)
    assert part is not None and part.districts == districts
    where = DistrictAreas().jurisdiction_of(part.place)
    assert where is not None and where.startswith(tuple(districts))


def test_a_warning_is_drawn_in_the_middle_of_its_area_or_in_the_part_that_lies_in_the_city() -> None:
    areas = DistrictAreas()
    middle = LonLat(102.7146, 25.0492)
    inside = areas.part_in_city([CapArea("", circles=(CapCircle(middle, 5.0),))], [])
    assert inside is not None and distance_m(inside.place, middle) < 50
    corner = (LonLat(104.5, 25.0), LonLat(104.5, 26.0), LonLat(103.3, 25.5), LonLat(104.5, 25.0))
    partly = areas.part_in_city([CapArea("", polygons=(corner,))], [])
    assert partly is not None and areas.jurisdiction_of(partly.place) in partly.districts


def test_large_hostile_and_foreign_areas_are_judged_at_once() -> None:
    areas = DistrictAreas()
    whole = areas.part_in_city([CapArea("云南", circles=(CapCircle(LonLat(102.7, 25.0), 2000.0),))], [])
    assert whole is not None and len(whole.districts) == 14
    province = areas.part_in_city([], ["530000"])
    assert province is not None and len(province.districts) == 14
    assert areas.part_in_city(FAR, []) is None
    assert areas.part_in_city([], ["110000", "x", "五三", "1" * 300]) is None
    chance = random.Random(1)
    scribble = [LonLat(102 + 2 * chance.random(), 24 + 2 * chance.random()) for _ in range(5000)]
    found = areas.part_in_city([CapArea("", polygons=((*scribble, scribble[0]),))], [])
    assert found is not None and found.districts


# ---------------------------------------------------------------- over HTTP


class Door:
    """The routes over the bench, as somebody who may use them."""

    def __init__(self, ports: Ports) -> None:
        self.counters = IntakeCounters()
        problems = Problems(self.counters)
        app = FastAPI(openapi_url=None)
        problems.install(app)
        app.include_router(cap_router(ports, self.counters))
        self._app: Any = BodyLimit(app, problems)

    def send(self, method: str, path: str, **parts: Any) -> httpx.Response:
        return self.send_all([(method, path, parts)])[0]

    def send_all(self, requests: list[tuple[str, str, dict[str, Any]]]) -> list[httpx.Response]:
        async def sent() -> list[httpx.Response]:
            current_actor.set(somebody())
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://centre") as client:
                return [
                    await client.request(method, "/api/v1" + path, **parts)
                    for method, path, parts in requests
                ]

        return asyncio.run(sent())


def test_the_feed_leads_to_messages_and_says_when_nothing_is_new(bench: Bench) -> None:
    door = Door(bench.ports)
    empty = door.send("GET", "/cap/feed")
    at_depth(bench, 35)
    feed = door.send("GET", "/cap/feed", headers={"If-None-Match": empty.headers["etag"]})
    assert (feed.status_code, feed.headers["content-type"]) == (200, "application/atom+xml")
    known = door.send("GET", "/cap/feed", headers={"If-None-Match": feed.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")
    atom = "{http://www.w3.org/2005/Atom}"
    link = etree.fromstring(feed.content).find(f"{atom}entry/{atom}link").get("href")
    answer = door.send("GET", f"/cap/{link}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/cap+xml")
    assert read_cap(answer.content).message == cap_feed(bench.ports, somebody())[0]
    missing = door.send("GET", "/cap/messages/nothing-1")
    assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")


def test_a_message_is_answered_with_what_became_of_it_and_counted(bench: Bench, live: Ports) -> None:
    door = Door(live)
    body = write_cap(message())
    first, again = (door.send("POST", "/cap", content=body, headers=XML).json() for _ in range(2))
    assert (first["outcome"], first["version"], first["signature"]) == ("opened", "1.2", "none")
    assert again == {**first, "repeated": True}
    door.send("POST", "/cap", content=write_cap(message(identifier="far", areas=FAR)), headers=XML)
    counted = door.counters.exposition().decode()
    assert 'intake_accepted_total{route="/api/v1/cap"} 1.0' in counted
    assert 'intake_duplicates_total{route="/api/v1/cap"} 1.0' in counted
    assert 'intake_quarantined_total{reason="outside-the-city",route="/api/v1/cap"} 1.0' in counted


def test_a_bomb_is_refused_with_a_problem_counted_and_kept_aside(bench: Bench, live: Ports) -> None:
    door = Door(live)
    bomb = b'<!DOCTYPE a [<!ENTITY b "\x00ha">]><a>&b;</a>'
    answer = door.send("POST", "/cap", content=bomb, headers={"Content-Type": "text/xml; charset=utf-8"})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "cap-doctype")
    assert problem["detail"] == "body: found a document type declaration, expected none"
    assert 'code="cap-doctype",route="/api/v1/cap"} 1.0' in door.counters.exposition().decode()
    assert bench.store.quarantined_count() == 1
    assert types(bench) == []
    large = door.send("POST", "/cap", content=write_cap(message()) + b" " * 1_100_000, headers=XML)
    assert (large.status_code, large.json()["code"]) == (413, "cap-too-large")
    json = door.send("POST", "/cap", json={})
    assert (json.status_code, json.json()["code"]) == (415, "unsupported-media-type")
    packed = door.send("POST", "/cap", content=b"", headers={**XML, "Content-Encoding": "gzip"})
    assert packed.status_code == 415


_Change = Callable[[bytes, random.Random], bytes]


def _flip(body: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(body))
    return body[:at] + bytes([chance.randrange(256)]) + body[at + 1 :]


def _drop(body: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(body))
    return body[:at] + body[at + chance.randrange(1, 60) :]


def _repeat(body: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(body))
    return body[:at] + body[at : at + 80] * chance.randrange(2, 30) + body[at:]


def _swap_value(body: bytes, chance: random.Random) -> bytes:
    parts = body.split(b">")
    at = chance.randrange(len(parts))
    odd = [
        b"",
        b"-1",
        b"1e999",
        b"\x00",
        b"&#x1F600;",
        b"9" * 400,
        b"2026-13-01T00:00:00+08:00",
        b"<x/>",
        b"]]",
        b"&lt;",
    ]
    parts[at] = chance.choice(odd) + parts[at]
    return b">".join(parts)


def _swap_elements(body: bytes, chance: random.Random) -> bytes:
    words = [
        b"identifier",
        b"sent",
        b"info",
        b"area",
        b"event",
        b"references",
        b"severity",
        b"polygon",
        b"circle",
    ]
    return body.replace(chance.choice(words), chance.choice(words))


@pytest.mark.slow
@given(any_message, st.integers(0, 2**32))
@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_thousand_mutations_of_good_messages_never_make_the_server_fail(
    bench: Bench, live: Ports, made: CapMessage, seed: int
) -> None:
    """Twelve of each of a hundred messages, half of them about this city and this day."""
    chance = random.Random(seed)
    near = message(identifier=f"m{seed}", severity=chance.choice(list(CapSeverity)))
    changes: list[_Change] = [_flip, _drop, _repeat, _swap_value, _swap_elements, lambda body, _: body]
    bodies = [change(write_cap(m), chance) for m in (made, near) for change in changes]
    door = Door(live)
    answers = door.send_all([("POST", "/cap", {"content": body, "headers": XML}) for body in bodies])
    for body, answer in zip(bodies, answers, strict=True):
        assert answer.status_code in (200, 409, 413, 422), (answer.text, body)
        if answer.status_code != 200:
            assert answer.headers["content-type"] == "application/problem+json"
            assert "found" in answer.json()["detail"]


def test_a_database_that_is_away_is_said_and_nothing_is_lost(bench: Bench, live: Ports) -> None:
    class Away:
        def transaction(self, alone: bool = False) -> Any:
            raise UnavailableError("the database is away")

    away: Any = Away()
    answer = Door(replace(live, store=away)).send("POST", "/cap", content=write_cap(message()), headers=XML)
    assert answer.status_code == 503 and answer.headers["retry-after"]
    assert take(live, message()).outcome is CapOutcome.OPENED
