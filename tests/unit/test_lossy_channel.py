"""Nothing is lost, doubled or out of order in the end, whatever of the kernel's messages gets lost.

Messages of the kernel come in order, but any of them may vanish on the way to any browser, the last one
too. What a browser says may wait long, as beside a busy cell, but arrives. In the end every view must
show what reducing the log gives.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.recorded import logged
from tests.shown import RUN, Browser, ShownRun
from worker_widget.console.channel import snapshot
from worker_widget.console.wire import FromBrowser, LogFilter, LogSearch, Watch, WatchedArtifact, WatchedLog
from worker_widget.events import (
    ArtifactDelta,
    ArtifactStarted,
    Event,
    Log,
    Payload,
    PolicyCheck,
    RoutingDecision,
    RunCompleted,
    RunStarted,
    StageCompleted,
    StageStarted,
    make,
)
from worker_widget.state.reduce import reduce_all

START = datetime(2026, 11, 22, 7, 49, 19, tzinfo=UTC)
LEVELS = ("debug", "info", "warning", "error")
STAGES = ("research", "copy")
PAGE = "page.html"


def emitted() -> list[Event]:
    """A run with more rows than any tail holds, and an artifact that grows."""
    outbox: list[Payload] = [
        RunStarted(task="t"),
        ArtifactStarted(artifact_name="page", artifact_type="html"),
    ]
    for n in range(230):
        stage_id = STAGES[n % 2]
        if n < 2:
            outbox.append(StageStarted(stage_id=stage_id))
        outbox.append(Log(message=f"line {n}", level=LEVELS[n % 4], stage_id=stage_id))
        outbox.append(RoutingDecision(stage_id=stage_id, selected_agent=f"agent {n}"))
        if n % 7 == 0:
            outbox.append(PolicyCheck(stage_id=stage_id, policy=f"p{n}", passed=n % 2 == 0))
            text = f"<p>{n}</p>"
            outbox.append(ArtifactDelta(artifact_name="page", artifact_type="html", text=text))
    outbox += [StageCompleted(stage_id="copy", tokens_used=5), RunCompleted(success=True)]
    return [make(data, run_id=RUN, time=START + timedelta(milliseconds=n)) for n, data in enumerate(outbox)]


EVENTS = emitted()
DIGITS = LogSearch(text=r"[13]\d$", regex=True)
WATCHES = (
    Watch(log=WatchedLog(rows=20), artifact=WatchedArtifact(file=PAGE)),
    Watch(log=WatchedLog(filter=LogFilter(levels=("error",)), rows=10)),
    Watch(log=WatchedLog(search=LogSearch(text="LINE 1"), rows=15)),
    Watch(log=WatchedLog(filter=LogFilter(stage_id="copy", search=DIGITS), rows=300)),
)
VIEWS = 3
SOME_VIEW = st.integers(0, VIEWS - 1)
ACTIONS = st.one_of(
    st.tuples(st.just("tell"), st.integers(1, 150)),
    st.tuples(st.just("tell"), st.integers(1, 150)),
    st.tuples(st.just("flush")),
    st.tuples(st.just("arrive"), SOME_VIEW, st.lists(st.booleans(), max_size=6)),
    st.tuples(st.just("arrive"), SOME_VIEW, st.lists(st.booleans(), max_size=6)),
    st.tuples(st.just("hear"), SOME_VIEW),
    st.tuples(st.just("sync"), SOME_VIEW),
    st.tuples(st.just("sync"), SOME_VIEW),
    st.tuples(st.just("watch"), SOME_VIEW, st.integers(0, len(WATCHES) - 1)),
    st.tuples(st.just("watch"), SOME_VIEW, st.integers(0, len(WATCHES) - 1)),
    st.tuples(st.just("show"), SOME_VIEW, st.booleans()),
    st.tuples(st.just("open"), SOME_VIEW),
    st.tuples(st.just("beat")),
    st.tuples(st.just("wait")),
)


class World:
    """A channel, its views, and what is on its way between them."""

    def __init__(self) -> None:
        self.run = ShownRun()
        self.browsers = [Browser(f"v{n}", WATCHES[n % len(WATCHES)]) for n in range(VIEWS)]
        self.ways: list[deque[dict[str, Any]]] = [deque() for _ in self.browsers]
        self.open: set[int] = set()
        self.rest = list(EVENTS)
        self._carried = 0

    def carry(self) -> None:
        """Put what was sent on its way to every view that is open."""
        for message in self.run.sent[self._carried :]:
            for n in self.open:
                self.ways[n].append(message)
        self._carried = len(self.run.sent)

    async def begin(self) -> None:
        """Two views are open and up to date; a third may follow."""
        await self.act("tell", 40)
        for n in (0, 1):
            await self.act("open", n)
            self.sync(n)

    async def act(self, name: str, *parts: Any) -> None:
        match name, parts:
            case "tell", (count,):
                batch, self.rest = self.rest[:count], self.rest[count:]
                self.run.tell(batch)
            case "flush", ():
                self.run.channel.flush()
            case "arrive", (n, kept):
                self.arrive(n, kept)
            case "hear", (n,):
                self.hear(n)
            case "sync", (n,):
                self.sync(n)
            case "watch", (n, watch) if n in self.open:
                self.browsers[n].watch(WATCHES[watch])
            case "show", (n, visible) if n in self.open:
                self.browsers[n].show(visible)
            case "open", (n,) if n not in self.open:
                self.open.add(n)
                self.browsers[n].hello()
            case "beat", ():
                self.run.channel._beat()
            case "wait", ():
                await self.searched()
        self.carry()

    def arrive(self, n: int, kept: list[bool]) -> None:
        for arrives in kept:
            if self.ways[n]:
                message = self.ways[n].popleft()
                if arrives:
                    self.browsers[n].take(message)

    def hear(self, n: int) -> None:
        outbox: list[FromBrowser] = list(self.browsers[n].outbox)
        self.browsers[n].outbox.clear()
        for message in outbox:
            self.run.hear(message)
        self.carry()

    def sync(self, n: int) -> None:
        """For once all goes well between the kernel and one view."""
        self.hear(n)
        self.arrive(n, [True] * len(self.ways[n]))

    async def searched(self) -> None:
        """Until no search goes on beside the loop."""
        while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.gather(*tasks, return_exceptions=True)

    async def settle(self, kept: list[bool]) -> None:
        """The run is over; some more messages get lost, and then no more."""
        await self.act("tell", len(self.rest))
        for n in range(VIEWS):
            await self.act("open", n)
            await self.act("show", n, True)
            self.arrive(n, kept)
        for _ in range(8):
            for n, browser in enumerate(self.browsers):
                self.sync(n)
                browser.pulse()
            await self.searched()
            self.run.channel.flush()
            self.run.channel._beat()
            self.carry()
        self.run.channel.close()
        await self.searched()
        self.run.store.close()


def lines(filter: LogFilter, search: LogSearch | None = None) -> list[str]:
    """The messages that pass, made from the events themselves."""
    found = []
    for event in EVENTS:
        data = event.data
        if not isinstance(data, Log):
            continue
        if filter.levels is not None and data.level not in filter.levels:
            continue
        if filter.stage_id is not None and data.stage_id != filter.stage_id:
            continue
        wanted = [one for one in (filter.search, search) if one is not None]
        patterns = [one.text if one.regex else re.escape(one.text) for one in wanted]
        if all(re.search(pattern, data.message, re.IGNORECASE) for pattern in patterns):
            found.append(data.message)
    return found


@settings(max_examples=50)
@given(st.lists(ACTIONS, max_size=30), st.lists(st.booleans(), max_size=6))
def test_every_view_ends_with_what_reducing_the_log_gives(
    actions: list[tuple[Any, ...]], last_kept: list[bool]
) -> None:
    async def live() -> World:
        world = World()
        await world.begin()
        for action in actions:
            await world.act(*action)
        await world.settle(last_kept)
        return world

    world = asyncio.run(live())
    reduced = reduce_all(logged(EVENTS))
    state = msgspec.json.decode(
        msgspec.json.encode(snapshot.state(msgspec.structs.replace(world.run.shown, run=reduced)))
    )
    for browser in world.browsers:
        assert browser.missed is False
        assert browser.state == state
        watched = browser.watched.log
        expected = lines(watched.filter)
        assert browser.total == len(expected)
        assert {i: row["message"] for i, row in browser.log.items()} == {i: expected[i] for i in browser.log}
        newest = range(max(0, len(expected) - watched.rows), len(expected))
        assert set(newest) <= set(browser.log)
        if watched.search or watched.filter.search:
            assert browser.search == {
                "count": len(lines(watched.filter, watched.search)),
                "scanned": 230,
                "of": 230,
                "done": True,
                "error": None,
            }
        if browser.watched.artifact is not None:
            assert browser.text[PAGE] == "".join(f"<p>{n}</p>" for n in range(0, 230, 7))
