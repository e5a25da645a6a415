"""How long what a person or a device writes may be: it goes into the journal and to every screen."""

from __future__ import annotations

import unicodedata

from core.errors import InvalidInputError

LONGEST_TEXT = 4000
LONGEST_REASON = 1000
LONGEST_LINE = 200
LONGEST_KEY = 255


def refuse_longer(most: int, **texts: str | None) -> None:
    """Raises InvalidInputError for a text of more than `most` characters."""
    for name, text in texts.items():
        if text is not None and len(text) > most:
            raise InvalidInputError(
                f"{name}: found {len(text)} characters, expected at most {most} / 最多 {most} 个字"
            )


_TURNS_ROUND = dict.fromkeys(
    map(ord, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
)
"""Signs that turn the direction of what follows: a line of the journal would read otherwise than it was written."""


def readable_note(note: str | None) -> str | None:
    """The note as a reason is made readable, None when nothing can be read in it. Raises InvalidInputError for more
    than 4,000 characters."""
    refuse_longer(LONGEST_TEXT, note=note)
    return (readable_reason(note) or None) if note is not None else None


def unturned(text: str) -> str:
    """The text without signs that turn the direction of writing."""
    return text.translate(_TURNS_ROUND)


def readable_reason(reason: str) -> str:
    """The reason without signs that turn the direction of writing; empty when no sign of it can be seen."""
    turned = unturned(reason)
    seen = any(unicodedata.category(sign)[0] not in "CZ" for sign in turned)
    return turned if seen else ""
