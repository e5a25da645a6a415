"""What a run card asks for, alarm by alarm, and what is left of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dispatch.model import Priority, Unit, UnitStatus
from dispatch.run_cards import Alarm, Need, RunCard, still_needed

PUMPS = Need(2, frozenset({"pump"}))
CARD = RunCard(
    "waterlogging",
    (Need(1, frozenset({"traffic_control"})),),
    (Alarm((PUMPS,), severities=frozenset({"red"})), Alarm((PUMPS,), from_priority=Priority.MAJOR)),
)


def unit(unit_id: str, *can: str) -> Unit:
    now = datetime(2026, 8, 18, tzinfo=UTC)
    return Unit(unit_id, 0, unit_id, "110", "car", frozenset(can), "530111", UnitStatus.DISPATCHED, now, True)


@pytest.mark.parametrize(
    ("priority", "severity", "alarm", "needs"),
    [
        (Priority.URGENT, None, 1, 1),
        (Priority.URGENT, "orange", 1, 1),
        (Priority.URGENT, "red", 2, 2),
        (Priority.MAJOR, None, 2, 2),
        (Priority.MAJOR, "red", 3, 3),
    ],
)
def test_each_alarm_that_applies_adds_to_those_before(
    priority: Priority, severity: str | None, alarm: int, needs: int
) -> None:
    package = CARD.package(priority, severity)
    assert (package.alarm, len(package.needs)) == (alarm, needs)
    assert package.needs[0] == CARD.needs[0]


def test_units_on_the_incident_count_for_the_most_demanding_need_they_fill() -> None:
    both = Need(1, frozenset({"pump", "rescue"}))
    needs = (PUMPS, both)
    assert still_needed(needs, [unit("a", "pump", "rescue")]) == (PUMPS,)
    assert still_needed(needs, [unit("a", "pump")]) == (Need(1, PUMPS.capabilities), both)
    assert still_needed(needs, [unit("a", "police")]) == needs
    assert still_needed(needs, [unit("a", "pump"), unit("b", "pump"), unit("c", "pump", "rescue", "x")]) == ()
