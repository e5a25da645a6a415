"""The steps of the flood response in words."""

from __future__ import annotations

from dashboard.language import t

STEP_SEVERITY = {"IV": "blue", "III": "yellow", "II": "orange", "I": "red"}
"""Which grade's mark a step wears: the response has the four warning colours."""
_NUMERAL = {"IV": "Ⅳ", "III": "Ⅲ", "II": "Ⅱ", "I": "Ⅰ"}


def step_words(step: str | None) -> str:
    """`III` as Ⅲ级响应; None is everyday work."""
    if step is None:
        return t("常态")
    return t("戒备") if step == "standby" else t("{numeral}级响应", numeral=_NUMERAL[step])
