"""The record of an incident as a file: whole, readable in both languages, and harmless to whoever opens it."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO, StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pypdf import PdfReader

from dashboard.exports.document import record_pdf
from dashboard.exports.table import record_csv
from dashboard.language import current_locale
from dashboard.view_models.cells import tame
from dashboard.view_models.incident import incident_view
from dashboard.view_models.record import RecordView, record_view
from dashboard.view_models.timeline import Happening
from tests.unit.dashboard.states import CATALOGUE, an_incident

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 8, 18, 2, 0, tzinfo=UTC)


def record(drill: bool = True, rows: int = 3, **fields: Any) -> RecordView:
    told = [
        {
            "seq": n,
            "at": "2026-08-18T01:31:00+00:00",
            "type": "note.added",
            "actor_id": "a",
            "actor_name": "李",
            "data": {"text": f"第{n}条备注"},
        }
        for n in range(rows)
    ]
    sent = {
        "assignment_id": "A1",
        "unit_id": "U1",
        "callsign": "巡控0042",
        "status": "on_scene",
        "dispatched_at": "2026-08-18T01:31:00+00:00",
        "dispatched_by": "值班员一",
        "en_route_at": "2026-08-18T01:31:20+00:00",
        "on_scene_at": "2026-08-18T01:34:00+00:00",
        "ended_at": None,
        "eta_at": None,
        "override_reason": None,
    }
    detail = {
        "incident": an_incident(calls=2, **fields),
        "assignments": [sent],
        "recommendation": None,
        "point": None,
        "alert": None,
        "timeline": told,
    }
    view = incident_view(detail, CATALOGUE, 228, 180, {}, lambda _: True)
    return record_view(detail, view, CATALOGUE, {}, ZONE, "李", NOW, drill)


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_document_holds_head_units_notes_and_timeline_and_who_made_it(language: str) -> None:
    current_locale.set(language)
    made = record()
    text = text_of(record_pdf(made))
    for told in (made.number, made.units[0][0], "第0条备注", "第2条备注", "2026-08-18 10:00:00"):
        assert told in text, told
    for told in (made.drill, made.title):
        assert told.replace(" ", "") in text.replace(" ", "").replace("\n", "")


def test_every_page_says_which_it_is_and_in_a_drill_that_it_is_one() -> None:
    pages = PdfReader(BytesIO(record_pdf(record(rows=120)))).pages
    assert len(pages) > 2
    for number, page in enumerate(pages, 1):
        text = page.extract_text().replace(" ", "")
        assert f"第{number}页，共{len(pages)}页" in text
        assert "演练" in text
    real = "".join(page.extract_text() for page in PdfReader(BytesIO(record_pdf(record(drill=False)))).pages)
    assert "演练" not in real


def test_the_document_needs_no_font_of_the_machine() -> None:
    for page in PdfReader(BytesIO(record_pdf(record()))).pages:
        fonts = page["/Resources"]["/Font"]  # type: ignore[index]
        assert {fonts[name]["/BaseFont"] for name in fonts} <= {"/STSong-Light", "/Helvetica"}


def test_signs_that_mean_something_to_the_writer_are_written_as_signs() -> None:
    odd = Happening("x", "<b>&amp; \x00\x1b \u202egnp.exe <img src=x>", "a<b")
    text = text_of(record_pdf(replace(record(), timeline=[odd]))).replace(" ", "")
    assert "<b>&amp;gnp.exe<imgsrc=x>" in text.replace("\n", "")


def test_the_table_holds_the_same_and_begins_with_the_mark_of_a_drill() -> None:
    made = record()
    text = record_csv(made)
    assert text.startswith("\ufeff")
    rows = list(csv.reader(StringIO(text.removeprefix("\ufeff"))))
    assert {len(row) for row in rows} == {4}
    assert rows[1][2] == made.drill
    assert [row[2] for row in rows if row[0] == "备注"] == ["第0条备注", "第1条备注", "第2条备注"]


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n"])
@pytest.mark.parametrize("before", ["", " ", "\u200b", "\u202e", "\ufeff", "\u3000"])
def test_no_cell_begins_a_formula_however_it_is_hidden(begin: str, before: str) -> None:
    found = tame(f"{before}{begin}HYPERLINK(1)")
    assert found.startswith("'")
    assert "\u202e" not in found


def test_what_is_no_formula_stays_as_it_is() -> None:
    assert [tame(value) for value in ("a=b", -1.5, None, "备注", "")] == ["a=b", -1.5, None, "备注", ""]
