"""The home page: engines, workers, health, and when they are read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise
from typing import Any, cast

import pytest

from worker_widget.console import home
from worker_widget.console.controller import ConsoleController, wire_error
from worker_widget.console.engines import engines_of, states
from worker_widget.console.home import HomeFollower, health_lines, worker_cards
from worker_widget.console.wire import HealthLine, Home, WireError
from worker_widget.errors import HostUnreachable, KeyRefused, ServerError
from worker_widget.events.answers import Health, ModelHealth, RunListItem, RunPage, WorkerInfo
from worker_widget.host.http.app import ENGINES
from worker_widget.state.engine_names import ENGINE_NAMES
from worker_widget.store.event_store import EventStore

BUILDER = WorkerInfo(id="builder", name="Builder", moats=("M9", "M18"))
LATER = WorkerInfo(id="later", name="Later", status="coming_soon", moats=("M9",))
EMBEDDED = "embedded host"


def test_every_engine_of_the_host_has_a_name() -> None:
    assert set(ENGINE_NAMES) == set(ENGINES)


@pytest.mark.parametrize(
    ("moats", "found"),
    [
        ({"M9": "available"}, {"M9": ("available", None)}),
        ({"m18_drift": "unavailable"}, {"M18": ("unavailable", None)}),
        ({"m10": "no database"}, {"M10": ("unavailable", "no database")}),
        ({"M19": True, "M20": False}, {"M19": ("available", None), "M20": ("unavailable", None)}),
        (
            {"M17": {"status": "unavailable", "reason": "not installed"}},
            {"M17": ("unavailable", "not installed")},
        ),
        ({"M15": {}}, {"M15": ("unavailable", None)}),
        ({"postgres": "available"}, {}),
    ],
)
def test_servers_report_engines_in_several_ways(moats: dict[str, Any], found: dict[str, Any]) -> None:
    assert states(moats) == found


def test_an_engine_has_a_name_a_state_and_the_reason() -> None:
    reported = engines_of(BUILDER, Health(moats={"M9": "available"}))
    assert [(item.number, item.name, item.status, item.reason) for item in reported] == [
        ("M9", "Failure catalog", "available", None),
        ("M18", "Drift detection", "unknown", "the server does not report it"),
    ]
    assert {item.status for item in engines_of(BUILDER, None)} == {"unknown"}
    assert [item.status for item in engines_of(LATER, Health(moats={"M9": "available"}))] == ["planned"]


def test_workers_that_can_run_come_first() -> None:
    odd = WorkerInfo(id="odd", status="strange")
    broken = WorkerInfo(id="broken", name="Broken", status="unavailable", reason="not loaded")
    beta = WorkerInfo(id="beta", name="Beta", status="beta")
    cards = worker_cards([odd, LATER, broken, beta, BUILDER], {}, {})
    assert [card.id for card in cards] == ["builder", "beta", "broken", "later", "odd"]
    assert [card.runnable for card in cards] == [True, True, False, False, False]
    assert cards[4].name == "odd"


def lines(
    origin: str, *args: Any, workers: tuple[WorkerInfo, ...] = (), asked: bool = True
) -> list[tuple[str, str, str]]:
    return [(line.name, line.tone, line.text) for line in health_lines(origin, workers, *args, asked=asked)]


def test_the_health_is_shown_in_words() -> None:
    healthy = Health(
        status="healthy",
        version="1.2",
        active_runs=1,
        moats={"M9": "available", "M15": "unavailable"},
        language_model=ModelHealth(name="paper-7b"),
    )
    worker = WorkerInfo(id="builder", moats=("M9", "M15"))
    assert lines(EMBEDDED, {"builder": healthy}, {}, None, workers=(worker,)) == [
        ("Embedded host", "ok", "healthy, version 1.2, 1 run in progress"),
        ("Engines", "warning", "1 of 2 available; unavailable: M15"),
        ("Language model", "ok", "paper-7b answers"),
    ]
    broken = Health(
        status="degraded", language_model=ModelHealth(name="x", status="unavailable", reason="refused")
    )
    assert lines("https://w.example", {"builder": broken}, {}, None) == [
        ("Server https://w.example", "warning", "degraded"),
        ("Engines", "", "not reported by this server"),
        ("Language model", "error", "x cannot be used: refused"),
    ]
    assert lines(EMBEDDED, {"builder": Health(status="healthy")}, {}, None)[2][1:] == (
        "",
        "none is configured: workers write by their rules",
    )


def test_engines_that_no_worker_has_are_named_as_the_servers_own() -> None:
    health = {"builder": Health(moats={"M4": "available", "M9": "available", "M18": "off", "other": True})}
    assert lines(EMBEDDED, health, {}, None, workers=(BUILDER, LATER))[1] == (
        "Engines",
        "warning",
        "2 of 3 available, with M4 Golden replay of the server itself; unavailable: M18",
    )


def test_a_server_that_does_not_answer_is_one_line_with_the_reason() -> None:
    assert lines(EMBEDDED, {}, {}, None, asked=False) == [("Embedded host", "busy", "is being asked …")]
    assert lines("https://w.example", {}, {}, HostUnreachable("Refused.")) == [
        ("Server https://w.example", "error", "does not answer: Refused.")
    ]
    notice = WireError("host_unreachable", "Refused.")
    assert health_lines(
        "https://w.example", (), {}, {}, HostUnreachable("Refused."), asked=True, notice=notice
    ) == (HealthLine(name="Server https://w.example", tone="error", text="does not answer"),)
    assert lines("https://w.example", {}, {}, KeyRefused("Wrong key.")) == [
        ("Server https://w.example", "error", "refuses the key: Wrong key.")
    ]


class Server:
    """A client and a controller in one: what the follower uses of both."""

    def __init__(self, store: EventStore) -> None:
        self.store = store
        self.client = self
        self.asked: list[str] = []
        self.error: Exception | None = None
        self.listed: list[RunListItem] = []
        self.form = type("Form", (), {"workers": (BUILDER, LATER), "origin": EMBEDDED, "notice": None})()
        self.shown = type("Shown", (), {"form": self.form})()

    async def refresh_workers(self) -> None:
        self.asked.append("workers")
        if self.error is not None:
            raise self.error

    async def health(self, *, worker: str) -> Health:
        self.asked.append(f"health {worker}")
        if self.error is not None:
            raise self.error
        return Health(status="healthy")

    async def runs(self, *, limit: int, worker: str) -> RunPage:
        return RunPage(runs=self.listed)

    async def connect(self) -> None:
        self.asked.append("connect")
        self.form.notice = None


async def until(probe: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not probe():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HISTORY_S", "SERVER_S", "SLOWEST_S"):
        monkeypatch.setattr(home, name, 0.001)


def follower(server: Server, watched: Callable[[], bool]) -> tuple[HomeFollower, list[Home | None]]:
    pages: list[Home | None] = []
    made = HomeFollower(cast(ConsoleController, server), watched, lambda: pages.append(made.page))
    return made, pages


async def test_nothing_is_read_while_nobody_looks() -> None:
    server = Server(EventStore.memory())
    made, pages = follower(server, lambda: False)
    made.wake()
    await asyncio.sleep(0.01)
    assert (server.asked, pages, made.page) == ([], [], None)


async def test_reading_ends_when_nobody_looks_any_more() -> None:
    server, looking = Server(EventStore.memory()), True
    made, _ = follower(server, lambda: looking)
    made.wake()
    await until(lambda: made.seen_us)
    looking = False
    await until(lambda: all(task.done() for task in made._tasks))
    looking, asked = True, len(server.asked)
    made.wake()
    await until(lambda: len(server.asked) > asked)
    await made.close()


async def test_a_run_of_another_notebook_appears() -> None:
    server = Server(EventStore.memory())
    made, pages = follower(server, lambda: True)
    made.wake()
    await until(lambda: made.seen_us)
    server.store.begin("r1", worker="builder", origin=EMBEDDED, task="A task", time_us=1)
    await until(lambda: made.page and made.page.runs)
    server.listed = [RunListItem(run_id="r1", status="running")]
    await until(lambda: made.page and made.page.runs[0]["status"] == "running")
    assert made.page is not None
    assert (made.page.total, made.page.runs[0]["task"]) == (1, "A task")
    server.store.summarise("r1", status="failed", error="Too hard.")
    await until(lambda: made.page and made.page.runs[0]["error"] == "Too hard.")
    await made.close()
    assert all(a != b for a, b in pairwise(pages) if a is not b)


async def test_the_server_is_asked_when_a_run_starts_or_ends_and_not_while_it_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(home, "SERVER_S", 3_600)
    server = Server(EventStore.memory())
    reads = 0
    read = home.history.recorded_rows

    def counted(store: EventStore) -> Any:
        nonlocal reads
        reads += 1
        return read(store)

    monkeypatch.setattr(home.history, "recorded_rows", counted)
    made, _ = follower(server, lambda: True)
    made.wake()
    await until(lambda: made.seen_us)

    async def requests_after(change: Callable[[], object], more: int) -> None:
        asked = len(server.asked)
        change()
        await until(lambda: len(server.asked) == asked + more)
        after = reads + 3
        await until(lambda: reads > after)
        assert len(server.asked) == asked + more

    await requests_after(lambda: None, 0)
    begin = {"worker": "builder", "origin": EMBEDDED, "task": "A task", "time_us": 1}
    await requests_after(lambda: server.store.begin("r1", **begin), 2)  # type: ignore[arg-type]
    await requests_after(lambda: None, 0)
    await requests_after(lambda: server.store.summarise("r1", status="failed", error="Too hard."), 2)
    await made.close()


async def test_a_server_that_is_back_ends_its_notice() -> None:
    server = Server(EventStore.memory())
    server.error = HostUnreachable("Nothing there.")
    server.form.notice = wire_error(server.error)
    made, _ = follower(server, lambda: True)
    made.wake()
    await until(lambda: made.page and made.page.health[0].tone == "error")
    assert made.seen_us is None
    server.error = None
    await until(lambda: made.page and made.page.health[0].tone == "ok")
    assert "connect" in server.asked
    await made.close()


async def test_an_error_about_one_worker_is_shown_with_the_answers_of_the_others() -> None:
    server = Server(EventStore.memory())
    server.form.workers = tuple(
        WorkerInfo(id=f"w{number}", name=f"Worker {number}", moats=("M9",)) for number in range(30)
    )
    failing: dict[str, Exception] = {}
    answer = Health(status="healthy", version="1.2", moats={"M9": "available"})

    async def health(*, worker: str) -> Health:
        if worker in failing:
            raise failing[worker]
        return answer

    server.health = health  # type: ignore[method-assign]
    made, _ = follower(server, lambda: True)
    made.wake()
    await until(lambda: made.page and made.page.health[0].text == "healthy, version 1.2")
    failing["w3"] = ServerError("The answer is 500.")
    await until(lambda: made.page and made.page.health[0].tone == "warning")
    assert made.page is not None
    assert made.page.health[0].text == "answers with an error for w3: The answer is 500."
    engines = {card.id: card.engines[0] for card in made.page.workers}
    assert (engines["w3"].status, engines["w3"].reason) == (
        "unknown",
        "the health of the worker could not be read",
    )
    assert {engine.status for worker, engine in engines.items() if worker != "w3"} == {"available"}
    assert len(engines) == 30
    failing |= {"w3": KeyRefused("Not for you."), "w20": HostUnreachable("Lost.")}
    await until(lambda: made.page and "the key for w3 and 1 more" in made.page.health[0].text)
    assert made.page.health[0].text == "refuses the key for w3 and 1 more worker: Not for you."
    failing.clear()
    await until(lambda: made.page and made.page.health[0].tone == "ok")
    await made.close()


async def test_a_server_whose_list_of_workers_is_an_error_says_so() -> None:
    server = Server(EventStore.memory())
    server.error = ServerError("The answer is 500.")
    made, _ = follower(server, lambda: True)
    made.wake()
    await until(lambda: made.page and made.page.health[0].tone == "error")
    assert made.page is not None
    assert made.page.health[0].text == "answers with an error: The answer is 500."
    await made.close()
