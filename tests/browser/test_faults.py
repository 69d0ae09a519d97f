"""What can go wrong, in JupyterLab: each thing says so in the cell, and the console stays usable."""

from __future__ import annotations

import json
import os
import re
import signal

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.console import Console
from tests.browser.lab import Lab, open_notebook, run_cell, show_cells, wait_until, wait_until_ran

SHOW = "from worker_widget import WorkerConsole\nconsole = WorkerConsole()\nconsole"
BUSY = """import time
from pathlib import Path
while not Path("go-on").exists():
    end = time.monotonic() + 0.1
    while time.monotonic() < end:
        pass"""
"""Never waits, until there is a file of that name."""
# From now on what is in the pane refuses every change, so that drawing it throws.
BREAK = """pane => {
    const refuse = () => { throw new Error("the pane refuses to change"); };
    const walker = document.createTreeWalker(pane.querySelector(".content"));
    while (walker.nextNode()) {
        walker.currentNode.setAttribute = refuse;
        Object.defineProperty(walker.currentNode, "data", { set: refuse });
    }
}"""


@pytest.fixture
def page(kept_page: Page) -> Page:
    return kept_page


def shown(page: Page, index: int = 0) -> Console:
    """Run a cell and take the console it shows."""
    cell = run_cell(page, index)
    wait_until_ran(cell)
    console = Console.in_cell(page, cell)
    console.expect_status("Ready", "Running", "Completed", "Failed")
    return console


def start(console: Console, pace: int) -> None:
    """Start a run that takes so many seconds: it still goes on when all of it has been looked at."""
    console.root.locator("[data-pop=run-options]").get_by_role("button").first.click()
    field = console.root.get_by_role("dialog", name="Options").get_by_label("Pace")
    field.fill(str(pace))
    field.press("Tab")
    console.page.keyboard.press("Escape")
    console.start()


def output(page: Page, index: int) -> Locator:
    return page.locator(".jp-Notebook .jp-Cell").nth(index).locator(".jp-OutputArea")


def test_a_busy_cell_stops_neither_the_drawing_nor_the_buttons(page: Page, running: Lab) -> None:
    # Slow enough that it is still running when all of this has been looked at.
    run = "run = console.run('A bakery that delivers by bicycle', pace=30)"
    show_cells(page, running, "busy.ipynb", SHOW, run, BUSY)
    console = shown(page)
    wait_until_ran(run_cell(page, 1))
    console.expect_status("Running")
    busy = run_cell(page, 2)
    expect(busy.locator(".jp-InputPrompt")).to_have_text("[*]:")
    seen = console.log_lines.count()
    expect(console.stages.nth(2)).to_have_class(re.compile("completed|recovered"))
    assert console.log_lines.count() > seen
    expect(busy.locator(".jp-InputPrompt")).to_have_text("[*]:")
    console.button("Stop").click()
    console.expect_status("Cancelled")
    expect(busy.locator(".jp-InputPrompt")).to_have_text("[*]:")
    (running.folder / "go-on").touch()
    wait_until_ran(busy)
    expect(console.button("New run")).to_be_enabled()


def test_a_pane_that_fails_takes_down_only_itself_and_is_healed_by_a_retry(page: Page, running: Lab) -> None:
    show_cells(page, running, "pane.ipynb", SHOW)
    console = shown(page)
    start(console, pace=16)
    expect(console.stages.locator("xpath=self::*[contains(@class, 'running')]")).to_have_count(1)
    timeline = console.pane("timeline")
    timeline.evaluate(BREAK)
    alert = timeline.get_by_role("alert")
    expect(alert).to_contain_text("Timeline cannot be drawn: the pane refuses to change.")
    picture = console.stages.all_inner_texts()
    seen = console.log_lines.count()

    # The others go on to the end of the run.
    console.expect_status("Completed")
    assert console.log_lines.count() > seen
    expect(console.pane("routing").locator(".decision")).not_to_have_count(0)
    expect(console.pane("ledger").locator(".incident")).not_to_have_count(0)
    expect(console.preview().locator("h1")).to_be_visible()
    expect(console.root.get_by_role("alert")).to_have_count(1)
    expect(alert).to_be_visible()
    assert console.stages.all_inner_texts() == picture

    alert.get_by_role("button", name="Retry").click()
    expect(alert).to_have_count(0)
    expect(timeline.locator(".stage:is(.completed, .recovered)")).to_have_count(8)
    console.stages.nth(2).click()
    expect(console.pane("log").get_by_title("Show all stages")).to_be_visible()


def test_bad_input_is_told_at_the_field_and_nothing_is_lost(page: Page, running: Lab) -> None:
    show_cells(page, running, "input.ipynb", SHOW)
    console = shown(page)
    console.task.fill("abc")
    console.start()
    expect(console.root.get_by_role("alert").filter(has_text="5 characters")).to_be_visible()
    console.task.fill("A bakery that delivers by bicycle")
    console.root.get_by_role("button", name=re.compile("^Brand")).click()
    dialog = console.root.get_by_role("dialog")
    dialog.get_by_role("button", name="JSON", exact=True).click()
    brand = dialog.get_by_role("textbox", name="Brand as JSON")
    brand.fill('{"company_name": "Crumb",}')
    expect(dialog).to_contain_text(re.compile("line 1, column 26", re.IGNORECASE))
    brand.fill(json.dumps({"company_name": "Crumb", "mission": "Bread"}))
    # The check after a pause in typing: while it is under way no other can be asked for.
    expect(dialog).to_contain_text("mission Needs")
    dialog.get_by_role("button", name="Check").click()
    expect(dialog).to_contain_text("value_proposition Required")
    brand.fill(
        json.dumps(
            {
                "company_name": "Crumb",
                "mission": "Fresh bread for every street",
                "value_proposition": "Bread baked at night and brought to the door by bicycle",
            }
        )
    )
    page.keyboard.press("Escape")
    start(console, pace=60)
    console.expect_status("Running")
    console.button("Stop").click()
    console.expect_status("Cancelled")


def test_a_host_that_is_killed_costs_the_run_but_nothing_that_had_arrived(page: Page, running: Lab) -> None:
    show_cells(page, running, "killed.ipynb", SHOW)
    console = shown(page)
    start(console, pace=30)
    expect(console.stages.nth(1)).to_have_class(re.compile("completed|recovered"))
    before = console.log_lines.all_inner_texts()
    os.kill(json.loads((running.home / "host.json").read_text())["pid"], signal.SIGKILL)
    console.expect_status("Failed")
    expect(console.root).to_contain_text("The run did not finish: the host was stopped")
    after = console.log_lines.all_inner_texts()
    assert after[: len(before)] == before
    console.button("New run").click()
    console.expect_status("Ready")
    console.start()
    console.expect_status("Running")  # with the same pace
    console.button("Stop").click()
    console.expect_status("Cancelled")


def test_a_server_that_is_not_there_and_a_wrong_key_are_told_in_the_cell(page: Page, running: Lab) -> None:
    state = json.loads((running.home / "host.json").read_text())
    show_cells(
        page,
        running,
        "missing.ipynb",
        "from worker_widget import WorkerConsole\nWorkerConsole(url='http://127.0.0.1:9', api_key='k')",
        f"WorkerConsole(url='http://127.0.0.1:{state['port']}', api_key='not-the-key')",
        "WorkerConsole(run_id='no-such-run')",
        "WorkerConsole(worker='no-such-worker')",
    )
    for index, words in enumerate(("127.0.0.1:9", "key", "no-such-run", "no-such-worker")):
        cell = run_cell(page, index)
        wait_until_ran(cell)
        console = Console.in_cell(page, cell)
        expect(console.root.get_by_role("alert").filter(has_text=words)).to_be_visible()
        assert "not-the-key" not in console.root.inner_text()


def test_running_the_cell_again_leaves_one_console_and_the_history(page: Page, running: Lab) -> None:
    counts = (
        "import asyncio, ipywidgets, threading\n"
        "from worker_widget import background\n"
        "async def tasks(): return len(asyncio.all_tasks())\n"
        "from ipywidgets.widgets.widget import _instances\n"
        "print(sum(type(w).__name__ == 'WorkerConsole' for w in _instances.values()),"
        " background.call(tasks) < 8)"
    )
    show_cells(page, running, "again.ipynb", SHOW, counts, "run = console.run(pace=120)")
    shown(page)
    wait_until_ran(run_cell(page, 2))
    for _ in range(3):
        console = shown(page)
        console.expect_status("Running")  # the same run, taken up again

    def one_is_left() -> bool:
        wait_until_ran(run_cell(page, 1))
        return "1 True" in output(page, 1).inner_text()

    wait_until(page, one_is_left, "closing the consoles before")
    console.button("Stop").click()
    console.expect_status("Cancelled")
    console.root.get_by_role("button", name=re.compile("History")).click()
    history = console.root.get_by_role("dialog", name="Run history")
    expect(history.get_by_role("listitem").first).to_contain_text("Cancelled")


def test_the_cell_of_a_saved_notebook_shows_its_finished_run_again(page: Page, running: Lab) -> None:
    show = "from worker_widget import WorkerConsole\nWorkerConsole(task='A bakery that delivers by bicycle')"
    show_cells(page, running, "finished.ipynb", show)
    console = shown(page)
    console.start()
    console.expect_status("Completed")
    run_id = console.run_id
    page.keyboard.press("Control+S")
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    open_notebook(page, running, "finished.ipynb")

    again = shown(page)
    again.expect_status("Completed")
    assert again.run_id == run_id
    expect(again.preview().locator("h1")).to_be_visible()
    again.root.get_by_role("button", name="Request").click()
    request = again.root.get_by_role("dialog", name="Request of this run")
    expect(request).to_contain_text("A bakery that delivers by bicycle")
    page.keyboard.press("Escape")
    with page.expect_download() as download:
        again.pane("artifacts").get_by_role("button", name=re.compile("^Download")).first.click()
    assert download.value.suggested_filename.endswith(".html")

    again.button("New run").click()
    again.expect_status("Ready")
    left = shown(page)
    left.expect_status("Ready")
