"""The catalogue as delivered: 284 categories, tables with their sources, rules that can be evaluated."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.feature_names import FEATURES, features_of, sample_features
from alerts.model import Severity
from alerts.rules import Rule
from bootstrap.catalogue import CATALOGUE_DIR, load_catalogue
from bootstrap.catalogue.conditions import CelCondition
from core.command_tree import CommandLevel
from dispatch.correlation import Joining
from operations.catalogue import Category

CATALOGUE = load_catalogue()
CASES = CATALOGUE.case_categories
EVERY_CATEGORY = {**CATALOGUE.categories, **CASES}
RULES = CATALOGUE.rules
ROOT = Path(__file__).resolve().parents[3]


# ---------------------------------------------------------------- categories


def test_there_are_284_case_categories_234_of_the_city_44_of_the_lake_6_of_the_air() -> None:
    counted = Counter(category.group for category in CASES.values())
    assert counted == {"urban_management": 234, "dianchi_water": 44, "air_pollution": 6}
    assert len(CASES) == 284


@pytest.mark.parametrize("field", ["code", "name_zh", "name_en"])
def test_no_two_categories_share(field: str) -> None:
    counted = Counter(getattr(category, field).casefold() for category in EVERY_CATEGORY.values())
    assert [shared for shared, times in counted.items() if times > 1] == []


def test_classes_are_those_of_the_standard() -> None:
    urban = [category for category in CASES.values() if category.group == "urban_management"]
    assert len({c.class_code for c in urban if c.class_code.startswith("C")}) == 5
    assert len({c.class_code for c in urban if c.class_code.startswith("E")}) == 6


@pytest.mark.parametrize("category", CASES.values(), ids=lambda c: c.code)
def test_a_case_category_says_who_owns_it_how_long_it_may_take_and_where_its_name_is_from(
    category: Category,
) -> None:
    assert category.department_zh and category.department_en
    assert category.limits is not None and category.limits.urgent_h < category.limits.normal_h
    assert category.source in ("standard", "proposed")
    assert category.name_en.isascii() and not category.name_zh.isascii()


def test_calls_join_within_what_the_file_says_and_otherwise_within_the_proposal_for_their_priority() -> None:
    joins = {code: category.joins for code, category in CATALOGUE.categories.items()}
    assert joins["waterlogging"] == Joining(300.0, timedelta(hours=3))
    assert joins["trapped"] == Joining(50.0, timedelta(minutes=30))
    assert joins["traffic"] == Joining(150.0, timedelta(hours=1))


def test_no_name_of_the_lake_or_the_air_claims_to_be_official() -> None:
    unpublished = [c for c in EVERY_CATEGORY.values() if c.group != "urban_management"]
    assert {c.source for c in unpublished} == {"proposed"}


def test_the_call_form_is_offered_emergencies_only_and_of_them_what_a_caller_can_report() -> None:
    offered = {code for code, category in CATALOGUE.categories.items() if category.by_call}
    assert offered == {
        "waterlogging",
        "trapped",
        "public_security",
        "traffic",
        "fire",
        "medical",
        "crowd",
    }
    assert not offered & CASES.keys()


def test_severity_depends_on_conditions_where_the_catalogue_says_so() -> None:
    on_the_road = CASES["E406"]
    assert on_the_road.name_zh == "道路积水"
    assert on_the_road.severity is Severity.BLUE
    assert [case.severity for case in on_the_road.severities] == [Severity.YELLOW]


# ---------------------------------------------------------------- tables


def test_both_published_depth_sets_are_there_and_the_newer_one_is_in_force() -> None:
    assert CATALOGUE.waterlogging.table_id == "depth-water-pipe-2026"
    heavy = {
        name: table.thresholds("depth_cm")["heavy"]
        for name, table in CATALOGUE.tables.items()
        if name.startswith("depth-")
    }
    assert heavy == {"depth-water-pipe-2026": 50, "depth-drainage-2018": 30}


@pytest.mark.parametrize(
    ("rain", "expected"),
    [
        ({"rain_mm_12h": 49.9}, None),
        ({"rain_mm_12h": 50.0}, "blue"),
        ({"rain_mm_12h": 60.0, "rain_mm_6h": 50.0}, "yellow"),
        ({"rain_mm_12h": 60.0, "rain_mm_6h": 50.0, "rain_mm_3h": 50.0}, "orange"),
        ({"rain_mm_12h": 100.0, "rain_mm_6h": 100.0, "rain_mm_3h": 100.0}, "red"),
    ],
    ids=["none", "blue", "yellow", "orange", "red"],
)
def test_rain_windows_reach_the_published_colours(rain: dict[str, float], expected: str | None) -> None:
    figures = {"rain_mm_3h": 0.0, "rain_mm_6h": 0.0, "rain_mm_12h": 0.0, **rain}
    reached = [level.code for level in RULES["rainstorm"].levels if level.reached(figures)]
    assert (reached[-1] if reached else None) == expected


def test_the_press_scale_is_kept_apart_from_the_warning_signals() -> None:
    press = CATALOGUE.tables["rainfall-kunming-press"]
    assert press.thresholds("rain_mm_3h") == {"rainstorm": 20}
    assert "rain_mm_12h" not in press.figures()


def test_grade_one_is_red() -> None:
    scale = CATALOGUE.tables["emergency-grades"]
    assert {g.code: g.severity.value for g in scale.grades} == {
        "IV": "blue",
        "III": "yellow",
        "II": "orange",
        "I": "red",
    }


@pytest.mark.parametrize("table", CATALOGUE.tables.values(), ids=lambda t: t.table_id)
def test_a_table_names_its_source_and_its_date(table: object) -> None:
    assert getattr(table, "source", "") and getattr(table, "version", "")


# ---------------------------------------------------------------- rules


def of_rule(rule: Rule) -> str:
    return rule.rule_id


@pytest.mark.parametrize("rule", RULES.values(), ids=of_rule)
def test_every_rule_can_be_evaluated_on_every_sample(rule: Rule) -> None:
    for figures in sample_features(
        rule.watches.subject, rule.watches.quantity, list(CATALOGUE.grade_thresholds)
    ):
        for level in rule.levels:
            assert level.reached(figures) in (True, False)
            assert level.held(figures) in (True, False)


@pytest.mark.parametrize("rule", RULES.values(), ids=of_rule)
def test_every_rule_advises_in_both_languages_and_says_what_it_uses(rule: Rule) -> None:
    assert rule.advice_zh and rule.advice_en and rule.source_zh and rule.source_en
    assert rule.uses and rule.uses <= features_of(rule.watches.subject, rule.watches.quantity).keys()


@pytest.mark.parametrize("rule", RULES.values(), ids=of_rule)
def test_orange_and_red_need_a_person_to_clear_them(rule: Rule) -> None:
    assert not (rule.clears_itself_after or {}).keys() & {Severity.ORANGE, Severity.RED}


def test_the_depth_rule_goes_up_the_command_tree_step_by_step() -> None:
    rule = RULES["waterlogging-depth"]
    assert rule.tells is CommandLevel.COMMUNITY
    assert [(step.to, step.after) for step in rule.escalation] == [
        (CommandLevel.STREET, timedelta(minutes=5)),
        (CommandLevel.DISTRICT, timedelta(minutes=10)),
        (CommandLevel.CITY, timedelta(minutes=15)),
    ]
    assert [level.code for level in rule.levels if level.opens_incident] == ["heavy"]


def test_a_grade_is_held_down_to_its_set_back() -> None:
    heavy = RULES["waterlogging-depth"].levels[-1]
    assert heavy.reached({"depth_cm": 50.0}) and not heavy.reached({"depth_cm": 49.9})
    assert heavy.held({"depth_cm": 47.0}) and not heavy.held({"depth_cm": 46.9})


def test_the_forecast_claims_what_the_table_in_force_calls_heavy() -> None:
    predicts = RULES["waterlogging-heavy-soon"].predicts
    assert predicts is not None
    assert (predicts.feature, predicts.at_least) == ("depth_cm", 50)
    [soon] = RULES["waterlogging-heavy-soon"].levels
    deep_enough = {"depth_cm": 20.0}
    assert soon.reached({**deep_enough, "minutes_to": {"heavy": 9.0}})
    assert not soon.reached({**deep_enough, "minutes_to": {"heavy": 0.0}})
    assert not soon.reached({**deep_enough, "minutes_to": {"heavy": 9999.0}})


def test_a_pump_sump_is_no_standing_water_on_a_road() -> None:
    sump = CATALOGUE.points["PS01"]
    assert [rule.rule_id for rule in CATALOGUE.rule_index.of_point(sump)] == ["pump-sump-high"]


def test_the_underpass_explains_the_sump_beside_it() -> None:
    [inhibition] = RULES["pump-sump-high"].inhibited_by
    assert (inhibition.by, inhibition.at_least, inhibition.within_m) == (
        "waterlogging-depth",
        Severity.ORANGE,
        300,
    )


@pytest.mark.parametrize(
    ("figures", "level"),
    [
        ({"points_graded": 1.0}, "standby"),
        ({"points_graded": 10.0}, "III"),  # 2020-07-01
        ({"points_graded": 21.0}, "II"),  # 2024-06-04
        ({"points_graded": 32.0, "points_heavy": 11.0}, "II"),  # 2018-08-21
        ({"points_graded": 60.0}, "I"),
    ],
    ids=["one point", "2020-07-01", "2024-06-04", "2018-08-21", "sixty points"],
)
def test_the_proposed_response_follows_the_storms_whose_levels_are_known(
    figures: dict[str, float], level: str
) -> None:
    quiet = {feature.name: 0.0 for feature in FEATURES["area"]}
    rule = RULES["flood-response-city"]
    assert [each.code for each in rule.levels if each.reached({**quiet, **figures})][-1] == level


# ---------------------------------------------------------------- places


def test_every_point_is_listed_under_a_street_or_a_district() -> None:
    assert all(point.group_zh and point.group_en for point in CATALOGUE.points.values())
    second_ring = [p.point_id for p in CATALOGUE.points.values() if p.group_zh == "二环东路"]
    assert second_ring == ["KM05", "KM06", "KM09", "KM14"]


def test_each_main_district_has_a_rain_gauge_and_only_the_published_one_is_not_called_synthetic() -> None:
    gauges = [p for p in CATALOGUE.points.values() if p.quantity == "rain_mm"]
    assert {p.jurisdiction for p in gauges} == {"530102", "530103", "530111", "530112", "530114"}
    assert [p.name_zh for p in gauges if "合成" not in p.name_zh] == ["金马凉亭雨量站"]


@pytest.mark.parametrize("fence", CATALOGUE.geofences.values(), ids=lambda f: f.geofence_id)
def test_a_geofence_contains_the_point_it_belongs_to(fence: object) -> None:
    point_id = getattr(fence, "point_id", None)
    assert point_id and fence.contains(CATALOGUE.points[point_id].place)  # type: ignore[attr-defined]


# ---------------------------------------------------------------- conditions and digest


def test_a_condition_that_answers_no_truth_fails_when_it_is_asked() -> None:
    with pytest.raises(TypeError, match="expected true or false"):
        CelCondition("depth_cm")({"depth_cm": 1.0})


def test_a_condition_is_handed_only_what_it_mentions() -> None:
    assert CelCondition("depth_cm > 5.0")({"depth_cm": 6.0, "unusable": object()})


def test_the_digest_names_the_content_and_not_the_declared_version(tmp_path: Path) -> None:
    copy = tmp_path / "catalogue"
    shutil.copytree(CATALOGUE_DIR, copy)
    assert load_catalogue(copy).digest == CATALOGUE.digest
    points = copy / "points.yaml"
    points.write_text(points.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    changed = load_catalogue(copy)
    assert changed.version == CATALOGUE.version
    assert changed.digest != CATALOGUE.digest and len(changed.digest) == 12


# ---------------------------------------------------------------- the page


def test_the_page_lists_every_figure_with_its_meaning() -> None:
    page = (ROOT / "docs/catalogue.md").read_text(encoding="utf-8")
    listed = [
        (cells[2].strip(" `"), cells[3].strip(), cells[4].strip())
        for cells in (line.split("|") for line in page.partition("## Figures")[2].splitlines())
        if len(cells) > 5 and "`" in cells[2]
    ]
    gauges = {None: "", "depth_cm": " (depth gauges)", "rain_mm": " (rain gauges)"}
    assert listed == [
        (figure.name, figure.zh, figure.en + gauges[figure.for_quantity])
        for figures in FEATURES.values()
        for figure in figures
    ]


def test_the_page_says_how_many_names_are_from_where() -> None:
    page = (ROOT / "docs/catalogue.md").read_text(encoding="utf-8")
    counted = Counter(category.source for category in CASES.values())
    assert f"`standard` ({counted['standard']})" in page
    assert f"`proposed` ({counted['proposed']})" in page


@pytest.mark.parametrize("name", [*RULES, *CATALOGUE.tables])
def test_the_page_names_every_rule_and_every_table(name: str) -> None:
    assert f"`{name}`" in (ROOT / "docs/catalogue.md").read_text(encoding="utf-8")


# ---------------------------------------------------------------- the command


def check(folder: Path) -> subprocess.CompletedProcess[str]:
    asked = [sys.executable, str(ROOT / "app.py"), "catalogue", "check", str(folder)]
    return subprocess.run(asked, capture_output=True, text=True, check=False)


def test_the_command_says_what_a_folder_holds() -> None:
    said = check(CATALOGUE_DIR)
    assert said.returncode == 0
    assert "284 (6 air_pollution, 44 dianchi_water, 234 urban_management" in said.stdout


def test_the_command_refuses_a_folder_that_is_none_without_a_traceback(tmp_path: Path) -> None:
    said = check(tmp_path / "nowhere")
    assert said.returncode == 1
    assert "found no folder, expected one" in said.stderr
    assert "Traceback" not in said.stderr
