"""Why a catalogue is refused: file, line, what was found, what was expected."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import CommandCentreError
from operations.catalogue import CatalogueProblem


class CatalogueError(CommandCentreError):
    """A catalogue cannot be used; nothing of it is. `problems` lists all that was found wrong, `digest` names
    the content that was refused."""

    code = "catalogue"

    def __init__(self, problems: Sequence[CatalogueProblem]) -> None:
        self.problems = tuple(problems)
        self.digest = ""
        lines = [f"  {problem}" for problem in problems]
        super().__init__("\n".join(["the catalogue cannot be used / 目录无法使用:", *lines]))
