"""The examples in the docs are taken by the program as they stand there."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from bootstrap.catalogue import CATALOGUE_DIR, CatalogueError, load_catalogue
from bootstrap.settings import REPOSITORY
from intake import bodies

DOCS = REPOSITORY / "docs"


def example_rule() -> str:
    [found] = re.findall(r"```yaml\n(rule: .*?)```", (DOCS / "catalogue.md").read_text("utf-8"), re.S)
    return str(found)


def test_the_example_rule_is_taken_in_a_file_that_is_named_as_it_and_in_no_other(tmp_path: Path) -> None:
    folder = tmp_path / "catalogue"
    shutil.copytree(CATALOGUE_DIR, folder)
    (folder / "rules" / "underpass-early.yaml").write_text(example_rule(), "utf-8")
    assert load_catalogue(folder).rules["underpass-early"].levels[0].code == "early"
    (folder / "rules" / "underpass-early.yaml").rename(folder / "rules" / "another.yaml")
    with pytest.raises(
        CatalogueError, match=r"another\.yaml:1: rule: found 'underpass-early', expected .*'another'"
    ):
        load_catalogue(folder)


@pytest.mark.parametrize(("path", "takes"), [("readings", bodies.READINGS), ("calls", bodies.CALL)])
def test_what_curl_sends_has_the_shape_that_the_api_takes(path: str, takes: TypeAdapter[Any]) -> None:
    page = (DOCS / "intake.md").read_text("utf-8")
    [sent] = re.findall(rf"/api/v1/{path} -H .*?<<END\n(.*?)\nEND\n", page, re.S)
    catalogue = load_catalogue()
    body = takes.validate_json(sent.replace("$NOW", "2026-08-18T09:30:00+08:00"))
    if path == "readings":
        assert all(r["point_id"] in catalogue.points for r in body["readings"])
    else:
        assert body["category"] in catalogue.categories
