"""A column held against many values: one parameter, so one statement and one plan however many there are."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Text, any_, cast
from sqlalchemy.dialects.postgresql import ARRAY


def among(column: ColumnElement[Any], texts: Collection[str]) -> ColumnElement[bool]:
    """Whether the text column is one of these."""
    return column == any_(cast(sorted(texts), ARRAY(Text)))
