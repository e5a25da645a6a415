"""A wrong file is refused with file, line, found and expected, and nothing of the folder is used."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from bootstrap.catalogue import CATALOGUE_DIR, CatalogueError, load_catalogue

DEPTH = "rules/waterlogging-depth.yaml"
RAPID = "rules/waterlogging-rapid-rise.yaml"
SOON = "rules/waterlogging-heavy-soon.yaml"
FLOOD = "rules/flood-response-city.yaml"
FENCE = "rules/geofence-entry.yaml"
TABLE = "grading/depth-water-pipe-2026.yaml"
URBAN = "categories/urban-components.yaml"
EMERGENCY = "categories/emergency.yaml"


@dataclass(frozen=True)
class Refusal:
    """In `file`, `instead` stands in the place of `there`; the line named is that of `at`, or of what was changed."""

    sentence: str
    file: str
    there: str
    instead: str
    found: str
    expected: str
    at: str = ""


LOOPS = '"' + "[1,2].all(v, " * 3 + "true" + ")" * 3 + '"'
RISES = "rise_cm_per_min >= 5.0 && depth_cm >= 10.0"

REFUSALS = [
    Refusal("loops in loops", RAPID, RISES, LOOPS, "'all('", "no loop over a list"),
    Refusal(
        "a loop behind a remark", RAPID, RISES, '"[1].map //\\n (v, v) == [1]"', "map", "no loop over a list"
    ),
    Refusal("nine brackets", RAPID, RISES, "(" * 9 + "true" + ")" * 9, "(((", "at most 8 brackets"),
    Refusal(
        "a long condition",
        RAPID,
        RISES,
        " || ".join(["depth_cm > 10.0"] * 20),
        "376 char",
        "at most 300 char",
    ),
    Refusal(
        "a radius of nothing",
        EMERGENCY,
        "joins: {within_m: 300, within_min: 180}",
        "joins: {within_m: 0, within_min: 180}",
        "0",
        "greater than 0",
    ),
    Refusal(
        "a radius without a time",
        EMERGENCY,
        "joins: {within_m: 300, within_min: 180}",
        "joins: {within_m: 300}",
        "nothing",
        "this field",
    ),
    Refusal(
        "a figure nobody knows",
        RAPID,
        "rise_cm_per_min >= 5.0 && depth_cm >= 10.0",
        "rise_cm_per_minute >= 5.0",
        "rise_cm_per_minute",
        "figures of point of depth_cm: value, kind",
    ),
    Refusal(
        "a figure of gauges that measure something else",
        RAPID,
        "rise_cm_per_min >= 5.0 && depth_cm >= 10.0",
        "rain_mm_3h >= 5.0",
        "rain_mm_3h",
        "figures of point of depth_cm",
    ),
    Refusal(
        "a figure nobody knows behind another that is enough",
        RAPID,
        "rise_cm_per_min >= 5.0 && depth_cm >= 10.0",
        "depth_cm >= 0.0 || deep",
        "deep",
        "figures of point",
    ),
    Refusal(
        "a text where a number belongs",
        RAPID,
        "rise_cm_per_min >= 5.0 && depth_cm >= 10.0",
        'depth_cm >= "10"',
        "depth_cm >=",
        "an expression that can be evaluated (No such overload",
    ),
    Refusal(
        "a text where a number belongs, behind a condition that is rarely true",
        RAPID,
        "rise_cm_per_min >= 5.0 && depth_cm >= 10.0",
        'silent_s > 100.0 && depth_cm >= "10"',
        "silent_s",
        "an expression that can be evaluated",
    ),
    Refusal(
        "whole numbers added to figures",
        RAPID,
        "rise_cm_per_min >= 5.0 && depth_cm >= 10.0",
        "depth_cm + 1 > 2.0",
        "depth_cm + 1",
        "an expression that can be evaluated",
    ),
    Refusal(
        "an answer that is no truth",
        RAPID,
        "rise_cm_per_min >= 5.0 && depth_cm >= 10.0",
        "depth_cm * 2.0",
        "depth_cm * 2.0",
        "an expression that is true or false",
    ),
    Refusal(
        "a bracket too few",
        RAPID,
        "rise_cm_per_min >= 5.0 && depth_cm >= 10.0",
        "(depth_cm > 10.0",
        "(depth_cm > 10.0",
        "a CEL expression",
    ),
    Refusal(
        "a grade that no table has",
        SOON,
        "minutes_to.heavy > 0.0 && minutes_to.heavy < 10.0",
        "minutes_to.worst < 9.0",
        "minutes_to.worst",
        "minutes_to of one of light, medium, heavy",
    ),
    Refusal(
        "a prediction of no grade",
        SOON,
        "grade: heavy",
        "grade: worst",
        "'worst'",
        "one of light, medium, heavy",
    ),
    Refusal(
        "a table that is not there",
        DEPTH,
        "table: depth-water-pipe-2026",
        "table: depth-2030",
        "'depth-2030'",
        "a table with a depth_cm for every grade",
    ),
    Refusal(
        "points graded by rain",
        DEPTH,
        "table: depth-water-pipe-2026",
        "table: rainstorm-cma-2007",
        "'rainstorm-cma-2007'",
        "a table with a depth_cm for every grade",
    ),
    Refusal(
        "a table about what the rule does not watch",
        "rules/rainstorm.yaml",
        "{quantity: rain_mm}",
        "{quantity: depth_cm}",
        "rain_mm_12h",
        "a table about figures of what the rule watches",
        at="table: rainstorm-cma-2007",
    ),
    Refusal(
        "two rules that grade points",
        RAPID,
        "on_delay_s: 120",
        "grades_point: true",
        "rules/waterlogging-depth.yaml, rules/waterlogging-rapid-rise.yaml",
        "exactly one rule with grades_point: true",
    ),
    Refusal(
        "an incident for a grade that is not there",
        DEPTH,
        "[heavy]",
        "[deep]",
        "'deep'",
        "one of light, medium, heavy",
    ),
    Refusal(
        "a category that is none",
        DEPTH,
        "category: waterlogging",
        "category: flood",
        "'flood'",
        "an emergency category",
    ),
    Refusal(
        "a category of cases for a rule",
        DEPTH,
        "category: waterlogging",
        "category: E406",
        "'E406'",
        "an emergency category",
    ),
    Refusal(
        "a colour that is none",
        RAPID,
        "severity: orange",
        "severity: purple",
        "'purple'",
        "'blue', 'yellow', 'orange' or 'red'",
    ),
    Refusal(
        "a higher level that is milder",
        RAPID,
        "severity: orange",
        "severity: blue",
        "blue",
        "yellow or worse",
    ),
    Refusal(
        "an escalation that goes down",
        RAPID,
        "to: district",
        "to: community",
        "community after 5 min",
        "a level above street",
    ),
    Refusal(
        "an escalation that goes back in time",
        RAPID,
        "{after_min: 10, to: city}",
        "{after_min: 1, to: city}",
        "city after 1 min",
        "later than after 5 min",
    ),
    Refusal(
        "an all-clear without a person at orange",
        RAPID,
        "{yellow: 30}",
        "{orange: 30}",
        "orange",
        "orange and red need a person",
    ),
    Refusal(
        "an inhibition by nobody",
        RAPID,
        "rule: waterlogging-depth,",
        "rule: waterlogging,",
        "'waterlogging'",
        "another rule",
    ),
    Refusal(
        "a rule called otherwise than its file",
        RAPID,
        "rule: waterlogging-rapid-rise\n",
        "rule: rapid\n",
        "'rapid'",
        "the name of the file, 'waterlogging-rapid-rise'",
    ),
    Refusal(
        "a field that nobody knows", RAPID, "on_delay_s: 120", "on_delay: 120", "120", "no field of this name"
    ),
    Refusal(
        "a delay in words",
        RAPID,
        "on_delay_s: 120",
        "on_delay_s: two minutes",
        "'two minutes'",
        "a valid number",
    ),
    Refusal(
        "a field that is missing",
        RAPID,
        "tells: street\n",
        "",
        "nothing",
        "this field",
        at="rule: waterlogging-rapid-rise",
    ),
    Refusal(
        "a key given twice",
        RAPID,
        "tells: street",
        "tells: street\ntells: city",
        "tells again",
        "each key once",
        at="tells: city",
    ),
    Refusal(
        "an alias",
        RAPID,
        "tells: street",
        "tells: &who street\nadvice_zh2: *who",
        "an alias",
        "the value itself",
        at="advice_zh2",
    ),
    Refusal("a number that is none", TABLE, "depth_cm: 50", "depth_cm: .nan", "nan", "a finite number"),
    Refusal("no YAML at all", RAPID, "tells: street", "tells: [street", "", "valid YAML", at="escalation:"),
    Refusal(
        "a silence of calls",
        "rules/calls-many.yaml",
        "off_delay_s: 600",
        "silence: true",
        "true for calls",
        "a rule that watches points",
    ),
    Refusal(
        "a level of the command tree for calls",
        "rules/calls-many.yaml",
        "{subject: calls}",
        "{subject: calls, area_level: city}",
        "it for calls",
        "it for areas and coverage only",
    ),
    Refusal(
        "an alert for each street",
        "rules/coverage-short.yaml",
        "area_level: city",
        "area_level: street",
        "street",
        "district or city",
    ),
    Refusal(
        "a point that is not there",
        RAPID,
        "[road, underpass, culvert]",
        "[road], point_ids: [KM99]",
        "'KM99'",
        "the id of a monitored point",
    ),
    Refusal(
        "a colour against the scale",
        FLOOD,
        "  - code: IV\n",
        "  - code: IV\n    severity: red\n",
        "a severity of its own",
        "those that 'emergency-grades' gives it",
    ),
    Refusal(
        "a level without a name",
        FLOOD,
        "  - code: IV\n",
        "  - code: V\n",
        "no name_zh, name_en or severity",
        "a code of the scale",
    ),
    Refusal(
        "a figure of areas for a geofence",
        FENCE,
        "minutes_inside >= 5.0",
        "points_heavy >= 5.0",
        "points_heavy",
        "figures of geofence: inside",
    ),
    Refusal(
        "thresholds that do not rise",
        TABLE,
        "depth_cm: 30",
        "depth_cm: 60",
        "50",
        "more than the grade below has, 60",
        at="code: heavy",
    ),
    Refusal(
        "a set-back of something else",
        TABLE,
        "set_back: {depth_cm: 3}",
        "set_back: {rain_mm: 3}",
        "3 for 'rain_mm'",
        "for a figure of the grades",
    ),
    Refusal(
        "a table called otherwise than its file",
        TABLE,
        "table_id: depth-water-pipe-2026",
        "table_id: depth",
        "'depth'",
        "'depth-water-pipe-2026'",
    ),
    Refusal("a threshold in words", TABLE, "depth_cm: 50", "depth_cm: deep", "'deep'", "a valid number"),
    Refusal(
        "two categories of one name",
        URBAN,
        "zh: 下穿隧道",
        "zh: 人行道",
        "'人行道'",
        "one that categories/urban-components.yaml",
    ),
    Refusal(
        "a category that names an emergency",
        URBAN,
        "zh: 下穿隧道",
        "zh: 火警",
        "'火警'",
        "(fire) does not have",
    ),
    Refusal(
        "a category outside its class", URBAN, "C260:", "X260:", "'X260'", "a code that begins with 'C2'"
    ),
    Refusal(
        "a limit of no time",
        URBAN,
        "limits: {urgent_h: 4, normal_h: 48",
        "limits: {urgent_h: 0, normal_h: 48",
        "0",
        "greater than 0",
    ),
    Refusal(
        "a place off the earth",
        "points.yaml",
        "lat: 25.01575",
        "lat: 250.1575",
        "250.1575",
        "less than or equal to 90",
    ),
    Refusal("a point twice", "points.yaml", "- id: KM02", "- id: KM01", "'KM01' again", "an id of its own"),
    Refusal(
        "a kind of point that is none",
        "points.yaml",
        "kind: culvert",
        "kind: bridge",
        "'bridge'",
        "'road', 'underpass', 'culvert'",
    ),
    Refusal(
        "a geofence around nothing",
        "geofences.yaml",
        "point: KM01",
        "point: KM99",
        "'KM99'",
        "the id of a monitored point",
    ),
    Refusal(
        "a geofence without a shape",
        "geofences.yaml",
        "    circle: {lon: 102.76531, lat: 25.01575, radius_m: 80}\n",
        "",
        "neither a circle nor a polygon",
        "one of them",
        at="- id: GF01",
    ),
    Refusal("no version", "catalogue.yaml", "version:", "versions:", "nothing", "this field"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(
        shutil.copytree(
            CATALOGUE_DIR, tmp_path / "catalogue", ignore=shutil.ignore_patterns("areas", "roads")
        )
    )


def refusal_of(folder: Path) -> CatalogueError:
    with pytest.raises(CatalogueError) as refused:
        load_catalogue(folder)
    return refused.value


@pytest.mark.parametrize("case", REFUSALS, ids=lambda case: case.sentence)
def test_it_is_refused_with_file_line_found_and_expected(folder: Path, case: Refusal) -> None:
    path = folder / case.file
    text = path.read_text(encoding="utf-8")
    assert case.there in text, "the test is about something the file no longer says"
    wrong = text.replace(case.there, case.instead, 1)
    path.write_text(wrong, encoding="utf-8")
    error = refusal_of(folder)
    telling = [p for p in error.problems if case.found in p.found and case.expected in p.expected]
    assert telling, error.message
    assert telling[0].file == case.file
    at = wrong.index(case.at) if case.at else text.index(case.there)
    assert telling[0].line == wrong[:at].count("\n") + 1
    assert str(telling[0]) in error.message


def test_no_rule_that_grades_points_is_refused(folder: Path) -> None:
    path = folder / DEPTH
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("grades_point: true", "grades_point: false"), encoding="utf-8")
    [problem] = refusal_of(folder).problems
    assert (problem.file, problem.found) == ("rules", "no rule")


def test_two_rules_that_would_silence_each_other_are_both_named(folder: Path) -> None:
    rapid, soon = folder / RAPID, folder / SOON
    for path, other in ((rapid, "waterlogging-heavy-soon"), (soon, "waterlogging-rapid-rise")):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("rule: waterlogging-depth,", f"rule: {other},"), encoding="utf-8")
    problems = refusal_of(folder).problems
    assert {p.file for p in problems} == {RAPID, SOON}
    assert all("all would fall silent" in p.expected for p in problems)


def test_rules_that_inhibit_each_other_in_a_circle_are_named_with_it(folder: Path) -> None:
    circle = ("waterlogging-rapid-rise", "waterlogging-heavy-soon", "pump-sump-high")
    for rule, other in zip(circle, (*circle[1:], circle[0]), strict=True):
        path = folder / "rules" / f"{rule}.yaml"
        text = path.read_text(encoding="utf-8")
        assert "rule: waterlogging-depth," in text
        path.write_text(text.replace("rule: waterlogging-depth,", f"rule: {other},"), encoding="utf-8")
    found = {problem.file: problem.found for problem in refusal_of(folder).problems}
    assert found.keys() == {f"rules/{rule}.yaml" for rule in circle}
    assert " → ".join((*circle, circle[0])) in found[RAPID]


def test_every_wrong_file_is_named_at_once(folder: Path) -> None:
    for file in (RAPID, SOON):
        path = folder / file
        text = re.sub(r"when: .*", "when: nonsense", path.read_text(encoding="utf-8"))
        path.write_text(text, encoding="utf-8")
    assert {p.file for p in refusal_of(folder).problems} == {RAPID, SOON}


def test_a_file_that_is_missing_is_named(folder: Path) -> None:
    (folder / "nets.yaml").unlink()
    [problem] = refusal_of(folder).problems
    assert (problem.file, problem.found, problem.expected) == ("nets.yaml", "none", "one")


def test_a_city_without_geofences_needs_no_file_of_them(folder: Path) -> None:
    (folder / "geofences.yaml").unlink()
    assert load_catalogue(folder).geofences == {}


def test_what_is_no_text_is_refused(folder: Path) -> None:
    (folder / RAPID).write_bytes(b"rule: \xff\xfe")
    [problem] = refusal_of(folder).problems
    assert (problem.file, problem.expected) == (RAPID, "UTF-8")


def test_a_date_that_no_calendar_has_is_refused(folder: Path) -> None:
    (folder / "catalogue.yaml").write_text("version: 2026-13-45\nsource: x\n", encoding="utf-8")
    [problem] = refusal_of(folder).problems
    assert (problem.file, problem.expected) == ("catalogue.yaml", "valid YAML")


def test_lists_in_lists_without_end_are_refused(folder: Path) -> None:
    (folder / RAPID).write_text("rule: " + "[" * 5_000, encoding="utf-8")
    assert [p.file for p in refusal_of(folder).problems] == [RAPID]


def test_a_condition_without_end_is_refused(folder: Path) -> None:
    path = folder / RAPID
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"when: .*", "when: " + "(" * 100_000, text, count=1), encoding="utf-8")
    [problem] = refusal_of(folder).problems
    assert (problem.file, problem.line, problem.where) == (RAPID, 14, "levels.0.when")


def test_an_empty_file_is_refused(folder: Path) -> None:
    (folder / RAPID).write_bytes(b"")
    [problem] = refusal_of(folder).problems
    assert problem.file == RAPID and problem.line == 1
