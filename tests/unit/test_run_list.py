"""The list of runs of a history: its filters, its windows and what people add to a run."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from worker_widget.console.requests.dispatch import Requests
from worker_widget.console.wire import Request
from worker_widget.errors import HostUnreachable
from worker_widget.events import Log, make
from worker_widget.events.answers import RunListItem, RunPage
from worker_widget.runs.listed_status import QUIET_US
from worker_widget.runs.run_choice import RunQuery, chosen_runs
from worker_widget.store.event_store import EventStore
from worker_widget.store.run_list import RunFilter, RunWindow

MINUTE_US = 60_000_000


@pytest.fixture
def store() -> Iterator[EventStore]:
    memory = EventStore.memory()
    yield memory
    memory.close()


def add(
    store: EventStore,
    run_id: str,
    task: str | None = None,
    *,
    age_min: float = 0,
    worker: str = "w",
    status: str = "completed",
    log: tuple[str, ...] = (),
) -> None:
    at = time.time_ns() // 1000 - round(age_min * MINUTE_US)
    store.begin(run_id, worker=worker, origin="o", task=task, time_us=at)
    if log:
        now = datetime.now(UTC)
        store.append(run_id, [make(Log(message=text), run_id=run_id, time=now) for text in log])
    store.summarise(run_id, status=status)


def window(store: EventStore, **filter: Any) -> RunWindow:
    return store.run_window(RunFilter(**filter), 0, 100, quiet_us=time.time_ns() // 1000 - QUIET_US)


def ids(found: RunWindow) -> list[str]:
    return [record.run_id for record in found.runs]


def test_any_window_of_many_runs_can_be_read_newest_first(store: EventStore) -> None:
    for n in range(300):
        add(store, f"r{n}", f"Task {n}", age_min=n)
    found = store.run_window(RunFilter(), 120, 50, quiet_us=0)
    assert (found.total, found.start) == (300, 120)
    assert ids(found) == [f"r{n}" for n in range(120, 170)]
    assert ids(store.run_window(RunFilter(), 295, 50, quiet_us=0)) == [f"r{n}" for n in range(295, 300)]
    assert ids(store.run_window(RunFilter(), 900, 50, quiet_us=0)) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("bakery", ["a", "b"]),
        ("BÄCKEREI", ["c"]),
        ("bäckerei", ["c"]),
        ("50 % [of]", ["d"]),
        ("*", ["d"]),
        ("a?", []),
        ("straße", ["c"]),
        ("nothing of that", []),
    ],
)
def test_a_text_is_found_anywhere_in_a_task_as_it_is_in_any_case(
    store: EventStore, text: str, found: list[str]
) -> None:
    add(store, "a", "A Bakery in town", age_min=1)
    add(store, "b", "The bakery's plan", age_min=2)
    add(store, "c", "Eine Bäckerei in der Straße", age_min=3)
    add(store, "d", "Save 50 % [of] * all", age_min=4)
    add(store, "e", None, age_min=5)
    assert ids(window(store, text=text)) == found


@pytest.mark.parametrize("text", ["B\u00e4ck", "Ba\u0308ck", "b\u00c4CK"])
def test_a_text_is_found_in_either_normal_form(store: EventStore, text: str) -> None:
    add(store, "composed", "Eine B\u00e4ckerei", age_min=1)
    add(store, "decomposed", "Eine Ba\u0308ckerei", age_min=2)
    add(store, "other", "Eine Backerei", age_min=3)
    assert ids(window(store, text=text)) == ["composed", "decomposed"]
    query = RunQuery.of(text=text)
    assert [record.run_id for record in chosen_runs(store, query, 9)] == ["composed", "decomposed"]


def test_a_text_is_found_in_notes_too(store: EventStore) -> None:
    add(store, "task", "A bakery", age_min=3)
    add(store, "note", "Else", age_min=2)
    add(store, "untitled", None, age_min=1)
    store.set_note("note", "Like the BAKERY, but cheaper")
    store.set_note("untitled", "bakery")
    found = window(store, text="Bakery")
    assert ids(found) == ["untitled", "note", "task"]
    assert (found.total, found.in_rows) == (3, 3)


def test_runs_found_by_their_logs_follow_those_found_by_their_tasks(store: EventStore) -> None:
    add(store, "log", "Something else", age_min=1)
    add(store, "task", "A bakery", age_min=2)
    add(store, "both", "Another bakery", age_min=3)
    add(store, "none", "Else", age_min=4)
    found = store.run_window(RunFilter(text="bakery"), 0, 10, quiet_us=0, logs=["both", "log"])
    assert ids(found) == ["task", "both", "log"]
    assert (found.total, found.in_rows) == (3, 2)


def test_filters_are_combined_and_a_quiet_run_counts_as_interrupted(
    store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(store, "done", "One", age_min=1)
    add(store, "failed", "Two", age_min=2, status="failed", worker="other")
    add(store, "going", "Three", age_min=3, status="running")
    add(store, "waiting", "Four", age_min=4, status="waiting")
    store.set_starred("failed", True)
    store.set_tags("failed", ["baseline", "v2"])
    store.set_tags("done", ["v2"])
    assert ids(window(store, status="completed")) == ["done"]
    assert ids(window(store, status="running")) == ["going"]
    assert ids(window(store, status="interrupted")) == []
    assert ids(window(store, status="waiting")) == ["waiting"]
    assert ids(window(store, worker="other", starred=True)) == ["failed"]
    assert ids(window(store, tag="v2")) == ["done", "failed"]
    assert ids(window(store, tag="v2", status="failed", text="two")) == ["failed"]
    later = time.time_ns() // 1000 + MINUTE_US
    quiet = store.run_window(RunFilter(status="interrupted"), 0, 10, quiet_us=later)
    assert ids(quiet) == ["going"]
    facets = store.run_facets()
    assert facets.workers == [("w", 3), ("other", 1)]
    assert facets.tags == [("v2", 2), ("baseline", 1)]


class Client:
    """A server that lists runs, or does not answer."""

    def __init__(self) -> None:
        self.listed: list[RunListItem] | None = []

    async def runs(self, *, limit: int, worker: str) -> RunPage:
        if self.listed is None:
            raise HostUnreachable("It does not answer.")
        return RunPage(runs=self.listed)


class Asked:
    """The requests of one console to a history."""

    def __init__(self, store: EventStore) -> None:
        self.client = Client()
        controller = SimpleNamespace(store=store, client=self.client, next_worker="w")
        self._answers: dict[int, Any] = {}
        channel = SimpleNamespace(answer=lambda message, buffers: self._take(message))
        self._requests = Requests(cast(Any, controller), cast(Any, channel))

    def _take(self, message: dict[str, Any]) -> None:
        self._answers[message["id"]] = message

    async def reply(self, name: str, **args: Any) -> dict[str, Any]:
        await self._requests.answer(Request(client="v", id=1, name=name, args=args))
        reply: dict[str, Any] = self._answers[1]
        return reply

    async def result(self, name: str, **args: Any) -> Any:
        reply = await self.reply(name, **args)
        assert reply["ok"], reply
        return reply["result"]

    async def window(self, start: int = 0, count: int = 50, known: str = "", **filter: Any) -> Any:
        return await self.result(
            "history.window", filter={**EVERY_RUN, **filter}, start=start, count=count, known=known
        )


EVERY_RUN = {"text": "", "status": None, "worker": None, "tag": None, "starred": False}


@pytest.fixture
def asked(store: EventStore) -> Asked:
    return Asked(store)


async def test_a_window_is_sent_again_only_after_a_change(store: EventStore, asked: Asked) -> None:
    add(store, "a", "One", age_min=2)
    first = await asked.window()
    assert [row["run_id"] for row in first["rows"]] == ["a"]
    again = await asked.window(known=first["version"])
    assert (again["rows"], again["version"]) == (None, first["version"])
    store.set_starred("a", True)
    add(store, "b", "Two", age_min=1)
    changed = await asked.window(known=first["version"])
    assert [(row["run_id"], row["starred"]) for row in changed["rows"]] == [("b", False), ("a", True)]
    assert (changed["total"], changed["all"]) == (2, 2)


async def test_the_logs_of_all_runs_are_searched_and_matching_lines_counted(
    store: EventStore, asked: Asked
) -> None:
    add(store, "a", "A page", age_min=3, log=("reads the brief", "timeout of the model", "Timeout again"))
    add(store, "b", "Why the timeout?", age_min=2, log=("nothing",))
    add(store, "c", "Else", age_min=1, log=("nothing",))
    while not (found := await asked.window(text="timeout"))["search"]["done"]:
        pass
    assert [(row["run_id"], row.get("lines")) for row in found["rows"]] == [("b", None), ("a", 2)]
    assert (found["total"], found["in_rows"]) == (2, 1)
    assert (found["search"]["runs"], found["search"]["lines"]) == (1, 2)
    failed = await asked.window(text="timeout", status="failed")
    assert failed["rows"] == []


async def test_runs_that_only_the_server_has_stand_where_their_time_puts_them(
    store: EventStore, asked: Asked
) -> None:
    for n in range(4):
        add(store, f"r{n}", f"Task {n}", age_min=10 * n + 5)
    at = datetime.fromtimestamp(time.time() - 10 * 60, UTC)
    listed = RunListItem(run_id="there", status="running", created_at=at, task="On the server")
    asked.client.listed = [listed, RunListItem(run_id="r1", status="completed", created_at=at)]
    await asked.result("history.list")
    found = await asked.window()
    assert [(row["run_id"], row["recorded"]) for row in found["rows"]] == [
        *(("r0", True), ("there", False), ("r1", True), ("r2", True), ("r3", True)),
    ]
    assert found["total"] == 5
    part = await asked.window(start=2, count=2)
    assert [row["run_id"] for row in part["rows"]] == ["r1", "r2"]
    assert [row["run_id"] for row in (await asked.window(status="completed"))["rows"]] == [
        f"r{n}" for n in range(4)
    ]
    # A server that does not answer leaves what this computer has.
    asked.client.listed = None
    assert len((await asked.result("history.list"))["runs"]) == 4
    assert (await asked.window())["total"] == 4


def test_the_first_search_of_a_kernel_does_not_wait_for_what_it_needs() -> None:
    program = (
        "import asyncio, sys\n"
        "from tests.unit.test_run_list import Asked, EventStore\n"
        "async def main():\n"
        "    asked = Asked(EventStore.memory())\n"
        "    await asked.result('history.list')\n"
        "    print('worker_widget.store.line_matching' in sys.modules)\n"
        "    await asked.result('history.facets')\n"
        "    await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))\n"
        "    print('worker_widget.store.line_matching' in sys.modules)\n"
        "asyncio.run(main())\n"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["False", "True"]


async def test_a_deleted_run_is_gone_until_it_is_restored(store: EventStore, asked: Asked) -> None:
    add(store, "a", "One", age_min=2, log=("a line",))
    add(store, "b", "Two", age_min=1)
    at = datetime.now(UTC)
    asked.client.listed = [RunListItem(run_id="a", status="completed", created_at=at, task="One")]
    await asked.result("history.trash", run_id="a")
    assert [row["run_id"] for row in (await asked.result("history.list"))["runs"]] == ["b"]
    assert [row["run_id"] for row in (await asked.window())["rows"]] == ["b"]
    found = await asked.window(text="line")
    assert (found["total"], found["search"]["runs"]) == (0, 0)
    await asked.result("history.restore", run_id="a")
    assert [row["run_id"] for row in (await asked.window())["rows"]] == ["b", "a"]


async def test_a_run_that_goes_on_is_not_deleted(store: EventStore, asked: Asked) -> None:
    add(store, "a", "One", status="running", log=("begins",))
    refused = await asked.reply("history.trash", run_id="a")
    assert refused["error"]["message"] == "This run is running: stop it before it is deleted."
    assert (await asked.window())["total"] == 1


async def test_stars_tags_and_notes_are_kept_and_a_wrong_tag_is_refused_at_its_field(
    store: EventStore, asked: Asked
) -> None:
    add(store, "a", "One")
    await asked.result("history.star", run_id="a", starred=True)
    await asked.result("history.tag", run_id="a", tags=["baseline", " v2 "], before=[])
    await asked.result("history.note", run_id="a", note="Before the new prompt ")
    (row,) = (await asked.window(starred=True, tag="v2"))["rows"]
    assert (row["tags"], row["note"]) == (["baseline", "v2"], "Before the new prompt")
    # Another process tags the run while a person edits the tags that it had before.
    store.change_tags("a", add=["nightly"], remove=[])
    await asked.result("history.tag", run_id="a", tags=["v3", "v2"], before=["baseline", "v2"])
    assert store.known_run("a").tags == ("v2", "nightly", "v3")
    await asked.result("history.tag", run_id="a", tags=["baseline", "v2"], before=["v2", "nightly", "v3"])
    refused = await asked.reply("history.tag", run_id="a", tags=["x" * 101], before=[])
    assert refused["error"]["problems"][0]["field"] == "tags"
    await asked.result("history.note", run_id="a", note=" ")
    assert (await asked.window())["rows"][0]["note"] is None
    assert list(map(list, (await asked.result("history.facets"))["tags"])) == [["baseline", 1], ["v2", 1]]
    unknown = await asked.reply("history.star", run_id="nobody", starred=True)
    assert unknown["error"]["code"] == "run_unknown"


async def test_more_runs_than_can_be_compared_are_refused_with_the_way_to_do_it(asked: Asked) -> None:
    refused = await asked.reply("history.figures", run_ids=[f"r{n}" for n in range(51)])
    assert "at most 50" in refused["error"]["message"]
    assert "RunHistory().runs()" in refused["error"]["message"]
