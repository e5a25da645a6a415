"""Rules, read from their files: tables and CEL conditions become the levels of the domain."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from alerts.feature_names import features_of
from alerts.model import PointKind, Quantity, Severity
from alerts.rules import EscalationStep, Inhibition, Level, Prediction, Rule, SubjectKind, Watch
from alerts.tables import GradingTable
from bootstrap.catalogue.conditions import CelCondition, ConditionError, compile_condition
from bootstrap.catalogue.documents import Document, Loc, Strict, parse
from bootstrap.catalogue.problems import CatalogueError
from core.command_tree import CommandLevel
from operations.catalogue import CatalogueProblem

Minutes = Annotated[float, Field(gt=0, le=10_080)]
Condition = Annotated[str, Field(min_length=1)]


class _Watch(Strict):
    subject: SubjectKind = "point"
    quantity: Quantity = "depth_cm"
    point_kinds: tuple[PointKind, ...] = ()
    point_ids: tuple[str, ...] = ()
    jurisdictions: tuple[Annotated[str, Field(pattern=r"^\d{4,12}$")], ...] = ()
    categories: tuple[str, ...] = ()
    area_level: CommandLevel | None = None


class _Level(Strict):
    code: str = Field(min_length=1)
    name_zh: str | None = None
    name_en: str | None = None
    severity: Severity | None = None
    opens_incident: bool = False
    when: Condition
    stays_while: Condition | None = None


class _Step(Strict):
    after_min: Minutes
    to: CommandLevel


class _Inhibition(Strict):
    rule: str
    at_least: Severity
    within_m: float = Field(default=0.0, ge=0, le=20_000)


class _Prediction(Strict):
    grade: str
    within_min: Minutes


class _Rule(Strict):
    rule: str
    version: str
    source_zh: str = Field(min_length=1)
    source_en: str = Field(min_length=1)
    category: str
    name_zh: str
    name_en: str
    watches: _Watch
    table: str | None = None
    opens_incident_at: tuple[str, ...] = ()
    scale: str | None = None
    levels: tuple[_Level, ...] = ()
    on_delay_s: float = Field(default=0.0, ge=0, le=86_400)
    off_delay_s: float = Field(default=0.0, ge=0, le=86_400)
    grades_point: bool = False
    silence: bool = False
    tells: CommandLevel
    escalation: tuple[_Step, ...] = ()
    inhibited_by: tuple[_Inhibition, ...] = ()
    clears_itself_after_min: dict[Severity, Minutes] = Field(default_factory=dict)
    predicts: _Prediction | None = None
    advice_zh: str = Field(min_length=1)
    advice_en: str = Field(min_length=1)


@dataclass(frozen=True)
class Known:
    """What rules may name: grading tables, codes of emergency categories, ids of points."""

    tables: Mapping[str, GradingTable]
    categories: Collection[str]
    points: Collection[str]


def read_rules(documents: Sequence[Document], known: Known) -> tuple[dict[str, Rule], GradingTable]:
    """Every rule by its id, and the table of the one that grades points.

    Raises CatalogueError with every problem of every rule file.
    """
    files: list[tuple[Document, _Rule]] = []
    problems: list[CatalogueProblem] = []
    for document in documents:
        try:
            files.append((document, parse(document, _Rule)))
        except CatalogueError as error:
            problems += error.problems
    table = _table_of_points(files, known, problems)
    if table is None:
        raise CatalogueError(problems)
    ids = {rule.rule for _, rule in files}
    rules: dict[str, Rule] = {}
    for document, rule in files:
        compiling = _Compiling(document, rule, known, table, ids)
        built = compiling.rule()
        problems += compiling.problems
        if built is not None:
            rules[rule.rule] = built
    problems += _circles_of_inhibition(files)
    if problems:
        raise CatalogueError(problems)
    return rules, table


def _table_of_points(
    files: Iterable[tuple[Document, _Rule]], known: Known, problems: list[CatalogueProblem]
) -> GradingTable | None:
    grading = [(document, rule) for document, rule in files if rule.grades_point]
    if len(grading) != 1:
        found = ", ".join(document.file for document, _ in grading) or "no rule"
        expected = "exactly one rule with grades_point: true"
        where = "grades_point"
        if grading:
            problems += [document.problem((where,), found, expected) for document, _ in grading[1:]]
        else:
            problems.append(CatalogueProblem("rules", 0, where, found, expected))
        return None
    [(document, rule)] = grading
    table = known.tables.get(rule.table or "")
    if (
        table is None
        or "depth_cm" not in table.figures()
        or len(table.thresholds("depth_cm")) != len(table.grades)
    ):
        expected = "a table with a depth_cm for every grade, because the rule grades points"
        problems.append(document.problem(("table",), repr(rule.table), expected))
        return None
    return table


def _circles_of_inhibition(files: Sequence[tuple[Document, _Rule]]) -> list[CatalogueProblem]:
    """Rules that inhibit each other in a circle, however long: each would explain the next, and nobody be called."""
    inhibitors = {rule.rule: [inhibition.rule for inhibition in rule.inhibited_by] for _, rule in files}
    problems = []
    for document, rule in files:
        for index, inhibition in enumerate(rule.inhibited_by):
            way = _way(inhibition.rule, rule.rule, inhibitors)
            if way and inhibition.rule != rule.rule:
                problems.append(
                    document.problem(
                        ("inhibited_by", index, "rule"),
                        f"a circle, each inhibited by the next: {' → '.join((rule.rule, *way))}",
                        "one that stands for itself, or all would fall silent",
                    )
                )
    return problems


def _way(start: str, goal: str, inhibitors: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The shortest way from one rule over what inhibits it to another, both ends included; empty without one."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen = {start}
    for way in ways:
        if way[-1] == goal:
            return way
        further = [rule for rule in inhibitors.get(way[-1], ()) if rule not in seen]
        seen.update(further)
        ways += [(*way, rule) for rule in further]
    return ()


class _Compiling:
    """One rule file on its way to a rule; notes what is wrong and goes on."""

    def __init__(
        self, document: Document, file: _Rule, known: Known, depths: GradingTable, ids: Collection[str]
    ) -> None:
        self.document, self.file, self.known, self.depths, self.ids = document, file, known, depths, ids
        self.problems: list[CatalogueProblem] = []
        self.uses: set[str] = set()

    def wrong(self, loc: Loc, found: object, expected: str) -> None:
        self.problems.append(self.document.problem(loc, found, expected))

    def rule(self) -> Rule | None:
        """The rule; None when something is wrong with it."""
        file = self.file
        self._check_names()
        levels = self._table_levels() if file.table is not None else self._free_levels()
        self._check_telling(levels)
        predicts = self._prediction()
        if self.problems:
            return None
        return Rule(
            rule_id=file.rule,
            version=file.version,
            source_zh=file.source_zh,
            source_en=file.source_en,
            category=file.category,
            name_zh=file.name_zh,
            name_en=file.name_en,
            watches=Watch(
                subject=file.watches.subject,
                quantity=file.watches.quantity,
                point_kinds=frozenset(str(kind) for kind in file.watches.point_kinds),
                point_ids=frozenset(file.watches.point_ids),
                jurisdictions=tuple(file.watches.jurisdictions),
                categories=frozenset(file.watches.categories),
                area_level=file.watches.area_level,
            ),
            levels=levels,
            on_delay=timedelta(seconds=file.on_delay_s),
            off_delay=timedelta(seconds=file.off_delay_s),
            grades_point=file.grades_point,
            silence=file.silence,
            tells=file.tells,
            escalation=tuple(
                EscalationStep(timedelta(minutes=step.after_min), step.to) for step in file.escalation
            ),
            inhibited_by=tuple(Inhibition(i.rule, i.at_least, i.within_m) for i in file.inhibited_by),
            clears_itself_after={
                severity: timedelta(minutes=minutes)
                for severity, minutes in file.clears_itself_after_min.items()
            },
            predicts=predicts,
            uses=frozenset(self.uses),
            advice_zh=file.advice_zh,
            advice_en=file.advice_en,
        )

    def _check_names(self) -> None:
        file, stem = self.file, self.document.file.rpartition("/")[2].removesuffix(".yaml")
        if file.rule != stem:
            self.wrong(("rule",), repr(file.rule), f"the name of the file, {stem!r}")
        if file.category not in self.known.categories:
            expected = f"an emergency category: {', '.join(sorted(self.known.categories))}"
            self.wrong(("category",), repr(file.category), expected)
        for index, code in enumerate(file.watches.categories):
            if code not in self.known.categories:
                self.wrong(("watches", "categories", index), repr(code), "an emergency category")
        for index, point_id in enumerate(file.watches.point_ids):
            if point_id not in self.known.points:
                self.wrong(("watches", "point_ids", index), repr(point_id), "the id of a monitored point")
        if file.silence and file.watches.subject != "point":
            self.wrong(("silence",), f"true for {file.watches.subject}", "a rule that watches points")
        level = file.watches.area_level
        if level is not None and file.watches.subject not in ("area", "coverage"):
            self.wrong(
                ("watches", "area_level"), f"it for {file.watches.subject}", "it for areas and coverage only"
            )
        if file.watches.subject == "coverage" and level in (CommandLevel.COMMUNITY, CommandLevel.STREET):
            self.wrong(("watches", "area_level"), str(level), "district or city: streets are what it joins")

    def _table_levels(self) -> tuple[Level, ...]:
        file, table = self.file, self.known.tables.get(self.file.table or "")
        if table is None or not table.figures():
            usable = sorted(name for name, known in self.known.tables.items() if known.figures())
            self.wrong(("table",), repr(file.table), f"a table with thresholds: {', '.join(usable)}")
            return ()
        if file.levels or file.scale:
            self.wrong(("table",), "a table and levels or a scale", "either")
        names = features_of(file.watches.subject, file.watches.quantity)
        unknown = sorted(table.figures() - names.keys())
        if unknown:
            expected = f"a table about figures of what the rule watches: {', '.join(names)}"
            self.wrong(("table",), f"{file.table!r} about {', '.join(unknown)}", expected)
        for index, code in enumerate(file.opens_incident_at):
            if table.grade(code) is None:
                codes = ", ".join(grade.code for grade in table.grades)
                self.wrong(("opens_incident_at", index), repr(code), f"one of {codes}")
        self.uses |= table.figures()
        return table.levels(file.opens_incident_at)

    def _free_levels(self) -> tuple[Level, ...]:
        file = self.file
        if not file.levels:
            self.wrong(("levels",), "nothing", "levels, or a table")
        if file.opens_incident_at:
            self.wrong(("opens_incident_at",), "it without a table", "opens_incident at each level")
        scale = self.known.tables.get(file.scale) if file.scale is not None else None
        if file.scale is not None and scale is None:
            self.wrong(("scale",), repr(file.scale), f"one of {', '.join(sorted(self.known.tables))}")
        levels = [self._free_level(index, level, scale) for index, level in enumerate(file.levels)]
        codes = [level.code for level in file.levels]
        for index, code in enumerate(codes):
            if code in codes[:index]:
                self.wrong(("levels", index, "code"), f"{code!r} again", "a code of its own")
        return tuple(level for level in levels if level is not None)

    def _free_level(self, index: int, level: _Level, scale: GradingTable | None) -> Level | None:
        loc: Loc = ("levels", index)
        graded = scale.grade(level.code) if scale is not None else None
        if graded is not None and (level.name_zh or level.name_en or level.severity):
            self.wrong(loc, "a name or a severity of its own", f"those that {self.file.scale!r} gives it")
        name_zh = graded.name_zh if graded else level.name_zh
        name_en = graded.name_en if graded else level.name_en
        severity = graded.severity if graded else level.severity
        reached = self._condition((*loc, "when"), level.when)
        held = self._condition((*loc, "stays_while"), level.stays_while) if level.stays_while else reached
        if name_zh is None or name_en is None or severity is None:
            self.wrong(loc, "no name_zh, name_en or severity", "all three, or a code of the scale")
            return None
        if reached is None or held is None:
            return None
        return Level(
            level.code,
            name_zh,
            name_en,
            severity,
            level.opens_incident,
            reached,
            held,
            {},
            " ".join(level.when.split()),
        )

    def _condition(self, loc: Loc, text: str) -> CelCondition | None:
        watches = self.file.watches
        grades = [grade.code for grade in self.depths.grades]
        try:
            condition = compile_condition(text, watches.subject, watches.quantity, grades)
        except ConditionError as error:
            self.wrong(loc, error.found, error.expected)
            return None
        self.uses |= condition.names
        return condition

    def _check_telling(self, levels: Sequence[Level]) -> None:
        file = self.file
        for index, level in enumerate(levels[1:], 1):
            if level.severity.rank < levels[index - 1].severity.rank:
                expected = f"{levels[index - 1].severity} or worse, as the level below"
                self.wrong(("levels", index, "severity"), str(level.severity), expected)
        told, after = file.tells, 0.0
        for index, step in enumerate(file.escalation):
            if step.to.rank <= told.rank or step.after_min <= after:
                expected = f"a level above {told}, later than after {after:g} min"
                self.wrong(("escalation", index), f"{step.to} after {step.after_min:g} min", expected)
            told, after = step.to, step.after_min
        for index, inhibition in enumerate(file.inhibited_by):
            if inhibition.rule not in self.ids or inhibition.rule == file.rule:
                others = ", ".join(sorted(set(self.ids) - {file.rule}))
                self.wrong(("inhibited_by", index, "rule"), repr(inhibition.rule), f"another rule: {others}")
        for severity in file.clears_itself_after_min:
            if severity in (Severity.ORANGE, Severity.RED):
                loc: Loc = ("clears_itself_after_min", severity.value)
                self.wrong(loc, str(severity), "blue or yellow; orange and red need a person")

    def _prediction(self) -> Prediction | None:
        asked = self.file.predicts
        if asked is None:
            return None
        grade = self.depths.grade(asked.grade)
        if grade is None or self.file.watches.subject != "point" or self.file.watches.quantity != "depth_cm":
            codes = ", ".join(grade.code for grade in self.depths.grades)
            self.wrong(("predicts", "grade"), repr(asked.grade), f"a grade of depth, one of {codes}")
            return None
        return Prediction("depth_cm", grade.at_least["depth_cm"], timedelta(minutes=asked.within_min))
