"""Every content of the catalogue that came into force or was refused is kept and journalled once."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.actor import CITY, Actor, Role
from core.errors import PermissionDeniedError
from operations.adopt_catalogue import adopt_catalogue
from operations.catalogue import CatalogueProblem, CatalogueSeen
from store.catalogue_tables import catalogue_versions
from tests.conftest import Bench

A = CatalogueSeen("aaaaaaaaaaaa", "1", {"catalogue.yaml": "version: '1'"})
B = CatalogueSeen("bbbbbbbbbbbb", "2", {"catalogue.yaml": "version: '2'"})
WRONG = CatalogueSeen(
    "cccccccccccc",
    "",
    {"catalogue.yaml": "version: ["},
    (CatalogueProblem("catalogue.yaml", 1, "the file", "an open bracket", "valid YAML"),),
)


def journalled(bench: Bench) -> list[tuple[str, str]]:
    rows = bench.store.journal_after(0, 100)
    return [(row.event.type, row.event.data["digest"]) for row in rows]


def test_the_first_process_that_notices_records_it_and_the_others_do_not(bench: Bench) -> None:
    assert adopt_catalogue(bench.ports, A)
    assert not adopt_catalogue(bench.ports, A)
    assert journalled(bench) == [("catalogue.adopted", A.digest)]


def test_a_refusal_is_journalled_with_file_line_found_and_expected(bench: Bench) -> None:
    adopt_catalogue(bench.ports, A)
    assert adopt_catalogue(bench.ports, WRONG)
    assert not adopt_catalogue(bench.ports, WRONG)
    row = bench.store.journal_after(1, 10)[0]
    assert row.event.type == "catalogue.refused"
    assert row.event.data["problems"] == [
        "catalogue.yaml:1: the file: found an open bracket, expected valid YAML"
    ]
    assert not row.event.reload


def test_a_process_that_starts_while_a_wrong_edit_lies_there_records_nothing_new(bench: Bench) -> None:
    for seen in (A, WRONG, A):
        adopt_catalogue(bench.ports, seen)
    assert [kind for kind, _ in journalled(bench)] == ["catalogue.adopted", "catalogue.refused"]


def test_an_edit_taken_back_is_in_force_again_and_readers_take_a_new_snapshot(bench: Bench) -> None:
    for seen in (A, B, A):
        adopt_catalogue(bench.ports, seen)
    assert [digest for _, digest in journalled(bench)] == [A.digest, B.digest, A.digest]
    assert all(row.event.reload for row in bench.store.journal_after(0, 10))


def test_the_content_behind_a_digest_can_be_looked_up(bench: Bench) -> None:
    for seen in (A, B, WRONG):
        adopt_catalogue(bench.ports, seen)
    with bench.store.engine.connect() as connection:
        rows = connection.execute(select(catalogue_versions)).all()
    assert {(r.digest, r.outcome, r.files["catalogue.yaml"]) for r in rows} == {
        (A.digest, "adopted", "version: '1'"),
        (B.digest, "adopted", "version: '2'"),
        (WRONG.digest, "refused", "version: ["),
    }


def test_only_the_system_says_what_is_in_force(bench: Bench) -> None:
    somebody = Actor("p", "某人", Role.DUTY_OFFICER, CITY, frozenset())
    with pytest.raises(PermissionDeniedError):
        adopt_catalogue(bench.ports, A, somebody)
    assert journalled(bench) == []
