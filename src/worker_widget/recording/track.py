"""`track`: the progress of a loop."""

from __future__ import annotations

import operator
import threading
import time
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import Any, Final, TypeVar, overload

from ..events import Progress
from .place import Place, here, outside
from .stage import StageBlock

T = TypeVar("T")

_PACE_NS: Final = 50_000_000
"""The shortest time between two counts, in ns."""


@overload
def track(
    iterable: Iterable[T],
    *,
    unit: str | None = None,
    stage: str | None = None,
    total: float | None = None,
) -> Iterable[T]: ...


@overload
def track(
    iterable: AsyncIterable[T],
    *,
    unit: str | None = None,
    stage: str | None = None,
    total: float | None = None,
) -> AsyncIterable[T]: ...


def track(
    iterable: Any, *, unit: str | None = None, stage: str | None = None, total: float | None = None
) -> Any:
    """Yields the items of ``iterable`` and shows how far the loop is.

    The count belongs to the current stage; with ``stage``, and where there is none, the loop is a stage of
    its own. ``unit`` names what is counted, ``total`` is how many there are where ``len`` does not know.
    Also for asynchronous iterables. Outside a run it is the iterable itself.
    """
    place = here()
    if place is None:
        outside()
        return iterable
    if total is None:
        hint = operator.length_hint(iterable, -1) if not hasattr(iterable, "__anext__") else -1
        total = None if hint < 0 else hint
    named = stage or (None if place.stage_id is not None else unit or "items")
    counter = _Counter(place, named, unit, total)
    if hasattr(iterable, "__aiter__") and not hasattr(iterable, "__iter__"):
        return _TrackedAsync(aiter(iterable), counter)
    return _Tracked(iter(iterable), counter)


class _Counter:
    """Counts the items of one loop, in the current stage or in one of its own."""

    def __init__(self, place: Place, stage: str | None, unit: str | None, total: float | None) -> None:
        self._recording = place.recording
        self._block = None if stage is None else StageBlock(stage, None, "stage", None)
        self._stage_id = place.stage_id
        self._unit = unit
        self._total = total
        self._done = -1
        self._next_ns = 0
        self._shown = -1
        self._is_due = False
        self._over = False
        self._lock = threading.RLock()

    def next(self) -> None:
        """Called before each item: the one before is done."""
        if self._recording.attention:
            self._recording.check()
        if self._done < 0 and self._block is not None:
            self._block.__enter__()
            self._stage_id = self._block.id
        self._done += 1
        now = time.monotonic_ns()
        if now >= self._next_ns:
            self._next_ns = now + _PACE_NS
            self._report()
        elif not self._is_due:
            self._is_due = True
            self._recording.add_later(self._next_ns, self._report_due)

    def end(self, error: BaseException | None, *, left: bool = False) -> None:
        if self._over or self._done < 0:
            return
        self._report(last=True)
        block = self._block
        if block is not None and block._place is not None:
            block._close(block._place, error, left=left)

    def _report_due(self) -> None:
        """Shows the count of a loop whose current item takes long.

        It must not wait for the loop, which shows its count itself if it holds the lock: the loop can wait
        for the events to be taken, and this is called by what takes them.
        """
        self._is_due = False
        if self._lock.acquire(blocking=False):
            try:
                self._report()
            finally:
                self._lock.release()

    def _report(self, *, last: bool = False) -> None:
        with self._lock:
            if self._over:
                return
            self._over = last
            if self._done == self._shown:
                return
            self._shown = self._done
            self._recording.add(
                Progress(stage_id=self._stage_id, done=self._done, total=self._total, unit=self._unit)
            )


class _Tracked(Iterator[T]):
    def __init__(self, items: Iterator[T], counter: _Counter) -> None:
        self._items = items
        self._counter = counter

    def __next__(self) -> T:
        counter = self._counter
        counter.next()
        try:
            return next(self._items)
        except StopIteration:
            counter.end(None)
            raise
        except BaseException as error:
            counter.end(error)
            raise

    def __del__(self) -> None:
        self._counter.end(None, left=True)


class _TrackedAsync(AsyncIterator[T]):
    def __init__(self, items: AsyncIterator[T], counter: _Counter) -> None:
        self._items = items
        self._counter = counter

    async def __anext__(self) -> T:
        counter = self._counter
        counter.next()
        try:
            return await anext(self._items)
        except StopAsyncIteration:
            counter.end(None)
            raise
        except BaseException as error:
            counter.end(error)
            raise

    def __del__(self) -> None:
        self._counter.end(None, left=True)
