"""Pausing, forking and retrying a run in the console."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from worker_widget.events import (
    ArtifactCreated,
    ReplayVerified,
    RunCompleted,
    RunStarted,
    StageCompleted,
    StageStarted,
    make,
)
from worker_widget.state.reduce import reduce_all
from worker_widget.store.event_store import EventStore
from worker_widget.store.run_records import summary

from .console import Console
from .lab import Lab, run_cell, show_cells

CONSOLE = "from worker_widget import WorkerConsole\nconsole = WorkerConsole()\nconsole"
RUN = "run = console.run('A landing page for a beer garden in Munich', pace={pace}{more})"
WAIT = "run.wait(180); print('ended')"


@pytest.fixture
def page(kept_page: Page) -> Page:
    return kept_page


def opened(page: Page, lab: Lab, name: str, pace: float, more: str = "") -> Console:
    page.set_viewport_size({"width": 1368, "height": 1000})
    show_cells(page, lab, name, CONSOLE, RUN.format(pace=pace, more=more))
    console = Console.in_cell(page, run_cell(page, 0))
    run_cell(page, 1)
    console.root.scroll_into_view_if_needed()
    return console


def test_a_run_pauses_and_goes_on(page: Page, running: Lab) -> None:
    # Slow enough that it is still running when all of this has been looked at.
    console = opened(page, running, "pause.ipynb", 60)
    expect(console.stages.nth(1)).to_be_visible()
    console.button("Pause the run at its next step").click()
    console.expect_status("Paused")
    expect(console.button("Stop")).to_be_visible()
    expect(console.log_lines.filter(has_text="Run paused.")).to_be_visible()
    console.button("Resume the run").click()
    console.expect_status("Running")
    expect(console.log_lines.filter(has_text="Run resumed after a pause")).to_be_visible()
    console.button("Stop").click()
    console.expect_status("Cancelled")
    expect(console.root.get_by_role("button", name=re.compile("Pause|Resume the run"))).to_have_count(0)


def test_a_fork_starts_from_the_chosen_stage_and_leads_to_its_parent(page: Page, running: Lab) -> None:
    console = opened(page, running, "fork.ipynb", 0)
    console.expect_status("Completed")
    parent = console.run_id
    console.stages.filter(has_text="Copy Generation").click()
    console.root.get_by_role("button", name="Run again from here…").click()
    strip = console.root.get_by_text(f"Fork of run {parent[:8]} from Copy Generation.")
    expect(strip).to_be_visible()
    console.root.get_by_role("button", name="Cancel").click()
    expect(strip).to_have_count(0)
    expect(console.button("New run")).to_be_visible()
    console.root.get_by_role("button", name="Run again from here…").click()
    console.task.fill("A landing page for a wine bar in Munich")
    console.button("Run fork").click()
    origin = console.root.get_by_role("button", name=f"Fork of run {parent[:8]}")
    expect(origin).to_be_visible()
    console.expect_status("Completed")
    assert console.run_id != parent
    expect(console.stages.filter(has_text="Market Research")).to_contain_text(f"Taken from run {parent[:8]}")
    expect(console.stages.filter(has_text="UX Layout")).not_to_contain_text("Taken from")
    origin.click()
    console.root.get_by_role("button", name="Compare with it").click()
    expect(console.root.get_by_text("Comparison of two runs")).to_be_visible()
    console.root.get_by_role("button", name="All runs").click()
    console.root.get_by_role("button", name=f"Compare with run {parent[:8]}").click()
    expect(console.root.get_by_text("taken from run").first).to_be_visible()
    page.keyboard.press("Escape")
    origin.click()
    console.root.get_by_role("button", name="Open that run").click()
    expect(origin).to_have_count(0)
    assert console.run_id == parent


def test_a_failed_run_is_retried_from_the_stage_that_failed(page: Page, running: Lab) -> None:
    console = opened(page, running, "retry.ipynb", 0, ", budget=1_000, strict_mode=True")
    console.expect_status("Failed")
    failed = console.run_id
    retry = console.root.get_by_role("button", name=re.compile("^Retry from "))
    stage = (retry.inner_text()).removeprefix("Retry from ").strip()
    retry.click()
    expect(console.root.get_by_role("button", name=f"Fork of run {failed[:8]}")).to_be_visible()
    console.expect_status("Failed")
    assert console.run_id != failed
    expect(console.stages.filter(has_text=stage)).not_to_contain_text("Taken from")
    expect(console.stages.first).to_contain_text(f"Taken from run {failed[:8]}")


def test_a_replay_that_differs_leads_to_each_difference(page: Page, running: Lab) -> None:
    running.home.mkdir(exist_ok=True)
    store = EventStore.open(running.home / "history.db")
    for run_id, page_text, of in (
        ("original", "<p>Open daily</p>", None),
        ("again", "<p>Closed</p>", "original"),
    ):
        data = [
            RunStarted(task="A page", worker="business-builder", replay_of=of),
            StageStarted(stage_id="ux", name="UX Layout"),
            artifact("landing", "html", page_text),
            artifact("notes", "md", "# Same\n"),
            *([artifact("extra", "md", "# New\n")] if of else []),
            StageCompleted(stage_id="ux"),
            *([verdict()] if of else []),
            RunCompleted(success=True),
        ]
        store.begin(run_id, worker="business-builder", origin="http://127.0.0.1:1", time_us=0)
        now = datetime.now(UTC)
        logged = store.append(run_id, [make(item, run_id=run_id, time=now) for item in data])
        store.summarise(run_id, **summary(reduce_all(logged)))
    store.close()
    shown = "from worker_widget import WorkerConsole\nconsole = WorkerConsole(replay='again')\nconsole"
    show_cells(page, running, "differs.ipynb", shown)
    console = Console.in_cell(page, run_cell(page, 0))
    console.pane("ledger").get_by_role("button", name=re.compile("Differs")).click()
    differing = (
        console.pane("ledger").get_by_role("list", name="Artifacts that differ").get_by_role("listitem")
    )
    expect(differing).to_have_text([re.compile("^landing.html"), re.compile("^extra.md.*only in this run")])
    differing.first.get_by_role("button", name="Show the difference").click()
    expect(console.pane("artifacts").get_by_role("group", name="Difference")).to_contain_text(
        "The original run, and this run"
    )
    expect(console.preview().get_by_text("Open daily")).to_be_visible()


def artifact(name: str, kind: str, content: str) -> ArtifactCreated:
    return ArtifactCreated(stage_id="ux", artifact_name=name, artifact_type=kind, content=content)


def verdict() -> ReplayVerified:
    names = {
        "landing.html": ("a" * 64, "b" * 64),
        "notes.md": ("c" * 64, "c" * 64),
        "extra.md": (None, "d" * 64),
    }
    compared = [{"name": name, "expected": was, "actual": now} for name, (was, now) in names.items()]
    return ReplayVerified(identical=False, artifacts=compared)
