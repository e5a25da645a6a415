"""Reads and validates catalogue/cap.yaml."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import CommandCentreError
from operations.cap import CapCategory, CapResponse
from operations.cap_map import CapMap, CapWording

FILE = "cap.yaml"


class CapMapError(CommandCentreError):
    """The file cannot be used; nothing of it is."""

    code = "catalogue"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Wording(_Strict):
    categories: list[CapCategory] = Field(min_length=1)
    event_zh: str = Field(min_length=1)
    event_en: str = Field(min_length=1)
    public: bool
    responses: list[CapResponse]
    instruction_zh: str
    instruction_en: str


class _File(_Strict):
    source: str
    sender: str = Field(pattern=r"^[^\s,<&]{1,120}$")
    sender_name_zh: str
    sender_name_en: str
    radius_km: float = Field(gt=0, le=100)
    stands_without_expiry_h: float = Field(gt=0, le=24 * 30)
    geocode_names: list[str]
    wordings: dict[str, _Wording]
    by_event_code: dict[str, str]
    by_word: dict[str, str]
    by_cap_category: dict[CapCategory, str]
    otherwise: str


def load_cap_map(folder: Path) -> CapMap:
    """The file in this folder. Raises CapMapError with file, place, found and expected."""
    path = folder / FILE
    try:
        found = _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise CapMapError(f"{path}: found no file, expected one") from error
    except yaml.YAMLError as error:
        raise CapMapError(f"{FILE}: found no valid YAML: {error}") from error
    except ValidationError as error:
        wrong = [
            f"  {'.'.join(str(part) for part in e['loc'])}: found {str(e['input'])[:80]!r}, expected: {e['msg']}"
            for e in error.errors()
        ]
        raise CapMapError("\n".join([f"{FILE} cannot be used:", *wrong])) from error
    return CapMap(
        sender=found.sender,
        sender_name_zh=found.sender_name_zh,
        sender_name_en=found.sender_name_en,
        radius_km=found.radius_km,
        stands_without_expiry=timedelta(hours=found.stands_without_expiry_h),
        geocode_names=frozenset(found.geocode_names),
        wordings={
            category: CapWording(
                tuple(w.categories),
                w.event_zh,
                w.event_en,
                w.public,
                tuple(w.responses),
                w.instruction_zh,
                w.instruction_en,
            )
            for category, w in found.wordings.items()
        },
        by_event_code=found.by_event_code,
        by_word={word.lower(): category for word, category in found.by_word.items()},
        by_cap_category=found.by_cap_category,
        otherwise=found.otherwise,
    )
