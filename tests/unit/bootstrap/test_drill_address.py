"""A command that finds nobody says where it looked and how to make it look elsewhere."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from bootstrap.drill import running_clock
from bootstrap.settings import load_settings
from core.errors import UnavailableError
from drills.intake_api import IntakeApi


def nobody(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("All connection attempts failed", request=request)


def test_the_address_that_was_tried_is_named_and_that_cc_port_has_to_be_repeated(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path, port=8123)

    async def asked() -> None:
        there = httpx.MockTransport(nobody)
        async with httpx.AsyncClient(base_url=settings.web_url, transport=there) as client:
            await running_clock(IntakeApi(client, "cc_x_y"), settings)

    with pytest.raises(UnavailableError) as refused:
        asyncio.run(asked())
    assert refused.value.message.startswith("GET http://127.0.0.1:8123/api/v1/clock: ConnectError")
    assert "CC_PORT" in refused.value.message
