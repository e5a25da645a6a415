"""What a catalogue holds, in lines for a console."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from operations.catalogue import Catalogue


def summary_of(catalogue: Catalogue) -> Iterator[str]:
    """Version and digest, then how many there are of everything, then each rule."""
    groups = Counter(category.group for category in catalogue.case_categories.values())
    sources = Counter(category.source for category in catalogue.case_categories.values())
    counted = {
        "version": f"{catalogue.version} ({catalogue.digest})",
        "emergency categories": len(catalogue.categories),
        "case categories": f"{len(catalogue.case_categories)} ({_listed(groups)}; names {_listed(sources)})",
        "points": f"{len(catalogue.points)} ({_listed(Counter(p.kind for p in catalogue.points.values()))})",
        "geofences": len(catalogue.geofences),
        "grading tables": ", ".join(f"{t.table_id} of {t.version}" for t in catalogue.tables.values()),
        "points are graded by": catalogue.waterlogging.table_id,
        "rules": len(catalogue.rules),
    }
    yield from (f"{name:<22}{value}" for name, value in counted.items())
    for rule in catalogue.rules.values():
        levels = ", ".join(f"{level.code} {level.severity}" for level in rule.levels)
        yield f"  {rule.rule_id:<26}{rule.watches.subject:<10}{levels}"


def _listed(counts: Mapping[Any, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
