"""One graph or chain of LangChain, watched."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

from langchain_core.runnables import ensure_config

from .handler import LangChainHandler


class WatchedRunnable:
    """A graph or chain with the interface of the one it wraps, each run of which is watched.

    Where a graph waits for a person, an answer in the console resumes it: its result is then in the state of
    its thread (``graph.get_state(config)``).
    """

    def __init__(self, wrapped: Any, handler: LangChainHandler) -> None:
        self._wrapped = wrapped
        self._handler = handler

    def __getattr__(self, name: str) -> Any:
        return getattr(self._wrapped, name)

    def __repr__(self) -> str:
        return f"watch({self._wrapped!r})"

    def __or__(self, other: Any) -> Any:
        return self._wrapped | other

    def __ror__(self, other: Any) -> Any:
        return other | self._wrapped

    def invoke(self, input: Any, config: Any = None, **kwargs: Any) -> Any:
        return self._wrapped.invoke(input, self._config(config), **kwargs)

    async def ainvoke(self, input: Any, config: Any = None, **kwargs: Any) -> Any:
        return await self._wrapped.ainvoke(input, self._config(config), **kwargs)

    def stream(self, input: Any, config: Any = None, **kwargs: Any) -> Iterator[Any]:
        return self._wrapped.stream(input, self._config(config), **kwargs)  # type: ignore[no-any-return]

    def astream(self, input: Any, config: Any = None, **kwargs: Any) -> AsyncIterator[Any]:
        return self._wrapped.astream(input, self._config(config), **kwargs)  # type: ignore[no-any-return]

    def astream_events(self, input: Any, config: Any = None, **kwargs: Any) -> Any:
        return self._wrapped.astream_events(input, self._config(config), **kwargs)

    def batch(self, inputs: list[Any], config: Any = None, **kwargs: Any) -> Any:
        return self._wrapped.batch(inputs, self._configs(config), **kwargs)

    async def abatch(self, inputs: list[Any], config: Any = None, **kwargs: Any) -> Any:
        return await self._wrapped.abatch(inputs, self._configs(config), **kwargs)

    def with_config(self, *args: Any, **kwargs: Any) -> WatchedRunnable:
        return WatchedRunnable(self._wrapped.with_config(*args, **kwargs), self._handler)

    def _configs(self, config: Any) -> Any:
        return [self._config(item) for item in config] if isinstance(config, list) else self._config(config)

    def _config(self, config: Any) -> dict[str, Any]:
        """The person's configuration with the handler in it."""
        watched: dict[str, Any] = dict(config or {})
        callbacks = watched.get("callbacks")
        if callbacks is None:
            watched["callbacks"] = [self._handler]
        elif isinstance(callbacks, list):
            watched["callbacks"] = [*callbacks, self._handler]
        else:
            watched["callbacks"] = callbacks.copy()
            watched["callbacks"].add_handler(self._handler, inherit=True)
        thread_id = (ensure_config(config).get("configurable") or {}).get("thread_id")
        if thread_id is not None:
            self._handler.waiting.can_resume(str(thread_id), self._resumer(dict(config or {})))
        return watched

    def _resumer(self, config: dict[str, Any]) -> Any:
        from langgraph.types import Command

        try:
            loop: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            loop = None

        def resume(answers: dict[str, Any]) -> None:
            command: Any = Command(resume=answers)
            if loop is not None and loop.is_running():
                asyncio.run_coroutine_threadsafe(self.ainvoke(command, config), loop)
            else:
                threading.Thread(target=self.invoke, args=(command, config), name="resume graph").start()

        return resume
