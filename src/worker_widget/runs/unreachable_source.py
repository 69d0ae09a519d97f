"""`UnreachableSource`: the source of a run of which this process has the history alone."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from ..errors import RequestRefused
from ..sources.run_source import EventBatch, StreamLink


class UnreachableSource:
    """A source without events, which refuses every action. Meets `RunSource`.

    ``why`` and ``advice`` are its words: "Run 3d30 ``why`` and cannot be stopped here. ``advice``".
    """

    def __init__(self, run_id: str, why: str, advice: str) -> None:
        self._run_id = run_id
        self._why = why
        self._advice = advice

    async def events(self, after: str | None) -> AsyncGenerator[EventBatch | StreamLink, None]:
        return
        yield

    async def cancel(self) -> None:
        raise self._refusal("stopped")

    async def pause(self) -> None:
        raise self._refusal("paused")

    async def resume(self) -> None:
        raise self._refusal("resumed")

    async def answer(self, request_id: str, payload: Any) -> None:
        raise self._refusal("answered")

    def _refusal(self, done: str) -> RequestRefused:
        return RequestRefused(f"Run {self._run_id} {self._why} and cannot be {done} here. {self._advice}")
