"""The Studio's home page: the workers, the newest runs and the health of the server, kept up to date.

While a person looks at the page, or has the history open, the history is read every second, so that runs of
other notebooks appear.
The server is asked when the page is shown, when a run in the history starts or ends, and every 15 seconds.
Otherwise nothing is read.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, Final

from ..errors import HostNotStarted, HostUnreachable, KeyRefused, WorkerWidgetError
from ..events.answers import Health, ModelHealth, RunListItem, WorkerInfo
from ..sources.local.functions_here import LABEL
from ..state.engine_names import ENGINE_NAMES
from . import history
from .controller import ConsoleController, wire_error
from .engines import engines_of, states
from .wire import EMBEDDED, Card, HealthLine, HistoryRow, Home, WireError, WorkerCard

HISTORY_S: Final = 1.0
SERVER_S: Final = 15.0
SLOWEST_S: Final = 60.0
MOST_AT_ONCE: Final = 12
"""The health and the runs of at most this many workers are requested at the same time."""

_OF_THE_SERVER: Final = (HostNotStarted.code, HostUnreachable.code, KeyRefused.code)
_STATUS_ORDER: Final = ("available", "beta", "unavailable", "coming_soon")

INTRO: Final = (
    Card(
        title="A worker does one job",
        text="You give it a task. Agents do the work in stages, and you get files, such as a landing page.",
    ),
    Card(
        title="Same input, same files",
        text="A replay token holds plan, inputs and seed. Run again and verify compares every file.",
    ),
    Card(
        title="Every step is recorded",
        text="A log on this computer keeps all events. Replay shows a run again, also without the server.",
    ),
    Card(
        title="Rules are checked",
        text="Policies and your brand's voice are checked in each stage. What breaks a rule is rewritten.",
    ),
    Card(
        title="Failures are recovered in view",
        text="Known failures have known recoveries. You see what was found, what was done, and the result.",
    ),
)


class HomeFollower:
    """Keeps the home page of one console up to date while ``watched()`` is true.

    ``changed`` is called after every change of `page` or `seen_us`. Runs on the background loop.
    """

    def __init__(
        self, controller: ConsoleController, watched: Callable[[], bool], changed: Callable[[], None]
    ) -> None:
        self.page: Home | None = None
        self.seen_us: int | None = None
        """When the server answered last."""
        self._controller = controller
        self._watched = watched
        self._changed = changed
        self._tasks: list[asyncio.Task[None]] = []
        self._ask_now = asyncio.Event()
        self._recorded: list[HistoryRow] = []
        self._trashed: frozenset[str] = frozenset()
        self._listed: list[tuple[str, RunListItem]] = []
        self._total = 0
        self._history_error: WireError | None = None
        self._health: dict[str, Health] = {}
        self._failed: dict[str, WorkerWidgetError] = {}
        self._asked = False
        self._error: WorkerWidgetError | None = None

    def wake(self) -> None:
        """Starts to follow, if the page is watched and not followed yet."""
        self._tasks = [task for task in self._tasks if not task.done()]
        if self._watched() and not self._tasks:
            loops: tuple[Coroutine[Any, Any, None], ...] = (self._follow_history(), self._follow_server())
            self._tasks = [asyncio.create_task(loop, name="follow the home page") for loop in loops]

    async def close(self) -> None:
        """Ends following."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _follow_history(self) -> None:
        while self._watched():
            await self._read_history()
            await asyncio.sleep(HISTORY_S)

    async def _follow_server(self) -> None:
        pause_s = SERVER_S
        while self._watched():
            self._ask_now.clear()
            await self._ask_server()
            pause_s = SERVER_S if self._error is None else min(2 * pause_s, SLOWEST_S)
            try:
                async with asyncio.timeout(pause_s):
                    await self._ask_now.wait()
            except TimeoutError:
                pass

    async def _read_history(self) -> None:
        store = self._controller.store
        before = _statuses(self._recorded)
        try:
            self._recorded = await asyncio.to_thread(history.recorded_rows, store)
            self._trashed = await asyncio.to_thread(history.trashed_ids, store)
            self._total = await asyncio.to_thread(store.run_count)
            self._history_error = None
        except WorkerWidgetError as error:
            self._history_error = wire_error(error)
        if self._asked and _statuses(self._recorded) != before:
            self._ask_now.set()
        self._show()

    async def _ask_server(self) -> None:
        controller = self._controller
        try:
            await controller.refresh_workers()
        except WorkerWidgetError as error:
            self._error = error
        else:
            self._error, self.seen_us = None, time.time_ns() // 1000
            await self._ask_workers([row.id for row in controller.shown.form.workers if row.runnable])
            notice = controller.shown.form.notice
            if notice is not None and notice.code in _OF_THE_SERVER:
                await controller.connect()  # the server is back: the notice goes
        self._asked = True
        self._show()
        self._changed()

    async def _ask_workers(self, workers: Sequence[str]) -> None:
        for answers in (self._health, self._failed):
            for gone in answers.keys() - set(workers):
                del answers[gone]
        for start in range(0, len(workers), MOST_AT_ONCE):
            await asyncio.gather(*map(self._ask_worker, workers[start : start + MOST_AT_ONCE]))

    async def _ask_worker(self, worker: str) -> None:
        client = self._controller.client
        try:
            health = await client.health(worker=worker)
            page = await client.runs(limit=history.RECENT_RUNS, worker=worker)
        except WorkerWidgetError as error:  # of this worker: the server has just listed its workers
            self._health.pop(worker, None)
            self._failed[worker] = error
            return
        self._failed.pop(worker, None)
        self._health[worker] = health
        others = [item for item in self._listed if item[0] != worker]
        self._listed = [*others, *((worker, item) for item in page.runs)]

    def _runs(self) -> list[HistoryRow]:
        return history.merged_rows(self._recorded, self._listed, trashed=self._trashed)

    def _show(self) -> None:
        form = self._controller.shown.form
        page = Home(
            intro=INTRO,
            workers=worker_cards(form.workers, self._health, self._failed),
            runs=tuple(self._runs()),
            total=self._total,
            health=health_lines(
                form.origin,
                form.workers,
                self._health,
                self._failed,
                self._error,
                asked=self._asked,
                notice=form.notice,
            ),
            error=self._history_error,
        )
        if page != self.page:
            self.page = page
            self._changed()


def worker_cards(
    workers: Iterable[WorkerInfo], health: Mapping[str, Health], failed: Mapping[str, WorkerWidgetError]
) -> tuple[WorkerCard, ...]:
    """The cards of the workers: those that can run first.

    ``health`` and ``failed`` are the health and the error of each worker that was asked.
    """
    cards = [
        WorkerCard(
            id=worker.id,
            name=worker.name or worker.id,
            description=worker.description,
            status=worker.status,
            reason=worker.reason,
            runnable=worker.runnable,
            engines=engines_of(worker, failed.get(worker.id) or health.get(worker.id)),
        )
        for worker in workers
    ]
    return tuple(sorted(cards, key=lambda card: _rank(card.status)))


def health_lines(
    origin: str,
    workers: Iterable[WorkerInfo],
    health: Mapping[str, Health],
    failed: Mapping[str, WorkerWidgetError],
    error: WorkerWidgetError | None,
    *,
    asked: bool,
    notice: WireError | None = None,
) -> tuple[HealthLine, ...]:
    """The state of the server, of its engines and of its language model, one line each.

    ``health`` and ``failed`` are the health and the error of each worker; ``error`` is that of the whole
    server at the last request; ``asked`` is false before the first. The page shows ``notice``, too: an error
    that stands there is not repeated.
    """
    names = {EMBEDDED: "Embedded host", LABEL: "This kernel"}
    server = names.get(origin, f"Server {origin}")
    if error is not None:
        shown = notice is not None and notice.message == str(error)
        text = _refusal(error) if shown else f"{_refusal(error)}: {error}"
        return (HealthLine(name=server, tone="error", text=text),)
    if not asked:
        return (HealthLine(name=server, tone="busy", text="is being asked …"),)
    return (_server_line(server, health, failed), _engines_line(workers, health), _model_line(health))


def _refusal(error: WorkerWidgetError) -> str:
    if isinstance(error, KeyRefused):
        return "refuses the key"
    return "does not answer" if isinstance(error, HostUnreachable) else "answers with an error"


def _server_line(
    server: str, health: Mapping[str, Health], failed: Mapping[str, WorkerWidgetError]
) -> HealthLine:
    if failed:
        worker, error = next(iter(failed.items()))
        more = f" and {_plural(len(failed) - 1, 'more worker')}" if len(failed) > 1 else ""
        text = f"{_refusal(error)} for {worker}{more}: {error}"
        return HealthLine(name=server, tone="warning", text=text)
    first = next(iter(health.values()), Health())
    version = f", version {first.version}" if first.version else ""
    runs = "" if first.active_runs is None else f", {_plural(first.active_runs, 'run')} in progress"
    bad = sorted({one.status for one in health.values()} - {"healthy", "ok", "available", ""})
    if bad:
        return HealthLine(name=server, tone="warning", text=f"{', '.join(bad)}{version}{runs}")
    return HealthLine(name=server, tone="ok", text=f"healthy{version}{runs}")


def _engines_line(workers: Iterable[WorkerInfo], health: Mapping[str, Health]) -> HealthLine:
    """The engines of all workers, and those of the server's own, which no card of a worker has."""
    reported = [states(one.moats) for one in health.values()]
    known = {number for engines in reported for number in engines}
    available = {
        number for engines in reported for number, (state, _) in engines.items() if state == "available"
    }
    if not known:
        return HealthLine(name="Engines", tone="", text="not reported by this server")
    missing = ", ".join(sorted(known - available))
    rest = f"; unavailable: {missing}" if missing else ""
    own = known.difference(*(worker.moats for worker in workers), sorted(known - ENGINE_NAMES.keys()))
    named = ", ".join(f"{number} {ENGINE_NAMES[number]}" for number in sorted(own))
    of_server = f", with {named} of the server itself" if named else ""
    text = f"{len(available)} of {len(known)} available{of_server}{rest}"
    return HealthLine(name="Engines", tone="warning" if missing else "ok", text=text)


def _model_line(health: Mapping[str, Health]) -> HealthLine:
    if not health:
        return HealthLine(name="Language model", tone="", text="unknown: no worker reports its health")
    models = [one.language_model for one in health.values() if one.language_model is not None]
    if not models:
        return HealthLine(
            name="Language model", tone="", text="none is configured: workers write by their rules"
        )
    broken = next((model for model in models if model.status != "available"), None)
    if broken is None:
        return HealthLine(name="Language model", tone="ok", text=f"{models[0].name} answers")
    return HealthLine(name="Language model", tone="error", text=_broken(broken))


def _broken(model: ModelHealth) -> str:
    return f"{model.name or 'it'} cannot be used: {model.reason or 'the server gives no reason'}"


def _statuses(rows: Iterable[HistoryRow]) -> dict[str, str]:
    return {row["run_id"]: row["status"] for row in rows}


def _rank(status: str) -> int:
    return _STATUS_ORDER.index(status) if status in _STATUS_ORDER else len(_STATUS_ORDER)


def _plural(count: int, word: str) -> str:
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"
