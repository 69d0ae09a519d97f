"""`RunElsewhere` follows a run of another kernel in the history, which that kernel writes."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from ..sources.local.functions_here import LABEL
from ..sources.run_source import StreamLink
from ..state.reduce import reduce_all
from ..state.run_state import ENDED
from ..store.event_store import EventStore
from ..store.run_records import RunRecord
from . import followed_runs
from .ended_kernels import settle_ended
from .live_run import LiveRun
from .unreachable_source import UnreachableSource

_POLL_S: Final = 0.2
_SETTLE_S: Final = 2.0
"""A kernel that was killed is noticed after this time, and its run ends."""


def goes_on_elsewhere(record: RunRecord | None) -> bool:
    """Whether this is a run of a kernel that has not ended; one of this kernel is in `local_runs`."""
    return record is not None and record.origin == LABEL and record.status not in ENDED


async def follow_elsewhere(store: EventStore, run_id: str, worker: str) -> LiveRun:
    """The run of another kernel, which is followed from now on if it was not; the caller must release it."""
    async with followed_runs.opening(store, LABEL, run_id):
        live = followed_runs.followed(store, LABEL, run_id)
        if live is None:
            live = RunElsewhere(run_id, store=store, worker=worker)
            await live.recall()
            followed_runs.follow(live, LABEL, store)
        live.hold()
        return live


class RunElsewhere(LiveRun):
    """Follows the run of another kernel: reads the history, and writes nothing to it."""

    def __init__(self, run_id: str, *, store: EventStore, worker: str) -> None:
        source = UnreachableSource(run_id, "goes on in another kernel", "Use that kernel.")
        super().__init__(run_id, source=source, store=store, worker=worker)

    async def _follow(self) -> None:
        self.link = StreamLink("live")
        self._notify()
        settled = time.monotonic()
        while not self.state.over:
            logged = await asyncio.to_thread(self.store.read, self.run_id, self.state.position)
            if logged:
                self.state = reduce_all(logged, self.state)
                self._notify()
                continue
            if time.monotonic() - settled > _SETTLE_S:
                settled = time.monotonic()
                await asyncio.to_thread(settle_ended, self.store)
            await asyncio.sleep(_POLL_S)
        self.link = StreamLink("ended")
