"""Run cards: what a category of incident asks for, and what is added as it turns out graver."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from dispatch.model import Priority, Unit


@dataclass(frozen=True, slots=True)
class Need:
    """So many units that can do all of this; those of `net` are preferred where one is named."""

    count: int
    capabilities: frozenset[str]
    net: str | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """What is sent in addition once an incident is urgent or grave enough: either is reason enough."""

    needs: tuple[Need, ...]
    from_priority: Priority | None = None
    severities: frozenset[str] = frozenset()
    """The severities of an alert at which it applies."""

    def applies(self, priority: Priority, severity: str | None) -> bool:
        urgent = self.from_priority is not None and priority <= self.from_priority
        return urgent or severity in self.severities


@dataclass(frozen=True, slots=True)
class RunCard:
    """The first alarm of a category, and the further ones, each adding to those before."""

    category: str
    needs: tuple[Need, ...]
    further: tuple[Alarm, ...] = ()

    def package(self, priority: Priority, severity: str | None) -> Package:
        """What to send to an incident of this priority, with an alert of this severity or none."""
        applying = [alarm for alarm in self.further if alarm.applies(priority, severity)]
        return Package(1 + len(applying), self.needs + tuple(n for alarm in applying for n in alarm.needs))


@dataclass(frozen=True, slots=True)
class Package:
    """What to send, and the how-manieth alarm that is."""

    alarm: int
    needs: tuple[Need, ...]


def able(unit: Unit, needs: Iterable[Need]) -> bool:
    """Whether the unit can fill one of the needs."""
    return any(need.capabilities <= unit.capabilities for need in needs)


def still_needed(needs: Sequence[Need], on_it: Iterable[Unit]) -> tuple[Need, ...]:
    """The needs less what the units on the incident fill, each one the most demanding need it can."""
    left = [need.count for need in needs]
    demanding = sorted(range(len(needs)), key=lambda i: -len(needs[i].capabilities))
    for unit in on_it:
        filled = next((i for i in demanding if left[i] and needs[i].capabilities <= unit.capabilities), None)
        if filled is not None:
            left[filled] -= 1
    return tuple(replace(need, count=count) for need, count in zip(needs, left, strict=True) if count)
