"""`FunctionCall`: one call of a function as a run, in a thread of its own.

An asynchronous function has an event loop of its own in that thread, so that nothing it does can block a
kernel, a host or another run.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import threading
from collections.abc import Callable, Collection
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from .capture import captured, finish_captured
from .place import Place
from .recording import Recording
from .stage import placed


@dataclass(frozen=True)
class CallResult:
    """What a call returned, or what it raised."""

    value: Any = None
    error: BaseException | None = None


class FunctionCall:
    """One call of ``function``, recorded in ``recording``. ``result`` is done when it has ended."""

    def __init__(
        self,
        recording: Recording,
        function: Callable[[], Any],
        *,
        name: str,
        capture: Collection[str] = (),
    ) -> None:
        self.result: Future[CallResult] = Future()
        self._recording = recording
        self._capture = capture
        self._place = Place(recording)
        self._function = function
        self._name = name
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None
        self._stopped = False

    def start(self) -> None:
        """Starts the call; it ends on its own thread."""
        # A daemon: no function keeps a process alive. Its context is empty, as that of everything in the
        # background: the same run, whoever starts it.
        threading.Thread(
            target=contextvars.Context().run, args=(self._run,), name=f"run {self._name}", daemon=True
        ).start()

    def stop(self) -> None:
        """Asks the call to end: cancels the task of an asynchronous function; in another, the next call of
        `stage`, `log` or `track` raises `Cancelled`."""
        self._stopped = True
        task, loop = self._task, self._loop
        if task is None or loop is None:
            self._recording.stop(raises=True)
            return
        self._recording.stop(raises=False)
        with suppress(RuntimeError):  # it ends just now
            loop.call_soon_threadsafe(task.cancel)

    def _run(self) -> None:
        try:
            with captured(self._recording, self._capture), placed(self._place):
                self._end(CallResult(value=self._called()))
        except BaseException as error:
            self._end(CallResult(error=error))

    def _called(self) -> Any:
        value = self._function()
        return self._awaited(value) if inspect.isawaitable(value) else value

    def _awaited(self, value: Any) -> Any:
        async def main() -> Any:
            self._task, self._loop = asyncio.current_task(), asyncio.get_running_loop()
            if self._stopped:
                self._task = None
                raise asyncio.CancelledError
            try:
                returned = await value
            except BaseException as error:
                self._end(CallResult(error=error))
                raise
            # Now: the loop closes only after the threads that the function has started in it.
            self._end(CallResult(value=returned))
            return returned

        return asyncio.run(main())

    def _end(self, result: CallResult) -> None:
        if not self.result.done():
            self._place.settle(result.error)
            finish_captured(self._recording)
            self.result.set_result(result)
