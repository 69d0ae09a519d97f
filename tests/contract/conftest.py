from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.contract.quirky_server import QuirkyServer


@pytest.fixture
async def server() -> AsyncIterator[QuirkyServer]:
    """A scripted server, which answers nothing yet."""
    async with QuirkyServer() as server:
        yield server
