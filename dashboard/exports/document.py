"""The record of an incident as PDF: A4, Chinese without any font of the machine, every page numbered and marked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER, TA_LEFT, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from dashboard.language import t
from dashboard.view_models.record import RecordView
from operations.texts import unturned

CHINESE, LATIN = "STSong-Light", "Helvetica"
"""Fonts that readers of PDF bring along; none is taken from this machine (decision 0044)."""
MARGIN = 18 * mm
PADDING = 6
"""What reportlab keeps free inside its frame, in points."""
INK, QUIET, EDGE = HexColor("#14181d"), HexColor("#5d6772"), HexColor("#c3cad2")
_LATIN = re.compile(r"[\x20-\x7e\xb7\u2013]+")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def record_pdf(record: RecordView) -> bytes:
    """The document; long records run over as many pages as they need."""
    pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))
    file = BytesIO()
    document = SimpleDocTemplate(
        file,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN + 4 * mm,
        bottomMargin=MARGIN,
        title=f"{record.number} {record.title}",
        author=record.made,
    )
    wide = A4[0] - 2 * MARGIN - 2 * PADDING
    parts: list[Any] = [
        _text(record.title, _style(17, after=2)),
        _text(f"{record.number} · {record.made}", _style(9, QUIET, after=6)),
        *_part(t("警情"), _table([list(row) for row in record.head], [32 * mm, wide - 32 * mm])),
    ]
    if record.units:
        shares = (0.12, 0.09, 0.15, 0.11, 0.15, 0.15, 0.15, 0.08)
        rows = [list(record.unit_names), *(list(unit) for unit in record.units)]
        parts += _part(
            t("单位与里程碑"), _table(rows, [wide * share for share in shares], head=True, size=7.5)
        )
    times = [35 * mm, wide - 70 * mm, 35 * mm]
    for name, told in ((t("备注"), record.notes), (t("经过"), record.timeline)):
        if told:
            rows = [[t("时间"), t("内容"), t("人")], *([one.at, one.what, one.who] for one in told)]
            parts += _part(name, _table(rows, times, head=True))

    class Numbered(Canvas):  # type: ignore[misc]  # reportlab has no types
        """Knows at the end how many pages there are, and writes that on each."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:
            self._pages.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, page in enumerate(self._pages, 1):
                self.__dict__.update(page)
                _margins(self, record, number, len(self._pages))
                super().showPage()
            super().save()

    document.build(parts, canvasmaker=Numbered)
    return file.getvalue()


def _margins(canvas: Canvas, record: RecordView, number: int, pages: int) -> None:
    """What stands on every page: whose record it is, that it is a drill, and which page."""
    wide, high = A4
    left, room = MARGIN + PADDING, wide - 2 * (MARGIN + PADDING)

    def line(words: str, y: float, style: ParagraphStyle) -> None:
        text = _text(words, style)
        text.wrap(room, style.leading)
        text.drawOn(canvas, left, y)

    line(f"{record.number} {record.title}"[:60], 9 * mm, _style(8, QUIET))
    line(t("第 {n} 页，共 {all} 页", n=number, all=pages), 9 * mm, _style(8, QUIET, at=TA_RIGHT))
    if record.drill:
        canvas.setFillColor(INK)
        canvas.rect(left, high - 15 * mm, room, 6 * mm, stroke=0, fill=1)
        line(record.drill, high - 14.2 * mm, _style(9, HexColor("#ffffff"), at=TA_CENTER))


def _style(size: float, colour: Any = INK, after: float = 0, at: int = TA_LEFT) -> ParagraphStyle:
    # Chinese has no spaces to break lines at.
    return ParagraphStyle(
        "text",
        fontName=CHINESE,
        fontSize=size,
        leading=size * 1.4,
        textColor=colour,
        spaceAfter=after * mm,
        wordWrap="CJK",
        alignment=at,
    )


def _text(words: str, style: ParagraphStyle) -> Paragraph:
    """Latin letters in a Latin font; signs that no page can hold are left out."""
    plain = escape(_CONTROLS.sub("", unturned(words)))
    told = _LATIN.sub(lambda found: f'<font name="{LATIN}">{found[0]}</font>', plain)
    return Paragraph(told.replace("\n", "<br/>"), style)


def _part(name: str, table: Table) -> list[Any]:
    return [Spacer(1, 6 * mm), _text(name, _style(12, after=1.5)), table]


def _table(
    rows: Sequence[Sequence[str]], widths: Sequence[float], head: bool = False, size: float = 9
) -> LongTable:
    quiet, ink = _style(size, QUIET), _style(size)
    cells = [
        [
            _text(cell, quiet if (head and n == 0) or (not head and m == 0) else ink)
            for m, cell in enumerate(row)
        ]
        for n, row in enumerate(rows)
    ]
    table = LongTable(cells, colWidths=list(widths), repeatRows=1 if head else 0)
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, EDGE),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), 4),
                ("TOPPADDING", (0, 0), (-1, -1), 2.5),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
            ]
        )
    )
    return table
