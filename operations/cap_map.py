"""What a city edits about CAP: who it is to others, how its categories are called there, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from operations.cap import CapCategory, CapInfo, CapResponse


@dataclass(frozen=True, slots=True)
class CapWording:
    """How alerts of one of our categories are told to others. What is not `public` goes to other systems only."""

    categories: tuple[CapCategory, ...]
    event_zh: str
    event_en: str
    public: bool
    responses: tuple[CapResponse, ...]
    instruction_zh: str
    instruction_en: str


@dataclass(frozen=True, slots=True)
class CapMap:
    """`wordings` by our category. An incoming event is given one of our categories by its code, else by a word in
    its text, else by its CAP category, else it is `otherwise`."""

    sender: str = "command-centre.example"
    sender_name_zh: str = ""
    sender_name_en: str = ""
    radius_km: float = 0.5
    """Of an area around a place that has no radius of its own."""
    stands_without_expiry: timedelta = timedelta(hours=24)
    geocode_names: frozenset[str] = frozenset()
    """Value names of geocodes that hold codes of GB/T 2260. Others may look alike and be counties elsewhere."""
    wordings: Mapping[str, CapWording] = field(default_factory=dict)
    by_event_code: Mapping[str, str] = field(default_factory=dict)
    by_word: Mapping[str, str] = field(default_factory=dict)
    by_cap_category: Mapping[CapCategory, str] = field(default_factory=dict)
    otherwise: str = "other_warning"

    def category_of(self, infos: tuple[CapInfo, ...]) -> str:
        """Our category of an event that others named."""
        for _, code in (pair for info in infos for pair in info.event_codes):
            if code in self.by_event_code:
                return self.by_event_code[code]
        for text in (info.event.lower() for info in infos):
            for word, category in self.by_word.items():
                if word in text:
                    return category
        for found in (category for info in infos for category in info.categories):
            if found in self.by_cap_category:
                return self.by_cap_category[found]
        return self.otherwise
