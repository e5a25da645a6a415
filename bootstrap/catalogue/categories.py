"""Categories: what incidents, calls and cases are about, with owner, limits, severity and run card."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import timedelta
from typing import Literal, TypeVar

from pydantic import Field

from alerts.model import PointKind, Severity
from bootstrap.catalogue.documents import Document, Loc, Strict, parse
from bootstrap.catalogue.problems import CatalogueError
from core.command_tree import CommandLevel
from dispatch.correlation import Joining
from dispatch.model import Priority
from dispatch.run_cards import Alarm, Need, RunCard
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


class _Need(Strict):
    count: int = Field(default=1, ge=1, le=20)
    capabilities: list[str]
    net: str | None = None


class _Alarm(Strict):
    """What is sent in addition, from this priority or this severity on."""

    from_priority: Priority | None = None
    from_severity: Severity | None = None
    needs: list[_Need] = Field(min_length=1, max_length=10)


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
    preferred_net: str | None = None
    needs: list[_Need] | None = Field(default=None, min_length=1, max_length=10)
    """The first alarm, where it asks for different kinds of units: instead of the three above."""
    further_alarms: list[_Alarm] | None = Field(default=None, max_length=5)
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
        run_card=_run_card(document, loc, code, row, base),
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


def _run_card(document: Document, loc: Loc, code: str, row: _Row, base: _Figures) -> RunCard:
    short = (row.unit_count, row.capabilities, row.preferred_net)
    if row.needs is not None and any(given is not None for given in short):
        raise document.refuse(
            (*loc, "needs"), "needs beside unit_count, capabilities or preferred_net", "the one or the other"
        )
    own_short = row.needs is None and any(given is not None for given in short)
    needs = None if own_short else _first(row.needs, base.needs)
    if needs is None:
        first_alarm: tuple[Need, ...] = (
            Need(
                _first(row.unit_count, base.unit_count) or 1,
                frozenset(_first(row.capabilities, base.capabilities) or []),
                _first(row.preferred_net, base.preferred_net),
            ),
        )
    else:
        first_alarm = _needs(needs)
    alarms = _first(row.further_alarms, base.further_alarms) or []
    for number, alarm in enumerate(alarms):
        if alarm.from_priority is None and alarm.from_severity is None:
            at = (*loc, "further_alarms", number)
            raise document.refuse(at, "neither from_priority nor from_severity", "at least one of them")
    return RunCard(
        code,
        first_alarm,
        tuple(
            Alarm(_needs(alarm.needs), alarm.from_priority, _severities_from(alarm.from_severity))
            for alarm in alarms
        ),
    )


def _needs(needs: Iterable[_Need]) -> tuple[Need, ...]:
    return tuple(Need(need.count, frozenset(need.capabilities), need.net) for need in needs)


def _severities_from(lowest: Severity | None) -> frozenset[str]:
    return frozenset(s.value for s in Severity if lowest is not None and s.rank >= lowest.rank)


def check_nets(documents: Iterable[Document], nets: Collection[str]) -> None:
    """Raises CatalogueError for every run card that prefers a net which nets.yaml does not have."""
    problems: list[CatalogueProblem] = []
    for document in documents:
        for index, kind in enumerate(parse(document, _File).classes):
            rows: list[tuple[Loc, _Figures]] = [(("classes", index, "defaults"), kind.defaults)]
            for source, found in (("standard", kind.standard), ("proposed", kind.proposed)):
                rows += [(("classes", index, source, code), row) for code, row in found.items()]
            for loc, figures in rows:
                problems += [
                    document.problem((*loc, *where), repr(net), f"one of {', '.join(sorted(nets))}")
                    for where, net in _nets_of(figures)
                    if net not in nets
                ]
    if problems:
        raise CatalogueError(problems)


def _nets_of(figures: _Figures) -> Iterator[tuple[Loc, str]]:
    if figures.preferred_net is not None:
        yield ("preferred_net",), figures.preferred_net
    for number, need in enumerate(figures.needs or []):
        if need.net is not None:
            yield ("needs", number, "net"), need.net
    for which, alarm in enumerate(figures.further_alarms or []):
        for number, need in enumerate(alarm.needs):
            if need.net is not None:
                yield ("further_alarms", which, "needs", number, "net"), need.net


def _first(own: T | None, of_class: T | None) -> T | None:
    return own if own is not None else of_class
