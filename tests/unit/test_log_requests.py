"""Requests about a long log: none waits behind another, and nobody looks for what is no longer wanted."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from worker_widget.console.requests import log
from worker_widget.console.requests.dispatch import Requests
from worker_widget.console.wire import Request
from worker_widget.events import Log, make
from worker_widget.store.event_store import EventStore
from worker_widget.store.line_filter import LineFilter
from worker_widget.store.log_index import LogProgress
from worker_widget.store.log_search import LogSearch

RUN = "6dd8b5a6-01ea-40a3-bb26-c4ea072f1975"
AT = datetime(2026, 11, 22, 7, 49, 19, tzinfo=UTC)
LINES = 70_000
SLOW = r"(\w)\1\1\1"


@pytest.fixture(scope="module")
def store() -> Iterator[EventStore]:
    memory = EventStore.memory()
    memory.begin(RUN, worker="load", origin="http://127.0.0.1:1", time_us=0)
    emitted = (
        Log(stage_id="copy", message=f"line {n} of many words", level="error" if n % 100 == 0 else "info")
        for n in range(LINES)
    )
    memory.append(RUN, [make(data, run_id=RUN, time=AT) for data in emitted])
    yield memory
    memory.close()


class Asked:
    """What one console's requests are answered with, by their ids, in order."""

    def __init__(self, store: EventStore) -> None:
        live = SimpleNamespace(run_id=RUN, store=store)
        controller = SimpleNamespace(live=live, travel=SimpleNamespace(position=None, after=0))
        channel = SimpleNamespace(answer=lambda message, buffers: self._answer(message))
        self._requests = Requests(cast(Any, controller), cast(Any, channel))
        self.answers: dict[int, dict[str, Any]] = {}

    def ask(self, id: int, name: str, *, client: str = "v1", **args: Any) -> asyncio.Task[None]:
        request = Request(client=client, id=id, name=name, args=args)
        return asyncio.create_task(self._requests.answer(request))

    def _answer(self, message: dict[str, Any]) -> None:
        self.answers[message["id"]] = message


@pytest.fixture
def asked(store: EventStore) -> Asked:
    return Asked(store)


async def test_another_place_ends_the_looking_for_the_one_before(
    asked: Asked, store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = {"search": {"text": SLOW, "regex": True}}
    filter = LineFilter(searches=frozenset({LogSearch(text=SLOW, regex=True)}))
    loop, begun, scan = asyncio.get_running_loop(), asyncio.Event(), store.log_scan

    def scanned(*args: Any, **events: int | None) -> LogProgress:
        loop.call_soon_threadsafe(begun.set)
        return scan(*args, **events)

    monkeypatch.setattr(store, "log_scan", scanned)
    first = asked.ask(1, "log.locate", filter=slow, line=LINES)
    await begun.wait()
    await asked.ask(2, "log.locate", filter={}, line=LINES)
    await first
    assert asked.answers[2]["result"] == {"index": LINES - 1, "total": LINES}
    assert "newer request" in asked.answers[1]["error"]["message"]
    assert not scan(RUN, filter, 0).done


async def test_another_view_has_its_own_places(asked: Asked) -> None:
    both = [
        asked.ask(number, "log.locate", client=client, filter={"levels": ["error"]}, line=601)
        for number, client in enumerate(("v1", "v2"))
    ]
    await asyncio.gather(*both)
    assert [asked.answers[number]["result"]["index"] for number in (0, 1)] == [6, 6]


async def test_a_window_under_a_filter_tells_what_is_found_so_far(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "_PATIENCE_S", 1e-9)
    totals: list[int] = []
    while not totals or totals[-1] < LINES - LINES // 100:
        await asked.ask(len(totals), "log.window", filter={"levels": ["info"]}, start=0, count=2)
        result = asked.answers[len(totals)]["result"]
        assert [row["line"] for row in result["rows"]] == [2, 3]
        totals.append(result["total"])
    assert totals == sorted(set(totals))
    assert len(totals) > 1


async def test_who_and_what_a_long_log_tells_of_is_counted_to_its_end(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "_SLICE_S", 1e-9)
    await asked.ask(1, "log.facets")
    assert asked.answers[1]["result"] == {"agents": [], "stages": [("copy", LINES)]}
