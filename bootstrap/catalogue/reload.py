"""The catalogue in force: looks at its folder now and then, takes a right one over, keeps the old one otherwise."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from textwrap import shorten
from typing import Any

from bootstrap.catalogue.documents import Document, files_of, read_document, read_folder
from bootstrap.catalogue.load import load_files
from bootstrap.catalogue.problems import CatalogueError
from core.errors import CommandCentreError
from operations.catalogue import Catalogue, CatalogueProblem, CatalogueSeen

log = logging.getLogger(__name__)

LOOKS_EVERY_S = 2.0
KEEPS_UNTOLD = 50
"""Edits remembered while the record is away; beyond that the oldest go unrecorded."""
PROBLEMS_TOLD, WORDS_TOLD = 3, 120
"""A banner names so many problems of a refused edit, in so many characters for what was found and expected."""


@dataclass(frozen=True, slots=True)
class CatalogueRefusal:
    """An edit that was refused and still stands in the folder; the catalogue before it stays in force."""

    digest: str
    since: datetime
    """Wall time."""
    problems: tuple[CatalogueProblem, ...]

    def state(self) -> dict[str, Any]:
        """As screens are told, `refused` of the health frame: the first problems with file and line, and how many
        there are."""
        told = [
            {
                "file": problem.file,
                "line": problem.line,
                "where": problem.where,
                "found": shorten(problem.found, WORDS_TOLD, placeholder=" …"),
                "expected": shorten(problem.expected, WORDS_TOLD, placeholder=" …"),
            }
            for problem in self.problems[:PROBLEMS_TOLD]
        ]
        return {"since": self.since.isoformat(), "problems": told, "count": len(self.problems)}


def on_a_thread(work: Callable[[], None]) -> None:
    """Does it beside whatever this thread is in the middle of."""
    threading.Thread(target=work, name="catalogue-record", daemon=True).start()


class FolderCatalogue:
    """Fulfils operations.catalogue.CatalogueSource over a folder.

    Times and sizes of the files are compared first; only when they differ are the files read. What is parsed and what
    the digest names are the same bytes. The first content must be right: raises CatalogueError.
    """

    def __init__(
        self,
        folder: Path,
        monotonic: Callable[[], float] = time.monotonic,
        aside: Callable[[Callable[[], None]], None] = on_a_thread,
    ) -> None:
        self._folder = folder
        self._monotonic = monotonic
        self._aside = aside
        self._lock = threading.Lock()
        self._telling = threading.Lock()
        self._tell: Callable[[CatalogueSeen], None] | None = None
        self._untold: deque[CatalogueSeen] = deque(maxlen=KEEPS_UNTOLD)
        self._stamps = _stamps(folder)
        files = read_folder(folder)
        self._documents: dict[str, tuple[bytes, Document]] = {}
        self._catalogue = load_files(files, self._read)
        self._looked_s = monotonic()
        self._untold.append(CatalogueSeen(self._catalogue.digest, self._catalogue.version, _texts(files)))
        self.refusal: CatalogueRefusal | None = None

    def tell(self, tell: Callable[[CatalogueSeen], None]) -> None:
        """`tell` hears of every content that came into force or was refused: of the present one now, of later ones on
        a thread of its own, because `current` is asked inside transactions and telling is a transaction too. What
        cannot be told is told after a later look."""
        self._tell = tell
        self._tell_untold()

    def stop_telling(self) -> None:
        """Tells nothing more; returns when what is being told has been."""
        self._tell = None
        with self._telling:
            self._untold.clear()

    def current(self) -> Catalogue:
        """The catalogue in force, at most two seconds behind its folder."""
        due = self._monotonic() - self._looked_s >= LOOKS_EVERY_S
        # One thread looks, the others go on with what they have.
        if due and self._lock.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._looked_s = self._monotonic()
                self._lock.release()
            if self._untold and self._tell is not None:
                self._aside(self._tell_untold)
        return self._catalogue

    def refused_state(self) -> dict[str, Any] | None:
        """What screens are told of an edit that is wrong and still stands in the folder; looks at the folder."""
        self.current()
        refusal = self.refusal
        return refusal.state() if refusal else None

    def _tell_untold(self) -> None:
        if not self._telling.acquire(blocking=False):
            return
        try:
            while self._untold and (tell := self._tell) is not None:
                tell(self._untold[0])
                self._untold.popleft()
        except CommandCentreError as error:
            # Chosen degradation: the record of a version waits for the database, the version itself does not.
            log.warning("the catalogue's version is not recorded yet: %s", error.message)
        finally:
            self._telling.release()

    def _look(self) -> None:
        try:
            stamps = _stamps(self._folder)
            if stamps == self._stamps:
                return
            self._stamps = stamps
            files = read_folder(self._folder)
            found = load_files(files, self._read)
        except OSError as error:
            # Chosen degradation: a folder in the middle of being replaced, or one that may not be read; looked at
            # again, the old one in force.
            log.warning("the catalogue's folder cannot be read now: %s", error)
            self._stamps = ()
            return
        except CatalogueError as error:
            self._refuse(error, files if error.digest else {})
            return
        except Exception as error:
            # The files are data that a city edits: whatever they make raise is refused, and the centre goes on.
            log.exception("the catalogue's folder made the loader fail")
            problem = CatalogueProblem(
                str(self._folder), 0, "the catalogue", repr(error), "files it can load"
            )
            self._refuse(CatalogueError([problem]), {})
            return
        self.refusal = None
        if found.digest != self._catalogue.digest:
            log.info(
                "catalogue %s (%s) in force, was %s", found.version, found.digest, self._catalogue.digest
            )
            self._catalogue = found
            self._untold.append(CatalogueSeen(found.digest, found.version, _texts(files)))

    def _read(self, name: str, content: bytes) -> Document:
        """A file that has not changed is not parsed again: an edited rule need not wait for ten thousand points."""
        known = self._documents.get(name)
        if known is not None and known[0] == content:
            return known[1]
        document = read_document(name, content)
        self._documents[name] = (content, document)
        return document

    def _refuse(self, error: CatalogueError, files: dict[str, bytes]) -> None:
        if self.refusal is not None and self.refusal.digest == error.digest:
            return
        log.error("%s\nthe catalogue %s stays in force", error.message, self._catalogue.digest)
        self.refusal = CatalogueRefusal(error.digest, datetime.now(UTC), error.problems)
        if error.digest:
            self._untold.append(CatalogueSeen(error.digest, "", _texts(files), error.problems))


def _stamps(folder: Path) -> tuple[tuple[str, int, int], ...]:
    found = []
    for path in files_of(folder):
        try:
            status = path.stat()
        except FileNotFoundError:
            continue  # gone between listing and looking: the next listing says so
        found.append((str(path), status.st_mtime_ns, status.st_size))
    return tuple(found)


def _texts(files: dict[str, bytes]) -> dict[str, str]:
    """As texts for the record; what is no UTF-8, and what no text column holds, is shown by marks."""
    return {name: content.decode("utf-8", "replace").replace("\0", "�") for name, content in files.items()}
