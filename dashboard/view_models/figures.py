"""Figures of rules in words: what an alert's reasons and a level's proposal are told with."""

from __future__ import annotations

from collections.abc import Mapping

from alerts.feature_names import FEATURES, FeatureName
from dashboard.language import current_locale

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


def figure_words() -> dict[str, list[str]]:
    """Name -> its words and unit, for the scripts of a page in the language of the request."""
    return {name: [figure_name(name), feature.unit] for name, feature in _KNOWN.items()}
