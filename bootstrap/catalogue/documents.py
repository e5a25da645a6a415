"""YAML files that remember their lines, read into strict models or into problems that name them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from bootstrap.catalogue.problems import CatalogueError
from operations.catalogue import CatalogueProblem

Loc = tuple[str | int, ...]
M = TypeVar("M", bound=BaseModel)

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
LONGEST_SHOWN = 80


class Strict(BaseModel):
    """A part of a file: a field nobody knows is refused, and so is a number that is none."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


@dataclass(frozen=True)
class Document:
    """One file: what stands in it and on which line each part begins."""

    file: str
    content: Any
    lines: Mapping[Loc, int]

    def line_of(self, loc: Loc) -> int:
        """Line of the part, or of the nearest part around it that has one."""
        while loc not in self.lines:
            loc = loc[:-1]
        return self.lines[loc]

    def problem(self, loc: Loc, found: object, expected: str) -> CatalogueProblem:
        where = ".".join(str(part) for part in loc) or "the file"
        return CatalogueProblem(self.file, self.line_of(loc), where, str(found), expected)

    def refuse(self, loc: Loc, found: object, expected: str) -> CatalogueError:
        return CatalogueError([self.problem(loc, found, expected)])


def read_document(file: str, text: bytes) -> Document:
    """The file with its lines. Raises CatalogueError for what is no YAML, a key given twice and aliases."""
    try:
        loader = _Loader(text.decode("utf-8"))
        node = loader.get_single_node()
        content = loader.construct_document(node) if node is not None else None
    except UnicodeDecodeError as error:
        problem = CatalogueProblem(file, 0, "the file", f"byte {error.start} that is no UTF-8", "UTF-8")
        raise CatalogueError([problem]) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 0
        what = getattr(error, "problem", None) or str(error)
        raise CatalogueError([CatalogueProblem(file, line, "the file", what, "valid YAML")]) from error
    except (ValueError, RecursionError) as error:
        # A date that no calendar has; lists in lists without end.
        raise CatalogueError([CatalogueProblem(file, 0, "the file", str(error), "valid YAML")]) from error
    lines: dict[Loc, int] = {(): 1} if node is None else {}
    problems: list[CatalogueProblem] = []
    if node is not None:
        _note_lines(file, node, (), lines, set(), problems)
    if problems:
        raise CatalogueError(problems)
    return Document(file, content, lines)


def _note_lines(
    file: str,
    node: Any,
    loc: Loc,
    lines: dict[Loc, int],
    seen: set[int],
    problems: list[CatalogueProblem],
) -> None:
    line = lines.setdefault(loc, node.start_mark.line + 1)
    where = ".".join(str(part) for part in loc) or "the file"
    if id(node) in seen:
        problems.append(CatalogueProblem(file, line, where, "an alias", "the value itself"))
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _note_lines(file, item, (*loc, index), lines, seen, problems)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*loc, str(key.value))
            line = key.start_mark.line + 1
            if inner in lines:
                found = f"{key.value} again (first on line {lines[inner]})"
                problems.append(CatalogueProblem(file, line, where, found, "each key once"))
                continue
            lines[inner] = line
            _note_lines(file, value, inner, lines, seen, problems)


def parse(document: Document, kind: type[M]) -> M:
    """The document as a model. Raises CatalogueError naming every wrong field."""
    try:
        return kind.model_validate(document.content)
    except ValidationError as error:
        problems = []
        for wrong in error.errors(include_url=False):
            loc = tuple(part for part in wrong["loc"] if part != "[key]")
            missing = wrong["type"] == "missing"
            expected = "this field" if missing else wrong["msg"].removeprefix("Input should be ")
            if wrong["type"] == "extra_forbidden":
                expected = "no field of this name"
            problems.append(document.problem(loc, "nothing" if missing else shown(wrong["input"]), expected))
        raise CatalogueError(problems) from error


def shown(value: object) -> str:
    """What was found, short enough for a line."""
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def read_folder(folder: Path) -> dict[str, bytes]:
    """Relative path → content of every file the catalogue is made of. Raises CatalogueError without a folder."""
    if not folder.is_dir():
        raise CatalogueError([CatalogueProblem(str(folder), 0, "the catalogue", "no folder", "one")])
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files_of(folder)}


FILES = ("catalogue.yaml", "points.yaml", "nets.yaml", "units.yaml", "geofences.yaml")
FOLDERS = ("categories", "grading", "rules")
"""Outlines and roads in the same folder are made by programs and belong to the road network, not to this."""


def files_of(folder: Path) -> list[Path]:
    """Every regular file the catalogue is made of, in one order: a pipe would be waited for, a link may lead nowhere
    (editors lock with such)."""
    single = [folder / name for name in FILES]
    every = [*single, *(path for name in FOLDERS for path in sorted((folder / name).glob("*.yaml")))]
    return [path for path in every if path.is_file()]
