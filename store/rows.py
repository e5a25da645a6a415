"""Between the domain's dataclasses and table rows: a place is two columns, the rest keeps its name."""

from __future__ import annotations

from dataclasses import fields
from enum import Enum
from typing import Any, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import RowMapping

from core.geo import LonLat

T = TypeVar("T")


def to_row(thing: Any) -> dict[str, Any]:
    """Column values of a dataclass; enums by value, nested values as JSON."""
    row: dict[str, Any] = {}
    for name in _names(type(thing)):
        value = getattr(thing, name)
        if isinstance(value, LonLat):
            row["lon"], row["lat"] = value
        else:
            row[name] = _column(value)
    return row


_known: dict[type[Any], tuple[str, ...]] = {}


def _names(kind: type[Any]) -> tuple[str, ...]:
    """Looked up once for each kind: a row is made thousands of times a second."""
    if kind not in _known:
        _known[kind] = tuple(field.name for field in fields(kind))
    return _known[kind]


def _column(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_adapter(type(item)).dump_python(item, mode="json") for item in value]
    return value


def from_row(kind: type[T], row: RowMapping) -> T:
    """The dataclass that a row holds; columns it has no field for are left out."""
    values: dict[str, Any] = {str(name): value for name, value in row.items()}
    if "lon" in values:
        values["place"] = LonLat(values.pop("lon"), values.pop("lat"))
    known = _names(kind)
    found: T = _adapter(kind).validate_python({name: v for name, v in values.items() if name in known})
    return found


_adapters: dict[type[Any], TypeAdapter[Any]] = {}


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    """Made once for each kind: making one compiles a validator."""
    found = _adapters.get(kind)
    if found is None:
        found = _adapters[kind] = TypeAdapter(kind)
    return found
