"""From the files of a folder to one catalogue, with every problem of every file or none."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TypeVar

from pydantic import Field

from bootstrap.catalogue.categories import check_nets, read_categories
from bootstrap.catalogue.documents import Document, Strict, parse, read_document, read_folder
from bootstrap.catalogue.places import read_geofences, read_nets, read_points
from bootstrap.catalogue.problems import CatalogueError
from bootstrap.catalogue.rules import Known, read_rules
from bootstrap.catalogue.tables import read_table
from bootstrap.catalogue.units import read_unit_rules
from operations.catalogue import Catalogue, CatalogueProblem

CATALOGUE_DIR = Path(__file__).resolve().parents[2] / "catalogue"
DIGITS = 12

T = TypeVar("T")


class _Declared(Strict):
    version: str = Field(min_length=1)
    source: str = Field(min_length=1)


def load_catalogue(folder: Path = CATALOGUE_DIR) -> Catalogue:
    """The whole catalogue of a folder. Raises CatalogueError."""
    return load_files(read_folder(folder))


def digest_of(files: Mapping[str, bytes]) -> str:
    """12 hexadecimal digits that name this content."""
    found = hashlib.sha256()
    for name in sorted(files):
        found.update(f"{name}\0{len(files[name])}\0".encode() + files[name])
    return found.hexdigest()[:DIGITS]


ReadDocument = Callable[[str, bytes], Document]


def load_files(files: Mapping[str, bytes], read: ReadDocument = read_document) -> Catalogue:
    """The catalogue that these files (relative path → content) make; `read` makes a document of each. Raises
    CatalogueError with its digest."""
    try:
        return _Loading(files, read).catalogue()
    except CatalogueError as error:
        error.digest = digest_of(files)
        raise


class _Loading:
    """One catalogue on its way; gathers problems of files that do not depend on each other."""

    def __init__(self, files: Mapping[str, bytes], read: ReadDocument) -> None:
        self.files = files
        self.read = read
        self.problems: list[CatalogueProblem] = []

    def catalogue(self) -> Catalogue:
        documents = {name: self._attempt(partial(self.read, name, self.files[name])) for name in self.files}
        read = {name: document for name, document in documents.items() if document is not None}
        self._require(read)
        declared = self._attempt(lambda: parse(read["catalogue.yaml"], _Declared))
        categories = self._attempt(lambda: read_categories(_in(read, "categories")))
        points = self._attempt(lambda: read_points(read["points.yaml"]))
        nets = self._attempt(lambda: read_nets(read["nets.yaml"]))
        units = self._attempt(lambda: read_unit_rules(read["units.yaml"]))
        tables = [self._attempt(partial(read_table, d)) for d in _in(read, "grading")]
        self._stop_if_wrong()
        assert declared is not None and categories is not None and points is not None
        assert nets is not None and units is not None
        by_id = {table.table_id: table for table in tables if table is not None}
        self._attempt(lambda: check_nets(_in(read, "categories"), nets[0]))
        emergency = {code: c for code, c in categories.items() if c.group == "emergency"}
        fences = read.get("geofences.yaml")
        geofences = self._attempt(lambda: read_geofences(fences, points) if fences is not None else {})
        found = self._attempt(lambda: read_rules(_in(read, "rules"), Known(by_id, emergency, points)))
        self._stop_if_wrong()
        assert geofences is not None and found is not None
        rules, waterlogging = found
        return Catalogue(
            version=declared.version,
            digest=digest_of(self.files),
            points=points,
            waterlogging=waterlogging,
            categories=emergency,
            case_categories={code: c for code, c in categories.items() if code not in emergency},
            nets=nets[0],
            closure_radius_m=nets[1],
            units=units,
            tables=by_id,
            rules=rules,
            geofences=geofences,
        )

    def _require(self, read: Mapping[str, Document]) -> None:
        for name in ("catalogue.yaml", "points.yaml", "nets.yaml", "units.yaml"):
            if name not in self.files:
                self.problems.append(CatalogueProblem(name, 0, "the file", "none", "one"))
        self._stop_if_wrong()

    def _attempt(self, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except CatalogueError as error:
            self.problems += error.problems
            return None

    def _stop_if_wrong(self) -> None:
        if self.problems:
            raise CatalogueError(self.problems)


def _in(read: Mapping[str, Document], folder: str) -> list[Document]:
    return [document for name, document in read.items() if name.startswith(f"{folder}/")]
