"""A console on functions and blocks of its own kernel, without a server."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from worker_widget import RequestRefused, WorkerConsole, background, log, run, stage, worker
from worker_widget.host.process import host_process
from worker_widget.sources.local.local_run import LocalRun

GUARD_S = 120.0


def wait_until(holds: Callable[[], bool]) -> None:
    limit = time.monotonic() + GUARD_S
    while not holds():
        assert time.monotonic() < limit
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def no_host(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("no host is needed")

    monkeypatch.setattr(host_process, "run", refuse)


@worker
def weekly_digest(task: str, pages: int = 3) -> str:
    """Reads feeds."""
    with stage("fetch"):
        log(f"{pages} pages")
    return task


def test_the_form_offers_the_function_and_run_calls_it() -> None:
    console = WorkerConsole(weekly_digest)
    shown = console._session.controller
    wait_until(lambda: bool(shown.shown.form.workers))
    form = shown.shown.form
    assert (console.worker, form.worker, form.origin, form.task) == (
        "weekly-digest",
        "weekly-digest",
        "this kernel",
        "",
    )
    offered = {row.id: row for row in form.workers}["weekly-digest"]
    assert ([option.name for option in offered.options], offered.description) == (["pages"], "Reads feeds.")
    done = console.run("this week", pages=5).wait(GUARD_S)
    assert (done.status, done.artifacts["result.md"].text) == ("completed", "this week")
    assert console.current_run is not None
    assert console.current_run.run_id == done.run_id
    wait_until(lambda: shown.shown.run.over)
    assert shown.shown.form.notice is None
    with pytest.raises(RequestRefused, match="pages"):
        console.run("this week", pages="five")
    console.close()


def test_a_console_that_watches_shows_the_run_that_starts_next() -> None:
    console = WorkerConsole(watch=True)
    controller = console._session.controller
    wait_until(lambda: controller.shown.link.phase == "idle")
    with run("nightly") as block, stage("load"):
        log("line")
        wait_until(lambda: controller.shown.run_id == block.run_id)
        other = weekly_digest.run("meanwhile").wait(GUARD_S)
        assert controller.shown.run_id == block.run_id
    wait_until(lambda: controller.shown.run.over)
    assert controller.shown.form.notice is None
    after = weekly_digest.run("after")
    wait_until(lambda: controller.shown.run_id == after.run_id)
    assert {block.run_id, other.run_id, after.run_id} <= set(console.history.runs()["run_id"])
    console.close()
    last = weekly_digest.run("closed").wait(GUARD_S)
    assert controller.shown.run_id != last.run_id


def test_of_runs_in_a_row_the_last_is_shown() -> None:
    console = WorkerConsole(watch=True)
    controller = console._session.controller
    wait_until(lambda: controller.shown.link.phase == "idle")
    for number in range(20):  # as agents that a cell runs in a loop
        last = LocalRun.open(f"step {number}")
        last.complete()
    wait_until(lambda: controller.shown.run_id == last.run_id)
    wait_until(lambda: controller.shown.run.over)
    console.close()


def test_the_selector_has_the_worker_of_the_run_on_screen() -> None:
    console = WorkerConsole(weekly_digest, watch=True)
    controller = console._session.controller
    wait_until(lambda: bool(controller.shown.form.workers))
    offered = controller.shown.form.workers
    with run("nightly"):
        wait_until(lambda: controller.shown.run_id is not None)
        wait_until(lambda: controller.shown.form.worker == "nightly")
    wait_until(lambda: controller.shown.run.over)
    selected = controller.shown.form.workers[-1]
    assert (selected.id, selected.name, selected.status) == ("nightly", "Nightly", "unavailable")
    assert selected.reason == "Only its own code starts it"
    assert console.run("this week").wait(GUARD_S).status == "completed"
    assert controller.shown.form.worker == controller.shown.run.worker == "weekly-digest"

    with run("again"):
        wait_until(lambda: controller.shown.form.worker == "again")
    wait_until(lambda: controller.shown.run.over)
    background.call_soon(controller.leave_run)
    wait_until(lambda: controller.shown.form.worker == "weekly-digest")
    assert controller.shown.form.workers == offered
    console.close()


def test_stop_in_the_console_cancels_the_function() -> None:
    @worker
    def endless(task: str) -> None:
        while True:
            log("again")
            time.sleep(0.01)

    console = WorkerConsole(endless)
    going = console.run("x")
    wait_until(lambda: going.state.counts.logs > 0)
    console.stop()
    assert going.wait(GUARD_S).status == "cancelled"
    console.close()
