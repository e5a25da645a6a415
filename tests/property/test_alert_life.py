"""Whatever gauges and officers do in whatever order: one open alert, and no alarm without a reason for it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerts.acknowledgement import give_back
from alerts.all_clear import all_clear, clear_by_rule
from alerts.calling import is_quiet
from alerts.escalation import escalate, escalate_by_hand
from alerts.grading import next_level
from alerts.inhibition import follow_explanation
from alerts.lifecycle import AlertChange, acknowledge, follow_level
from alerts.model import Alert, AlertStatus, LevelState, Outcome
from alerts.shelving import expire_shelf, shelve, unshelve
from core.errors import CommandCentreError
from tests.alert_cases import RULE, START, TUNNEL

ACTS: dict[str, Callable[..., AlertChange | None]] = {
    "acknowledge": lambda alert, at: AlertChange("alert.acknowledged", acknowledge(alert, "甲", None, at)),
    "give back": lambda alert, at: give_back(alert, RULE, at),
    "shelve": lambda alert, at: shelve(alert, "甲", "已派人", at + timedelta(minutes=20), at),
    "unshelve": lambda alert, at: unshelve(alert, RULE, at),
    "clear": lambda alert, at: all_clear(alert, "甲", Outcome.REAL, None, at),
    "clear as false": lambda alert, at: all_clear(alert, "甲", Outcome.FALSE_ALARM, None, at),
    "tell": lambda alert, at: escalate_by_hand(alert, RULE, at),
    "explain": lambda alert, at: follow_explanation(alert, RULE, "B", at),
    "free": lambda alert, at: follow_explanation(alert, RULE, None, at),
}
CALLED_AGAIN = ("alert.unshelved", "alert.unsuppressed", "alert.resumed")
STEPS = st.lists(
    st.tuples(st.integers(0, 900), st.one_of(st.sampled_from(sorted(ACTS)), st.floats(0, 80))), max_size=60
)
"""Seconds since the step before, and what is done or the depth that is read."""


class Life:
    """One gauge's rule and its alert, as the program keeps them."""

    def __init__(self) -> None:
        self.at = START
        self.level = LevelState(RULE.rule_id, "P")
        self.alert: Alert | None = None
        self.ended: list[Alert] = []
        self.peak = 0
        """The highest level the open alert had."""

    def step(self, seconds: int, what: str | float) -> None:
        self.at += timedelta(seconds=seconds)
        self.timers()
        if isinstance(what, str):
            if self.alert is not None:
                with suppress(CommandCentreError):  # refused in words: nothing changes
                    self.take(ACTS[what](self.alert, self.at))
        else:
            self.read(what)

    def read(self, depth_cm: float) -> None:
        before, self.level = self.level, next_level(self.level, RULE, {"depth_cm": depth_cm}, self.at)
        if self.level.level == before.level:
            return
        was_open = self.alert
        change = follow_level(
            self.alert,
            before,
            self.level,
            RULE,
            TUNNEL,
            value=depth_cm,
            because={},
            alert_id=f"A{len(self.ended)}",
            catalogue_version="",
            at=self.at,
        )
        rank = RULE.rank(self.level.level)
        if change is not None and change.event in ("alert.opened", "alert.raised"):
            assert (change.event == "alert.opened") is (was_open is None)
            assert rank > (self.peak if was_open is not None else RULE.rank(before.level))
        self.take(change)
        if self.alert is not None:
            self.peak = max(self.peak, rank)

    def timers(self) -> None:
        if self.alert is not None:
            self.take(expire_shelf(self.alert, RULE, self.at))
        if self.alert is not None:
            self.take(clear_by_rule(self.alert, RULE, self.at))
        while self.alert is not None and (change := escalate(self.alert, RULE, self.at)) is not None:
            assert self.alert.status is AlertStatus.ACTIVE and not is_quiet(self.alert, RULE)
            assert change.alert.told.rank > self.alert.told.rank
            self.take(change)

    def take(self, change: AlertChange | None) -> None:
        if change is None:
            return
        before, after = self.alert, change.alert
        assert before is None or after.alert_id == before.alert_id, "never a second open alert"
        if before is not None and after.alarmed_at != before.alarmed_at:
            assert change.event in (*CALLED_AGAIN, "alert.raised")
            assert after.status is AlertStatus.ACTIVE
            assert change.event == "alert.raised" or not is_quiet(after, RULE), "called to what is quiet"
        assert before is None or after.told.rank >= before.told.rank, "nobody unlearns of it"
        if after.status is AlertStatus.CLEARED:
            assert after.escalate_at is None and after.shelved_until is None
            assert after.returned_at is not None or after.outcome is Outcome.FALSE_ALARM
            self.ended.append(after)
            self.alert, self.peak = None, 0
        else:
            self.alert = after


@given(STEPS)
def test_one_open_alert_and_people_are_called_only_for_more_or_when_a_quiet_one_speaks_again(
    steps: list[tuple[int, str | float]],
) -> None:
    life = Life()
    for seconds, what in steps:
        life.step(seconds, what)
    ids = [alert.alert_id for alert in life.ended]
    assert len(set(ids)) == len(ids)


@given(STEPS)
def test_an_alert_that_stands_and_that_nobody_has_always_ends_with_the_city(
    steps: list[tuple[int, str | float]],
) -> None:
    life = Life()
    for seconds, what in steps:
        life.step(seconds, what)
    life.read(60.0)
    if life.alert is None:
        return  # cleared as a false alarm, and no level above it came
    for _ in range(3):  # it speaks again when its shelf ends and when nothing explains it
        life.at += timedelta(hours=1)
        life.take(follow_explanation(life.alert, RULE, None, life.at))
        life.read(60.0)
        life.timers()
        assert life.alert is not None
    if life.alert.status is AlertStatus.ACTIVE:
        assert life.alert.told.value == "city"
