"""What we write is CAP 1.2 by its own schema, and our reader reads from it what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from lxml import etree

from alerts.imported import CAP_IMPORT
from alerts.lifecycle import AlertChange
from alerts.model import Outcome, Severity
from bootstrap.cap_map import load_cap_map
from bootstrap.catalogue import CATALOGUE_DIR, load_catalogue
from core.events import JournalRow
from notify.cap_feed import etag_of, matches, write_feed
from notify.cap_reader import read_cap
from notify.cap_xml import write_cap
from operations.cap import (
    COLOUR,
    CapCertainty,
    CapMessage,
    CapMsgType,
    CapResponse,
    CapScope,
    CapSeverity,
    CapStatus,
    CapUrgency,
)
from operations.cap_messages import ALL_CLEAR_STANDS, messages_of
from tests.cap_made import ALERT_ID, alert, any_message, message, rows, whole_life

SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).with_name("CAP-v1.2.xsd")))
"""OASIS' own schema of CAP 1.2 (see NOTICE)."""
CAP = load_cap_map(CATALOGUE_DIR)
CATALOGUE = load_catalogue()


def told(life: list[JournalRow], exercise: bool = False) -> list[CapMessage]:
    return [t.message for t in messages_of(life, CAP, CATALOGUE, exercise=exercise)]


def holds(written: bytes) -> bool:
    return bool(SCHEMA.validate(etree.fromstring(written)))


@given(any_message)
@settings(max_examples=300, deadline=None)
def test_whatever_is_written_follows_the_schema_and_is_read_back_the_same(made: CapMessage) -> None:
    written = write_cap(made)
    assert holds(written), SCHEMA.error_log
    assert read_cap(written).message == made
    assert write_cap(made) == written


def test_the_schema_can_say_no() -> None:
    assert not holds(write_cap(message()).replace(b"<scope>Public</scope>", b""))


def test_a_life_is_told_as_alert_updates_and_an_all_clear_with_correct_references() -> None:
    found = told(rows(*whole_life()))
    assert [(m.msg_type, m.infos[0].responses) for m in found] == [
        (CapMsgType.ALERT, (CapResponse.AVOID,)),
        (CapMsgType.UPDATE, (CapResponse.AVOID,)),
        (CapMsgType.UPDATE, (CapResponse.MONITOR,)),
        (CapMsgType.UPDATE, (CapResponse.ALL_CLEAR,)),
    ], "who took charge is nothing that others are told"
    for n, later in enumerate(found):
        assert later.references == tuple(earlier.reference for earlier in found[:n])
        assert read_cap(write_cap(later)).message == later
        assert holds(write_cap(later)), SCHEMA.error_log
    assert [m.infos[0].severity for m in found] == [CapSeverity.MODERATE, *[CapSeverity.EXTREME] * 3]
    assert [m.infos[0].urgency for m in found] == [
        CapUrgency.IMMEDIATE,
        CapUrgency.IMMEDIATE,
        CapUrgency.EXPECTED,
        CapUrgency.PAST,
    ]
    assert {m.infos[0].certainty for m in found} == {CapCertainty.OBSERVED}
    assert [m.infos[0].expires for m in found[:3]] == [None] * 3
    assert found[3].infos[0].expires == found[3].sent + ALL_CLEAR_STANDS


def test_identifiers_and_every_byte_follow_from_the_journal_alone() -> None:
    life = rows(*whole_life())
    assert [m.identifier for m in told(life)] == [f"{ALERT_ID}-{seq}" for seq in (7, 10, 16, 19)]
    assert [write_cap(m) for m in told(life)] == [write_cap(m) for m in told(list(life))]
    for n in range(1, len(life) + 1):  # what was told is not told otherwise later
        assert told(life)[: len(told(life[:n]))] == told(life[:n])


def test_a_false_alarm_is_taken_back_by_a_cancel_that_names_every_message() -> None:
    *before, cancel = told(rows(*whole_life(Outcome.FALSE_ALARM)))
    assert before[-1].infos[0].responses == (CapResponse.ALL_CLEAR,)
    assert (cancel.msg_type, cancel.infos) == (CapMsgType.CANCEL, ())
    assert cancel.references == tuple(m.reference for m in before)
    assert "false alarm" in (cancel.note or "")
    assert len({m.identifier for m in [*before, cancel]}) == 5
    assert holds(write_cap(cancel)) and read_cap(write_cap(cancel)).message == cancel


@pytest.mark.parametrize(
    ("colour", "severity"),
    [
        (Severity.RED, CapSeverity.EXTREME),
        (Severity.ORANGE, CapSeverity.SEVERE),
        (Severity.YELLOW, CapSeverity.MODERATE),
        (Severity.BLUE, CapSeverity.MINOR),
    ],
)
def test_colours_are_cap_severities_and_come_back(colour: Severity, severity: CapSeverity) -> None:
    (found,) = told(rows(AlertChange("alert.opened", alert(severity=colour))))
    assert {info.severity for info in found.infos} == {severity}
    assert COLOUR[severity] is colour


def test_both_languages_and_the_place_are_there() -> None:
    (found,) = told(rows(AlertChange("alert.opened", alert())))
    chinese, english = found.infos
    assert (chinese.language, english.language) == ("zh-CN", "en-US")
    assert chinese.headline == "金马凉亭立交：道路积水黄色预警"
    assert english.headline == "Jinma Liangting interchange: Road flooding, yellow warning"
    assert "35 厘米" in (chinese.description or "") and "35 cm" in (english.description or "")
    area = chinese.areas[0]
    assert area.circles[0].centre == alert().place and area.circles[0].radius_km > 0
    assert area.geocodes == (("GB/T 2260", "530111"),)
    assert found.scope is CapScope.PUBLIC


def test_what_is_not_for_the_public_is_restricted_and_says_so() -> None:
    (found,) = told(rows(AlertChange("alert.opened", alert(category="pump_failure"))))
    assert found.scope is CapScope.RESTRICTED and found.restriction
    assert holds(write_cap(found))


def test_a_drill_never_says_actual() -> None:
    life = rows(*whole_life(Outcome.FALSE_ALARM))
    drill, service = told(life, exercise=True), told(life)
    assert {m.status for m in drill} == {CapStatus.EXERCISE}
    assert {m.status for m in service} == {CapStatus.ACTUAL}
    assert all("演练" in (m.note or "") for m in drill)
    assert all("EXERCISE" in (m.infos[1].headline or "") for m in drill if m.infos)


def test_warnings_of_others_are_not_told_again() -> None:
    assert told(rows(*whole_life(rule_id=CAP_IMPORT.rule_id))) == []


def test_text_that_xml_cannot_hold_is_left_out() -> None:
    (found,) = told(rows(AlertChange("alert.opened", alert(name_zh="一\x0b二\ud800三\x00"))))
    assert read_cap(write_cap(found)).message.infos[0].areas[0].description == "一二三"


def test_the_feed_is_atom_with_an_entry_for_each_message() -> None:
    found = told(rows(*whole_life(Outcome.FALSE_ALARM)))
    feed = etree.fromstring(write_feed(found, CAP))
    atom = "{http://www.w3.org/2005/Atom}"
    assert feed.tag == atom + "feed"
    assert feed.findtext(atom + "updated") == "2026-08-18T10:00:00+08:00"
    entries = feed.findall(atom + "entry")
    assert len({entry.findtext(atom + "id") for entry in entries}) == len(found) == len(entries)
    for entry in entries:
        assert entry.findtext(atom + "title") and entry.findtext(atom + "updated")
    assert [e.find(atom + "link").get("href") for e in entries] == [f"messages/{m.identifier}" for m in found]
    assert etree.fromstring(write_feed([], CAP)).findtext(atom + "updated")


def test_an_etag_is_compared_weakly() -> None:
    etag = etag_of(b"body")
    assert matches(etag, etag) and matches(etag, etag.removeprefix("W/")) and matches(etag, f'"x", {etag}')
    assert matches(etag, "*") and not matches(etag, '"x"') and not matches(etag, None)
