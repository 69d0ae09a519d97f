"""A run on a server as an event source."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, Protocol

from ..run_source import EventBatch, StreamLink
from .follow import FollowedRoutes, follow


class RunRoutes(FollowedRoutes, Protocol):
    """The routes of one run; `AsyncWorkerClient` has them."""

    async def cancel(self, run_id: str, *, worker: str | None = ...) -> None: ...

    async def pause(self, run_id: str, *, worker: str | None = ...) -> None: ...

    async def resume(self, run_id: str, *, worker: str | None = ...) -> None: ...

    async def answer(
        self, run_id: str, request_id: str, payload: Any, *, worker: str | None = ...
    ) -> None: ...


class ServedRun:
    """A run on a server. Meets `RunSource`; the errors are those of the routes."""

    def __init__(self, routes: RunRoutes, run_id: str, worker: str | None) -> None:
        self._routes = routes
        self._run_id = run_id
        self._worker = worker

    def events(self, after: str | None) -> AsyncGenerator[EventBatch | StreamLink, None]:
        return follow(self._routes, self._run_id, after=after, worker=self._worker)

    async def cancel(self) -> None:
        await self._routes.cancel(self._run_id, worker=self._worker)

    async def pause(self) -> None:
        await self._routes.pause(self._run_id, worker=self._worker)

    async def resume(self) -> None:
        await self._routes.resume(self._run_id, worker=self._worker)

    async def answer(self, request_id: str, payload: Any) -> None:
        await self._routes.answer(self._run_id, request_id, payload, worker=self._worker)
