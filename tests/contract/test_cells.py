"""A cell that is run again takes up the run it followed, in the same kernel or in a new one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.contract.host_support import ScriptedWorker, scripted
from tests.contract.test_console import recording_comm, wait_until
from worker_widget import WorkerConsole, background
from worker_widget.console import widget
from worker_widget.console.jupyter.cells import Cells, Execution
from worker_widget.host.process.threaded import ThreadedHost

__all__ = ["recording_comm"]

Show = Callable[..., WorkerConsole]


@pytest.fixture(scope="module")
def worker() -> ScriptedWorker:
    made = scripted()["scripted"]
    assert isinstance(made, ScriptedWorker)
    return made


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory, worker: ScriptedWorker) -> Iterator[ThreadedHost]:
    with ThreadedHost(tmp_path_factory.mktemp("host"), {"scripted": worker}) as running:
        yield running


@pytest.fixture
def show(host: ThreadedHost, monkeypatch: pytest.MonkeyPatch) -> Iterator[Show]:
    """Runs the named cell: the console that it shows."""
    made: list[WorkerConsole] = []
    monkeypatch.setattr(widget, "_cells", Cells())

    def run_cell(cell: str, task: str = "log 1; wait", at: ThreadedHost = host) -> WorkerConsole:
        monkeypatch.setattr(widget, "current_execution", lambda: Execution(cell, f"message {len(made)}"))
        made.append(WorkerConsole(worker="scripted", url=at.url, api_key=at.token, task=task))
        return made[-1]

    yield run_cell
    for console in made:
        console.close()


def is_ready(console: WorkerConsole) -> bool:
    return bool(console._session.controller.shown.form.workers)


def test_a_cell_that_is_run_again_takes_up_its_run(
    show: Show, worker: ScriptedWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.gate.clear()
    run = show("a").run()
    wait_until(lambda: run.status == "running")
    same_kernel = show("a")
    wait_until(lambda: same_kernel.run_id == run.run_id)
    monkeypatch.setattr(widget, "_cells", Cells())  # as after a restart, when nothing could be closed
    new_kernel = show("a")
    wait_until(lambda: new_kernel.run_id == run.run_id)
    elsewhere = show("b")
    wait_until(lambda: is_ready(elsewhere))
    assert elsewhere.run_id == ""
    worker.gate.set()
    wait_until(lambda: new_kernel.status == "completed")


def test_a_cell_that_is_run_again_in_a_new_kernel_shows_its_finished_run(
    show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = show("d", "log 1; page x").run().wait(120)
    monkeypatch.setattr(widget, "_cells", Cells())
    again = show("d", "log 1; page x")
    wait_until(lambda: again.status == "completed")
    assert again.run_id == run.run_id
    shown = again.current_run
    assert shown is not None
    assert shown.artifacts["landing.html"].text == "x"
    wait_until(lambda: is_ready(again))
    once_more = show("d", "log 1; page x")
    wait_until(lambda: once_more.run_id == run.run_id)

    background.call(lambda: _leave(once_more))
    wait_until(lambda: not once_more._session._writing)
    left = show("d", "log 1; page x")
    wait_until(lambda: is_ready(left))
    assert (left.run_id, left.status) == ("", "idle")


def test_a_cell_that_asks_for_another_task_shows_that(show: Show) -> None:
    show("e", "log 1; page x").run().wait(120)
    edited = show("e", "log 1; page y")
    wait_until(lambda: is_ready(edited))
    assert edited.run_id == ""
    assert edited._session.controller.shown.form.task == "log 1; page y"


def test_a_finished_run_is_shown_again_although_its_server_is_gone(
    show: Show, monkeypatch: pytest.MonkeyPatch, worker: ScriptedWorker, tmp_path: Path
) -> None:
    with ThreadedHost(tmp_path, {"scripted": worker}) as gone:
        console = show("f", "log 1; page x", gone)
        run = console.run().wait(120)
        console.close()
    again = show("f", "log 1; page x", gone)
    wait_until(lambda: again.status == "completed")
    assert again.run_id == run.run_id
    background.call(lambda: _leave(again))
    wait_until(lambda: again._session.controller.shown.form.notice is not None)


def test_a_run_that_is_started_at_once_is_not_covered_by_the_run_before(show: Show) -> None:
    show("g", "log 1; page x").run().wait(120)
    again = show("g", "log 1; page x")
    run = again.run()
    run.wait(120)
    wait_until(lambda: is_ready(again))
    assert again.run_id == run.run_id


def test_a_cell_whose_run_was_left_offers_a_new_one(show: Show, worker: ScriptedWorker) -> None:
    worker.gate.clear()
    console = show("c")
    run = console.run()
    wait_until(lambda: run.status == "running")
    background.call(lambda: _leave(console))
    again = show("c")
    wait_until(lambda: is_ready(again))
    assert again.run_id == ""
    worker.gate.set()


async def _leave(console: WorkerConsole) -> None:
    console._session.controller.leave_run()
