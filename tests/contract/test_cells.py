"""A cell that is run again takes up the run it followed, in the same kernel or in a new one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.contract.host_support import ScriptedWorker, scripted
from tests.contract.test_console import recording_comm, wait_until
from worker_widget import WorkerConsole, background
from worker_widget.console import widget
from worker_widget.console.jupyter.cells import Cells, Execution
from worker_widget.host.process.threaded import ThreadedHost

__all__ = ["recording_comm"]

Show = Callable[[str], WorkerConsole]


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

    def run_cell(cell: str) -> WorkerConsole:
        monkeypatch.setattr(widget, "current_execution", lambda: Execution(cell, f"message {len(made)}"))
        made.append(WorkerConsole(worker="scripted", url=host.url, api_key=host.token, task="log 1; wait"))
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
    afterwards = show("a")
    wait_until(lambda: is_ready(afterwards))
    assert (afterwards.run_id, afterwards.status) == ("", "idle")


def test_a_cell_whose_run_was_left_offers_a_new_one(show: Show, worker: ScriptedWorker) -> None:
    worker.gate.clear()
    console = show("c")
    run = console.run()
    wait_until(lambda: run.status == "running")
    background.call(_leave(console))
    again = show("c")
    wait_until(lambda: is_ready(again))
    assert again.run_id == ""
    worker.gate.set()


async def _leave(console: WorkerConsole) -> None:
    console._session.controller.leave_run()
