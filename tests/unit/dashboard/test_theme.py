"""One set of tokens: the charts take theirs from the stylesheet, and the four grades are worn by nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from dashboard.theme import plotly_template, tokens

ASSETS = Path(__file__).resolve().parents[3] / "assets"


def test_the_charts_use_the_stylesheets_values() -> None:
    layout = plotly_template()["layout"]
    assert layout["font"]["color"] == tokens()["text-quiet"]
    assert layout["colorway"][0] == tokens()["text"]


def test_every_token_that_is_named_exists() -> None:
    known = set(tokens())
    for file in ASSETS.glob("*.css"):
        used = set(re.findall(r"var\(--([a-z0-9-]+)", file.read_text(encoding="utf-8")))
        assert used <= known, (file.name, used - known)


def test_grade_colours_stand_only_on_marks_of_grades() -> None:
    for file in ASSETS.glob("*.css"):
        for rule in re.findall(r"([^{}]+)\{([^{}]*)\}", file.read_text(encoding="utf-8")):
            if re.search(r"var\(--(red|orange|yellow|blue)\)", rule[1]):
                assert re.fullmatch(r"\s*\.mark-(red|orange|yellow|blue)\s*", rule[0]), (file.name, rule[0])


def test_nothing_is_loaded_from_elsewhere() -> None:
    for file in [*ASSETS.glob("*.css"), *ASSETS.glob("*.js"), *ASSETS.glob("*.svg")]:
        text = file.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|@import|//cdn", text), file.name
