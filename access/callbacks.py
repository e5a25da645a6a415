"""The gate before the callbacks of the faces: a permission for each, and nothing in the body that no page sends."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from access.permissions import callback_needs
from access.ports import ProblemAnswer
from core.actor import current_actor

log = logging.getLogger(__name__)

PATH = "/_dash-update-component"


class CallbackForm(Protocol):
    """A callback as the server registered it (dashboard/callback_forms.py)."""

    @property
    def outputs(self) -> tuple[tuple[str, str], ...]: ...
    @property
    def inputs(self) -> tuple[tuple[str, str], ...]: ...
    @property
    def states(self) -> tuple[tuple[str, str], ...]: ...
    @property
    def asks(self) -> str: ...
    def fault_in(self, inputs: Sequence[Any], states: Sequence[Any]) -> str | None: ...


Forms = Mapping[str, Mapping[str, CallbackForm]]
"""By the face's path without its slash, then by the name that a page gives a callback."""


class CallbackGate:
    """Pure-ASGI middleware inside the guard, which has found who is asking and that they may see the face.

    An unknown callback is 404, one the table does not open for them 403, a body that no page sends 400 or 422. Dash
    itself would answer 500 to most of these. The body that goes on is written anew from the callback as it was
    registered, with only the values taken from what was sent.
    """

    def __init__(self, app: ASGIApp, forms: Callable[[], Forms], problem: ProblemAnswer) -> None:
        self._app, self._forms, self._problem = app, forms, problem

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].endswith(PATH):
            await self._app(scope, receive, send)
            return
        forms = self._forms().get(scope["path"].removesuffix(PATH), {})
        body = await _body(receive)
        if body is None:
            return
        answer = self._answer(scope, forms, body)
        if isinstance(answer, bytes):
            await self._app(_as_json(scope, len(answer)), _replay(answer, receive), send)
        else:
            await answer(scope, receive, send)

    def _answer(self, scope: Scope, forms: Mapping[str, CallbackForm], body: bytes) -> bytes | ASGIApp:
        try:
            sent = orjson.loads(body)
        except orjson.JSONDecodeError:
            return self._refused(scope, 400, "invalid-json", "body: found no JSON, expected a callback's")
        name = sent.get("output") if isinstance(sent, dict) else None
        form = forms.get(name) if isinstance(name, str) else None
        if form is None:
            return self._refused(scope, 404, "not-found", "output: found no such callback of this face")
        actor = current_actor.get()
        needs = callback_needs(form.asks)
        if actor is None or needs is None or not actor.may(needs):
            return self._refused(scope, 403, "permission-denied", f"this role may not ask {form.asks}")
        inputs, states = _values(sent.get("inputs"), form.inputs), _values(sent.get("state"), form.states)
        if inputs is None or states is None:
            return self._refused(scope, 400, "invalid-input", "inputs: found others than the callback's own")
        if fault := form.fault_in(inputs, states):
            return self._refused(scope, 422, "invalid-input", fault)
        return orjson.dumps(
            {
                "output": name,
                "outputs": outputs_as_sent(form),
                "inputs": [{**_named(*i), "value": v} for i, v in zip(form.inputs, inputs, strict=True)],
                "state": [{**_named(*s), "value": v} for s, v in zip(form.states, states, strict=True)],
                "changedPropIds": _changed(sent.get("changedPropIds"), form),
            }
        )

    def _refused(self, scope: Scope, status: int, code: str, detail: str) -> ASGIApp:
        actor = current_actor.get()
        who, path = (actor.name if actor else "nobody"), scope["path"]
        log.warning("callback on %s by %s refused with %d: %s", path, who, status, detail)
        return self._problem(scope, status, code, detail)


def outputs_as_sent(form: CallbackForm) -> Any:
    """As a page names them: one by itself, several as a list."""
    named = [_named(*output) for output in form.outputs]
    return named if len(named) > 1 else named[0]


def _values(sent: Any, expected: tuple[tuple[str, str], ...]) -> list[Any] | None:
    """The values of these components in this order; None for anything else. Nothing stands for an empty list."""
    given = [] if sent is None else sent
    if not isinstance(given, list) or len(given) != len(expected):
        return None
    for part, (component, prop) in zip(given, expected, strict=True):
        if not isinstance(part, dict) or part.get("id") != component or part.get("property") != prop:
            return None
    return [part.get("value") for part in given]


def _changed(sent: Any, form: CallbackForm) -> list[str]:
    """Which inputs changed, as far as the callback has them."""
    ours = [".".join(each) for each in form.inputs]
    return [name for name in ours if isinstance(sent, list) and name in sent]


def _named(component: str, prop: str) -> dict[str, str]:
    return {"id": component, "property": prop}


async def _body(receive: Receive) -> bytes | None:
    """The whole body, which the limit around this keeps small; None when the sender left."""
    body: bytes = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return body


def _replay(body: bytes, receive: Receive) -> Receive:
    told = False

    async def replayed() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed


def _as_json(scope: Scope, length: int) -> Scope:
    told = (b"content-length", b"content-type")
    others = [(name, value) for name, value in scope["headers"] if name not in told]
    ours = [(b"content-length", str(length).encode()), (b"content-type", b"application/json")]
    return {**scope, "headers": [*others, *ours]}
