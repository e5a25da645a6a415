"""Bodies that are too long are refused before they fill the memory."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.errors import CommandCentreError
from intake.problems import Problems

MAX_BODY_BYTES = 2 * 1024 * 1024
_LONGEST_LENGTH_DIGITS = 18


class BodyTooLargeError(CommandCentreError):
    """The body is longer than this server reads."""

    code = "body-too-large"
    status = 413


class BodyLimit:
    """Pure-ASGI middleware: a declared length over the limit is refused at once, an undeclared one when
    the limit is passed. What is over the limit is never kept."""

    def __init__(self, app: ASGIApp, problems: Problems, max_body_bytes: int = MAX_BODY_BYTES) -> None:
        self._app = app
        self._problems = problems
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0")
        # int() of thousands of digits is slow, so such a length counts as too long unread.
        if len(declared) > _LONGEST_LENGTH_DIGITS or (
            declared.isdecimal() and int(declared) > self._max_body_bytes
        ):
            await self._refuse(scope, receive, send, f"{declared[:_LONGEST_LENGTH_DIGITS]} bytes")
            return

        received = 0
        answered = False

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._max_body_bytes:
                raise self._error(f"more than {self._max_body_bytes:,} bytes")
            return message

        async def noticed(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            await self._app(scope, counted, noticed)
        except BodyTooLargeError:
            if answered:
                raise
            await self._refuse(scope, receive, send, f"more than {self._max_body_bytes:,} bytes")

    def _error(self, found: str) -> BodyTooLargeError:
        return BodyTooLargeError(f"body: found {found}, expected at most {self._max_body_bytes:,} bytes")

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, found: str) -> None:
        # Closing spares us reading the rest, which the sender may still be writing.
        answer = self._problems.from_error(scope, self._error(found), {"Connection": "close"})
        await answer(scope, receive, send)
