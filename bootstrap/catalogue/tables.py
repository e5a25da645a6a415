"""Grading tables, read from their files."""

from __future__ import annotations

from pydantic import Field

from alerts.model import Severity
from alerts.tables import Grade, GradingTable
from bootstrap.catalogue.documents import Document, Strict, parse


class _Grade(Strict):
    code: str = Field(min_length=1)
    name_zh: str
    name_en: str
    severity: Severity
    at_least: dict[str, float] = Field(default_factory=dict)


class _Table(Strict):
    table_id: str
    version: str
    source: str = Field(min_length=1)
    set_back: dict[str, float] = Field(default_factory=dict)
    grades: list[_Grade] = Field(min_length=1)


def read_table(document: Document) -> GradingTable:
    """One table. Raises CatalogueError: also where a threshold does not rise from grade to grade."""
    file = parse(document, _Table)
    expected_id = document.file.rpartition("/")[2].removesuffix(".yaml")
    if file.table_id != expected_id:
        raise document.refuse(("table_id",), f"{file.table_id!r}", f"the name of the file, {expected_id!r}")
    highest: dict[str, float] = {}
    seen: set[str] = set()
    for index, grade in enumerate(file.grades):
        loc = ("grades", index)
        if grade.code in seen:
            raise document.refuse((*loc, "code"), f"{grade.code!r} again", "a code of its own")
        seen.add(grade.code)
        if bool(grade.at_least) is not bool(file.grades[0].at_least):
            raise document.refuse(loc, "thresholds at some grades only", "them at every grade or at none")
        for figure, least in grade.at_least.items():
            if figure in highest and least <= highest[figure]:
                expected = f"more than the grade below has, {highest[figure]:g}"
                raise document.refuse((*loc, "at_least", figure), f"{least:g}", expected)
            highest[figure] = least
    for figure, back in file.set_back.items():
        if figure not in highest or back < 0:
            found = f"{back:g} for {figure!r}"
            raise document.refuse(("set_back", figure), found, "0 or more, for a figure of the grades")
    return GradingTable(
        table_id=file.table_id,
        version=file.version,
        source=file.source,
        grades=tuple(Grade(g.code, g.name_zh, g.name_en, g.severity, g.at_least) for g in file.grades),
        set_back=file.set_back,
    )
