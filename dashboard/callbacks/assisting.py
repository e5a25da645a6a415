"""Answering a request for a unit 联勤联动, from a desk and from a phone alike."""

from __future__ import annotations

from core.actor import Actor
from dashboard.callbacks.asking import Request
from dashboard.language import mark, t
from dashboard.view_models.notices import Notice
from operations.answer_assistance import AnswerAssistance, answer_assistance
from operations.ports import Ports


def assisted(ports: Ports, actor: Actor, request: Request) -> Notice:
    """Answers for the person signed in, in words."""
    accept = bool(request["accept"])
    answered = answer_assistance(ports, actor, AnswerAssistance(request["request_id"], accept))
    said = mark("已同意，{callsign} 已派出") if accept else mark("已拒绝：{callsign}")
    return Notice("done", t(said, callsign=answered.callsign), "assistance")
