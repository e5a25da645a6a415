"""Whoever takes a record out of the screens stands in the journal."""

from __future__ import annotations

import pytest

from core.actor import Permission
from core.errors import NotFoundError, PermissionDeniedError
from core.ids import new_id
from operations.queries import incident_detail
from operations.record_export import record_export, record_tables_export
from tests.conftest import Bench
from tests.integration.desk_work import PANLONG, called, somebody, types


def test_the_record_of_an_incident_says_who_took_it(bench: Bench) -> None:
    incident_id = called(bench.ports).incident_id
    record_export(bench.ports, somebody("班长"), incident_id, "pdf")
    last = incident_detail(bench.ports, somebody(), incident_id)["timeline"][-1]
    assert (last["type"], last["actor_name"], last["data"]) == ("incident.exported", "班长", {"as": "pdf"})


def test_nobody_takes_what_they_may_not_and_nothing_is_written_then(bench: Bench) -> None:
    incident_id = called(bench.ports).incident_id
    before = types(bench.ports)
    for actor in (somebody(without=Permission.EXPORT_INCIDENT), somebody(jurisdiction=PANLONG)):
        with pytest.raises(PermissionDeniedError):
            record_export(bench.ports, actor, incident_id, "csv")
    with pytest.raises(NotFoundError):
        record_export(bench.ports, somebody(), new_id(), "csv")
    with pytest.raises(PermissionDeniedError):
        record_tables_export(bench.ports, somebody(without=Permission.VIEW_ANALYSIS), "rules", "24h")
    assert types(bench.ports) == before


def test_a_table_of_the_analysis_is_journalled_too(bench: Bench) -> None:
    record_tables_export(bench.ports, somebody(), "rules", "24h")
    assert types(bench.ports)[-1] == "analysis.exported"
