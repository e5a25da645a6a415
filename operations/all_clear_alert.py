"""A person gives the all-clear."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.all_clear import all_clear, stands_unheard
from alerts.model import Alert, LevelState, Outcome
from core.actor import Actor, Permission
from operations.one_alert import change_alert, gauge_silent_s
from operations.ports import Ports
from operations.store import Transaction
from operations.texts import readable_note
from operations.transaction import require


@dataclass(frozen=True, slots=True)
class AllClearAlert:
    """`outcome` is what the alert was found to have been."""

    alert_id: str
    outcome: Outcome
    note: str | None


def all_clear_alert(ports: Ports, actor: Actor, command: AllClearAlert) -> Alert:
    """Commits who cleared it, when, and what it was. Raises NotFoundError, or ConflictError while the condition
    stands (except for a false alarm, and where its gauge was silent for over an hour) and when somebody else cleared
    it. What a silent gauge said last is forgotten with its alert, so that one that speaks again calls again.
    """
    require(actor, Permission.ALL_CLEAR)
    note = readable_note(command.note)
    with ports.store.transaction() as tx:
        silent_s = gauge_silent_s(ports, tx, tx.alert(command.alert_id, lock=False))

    def forget(tx: Transaction, before: Alert) -> None:
        if stands_unheard(before, silent_s) and command.outcome is not Outcome.FALSE_ALARM:
            tx.save_level_states([LevelState(before.rule_id, before.subject_id)])

    return change_alert(
        ports,
        actor,
        Permission.ALL_CLEAR,
        command.alert_id,
        lambda alert, at: all_clear(alert, actor.name, command.outcome, note, at, silent_s),
        lambda before, after: {
            "by": actor.name,
            "outcome": command.outcome.value,
            "note": note,
            "stood": before.returned_at is None,
        },
        forget,
    )
