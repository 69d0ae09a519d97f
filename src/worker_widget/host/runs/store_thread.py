"""The thread that accesses the run store, so that the event loop never waits for the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from .store import RunStore

_P = ParamSpec("_P")
_T = TypeVar("_T")


class StoreThread:
    """Runs calls on one thread, in the order in which they were made."""

    def __init__(self, store: RunStore) -> None:
        self.store = store
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="run-store")

    def call(self, method: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> Awaitable[_T]:
        """Run a method on the thread: ``await thread.call(thread.store.run, worker, run_id)``."""
        return asyncio.wrap_future(self.submit(partial(method, *args, **kwargs)))

    def submit(self, call: Callable[[], _T]) -> Future[_T]:
        """Run a call on the thread; its result can be waited for without the event loop."""
        return self._thread.submit(call)

    def close(self) -> None:
        """Finish the pending calls, then close the store."""
        self._thread.submit(self.store.close)
        self._thread.shutdown()
