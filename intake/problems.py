"""Every refusal under /api as application/problem+json (RFC 9457), counted by its code."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.types import Scope

from core.errors import CommandCentreError, UnavailableError
from intake.counters import IntakeCounters

log = logging.getLogger(__name__)

API_PREFIX = "/api"
MEDIA_TYPE = "application/problem+json"
_SHOWN_CHARACTERS = 80
_SHOWN_ERRORS = 20
_RETRY_AFTER_S = 2
_MEMBERS = frozenset({"type", "title", "status", "detail", "instance", "code"})
_CODES = {404: "not-found", 405: "method-not-allowed", 413: "body-too-large", 415: "unsupported-media-type"}


class Problems:
    """Builds and counts the problem answers of one process."""

    def __init__(self, counters: IntakeCounters) -> None:
        self._counters = counters

    def answer(
        self,
        scope: Scope,
        status: int,
        code: str,
        detail: str,
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> Response:
        """The answer to this request; `members` are further fields of the problem."""
        self._counters.refused(_route(scope), code)
        body = {
            "type": f"urn:command-centre:problem:{code}",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": detail,
            "instance": _utf8(scope.get("path", "")),
            "code": code,
            **{name: value for name, value in (members or {}).items() if name not in _MEMBERS},
        }
        return Response(orjson.dumps(body, default=str), status, headers, MEDIA_TYPE)

    def from_error(
        self, scope: Scope, error: CommandCentreError, headers: Mapping[str, str] | None = None
    ) -> Response:
        """The error's own status, code, message and details; a 429 or 503 says when to come back."""
        given = dict(headers or {})
        if error.status in (429, 503):
            given["Retry-After"] = str(error.details.get("retry_after_s", _RETRY_AFTER_S))
        return self.answer(scope, error.status, error.code, error.message, given, error.details)

    def install(self, app: FastAPI) -> None:
        """Answer with problems whatever an application's routes raise."""
        app.add_exception_handler(CommandCentreError, self._refused)
        app.add_exception_handler(RequestValidationError, self._invalid_parameters)
        app.add_exception_handler(HTTPException, self._http_error)
        app.add_exception_handler(Exception, self._unexpected)

    async def _refused(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, CommandCentreError)
        if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            # A part that is away is one line a request; a fault of ours needs its trace.
            away = isinstance(error, UnavailableError)
            level = logging.WARNING if away else logging.ERROR
            trace = None if away else error
            log.log(level, "%s %s: %s", request.method, request.url.path, error.message, exc_info=trace)
        return self.from_error(request.scope, error)

    async def _invalid_parameters(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        found = described(error.errors())
        return self.answer(request.scope, 422, "invalid-input", summary(found), members={"errors": found})

    async def _http_error(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if not request.url.path.startswith(API_PREFIX):
            return PlainTextResponse(str(error.detail), error.status_code, error.headers)
        code = _CODES.get(error.status_code, f"http-{error.status_code}")
        return self.answer(request.scope, error.status_code, code, str(error.detail), error.headers)

    async def _unexpected(self, request: Request, error: Exception) -> Response:
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return self.answer(
            request.scope,
            500,
            "internal-error",
            "the server failed in a way nobody foresaw and has logged it; look before sending again",
        )


def described(errors: Sequence[ErrorDetails] | Sequence[Any]) -> list[dict[str, str]]:
    """What pydantic found wrong as pointer (RFC 6901), found and expected; the first twenty."""
    return [
        {"pointer": _pointer(error["loc"]), "found": shown(_found(error)), "expected": _expected(error)}
        for error in errors[:_SHOWN_ERRORS]
    ]


def summary(errors: Sequence[Mapping[str, str]], count: int | None = None) -> str:
    """One sentence that names the first error and how many there are."""
    total = len(errors) if count is None else count
    first = errors[0]
    where = first["pointer"] or "body"
    more = f" (and {total - 1} more)" if total > 1 else ""
    return f"{where}: found {first['found']}, expected {first['expected']}{more}"


def shown(value: Any) -> str:
    """A value as it may be repeated to the sender: readable, on one line, at most 80 characters."""
    # Slicing first keeps a megabyte of text from being escaped; orjson refuses lone surrogates.
    text = repr(value[:_SHOWN_CHARACTERS] if isinstance(value, str | bytes | list) else value)
    text = _utf8(text)
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"


def _found(error: ErrorDetails | Any) -> Any:
    if error["type"] == "json_invalid":
        return error.get("ctx", {}).get("error", "no JSON")
    return "nothing" if error["type"] == "missing" else error["input"]


def _expected(error: ErrorDetails | Any) -> str:
    kind = error["type"]
    if kind == "json_invalid":
        return "valid JSON"
    if kind == "missing":
        return "this field"
    if kind == "extra_forbidden":
        return "no such field"
    if kind == "string_pattern_mismatch":
        return f"text that matches {error['ctx']['pattern']}"
    return str(error["msg"]).removeprefix("Value error, ").removeprefix("Input should ").removeprefix("be ")


def _pointer(location: Sequence[int | str]) -> str:
    parts = (_utf8(str(part)[:_SHOWN_CHARACTERS]) for part in location)
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


def _route(scope: Scope) -> str:
    """The path template; what matched no route is counted as one, or a scanner would make endless labels."""
    return str(getattr(scope.get("route"), "path", "none"))


def _utf8(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
