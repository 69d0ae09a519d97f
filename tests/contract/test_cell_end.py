"""The end of a cell waits for what is saved with the notebook, and not for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from tests.contract.host_support import scripted
from tests.contract.test_console import recording_comm
from worker_widget import WorkerConsole
from worker_widget.console import widget
from worker_widget.console.jupyter import cell_end, saved
from worker_widget.host.process.threaded import ThreadedHost

__all__ = ["recording_comm"]


class CellEvents:
    """The events of a shell that runs cells."""

    def __init__(self) -> None:
        self._callbacks: list[Callable[[object], None]] = []

    def register(self, event: str, callback: Callable[[object], None]) -> None:
        assert event == "post_run_cell"
        if callback not in self._callbacks:
            self._callbacks.append(callback)

    def end_cell(self) -> None:
        for callback in self._callbacks:
            callback(None)


@pytest.fixture
def cell_events(monkeypatch: pytest.MonkeyPatch) -> CellEvents:
    events = CellEvents()
    monkeypatch.setattr(widget, "_cell_end", cell_end.CellEnd())
    monkeypatch.setattr(cell_end, "WAIT_S", 60.0)
    monkeypatch.setattr(cell_end, "shell", lambda: SimpleNamespace(events=events))
    return events


@pytest.fixture
def saving(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Runs are saved once this is set."""
    allowed = threading.Event()
    save = saved.saved

    def save_when_allowed(*args: Any) -> Any:
        assert allowed.wait(60)
        return save(*args)

    monkeypatch.setattr(saved, "saved", save_when_allowed)
    yield allowed
    allowed.set()


@pytest.fixture
def console(tmp_path_factory: pytest.TempPathFactory, cell_events: CellEvents) -> Iterator[WorkerConsole]:
    with ThreadedHost(tmp_path_factory.mktemp("host"), scripted()) as host:
        made = WorkerConsole(worker="scripted", url=host.url, api_key=host.token, task="log 1; page x")
        yield made
        made.close()


def test_a_run_that_ended_is_saved_when_its_cell_has_ended(
    console: WorkerConsole, cell_events: CellEvents, saving: threading.Event
) -> None:
    console.run().wait(60)
    with ThreadPoolExecutor(1) as cell:
        end = cell.submit(cell_events.end_cell)
        assert not console.saved
        saving.set()
        end.result(60)
        assert console.saved["state"]["run"]["status"] == "completed"


def test_a_cell_ends_although_a_run_cannot_be_saved(
    console: WorkerConsole,
    cell_events: CellEvents,
    saving: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cell_end, "WAIT_S", 0.01)
    console.run().wait(60)
    cell_events.end_cell()
    assert not console.saved


def test_a_cell_does_not_wait_for_a_run_that_goes_on_or_a_closed_console(
    console: WorkerConsole, cell_events: CellEvents, saving: threading.Event
) -> None:
    run = console.run(task="log 1; hold on")
    cell_events.end_cell()
    assert run.success is None
    run.stop()
    run.wait(60)
    console.close()
    cell_events.end_cell()
