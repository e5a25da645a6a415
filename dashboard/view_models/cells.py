"""Cells of a file that a spreadsheet opens: text stays text, and reads as it was written."""

from __future__ import annotations

import unicodedata
from typing import Any

from operations.texts import unturned

FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
"""What a spreadsheet would take for a formula at the beginning of a cell; the full-width signs too, which one with an
East Asian setting reads as the others."""


def tame(value: Any) -> Any:
    """A text that begins as a formula is marked as text, and signs that turn the direction of writing are left out: a
    reader would see another text than the one that stands there. Figures stay figures."""
    if not isinstance(value, str):
        return value
    text = unturned(value)
    seen = text.lstrip(" \u3000" + "".join(sign for sign in text if unicodedata.category(sign) == "Cf"))
    return f"'{text}" if seen.startswith(FORMULA) else text
