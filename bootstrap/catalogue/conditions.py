"""CEL conditions: compiled once, tried on samples before they meet a real reading."""

from __future__ import annotations

import re
from collections.abc import Collection

import cel

from alerts.feature_names import features_of, sample_features
from alerts.rules import Features, SubjectKind

EVALUATION_ERRORS = (TypeError, ValueError, LookupError, RuntimeError, ArithmeticError)
"""What the library raises for a condition that cannot be evaluated."""

LONGEST_CONDITION = 300
DEEPEST_NESTING = 8
"""Characters and brackets within brackets: three times what the longest rule as delivered needs."""

_OVER_LISTS = re.compile(
    r"\b(?:all|exists|exists_one|existsOne|map|filter|transformList|transformMap|transformMapEntry)"
    r"(?:\s|//[^\n]*)*\("
)
"""Loops of CEL. Loops in loops take longer than the city has, and the library holds up the whole process meanwhile."""


class CelCondition:
    """A compiled condition. Hands over only the figures it mentions, which costs a tenth of handing over all.

    Raises what the library raises, KeyError for a missing figure and TypeError for an answer that is neither true
    nor false: the rule's own failure.
    """

    __slots__ = ("_program", "names", "text")

    def __init__(self, text: str) -> None:
        """Raises ValueError for what is no CEL."""
        self.text = text
        self._program = cel.compile(text)
        self.names = frozenset(self._program.variables())

    def __call__(self, features: Features) -> bool:
        answer = self._program.execute({name: features[name] for name in self.names})
        if answer is True or answer is False:
            return answer
        raise TypeError(f"{self.text}: found {answer!r}, expected true or false")


class ConditionError(ValueError):
    """A condition that cannot be used: what was found and what was expected."""

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(f"found {found}, expected {expected}")
        self.found = found
        self.expected = expected


def compile_condition(
    text: str, subject: SubjectKind, quantity: str, grades: Collection[str]
) -> CelCondition:
    """The condition, ready. Raises ConditionError for wrong syntax, unknown names, wrong types, and an answer
    that is not true or false, each found on samples of what such a rule meets. What could take long, loops over lists
    above all, is refused before it is compiled: nothing can interrupt the library."""
    _refuse_costly(text)
    try:
        condition = CelCondition(text)
    except ValueError as error:
        what = str(error).partition("ERROR: <input>:")[2].partition("\n")[0] or str(error).partition("\n")[0]
        raise ConditionError(f"{text!r}", f"a CEL expression (column {what.partition(':')[2]})") from error
    known = features_of(subject, quantity)
    unknown = sorted(condition.names - known.keys())
    if unknown:
        about = f"{subject} of {quantity}" if subject == "point" else subject
        raise ConditionError(f"{', '.join(unknown)!s} in {text!r}", f"figures of {about}: {', '.join(known)}")
    for sample in sample_features(subject, quantity, grades):
        try:
            condition(sample)
        except EVALUATION_ERRORS as error:
            raise ConditionError(f"{text!r}", _expected(error, condition, grades)) from error
    return condition


def _refuse_costly(text: str) -> None:
    if len(text) > LONGEST_CONDITION:
        raise ConditionError(
            f"{len(text)} characters, {text[:40]!r} …", f"at most {LONGEST_CONDITION} characters"
        )
    loop = _OVER_LISTS.search(text)
    if loop is not None:
        raise ConditionError(f"{loop[0]!r} in {text!r}", "comparisons of figures, no loop over a list")
    depth = 0
    for sign in text:
        depth += (sign in "([{") - (sign in ")]}")
        if depth > DEEPEST_NESTING:
            raise ConditionError(f"{text!r}", f"at most {DEEPEST_NESTING} brackets within each other")


def _expected(error: Exception, condition: CelCondition, grades: Collection[str]) -> str:
    if isinstance(error, KeyError) and "minutes_to" in condition.names:
        return f"minutes_to of one of {', '.join(grades)}; there is none of {error}"
    _, _, expected = str(error).rpartition("expected ")
    if isinstance(error, TypeError) and expected == "true or false":
        return "an expression that is true or false"
    return f"an expression that can be evaluated ({str(error).partition('. ')[0]})"
