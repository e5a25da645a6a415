"""Which streets a rule about coverage looks at, and whose alert they are joined in."""

from __future__ import annotations

from alerts.rules import Watch
from core.command_tree import CommandLevel


def test_streets_are_joined_by_district_unless_it_is_said_otherwise() -> None:
    whole = Watch(subject="coverage")
    assert whole.sees_coverage("530111905")
    assert whole.joins_coverage_of("530111")
    assert not whole.joins_coverage_of("5301")
    assert Watch(subject="coverage", area_level=CommandLevel.CITY).joins_coverage_of("5301")
    assert not Watch(subject="area").joins_coverage_of("530111")


def test_a_rule_for_one_street_has_an_alert_in_its_district_and_in_no_other() -> None:
    one = Watch(subject="coverage", jurisdictions=("530111905",))
    assert one.sees_coverage("530111905") and not one.sees_coverage("530111906")
    assert one.joins_coverage_of("530111") and not one.joins_coverage_of("530103")
