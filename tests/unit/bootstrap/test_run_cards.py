"""Run cards in the catalogue: short, in full, with further alarms; refused with file and line."""

from __future__ import annotations

import re

import pytest

from bootstrap.catalogue.categories import check_nets, read_categories
from bootstrap.catalogue.documents import read_document
from bootstrap.catalogue.problems import CatalogueError
from dispatch.model import Priority
from dispatch.run_cards import Need, RunCard

HEAD = """version: "1"
source: test
group: emergency
classes:
  - code: ""
    name_zh: 甲
    name_en: a
    defaults: {owner: district, department_zh: 局, department_en: bureau}
    proposed:
      fire:
        zh: 火
        en: fire
"""


def card(lines: str) -> RunCard:
    text = HEAD + "".join(f"        {line}\n" for line in lines.splitlines())
    document = read_document("categories/x.yaml", text.encode())
    check_nets([document], {"base"})
    return read_categories([document])["fire"].run_card


def test_the_short_form_is_one_need() -> None:
    assert card("unit_count: 2\ncapabilities: [rescue]\npreferred_net: base").needs == (
        Need(2, frozenset({"rescue"}), "base"),
    )


def test_needs_and_further_alarms_are_read_and_a_severity_means_that_and_graver() -> None:
    found = card(
        "needs: [{count: 2, capabilities: [rescue]}, {capabilities: [police]}]\n"
        "further_alarms:\n"
        "  - {from_severity: orange, needs: [{capabilities: [pump]}]}\n"
        "  - {from_priority: 1, needs: [{count: 3, capabilities: []}]}"
    )
    assert [need.count for need in found.needs] == [2, 1]
    assert found.further[0].severities == {"orange", "red"}
    assert found.package(Priority.MAJOR, "red").alarm == 3


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("unit_count: 2\nneeds: [{capabilities: []}]", r"x\.yaml:14: .*needs"),
        ("further_alarms: [{needs: [{capabilities: []}]}]", r"x\.yaml:13: .*from_priority"),
        ("needs: [{capabilities: [], net: nobody}]", r"x\.yaml:13: .*'nobody'.*base"),
        ("preferred_net: nobody", r"x\.yaml:13: .*'nobody'.*base"),
        ("needs: []", r"x\.yaml:13: "),
        ("needs: [{capabilities: [], count: 0}]", r"x\.yaml:13: "),
    ],
)
def test_a_run_card_that_makes_no_sense_is_refused_with_its_line(lines: str, said: str) -> None:
    with pytest.raises(CatalogueError) as refused:
        card(lines)
    assert any(re.search(said, str(problem)) for problem in refused.value.problems), refused.value.problems
