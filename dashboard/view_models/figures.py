"""Figures of rules in words: what an alert's reasons and a level's proposal are told with."""

from __future__ import annotations

import re
from collections.abc import Mapping

from alerts.feature_names import FEATURES, FeatureName
from dashboard.language import current_locale, mark, t

_KNOWN: Mapping[str, FeatureName] = {
    feature.name: feature for features in FEATURES.values() for feature in features
}


def figure_name(name: str) -> str:
    """`rise_cm_per_min` as an officer says it; a figure without words stands under its own name."""
    feature = _KNOWN.get(name)
    if feature is None:
        return name
    return feature.en if current_locale.get() == "en" else feature.zh


def figure_value(name: str, value: float) -> str:
    """The value with its unit, to a tenth."""
    feature = _KNOWN.get(name)
    unit = f" {feature.unit}" if feature and feature.unit else ""
    return f"{round(value, 1):g}{unit}"


_PART = re.compile(
    r"(?P<figure>[a-z_]\w*(?:\.\w+)?)|(?P<number>\d+(?:\.\d+)?)|(?P<sign>&&|\|\||[=<>!]=|[^\s\w])"
)
_SIGNS: Mapping[str, str] = {
    "&&": mark("且"),
    "||": mark("或"),
    "!": mark("未"),
    ">=": "≥",
    "<=": "≤",
    "==": "=",
    "!=": "≠",
    "-": "−",
}


def condition_words(condition: str, names: Mapping[str, str]) -> str:
    """A free condition of a rule as an officer reads it: `covered_pct < 50.0 && …` with the figures' names and units.
    `names` are the words of the texts and grades in it; what has none stands under its own name."""
    parts, unit = [], ""
    for part in _PART.finditer(condition):
        if figure := part["figure"]:
            name, _, grade = figure.partition(".")
            known = _KNOWN.get(name)
            unit = known.unit if known else ""
            # What follows explains the figure, which a condition has no room for.
            words = re.split("[:;,]", figure_name(name))[0].removeprefix("whether ")
            parts.append(" ".join(filter(None, (names.get(figure, words), names.get(grade, grade)))))
        elif number := part["number"]:
            parts.append(f"{float(number):g} {unit}".rstrip())
        elif part["sign"] != '"':
            parts.append(t(_SIGNS.get(part["sign"], part["sign"])))
    return re.sub(r"\( | (?=\))", lambda found: found[0].strip(), " ".join(parts))


def figure_words() -> dict[str, list[str]]:
    """Name -> its words and unit, for the scripts of a page in the language of the request."""
    return {name: [figure_name(name), feature.unit] for name, feature in _KNOWN.items()}
