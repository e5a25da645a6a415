"""Takes in a warning that others send as a CAP message: it opens, changes or ends an alert of ours."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from alerts.imported import CAP_IMPORT, STATED_RANK
from alerts.lifecycle import Subject
from alerts.model import Alert
from alerts.rules import Rule
from core.actor import CITY, Actor, Permission
from core.events import happened
from core.geo import LonLat
from operations.apply_rules import RuleWork
from operations.cap import (
    COLOUR,
    CapInfo,
    CapMessage,
    CapMsgType,
    CapOutcome,
    CapResponse,
    CapStatus,
    ReceivedCap,
)
from operations.inhibit_alerts import settle_inhibitions
from operations.instants import not_in_the_future
from operations.ports import PartOfCity, Ports
from operations.public_state import cap_state, changes
from operations.store import Transaction
from operations.stored import QuarantinedItem
from operations.transaction import committed, require

QUARANTINE_KIND = "cap"
_LONGEST_NAME = 120
_LONGEST_WORDS = 2000
_EXCERPT_BYTES = 2000

_MEANT_IN = {
    "live": frozenset({CapStatus.ACTUAL}),
    # What is exercised together is sent as Exercise; a drill's screens say of everything that it is one.
    "drill": frozenset({CapStatus.ACTUAL, CapStatus.EXERCISE}),
}


@dataclass(frozen=True, slots=True)
class ReceiveCap:
    """A message as it was read. `signed`: a signature is there, and nobody has verified it."""

    message: CapMessage
    version: str
    signed: bool


@dataclass(frozen=True, slots=True)
class CapReceipt:
    """What became of the message; `repeated` says that it came before and this was the answer then."""

    outcome: CapOutcome
    reason: str | None
    detail: str | None
    alert_id: str | None
    repeated: bool


def receive_cap(ports: Ports, actor: Actor, command: ReceiveCap) -> CapReceipt:
    """Commits the message once, by sender, identifier and sent, with what follows from it.

    Raises InvalidInputError for one from the future, PermissionDeniedError where it concerns another jurisdiction.
    """
    require(actor, Permission.REPORT_CAP)
    message = command.message
    now = ports.clock.now()
    not_in_the_future("sent", message.sent, now)
    with committed(ports, as_of=now) as tx:
        tx.lock_rules()  # two messages of one sender are looked at one after the other
        before = tx.received_cap(message.reference.key)
        if before is not None:
            return CapReceipt(before.outcome, before.reason, None, before.alert_id, repeated=True)
        work = _Receiving(ports, tx, actor, command, now)
        verdict = work.decide()
        tx.save_received_cap(work.received(verdict))
        if verdict.outcome is CapOutcome.QUARANTINED:
            item = QuarantinedItem(
                QUARANTINE_KIND, verdict.reason or "", verdict.detail or "", cap_state(message)
            )
            tx.quarantine([item], actor.actor_id, now)
        work.record(verdict)
    alert_id = verdict.alert.alert_id if verdict.alert else None
    return CapReceipt(verdict.outcome, verdict.reason, verdict.detail, alert_id, repeated=False)


def quarantine_refused_cap(ports: Ports, actor: Actor, reason: str, detail: str, body: bytes) -> None:
    """Keeps the beginning of a body that could not be read, so that somebody can see what a sender sends."""
    require(actor, Permission.REPORT_CAP)
    beginning = body[:_EXCERPT_BYTES].decode("utf-8", "backslashreplace").replace("\x00", "\\x00")
    item = QuarantinedItem(QUARANTINE_KIND, reason, detail, {"bytes": len(body), "beginning": beginning})
    now = ports.clock.now()
    with ports.store.transaction() as tx:
        tx.quarantine([item], actor.actor_id, now)


def import_rule(ports: Ports) -> Rule:
    """The rule of warnings from elsewhere; a city's catalogue may hold its own under the same id."""
    return ports.catalogue.rules.get(CAP_IMPORT.rule_id, CAP_IMPORT)


def said_words(infos: Sequence[CapInfo], language: str) -> dict[str, str | None]:
    """What a message says in a language (`zh`, `en`), or in its first; each text cut to a length one can read."""
    info = _in_language(infos, language)
    return {
        "event": _cut(info.event, _LONGEST_NAME),
        "headline": _cut(info.headline, _LONGEST_WORDS),
        "description": _cut(info.description, _LONGEST_WORDS),
        "instruction": _cut(info.instruction, _LONGEST_WORDS),
        "sender_name": _cut(info.sender_name, _LONGEST_NAME),
        "area": _cut(" · ".join(area.description for area in info.areas), _LONGEST_WORDS) or None,
    }


def end_warnings(ports: Ports, tx: Transaction, subject_ids: Collection[str], at: datetime) -> list[Alert]:
    """Gives the all-clear to the alerts about these subjects, since whoever warned says it is over."""
    work = RuleWork(ports, tx, subject_ids, ports.catalogue)
    for subject_id in sorted(subject_ids):
        _state(work, import_rule(ports), _bare_subject(subject_id), 0, at)
    work.finish()
    settle_inhibitions(ports, tx, work.changed.values())
    tx.end_standing_caps(subject_ids)
    return list(work.changed.values())


def _state(work: RuleWork, rule: Rule, subject: Subject, rank: int, at: datetime) -> None:
    work.apply(rule, subject, {STATED_RANK: float(rank)}, at)


def _bare_subject(subject_id: str) -> Subject:
    """Enough to end a warning: what it was called stands in its alert."""
    return Subject(subject_id, "", "", LonLat(0.0, 0.0), CITY)


@dataclass(frozen=True, slots=True)
class _Verdict:
    outcome: CapOutcome
    reason: str | None = None
    detail: str | None = None
    subject_id: str | None = None
    alert: Alert | None = None
    ends_at: datetime | None = None
    renamed: Sequence[Alert] = ()

    @property
    def stands(self) -> bool:
        return self.ends_at is not None


def _quarantined(reason: str, detail: str) -> _Verdict:
    return _Verdict(CapOutcome.QUARANTINED, reason, detail)


@dataclass
class _Receiving:
    """One message being taken in, inside its transaction."""

    ports: Ports
    tx: Transaction
    actor: Actor
    command: ReceiveCap
    now: datetime
    earlier: list[str] = field(default_factory=list)
    """Subjects that the messages it refers to were about."""

    @property
    def message(self) -> CapMessage:
        return self.command.message

    def decide(self) -> _Verdict:
        """What follows from the message; alerts are changed on the way."""
        message = self.message
        if message.sender == self.ports.cap.sender:
            return _quarantined("our-own", "found our own name as sender, expected another's")
        if message.status not in _MEANT_IN.get(self.ports.mode, _MEANT_IN["live"]):
            return _quarantined(
                "not-actual",
                f"status: found {message.status}, which is not acted on in mode {self.ports.mode}",
            )
        if message.msg_type in (CapMsgType.ACK, CapMsgType.ERROR):
            return _Verdict(CapOutcome.NOTED, message.msg_type.lower(), message.note)
        named = self.tx.received_caps([reference.key for reference in message.references])
        strange = {r.sender for r in message.references} - {message.sender}
        if strange:
            return _quarantined(
                "other-sender",
                f"references: found {sorted(strange)[0]!r}, expected the sender's own messages",
            )
        self.earlier = sorted({r.subject_id for r in named if r.subject_id is not None})
        if (later := self.tx.later_cap(message.reference.key)) is not None:
            return _Verdict(
                CapOutcome.NOTED,
                "superseded",
                f"{later.identifier!r} came before and speaks of this one",
                later.subject_id,
            )
        if message.msg_type is CapMsgType.CANCEL:
            return self._over("cancelled", "nothing-to-cancel")
        if not message.infos:
            return _quarantined("no-info", "info: found none, expected what is warned of")
        meant = [info for info in message.infos if CapResponse.ALL_CLEAR not in info.responses]
        if not meant:
            return self._over("all-clear", "nothing-to-clear")
        meant = [info for info in meant if self._ends_at(info) > self.now]
        if not meant:
            return (
                self._over("expired", None)
                if self.earlier
                else _quarantined("expired", "expires: found an instant that is over, expected a later one")
            )
        return self._warn(meant)

    def _warn(self, infos: list[CapInfo]) -> _Verdict:
        areas = [area for info in infos for area in info.areas]
        codes = [
            code for area in areas for name, code in area.geocodes if name in self.ports.cap.geocode_names
        ]
        if not codes and not any(area.polygons or area.circles for area in areas):
            return self._elsewhere(
                "no-place", "area: found words only, expected a polygon, a circle or a code of GB/T 2260"
            )
        part = self.ports.areas.part_in_city(areas, codes)
        if part is None:
            return self._elsewhere("outside-the-city", "area: found one that does not touch the city")
        jurisdiction = next(iter(part.districts)) if len(part.districts) == 1 else CITY
        require(self.actor, Permission.REPORT_CAP, jurisdiction)
        if len(self.earlier) > 1:  # one message for several warnings: one goes on, the others are over
            end_warnings(self.ports, self.tx, self.earlier[1:], self.now)
        subject_id = self.earlier[0] if self.earlier else _subject_id(self.message)
        subject = self._subject(subject_id, infos, part, jurisdiction)
        rank = max(COLOUR[info.severity].rank for info in infos)
        work = RuleWork(self.ports, self.tx, [subject_id], self.ports.catalogue)
        rule = replace(import_rule(self.ports), category=self.ports.cap.category_of(tuple(infos)))
        before = work.alert_of(rule.rule_id, subject_id)
        _state(work, rule, subject, rank, self.now)
        work.finish()
        settle_inhibitions(self.ports, self.tx, work.changed.values())
        alert = work.alert_of(rule.rule_id, subject_id)
        ends_at = max(self._ends_at(info) for info in infos)
        if alert is None:
            return _Verdict(
                CapOutcome.NOTED, "cleared-here", "an officer gave the all-clear", subject_id, None, ends_at
            )
        if before is None:
            return _Verdict(CapOutcome.OPENED, None, None, subject_id, alert, ends_at)
        renamed = _renamed(alert, subject, self.now)
        if renamed is not None:
            self.tx.save_alert(renamed)
        return _Verdict(
            CapOutcome.CHANGED,
            subject_id=subject_id,
            alert=renamed or alert,
            ends_at=ends_at,
            renamed=[renamed] if renamed else (),
        )

    def _over(self, reason: str, without: str | None) -> _Verdict:
        if not self.earlier:
            return _Verdict(CapOutcome.NOTED, without, "none of the messages it names is known here")
        cleared = end_warnings(self.ports, self.tx, self.earlier, self.now)
        for alert in cleared:
            require(self.actor, Permission.REPORT_CAP, alert.jurisdiction)
        return _Verdict(CapOutcome.CLEARED, reason, None, self.earlier[0], cleared[0] if cleared else None)

    def _elsewhere(self, reason: str, detail: str) -> _Verdict:
        """Not (or no longer) about this city: never drawn, and what it follows up is over here."""
        if not self.earlier:
            return _quarantined(reason, detail)
        return replace(self._over(reason, None), detail=detail)

    def _ends_at(self, info: CapInfo) -> datetime:
        return info.expires or self.message.sent + self.ports.cap.stands_without_expiry

    def _subject(
        self, subject_id: str, infos: Sequence[CapInfo], part: PartOfCity, jurisdiction: str
    ) -> Subject:
        return Subject(
            subject_id=subject_id,
            name_zh=_name(_in_language(infos, "zh")),
            name_en=_name(_in_language(infos, "en")),
            place=part.place,
            jurisdiction=jurisdiction,
        )

    def received(self, verdict: _Verdict) -> ReceivedCap:
        message = self.message
        return ReceivedCap(
            key=message.reference.key,
            sender=message.sender,
            identifier=message.identifier,
            sent_at=message.sent,
            msg_type=message.msg_type,
            status=message.status,
            outcome=verdict.outcome,
            reason=verdict.reason,
            subject_id=verdict.subject_id,
            alert_id=verdict.alert.alert_id if verdict.alert else None,
            refs=tuple(sorted({reference.key for reference in message.references})),
            standing=verdict.stands,
            ends_at=verdict.ends_at,
            signed=self.command.signed,
            received_at=self.now,
            received_by=self.actor.actor_id,
        )

    def record(self, verdict: _Verdict) -> None:
        """The message's own journal row; what it did to an alert stands in the rows before."""
        message = self.message
        words: dict[str, Any] = {}
        if message.infos and verdict.outcome is not CapOutcome.QUARANTINED:
            words = dict(said_words(message.infos, "zh"))
            english = said_words(message.infos, "en")
            if english != words:
                words["english"] = english
        self.tx.record(
            happened(
                self.actor,
                "cap.received",
                at=self.now,
                subject=verdict.alert.alert_id
                if verdict.alert
                else (verdict.subject_id or _subject_id(message)),
                data={
                    "sender": message.sender,
                    "identifier": message.identifier,
                    "sent": message.sent.isoformat(),
                    "msg_type": message.msg_type.value,
                    "status": message.status.value,
                    "version": self.command.version,
                    "outcome": verdict.outcome.value,
                    "reason": verdict.reason,
                    "ends_at": verdict.ends_at.isoformat() if verdict.ends_at else None,
                    "signature": "not verified" if self.command.signed else None,
                    **words,
                },
                changes=changes(alerts=verdict.renamed),
            )
        )


def _subject_id(message: CapMessage) -> str:
    return f"cap:{message.sender},{message.identifier}"


def _renamed(alert: Alert, subject: Subject, at: datetime) -> Alert | None:
    """The alert with the words and the area of a newer message; None where they are the same."""
    newer = replace(
        alert,
        name_zh=subject.name_zh,
        name_en=subject.name_en,
        place=subject.place,
        jurisdiction=subject.jurisdiction,
    )
    return None if newer == alert else replace(newer, changed_at=at)


def _in_language(infos: Sequence[CapInfo], language: str) -> CapInfo:
    return next((info for info in infos if info.language.lower().startswith(language)), infos[0])


def _name(info: CapInfo) -> str:
    return _cut(" ".join((info.headline or info.event).split()), _LONGEST_NAME) or info.event


def _cut(text: str | None, most: int) -> str | None:
    if text is None or len(text) <= most:
        return text
    return text[: most - 1] + "…"
