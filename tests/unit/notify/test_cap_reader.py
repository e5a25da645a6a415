"""Whatever is sent as CAP: a message, or a refusal that says where, found and expected."""

from __future__ import annotations

import csv
import time
from pathlib import Path

import pytest

from core.errors import InvalidInputError, NotFoundError
from notify.cap_check import check
from notify.cap_reader import (
    DEEPEST,
    LONGEST_ATTRIBUTE,
    MOST_BYTES,
    MOST_ELEMENTS,
    CapRefusedError,
    ReadCap,
    read_cap,
    read_every_cap,
)
from notify.cap_xml import write_cap
from operations.cap import CapCertainty, CapMsgType, CapScope, CapStatus
from tests.cap_made import follow_up, message

GOOD = write_cap(message())
NS = b"urn:oasis:names:tc:emergency:cap:1.2"


def refusal(body: bytes) -> CapRefusedError:
    with pytest.raises(CapRefusedError) as caught:
        read_cap(body)
    error = caught.value
    assert "found" in error.message and "expected" in error.message
    assert len(error.message) < 1000
    assert error.status in (413, 422) and error.code == f"cap-{error.reason}"
    return error


def put(before: bytes, after: bytes) -> bytes:
    assert before in GOOD
    return GOOD.replace(before, after, 1)


BILLION_LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE alert [<!ENTITY a "ha">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>&c;</identifier></alert>"""
EXTERNAL = b"""<?xml version="1.0"?><!DOCTYPE alert [<!ENTITY x SYSTEM "file:///etc/hostname">]>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>&x;</identifier></alert>"""
PARAMETER_ENTITY = b'<!DOCTYPE alert SYSTEM "http://127.0.0.1:9/evil.dtd"><alert/>'


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (BILLION_LAUGHS, "doctype"),
        (EXTERNAL, "doctype"),
        (PARAMETER_ENTITY, "doctype"),
        (b"<!DOCTYPE alert>" + GOOD.partition(b"?>")[2], "doctype"),
        (put(b"<event>", b"<event>&undefined;"), "not-xml"),
        (b"<alert>" * (DEEPEST + 1), "too-deep"),
        (b"<a>" * 200_000, "too-deep"),
        (b"<a>" + b"<b/>" * MOST_ELEMENTS + b"</a>", "too-large"),
        (put(b"<event>", b'<event x="' + b"y" * (LONGEST_ATTRIBUTE + 1) + b'">'), "too-large"),
        (put(b"<event>", b"<event " + b" ".join(b'a%d="1"' % n for n in range(40)) + b">"), "too-large"),
        (put(b"<event>", b"<event " + b'a="1" ' * 2 + b">"), "not-xml"),
        (GOOD + b" " * MOST_BYTES, "too-large"),
        (put(b"<circle>", b"<polygon>" + b"1,1 " * 5_001 + b"</polygon><circle>"), "too-large"),
        (put(b"<circle>", b"<circle>25,102 1</circle>" * 201 + b"<circle>"), "too-large"),
        (b"", "not-xml"),
        (b"\x00", "not-xml"),
        (put("暴雨".encode(), b"a\x00b"), "not-xml"),
        (put("暴雨".encode(), b"&#0;"), "not-xml"),
        (put("暴雨".encode(), b"\xff\xfe\xfd"), "not-xml"),
        (put("暴雨".encode(), "暴雨".encode("gb18030")), "not-xml"),
        (put(b"utf-8", b"gb18030"), "not-xml"),
        (put(b"utf-8", b"no-such-encoding"), "not-xml"),
        (put(b"utf-8", b"utf-16"), "not-xml"),
        (b'{"alert": 1}', "not-xml"),
        (GOOD[:-1], "not-xml"),
        (GOOD + GOOD, "not-xml"),
        (put(NS, b"urn:oasis:names:tc:emergency:cap:1.3"), "not-cap"),
        (put(b'xmlns="' + NS + b'"', b""), "not-cap"),
        (b'<html xmlns="http://www.w3.org/1999/xhtml"/>', "not-cap"),
        (b'<rss version="2.0"><channel/></rss>', "not-one-alert"),
        (put(b"<identifier>", b"<identifier>a b"), "wrong-value"),
        (put(b"<sender>", b"<sender>" + b"s" * 300), "wrong-value"),
        (put(b"<status>Actual", b"<status>actual"), "wrong-value"),
        (put(b"<severity>Severe", b"<severity>Purple"), "wrong-value"),
        (put(b"<sent>2026", b"<sent>0001"), "wrong-value"),
        (put(b"<sent>2026-08-18", b"<sent>2026-02-30"), "wrong-value"),
        (put(b":00+08:00</sent>", b":00</sent>"), "wrong-value"),
        (put(b":00+08:00</sent>", b":00+99:00</sent>"), "wrong-value"),
        (put(b"<severity>Severe</severity>", b""), "missing"),
        (put(b"<severity>Severe</severity>", b"<severity/>"), "missing"),
        (put(b"<category>Met</category>", b""), "missing"),
        (put(b"<scope>Public</scope>", b""), "missing"),
        (put(b"<scope>Public</scope>", b"<scope>Public</scope><scope>Public</scope>"), "twice"),
        (put(b"<msgType>Alert", b"<msgType>Update"), "no-references"),
        (put(b"<msgType>Alert", b"<msgType>Cancel"), "no-references"),
        (put(b"<info>", b"<references>one,two</references><info>"), "wrong-value"),
        (put(b"<info>", b"<references>" + b"a,b,c " * 501 + b"</references><info>"), "too-large"),
        (put(b"<circle>25.0492,102.7146 5", b"<circle>102.7146,25.0492 5"), "wrong-shape"),
        (put(b"<circle>25.0492,102.7146 5", b"<circle>25.0492,102.7146 -5"), "wrong-shape"),
        (put(b"<circle>25.0492,102.7146 5", b"<circle>25.0492,102.7146 nan"), "wrong-shape"),
        (put(b"<circle>25.0492,102.7146 5", b"<circle>25.0492 102.7146 5"), "wrong-shape"),
        (put(b"<circle>", b"<polygon>25,102 25,103</polygon><circle>"), "wrong-shape"),
        (put(b"<circle>", b"<polygon>25,102 1e9,103 24,1</polygon><circle>"), "wrong-shape"),
    ],
    ids=lambda value: repr(value[-40:]),
)
def test_what_is_wrong_is_refused_with_a_reason_and_at_once(body: bytes, reason: str) -> None:
    began = time.process_time()
    assert refusal(body).reason == reason
    assert time.process_time() - began < 5, "a refusal must not cost more than reading"


def test_a_refusal_says_where() -> None:
    assert refusal(put(b"<severity>Severe", b"<severity>Purple")).message == (
        "/alert/info[1]/severity: found 'Purple', expected one of Extreme, Severe, Moderate, Minor, Unknown"
    )


def test_the_older_versions_are_read_as_the_newest() -> None:
    old = put(NS, b"http://www.incident.com/cap/1.0").replace(b"<scope>Public</scope>", b"")
    old = old.replace(b"Likely", b"Very Likely").replace(
        b"</areaDesc>", b"</areaDesc><geocode>SAME=006109</geocode>"
    )
    found = read_cap(old)
    assert (found.version, found.message.scope) == ("1.0", CapScope.PUBLIC)
    info = found.message.infos[0]
    assert info.certainty is CapCertainty.LIKELY
    assert info.areas[0].geocodes == (("SAME", "006109"),)
    middle = read_cap(put(NS, b"urn:oasis:names:tc:emergency:cap:1.1"))
    assert (middle.version, middle.message) == ("1.1", message())


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_the_usual_encodings_are_read(encoding: str) -> None:
    text = GOOD.decode().replace("encoding='utf-8'", "")
    assert read_cap(text.encode(encoding)).message == message()


def test_what_is_odd_is_read_and_said() -> None:
    odd = put(b"<event>", b"<colour>orange</colour><event>").replace(
        b":00+08:00</sent>", b":00.5+08:00</sent>"
    )
    odd = odd.replace(b"<circle>", b"<polygon>25,102 25,103 24,102</polygon><circle>")
    odd = odd.replace(b"<area>", b"<contact></contact><area>")
    found = read_cap(odd)
    said = " ".join(found.remarks)
    assert all(
        word in said for word in ("colour", "not how CAP 1.2 writes", "not closed", "contact is empty")
    )
    ring = found.message.infos[0].areas[0].polygons[0]
    assert ring[0] == ring[-1] and len(ring) == 4


def test_a_signature_is_noticed_and_not_verified() -> None:
    signed = GOOD.replace(
        b"</alert>", b'<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><x/></Signature></alert>'
    )
    found = read_cap(signed)
    assert found.signed and found.remarks == ("a signature is there; it was not verified",)
    assert not read_cap(GOOD).signed


# ---------------------------------------------------------------- real messages


@pytest.fixture(scope="module")
def corpus(shared_data: Path) -> Path:
    folder = shared_data / "cap-corpus"
    if not folder.is_dir():
        pytest.skip(f"no CAP corpus at {folder}")
    return folder


def test_every_real_message_is_read_or_refused_with_a_reason(corpus: Path) -> None:
    results = {
        path.relative_to(corpus).as_posix(): read_every_cap(path.read_bytes())
        for path in sorted(corpus.rglob("*"))
        if path.is_file()
    }
    read = [found for all_of in results.values() for found in all_of if isinstance(found, ReadCap)]
    refused = [found for all_of in results.values() for found in all_of if not isinstance(found, ReadCap)]
    assert len(results) > 50 and len(read) > 90
    assert all(error.reason and "expected" in error.message for error in refused)
    reasons = {
        name: found[0].reason
        for name, found in results.items()
        if found and isinstance(found[0], CapRefusedError)
    }
    assert reasons["capparselib/invalid.cap"] == "missing"
    assert reasons["google/canada_errors.cap"] == "no-references"
    assert reasons["capparselib/noaa_errors.cap"] == "missing"
    assert sum(found.signed for found in read) >= 8


def test_what_is_read_of_real_messages_is_what_their_index_says(corpus: Path) -> None:
    with (corpus / "index.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    read = {
        (name, found.message.identifier[:50]): found  # the index cuts identifiers
        for name in {row["file"] for row in rows}
        for found in read_every_cap((corpus / name).read_bytes())
        if isinstance(found, ReadCap)
    }
    checked = 0
    for row in rows:
        found = read.get((row["file"], row["identifier"]))
        if found is not None:
            checked += 1
            message = found.message
            assert row["ns"].endswith(found.version)
            assert (message.sender[:40], message.status, message.msg_type) == (
                row["sender"][:40],
                CapStatus(row["status"]),
                CapMsgType(row["msgType"]),
            )
            assert "|".join(info.severity for info in message.infos) == row["severity"]
    assert checked > 90


def test_the_command_says_what_became_of_each_file(tmp_path: Path) -> None:
    (tmp_path / "good.xml").write_bytes(GOOD)
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "update.xml").write_bytes(write_cap(follow_up(message())))
    assert list(check(tmp_path))[-1] == "2 read, 0 refused, in 2 files"
    (tmp_path / "bomb.xml").write_bytes(BILLION_LAUGHS)
    said = []
    with pytest.raises(InvalidInputError, match="1 of 3"):
        for line in check(tmp_path):
            said.append(line)
    assert said[0] == "refused  bomb.xml: body: found a document type declaration, expected none"
    assert said[1].startswith("read     good.xml: CAP 1.2 Actual Alert 5301")
    with pytest.raises(NotFoundError):
        list(check(tmp_path / "nowhere"))
