"""The runs of this process in the history: each is followed from its start, whether or not it is shown."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Final

from .. import background
from ..sources.local.functions_here import LABEL
from ..sources.local.local_run import LocalRun, runs_here
from ..sources.local.runs_here import RunsHere, forget_in_child
from ..store.shared import available_store
from .ended_kernels import own_process
from .live_run import LiveRun

WRITE_WITHIN_S: Final = 10.0
"""The longest wait for the history at the end of a block."""


class FollowedRun:
    """A run of this process and the `LiveRun` that writes it to the history."""

    def __init__(self, run: LocalRun, live: LiveRun) -> None:
        self.run = run
        self.live = live
        self.begun: Future[None] = Future()
        """Done when the run is in the history and is being followed."""

    @property
    def run_id(self) -> str:
        return self.live.run_id


followed_here: Final[RunsHere[FollowedRun]] = forget_in_child(RunsHere())


def followed(run_id: str) -> LiveRun | None:
    """The run of this process, as it is followed already, or was just now; ``None`` for any other."""
    known = followed_here.get(run_id)
    return _ended.get(run_id) if known is None else known.live


def in_progress(live: LiveRun) -> bool:
    """Whether the code of a run of this process goes on; of any other, whether its end has not arrived."""
    known = followed_here.get(live.run_id)
    return not live.over.done() and (known is None or not known.run.recording.closed)


async def begun(run_id: str) -> None:
    """Waits until the run of this process is in the history."""
    known = followed_here.get(run_id)
    if known is not None:
        await asyncio.wrap_future(known.begun)


def wait_until_written(run_id: str) -> None:
    """Waits until all events of a run that has ended are in the history; not longer than 10 s."""
    known = followed_here.get(run_id)
    if known is None or threading.current_thread().name == background.THREAD_NAME:
        return
    with suppress(TimeoutError):
        background.wait(known.live.over, WRITE_WITHIN_S)


def wait_until_kept() -> None:
    """Waits until the runs that began in this process are in the history, and all events of those whose code
    has ended; not longer than 10 s for each."""
    if threading.current_thread().name == background.THREAD_NAME:
        return
    for known in followed_here.all():
        with suppress(TimeoutError):
            background.wait(known.begun, WRITE_WITHIN_S)
            if known.run.recording.closed:
                background.wait(known.live.over, WRITE_WITHIN_S)


def on_run(listener: Callable[[FollowedRun], None]) -> Callable[[], None]:
    """Calls ``listener`` with every run that begins in this process, on the background loop; returns what
    ends this."""
    _listeners.append(listener)
    return partial(_stop_listening, listener)


_MOST_ENDED: Final = 64
_ended: Final[dict[str, LiveRun]] = {}
_listeners: Final[list[Callable[[FollowedRun], None]]] = []


def _stop_listening(listener: Callable[[FollowedRun], None]) -> None:
    with suppress(ValueError):
        _listeners.remove(listener)


def _follow(run: LocalRun) -> None:
    live = LiveRun(run.run_id, source=run, store=available_store(), worker=run.worker)
    live.owner = own_process()
    entry = FollowedRun(run, live)
    followed_here.opened(entry)
    try:
        background.submit(partial(_begin, entry))
    except RuntimeError:  # Python ends
        run.recording.abandon()


async def _begin(entry: FollowedRun) -> None:
    live = entry.live
    live.over.add_done_callback(lambda _: _end(entry))
    live.hold()
    try:
        await live.begin(origin=LABEL, request=entry.run.request, time=entry.run.started)
        live.start()
    finally:
        entry.begun.set_result(None)
    for listener in tuple(_listeners):
        listener(entry)


def _end(entry: FollowedRun) -> None:
    """Forgets a run that has ended, but not at once: who started it may come only now."""
    _ended[entry.run_id] = entry.live
    while len(_ended) > _MOST_ENDED:
        _ended.pop(next(iter(_ended)), None)
    followed_here.ended(entry)


runs_here.listen(_follow)
