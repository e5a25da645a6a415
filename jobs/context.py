"""The ports a worker process was started with; job functions are found by name and find them here."""

from __future__ import annotations

from dataclasses import dataclass

from redis import Redis

from operations.ports import Ports


@dataclass(frozen=True, slots=True)
class WorkerContext:
    ports: Ports
    redis: Redis


_context: list[WorkerContext] = []


def bind(context: WorkerContext) -> None:
    """Gives this process its ports, once, before the first job."""
    _context[:] = [context]


def bound() -> WorkerContext:
    """The context of this process. Raises RuntimeError where `bind` was not called."""
    if not _context:
        raise RuntimeError("no ports bound: jobs run in `python app.py worker`, which binds them")
    return _context[0]
