"""One act on many alerts that an officer selected: each by itself, so that one refusal keeps none of the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from alerts.model import Outcome
from core.actor import Actor
from core.errors import CommandCentreError, InvalidInputError
from dashboard.callbacks.asking import Request
from dashboard.language import t
from dashboard.view_models.notices import Notice, refusal
from operations.all_clear_alert import AllClearAlert, all_clear_alert
from operations.escalate_alert import EscalateAlert, escalate_alert
from operations.ports import Ports
from operations.shelve_alert import ShelveAlert, shelve_alert
from operations.unshelve_alert import UnshelveAlert, unshelve_alert

MOST_AT_ONCE = 200

Act = Callable[[str], object]


def act_on_selected(ports: Ports, actor: Actor, request: Request, zone: ZoneInfo) -> Notice:
    """Does to each of `alert_ids` what `act` says; tells how many it was done to, and why not to the others.

    Raises InvalidInputError for an unknown act or too many alerts, the first refusal when all were refused.
    """
    acts: dict[str, tuple[Act, str]] = {
        "shelve": (
            lambda a: shelve_alert(
                ports, actor, ShelveAlert(a, int(request["minutes"]), str(request["reason"]))
            ),
            t("已搁置"),
        ),
        "unshelve": (lambda a: unshelve_alert(ports, actor, UnshelveAlert(a)), t("已取消搁置")),
        "escalate": (lambda a: escalate_alert(ports, actor, EscalateAlert(a)), t("已上报")),
        "clear": (
            lambda a: all_clear_alert(
                ports, actor, AllClearAlert(a, Outcome(request["outcome"]), request.get("note") or None)
            ),
            t("已解除"),
        ),
    }
    ids: Sequence[str] = [str(a) for a in request["alert_ids"]]
    if request["act"] not in acts or not 0 < len(ids) <= MOST_AT_ONCE:
        raise InvalidInputError(t("一次可办 1 至 {most} 条，现为 {n} 条", most=MOST_AT_ONCE, n=len(ids)))
    act, word = acts[request["act"]]
    done: list[str] = []
    refused: list[CommandCentreError] = []
    for alert_id in ids:
        try:
            act(alert_id)
        except CommandCentreError as error:
            refused.append(error)
        else:
            done.append(alert_id)
    if not done:
        raise refused[0]
    words = t("{word} {n} 条", word=word, n=len(done))
    if refused:
        why = refusal(refused[0], "alerts", zone).text
        words = t("{words}；{n} 条未办：{why}", words=words, n=len(refused), why=why)
    undo = done if request["act"] == "shelve" else []
    return Notice("done", words, f"alerts_{request['act']}", undo)
