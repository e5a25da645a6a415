"""Writing a note on an incident or alert, from a desk and from a phone alike."""

from __future__ import annotations

from typing import Literal

from core.actor import Actor
from dashboard.callbacks.asking import Request
from dashboard.language import t
from dashboard.view_models.notices import Notice
from operations.add_note import AddNote, add_note
from operations.ports import Ports


def noted(ports: Ports, actor: Actor, request: Request) -> Notice:
    """For the person signed in. `request` holds `about`, `subject_id`, `text` and the note's `key`."""
    about: Literal["alert", "incident"] = "alert" if request["about"] == "alert" else "incident"
    command = AddNote(str(request["key"]), about, str(request["subject_id"]), str(request["text"]))
    add_note(ports, actor, command)
    return Notice("done", t("备注已记入"), "note")
