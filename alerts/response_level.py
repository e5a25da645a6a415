"""The flood response level of the city or a district: proposed by rules, set by a person, with who and when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from alerts.model import Alert, AlertStatus
from alerts.rules import Rule
from core.errors import ConflictError, InvalidInputError


class ResponseStep(StrEnum):
    """Standby 戒备, then Ⅳ to Ⅰ, from the lowest to the highest; no step at all is everyday work."""

    STANDBY = "standby"
    IV = "IV"
    III = "III"
    II = "II"
    I = "I"  # noqa: E741 - the city's own name for it

    @property
    def rank(self) -> int:
        """1 for standby to 5 for Ⅰ."""
        return list(ResponseStep).index(self) + 1


@dataclass(frozen=True, slots=True)
class ResponseLevel:
    """Where one jurisdiction stands and since when, and what the rules propose.

    `proposed_level` None with a `proposed_at` proposes the end; without one nothing was ever proposed.
    `version` counts the changes.
    """

    jurisdiction: str
    level: ResponseStep | None = None
    since_at: datetime | None = None
    set_by: str | None = None
    reason: str | None = None
    proposed_level: ResponseStep | None = None
    proposed_at: datetime | None = None
    proposed_because: Mapping[str, float] = field(default_factory=dict)
    version: int = 0


def response_step(text: str | None) -> ResponseStep | None:
    """The step with this name, None for none. Raises InvalidInputError."""
    if text is None:
        return None
    try:
        return ResponseStep(text)
    except ValueError as error:
        known = ", ".join(ResponseStep)
        raise InvalidInputError(f"level: found {text[:40]!r}, expected one of {known} or null") from error


def proposes_response(rule: Rule) -> bool:
    """Whether the levels of an area's rule are steps of the flood response."""
    return rule.watches.subject == "area" and all(level.code in set(ResponseStep) for level in rule.levels)


def answers(level: ResponseStep | None, alert: Alert, rule: Rule | None) -> bool:
    """Whether setting this level answers the alert of a rule that proposes one: at least as high, and nobody has
    answered yet. No step at all answers nothing."""
    if level is None or rule is None or not proposes_response(rule) or alert.status is not AlertStatus.ACTIVE:
        return False
    proposed = highest([alert.grade_code])
    return proposed is not None and proposed.rank <= level.rank


def highest(codes: Iterable[str | None]) -> ResponseStep | None:
    """The highest step among the levels that several rules have reached; a level that an edit renamed is none."""
    reached = set(codes)
    return max(
        (step for step in ResponseStep if step.value in reached), key=lambda step: step.rank, default=None
    )


def propose(
    stands: ResponseLevel, step: ResponseStep | None, because: Mapping[str, float], at: datetime
) -> ResponseLevel | None:
    """What stands with the rules' newest proposal; None when they propose what they did before."""
    if step == stands.proposed_level:
        return None
    return replace(
        stands,
        proposed_level=step,
        proposed_at=at,
        proposed_because=dict(because),
        version=stands.version + 1,
    )


def set_level(
    stands: ResponseLevel, step: ResponseStep | None, by: str, reason: str, at: datetime
) -> ResponseLevel | None:
    """The level as a person sets it, up or down, by any number of steps; None when that person set it before.

    Raises InvalidInputError without a reason, ConflictError naming who when somebody else set this level.
    """
    if not reason.strip():
        raise InvalidInputError("reason: found none, expected why the level is set / 请填写理由")
    if step == stands.level:
        if stands.set_by in (by, None):
            return None
        raise ConflictError(
            f"已由 {stands.set_by} 设定 / {stands.set_by} has set this level already",
            jurisdiction=stands.jurisdiction,
            level=step,
        )
    return replace(stands, level=step, since_at=at, set_by=by, reason=reason, version=stands.version + 1)
