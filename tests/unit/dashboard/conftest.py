"""What the tests of the faces share: the language they begin in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dashboard.language import current_locale


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    """Every test begins in Chinese and leaves no language behind."""
    token = current_locale.set("zh")
    yield
    current_locale.reset(token)
