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

from bootstrap.catalogue.documents import files_of, read_folder
from bootstrap.catalogue.load import load_files
from bootstrap.catalogue.problems import CatalogueError
from core.errors import CommandCentreError
from operations.catalogue import Catalogue, CatalogueProblem, CatalogueSeen

log = logging.getLogger(__name__)

LOOKS_EVERY_S = 2.0
KEEPS_UNTOLD = 50
"""Edits remembered for a record that is away; beyond them the oldest go unrecorded."""


@dataclass(frozen=True, slots=True)
class CatalogueRefusal:
    """An edit that was refused and still stands in the folder; the catalogue before it stays in force."""

    digest: str
    since: datetime
    """Wall time."""
    problems: tuple[CatalogueProblem, ...]


class FolderCatalogue:
    """Fulfils operations.catalogue.CatalogueSource over a folder.

    Times and sizes of the files are compared first; only when they differ are the files read. What is parsed and what
    the digest names are the same bytes. The first content must be right: raises CatalogueError.
    """

    def __init__(
        self,
        folder: Path,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._tell: Callable[[CatalogueSeen], None] | None = None
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._untold: deque[CatalogueSeen] = deque(maxlen=KEEPS_UNTOLD)
        self._stamps = _stamps(folder)
        files = read_folder(folder)
        self._catalogue = load_files(files)
        self._looked_s = monotonic()
        self._note(CatalogueSeen(self._catalogue.digest, self._catalogue.version, _texts(files)))
        self.refusal: CatalogueRefusal | None = None

    def tell(self, tell: Callable[[CatalogueSeen], None]) -> None:
        """From now on `tell` hears of every content that came into force or was refused, the present one included;
        what it cannot be told now it is told at a later look."""
        with self._lock:
            self._tell = tell
            self._tell_untold()

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
        return self._catalogue

    def _look(self) -> None:
        self._tell_untold()
        stamps = _stamps(self._folder)
        if stamps == self._stamps:
            return
        self._stamps = stamps
        try:
            files = read_folder(self._folder)
            found = load_files(files)
        except OSError as error:
            # Chosen degradation: a folder in the middle of being replaced; looked at again, the old one in force.
            log.warning("the catalogue's folder cannot be read now: %s", error)
            self._stamps = ()
            return
        except CatalogueError as error:
            self._refuse(error, files if error.digest else {})
            return
        self.refusal = None
        if found.digest != self._catalogue.digest:
            log.info(
                "catalogue %s (%s) in force, was %s", found.version, found.digest, self._catalogue.digest
            )
            self._catalogue = found
            self._note(CatalogueSeen(found.digest, found.version, _texts(files)))

    def _refuse(self, error: CatalogueError, files: dict[str, bytes]) -> None:
        if self.refusal is not None and self.refusal.digest == error.digest:
            return
        log.error("%s\nthe catalogue %s stays in force", error.message, self._catalogue.digest)
        self.refusal = CatalogueRefusal(error.digest, datetime.now(UTC), error.problems)
        if error.digest:
            self._note(CatalogueSeen(error.digest, "", _texts(files), error.problems))

    def _note(self, seen: CatalogueSeen) -> None:
        self._untold.append(seen)
        self._tell_untold()

    def _tell_untold(self) -> None:
        while self._tell is not None and self._untold:
            try:
                self._tell(self._untold[0])
            except CommandCentreError as error:
                # Chosen degradation: the record of a version waits for the database, the version itself does not.
                log.warning("the catalogue's version is not recorded yet: %s", error.message)
                return
            self._untold.popleft()


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
