"""Categories: what incidents, calls and cases are about, with owner, limits, severity and run card."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Literal, TypeVar

from pydantic import Field

from alerts.model import PointKind, Severity
from bootstrap.catalogue.documents import Document, Strict, parse
from bootstrap.catalogue.problems import CatalogueError
from core.command_tree import CommandLevel
from dispatch.correlation import Joining
from dispatch.model import Priority
from dispatch.recommendation import RunCard
from operations.catalogue import CatalogueProblem, Category, CategoryGroup, SeverityCase, TimeLimits

T = TypeVar("T")


class _Limits(Strict):
    urgent_h: float = Field(gt=0, le=8760)
    normal_h: float = Field(gt=0, le=8760)
    clock: Literal["working", "natural"]


class _Case(Strict):
    when_zh: str
    when_en: str
    severity: Severity


class _Joins(Strict):
    """When a call joins an open incident of its category (dispatch/correlation.py)."""

    within_m: float = Field(gt=0, le=5000)
    within_min: float = Field(gt=0, le=1440)


class _Figures(Strict):
    """What a class says for all of its categories and each may say for itself."""

    owner: CommandLevel | None = None
    severity: Severity | None = None
    severities: list[_Case] | None = None
    limits: _Limits | None = None
    department_zh: str | None = None
    department_en: str | None = None
    capabilities: list[str] | None = None
    unit_count: int | None = Field(default=None, ge=1, le=20)
    priority: Priority | None = None
    priority_by_kind: dict[PointKind, Priority] | None = None
    target_response_s: float | None = Field(default=None, gt=0)
    by_call: bool | None = None
    joins: _Joins | None = None


class _Row(_Figures):
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class _Class(Strict):
    code: str
    """What the codes of its categories begin with."""
    name_zh: str
    name_en: str
    defaults: _Figures
    standard: dict[str, _Row] = Field(default_factory=dict)
    proposed: dict[str, _Row] = Field(default_factory=dict)


class _File(Strict):
    version: str
    source: str = Field(min_length=1)
    group: CategoryGroup
    classes: list[_Class] = Field(min_length=1)


def read_categories(documents: Iterable[Document]) -> dict[str, Category]:
    """Every category by its code. Raises CatalogueError: also for a code or a name that stands twice."""
    found: dict[str, Category] = {}
    seen: dict[str, str] = {}
    problems: list[CatalogueProblem] = []
    for document in documents:
        for loc, category in _categories(document):
            for what in {category.code, category.name_zh, category.name_en.casefold()}:
                if what in seen:
                    expected = f"one that {seen[what]} does not have"
                    problems.append(document.problem(loc, f"{what!r}", expected))
                seen.setdefault(what, f"{document.file} ({category.code})")
            found[category.code] = category
    if problems:
        raise CatalogueError(problems)
    return found


def _categories(document: Document) -> Iterator[tuple[tuple[str | int, ...], Category]]:
    file = parse(document, _File)
    for index, kind in enumerate(file.classes):
        for source, rows in (("standard", kind.standard), ("proposed", kind.proposed)):
            for code, row in rows.items():
                loc = ("classes", index, source, code)
                if not code.startswith(kind.code):
                    raise document.refuse(loc, f"{code!r}", f"a code that begins with {kind.code!r}")
                yield loc, _category(document, loc, file, kind, code, row, source)


def _category(
    document: Document,
    loc: tuple[str | int, ...],
    file: _File,
    kind: _Class,
    code: str,
    row: _Row,
    source: str,
) -> Category:
    base = kind.defaults
    limits = _first(row.limits, base.limits)
    department_zh = _first(row.department_zh, base.department_zh)
    department_en = _first(row.department_en, base.department_en)
    owner = _first(row.owner, base.owner)
    if owner is None or department_zh is None or department_en is None:
        found = f"owner {owner}, department {department_zh} / {department_en}"
        raise document.refuse(loc, found, "all of them, here or in the defaults of the class")
    by_kind = _first(row.priority_by_kind, base.priority_by_kind) or {}
    by_call = _first(row.by_call, base.by_call)
    joins = _first(row.joins, base.joins)
    return Category(
        code=code,
        name_zh=row.zh,
        name_en=row.en,
        priority=_first(row.priority, base.priority) or Priority.NORMAL,
        priority_by_kind={str(point_kind): priority for point_kind, priority in by_kind.items()},
        run_card=RunCard(
            code,
            _first(row.unit_count, base.unit_count) or 1,
            frozenset(_first(row.capabilities, base.capabilities) or []),
        ),
        source=source,
        group=file.group,
        class_code=kind.code,
        class_zh=kind.name_zh,
        class_en=kind.name_en,
        owner=owner,
        severity=_first(row.severity, base.severity) or Severity.BLUE,
        severities=tuple(
            SeverityCase(case.when_zh, case.when_en, case.severity)
            for case in _first(row.severities, base.severities) or []
        ),
        limits=TimeLimits(limits.urgent_h, limits.normal_h, limits.clock) if limits else None,
        department_zh=department_zh,
        department_en=department_en,
        target_response_s=_first(row.target_response_s, base.target_response_s),
        by_call=by_call is not False,
        joining=Joining(joins.within_m, timedelta(minutes=joins.within_min)) if joins else None,
    )


def _first(own: T | None, of_class: T | None) -> T | None:
    return own if own is not None else of_class
