"""The whole force read again and again: what was read before is kept, and never instead of what changed since."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event

from dispatch.model import UnitStatus
from tests.conftest import Bench
from tests.integration.desk_work import register


def whole_force(bench: Bench) -> dict[str, UnitStatus]:
    with bench.store.transaction() as tx:
        return {unit.unit_id: unit.status for unit in tx.units()}


def test_what_changed_is_read_anew_within_a_transaction_and_after_it(bench: Bench) -> None:
    first, *others = register(bench.ports, 5)
    whole_force(bench)
    with bench.store.transaction() as tx:
        for status in (UnitStatus.EN_ROUTE, UnitStatus.ON_SCENE):  # two changes of one transaction
            tx.save_unit(replace(first, status=status))
            assert {u.unit_id: u.status for u in tx.units()}[first.unit_id] is status
    expected = {first.unit_id: UnitStatus.ON_SCENE, **{u.unit_id: u.status for u in others}}
    assert whole_force(bench) == expected


def test_what_was_never_committed_is_forgotten(bench: Bench) -> None:
    first, *_ = register(bench.ports, 3)
    with pytest.raises(RuntimeError, match="given up"), bench.store.transaction() as tx:
        tx.save_unit(replace(first, status=UnitStatus.ON_SCENE))
        assert {u.unit_id: u.status for u in tx.units()}[first.unit_id] is UnitStatus.ON_SCENE
        raise RuntimeError("given up")
    assert whole_force(bench)[first.unit_id] is first.status
    with bench.store.transaction() as tx:
        tx.save_unit(replace(first, callsign="改号"))
    with bench.store.transaction() as tx:
        assert tx.units()[0].callsign == "改号"


def test_units_that_stayed_as_they_were_are_not_fetched_again(bench: Bench) -> None:
    units = register(bench.ports, 20)
    whole_force(bench)
    with bench.store.transaction() as tx:
        tx.save_unit(replace(units[7], status=UnitStatus.ON_SCENE))
    asked: list[Any] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "callsign" in statement:
            asked.append(list(dict(parameters).values()))

    event.listen(bench.store.engine, "before_cursor_execute", note)
    try:
        found = whole_force(bench)
    finally:
        event.remove(bench.store.engine, "before_cursor_execute", note)
    assert found[units[7].unit_id] is UnitStatus.ON_SCENE
    assert [parameters[1:] for parameters in asked] == [[units[7].unit_id]]


def test_the_force_is_as_of_one_instant_though_it_is_read_in_two_steps(bench: Bench) -> None:
    one, other, *_ = register(bench.ports, 3)
    whole_force(bench)
    # Takes over from the other one: whoever reads sees both before it or both after.
    with bench.store.transaction() as tx:
        tx.save_unit(replace(other, status=UnitStatus.EN_ROUTE))

    begun: list[str] = []

    def take_over(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "callsign" not in statement or begun:
            return
        begun.append(statement)
        with bench.store.transaction() as tx:
            tx.save_unit(replace(one, status=UnitStatus.EN_ROUTE))
            tx.save_unit(replace(other, status=UnitStatus.AVAILABLE))

    event.listen(bench.store.engine, "before_cursor_execute", take_over)
    try:
        found = whole_force(bench)
    finally:
        event.remove(bench.store.engine, "before_cursor_execute", take_over)
    assert begun
    assert (found[one.unit_id], found[other.unit_id]) in (
        (UnitStatus.AVAILABLE, UnitStatus.EN_ROUTE),
        (UnitStatus.EN_ROUTE, UnitStatus.AVAILABLE),
    )
    assert found == whole_force(bench)
