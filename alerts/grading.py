"""From figures to a rule's level, with set-back and delays, so that a jittering gauge makes one alert."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from alerts.model import LevelState
from alerts.rules import Features, Rule


def level_reached(rule: Rule, features: Features) -> str | None:
    """The highest level the figures ask for; None for normal. Raises what a condition raises."""
    return next((level.code for level in reversed(rule.levels) if level.reached(features)), None)


def level_held(rule: Rule, features: Features) -> str | None:
    """The highest level the figures still justify, its set-back included. Raises what a condition raises."""
    return next(
        (level.code for level in reversed(rule.levels) if level.reached(features) or level.held(features)),
        None,
    )


def next_level(state: LevelState, rule: Rule, features: Features, at: datetime) -> LevelState:
    """The memory of the rule after the figures of instant `at`.

    Up needs a level asked for without a break during `on_delay`; down needs it to be justified no more, set-back
    included, without a break during `off_delay`. Raises what a condition raises.
    """
    now_rank = rule.rank(state.level)
    if not now_rank and state.level is not None:  # a newer version of the rule dropped the level
        state = replace(state, level=None)
    wanted_up = level_reached(rule, features)
    if rule.rank(wanted_up) > now_rank:
        return _rise(state, wanted_up, at, rule)
    if now_rank:
        wanted_down = level_held(rule, features)
        if rule.rank(wanted_down) < now_rank:
            return _fall(state, wanted_down, at, rule)
    if state.rising_since is None and state.falling_since is None:
        return state
    return replace(state, rising_to=None, rising_since=None, falling_to=None, falling_since=None)


def _rise(state: LevelState, wanted: str | None, at: datetime, rule: Rule) -> LevelState:
    since = state.rising_since or at
    # The run began when some higher level was first asked for; what is granted after the
    # delay is the lowest level asked for meanwhile, since only that was held all along.
    held = wanted
    if state.rising_to is not None and rule.rank(state.rising_to) < rule.rank(wanted):
        held = state.rising_to
    if at - since < rule.on_delay:
        return replace(state, rising_to=held, rising_since=since, falling_to=None, falling_since=None)
    granted = LevelState(state.rule_id, state.subject_id, held)
    return granted if held == wanted else replace(granted, rising_to=wanted, rising_since=at)


def _fall(state: LevelState, wanted: str | None, at: datetime, rule: Rule) -> LevelState:
    since = state.falling_since or at
    held = wanted
    if state.falling_since is not None and rule.rank(state.falling_to) > rule.rank(wanted):
        held = state.falling_to
    if at - since < rule.off_delay:
        return replace(state, falling_to=held, falling_since=since, rising_to=None, rising_since=None)
    granted = LevelState(state.rule_id, state.subject_id, held)
    return granted if held == wanted else replace(granted, falling_to=wanted, falling_since=at)
