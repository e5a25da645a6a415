"""The WebSocket endpoint of the live protocol (docs/live-protocol.md)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from core.actor import Actor
from core.errors import UnavailableError
from live.hub import LiveHub
from live.listener import Listener, ListenerTooSlow
from live.watchers import looked_at

log = logging.getLogger(__name__)

REVALIDATE_EVERY_S = 10.0
SIGNED_OUT = 4401
TRY_AGAIN = 1013

Scope = dict[str, Any]


def live_router(
    hub: LiveHub, actor_of: Callable[[Scope], Actor], still_valid: Callable[[Scope], Awaitable[bool]]
) -> APIRouter:
    """`actor_of` answers who listens (the guard let them in); `still_valid` is asked again and again,
    because a socket outlives its sign-in."""
    router = APIRouter()

    @router.websocket("/ws/live")
    async def live(socket: WebSocket) -> None:
        await socket.accept()
        listener = Listener(actor_of(dict(socket.scope)))
        tasks = [
            asyncio.create_task(_send(hub, listener, socket)),
            asyncio.create_task(_until_closed(hub, listener, socket)),
            asyncio.create_task(_until_signed_out(socket, listener, still_valid)),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            code = next((t.result() for t in done if not t.cancelled() and t.exception() is None), TRY_AGAIN)
            for task in done:
                error = task.exception()
                if error is not None and not isinstance(error, (UnavailableError, ListenerTooSlow)):
                    log.error("live socket of %s failed", listener.actor.name, exc_info=error)
        finally:
            hub.leave(listener)
            await hub.watchers.leave(listener)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if code is not None:
            with suppress(RuntimeError, WebSocketDisconnect):  # the browser was faster
                await socket.close(code)

    return router


async def _send(hub: LiveHub, listener: Listener, socket: WebSocket) -> int | None:
    await hub.join(listener)
    try:
        while True:
            item = await listener.next()
            if item is None:
                await hub.catch_up(listener)
            elif isinstance(item, bytes):
                await socket.send_bytes(item)
            else:
                await socket.send_text(item)
    except (WebSocketDisconnect, RuntimeError):
        return None  # gone in the middle of a send


async def _until_closed(hub: LiveHub, listener: Listener, socket: WebSocket) -> int | None:
    while (message := await socket.receive())["type"] != "websocket.disconnect":
        # A browser sends pings, of which it is enough that they arrive, and which incident or alert it shows.
        subject = looked_at(message.get("text") or "")
        if subject is not None:
            await hub.watchers.look(listener, subject or None)
    return None


async def _until_signed_out(
    socket: WebSocket, listener: Listener, still_valid: Callable[[Scope], Awaitable[bool]]
) -> int | None:
    while True:
        with suppress(TimeoutError):  # nobody doubts it: ask all the same, in case the doorbell is away
            async with asyncio.timeout(REVALIDATE_EVERY_S):
                await listener.doubted.wait()
        listener.doubted.clear()
        if not await still_valid(dict(socket.scope)):
            return SIGNED_OUT
