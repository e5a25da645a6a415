"""How long what a person or a device writes may be: it goes into the journal and to every screen."""

from __future__ import annotations

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
