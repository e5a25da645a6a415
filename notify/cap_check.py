"""Says of files what the reader makes of them: the command `cap check`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from core.errors import InvalidInputError, NotFoundError
from notify.cap_reader import ReadCap, read_every_cap


def check(path: Path) -> Iterator[str]:
    """A line for each message in the file, or in every file of the folder, and a sum at the end.

    Raises NotFoundError for no such file, InvalidInputError after the last line when anything was refused.
    """
    if not path.exists():
        raise NotFoundError(f"{path}: found nothing there, expected a file or a folder")
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    read = refused = 0
    for file in files:
        name = file.relative_to(path) if path.is_dir() else file
        for found in read_every_cap(file.read_bytes()):
            if isinstance(found, ReadCap):
                read += 1
                yield f"read     {name}: {_told(found)}"
            else:
                refused += 1
                yield f"refused  {name}: {found.message}"
    yield f"{read} read, {refused} refused, in {len(files)} files"
    if refused:
        raise InvalidInputError(f"{refused} of {read + refused} were refused")


def _told(found: ReadCap) -> str:
    message = found.message
    what = f"CAP {found.version} {message.status} {message.msg_type} {message.identifier}"
    if message.infos:
        severity = message.infos[0].severity
        languages = ", ".join(info.language for info in message.infos)
        what += f", {severity}, {message.infos[0].event!r} ({languages})"
    return "; ".join([what, *found.remarks])
