"""The receipt below a console: nothing moves when its run ends, and the saved notebook is readable by it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.console import Console
from tests.browser.lab import (
    Lab,
    Theme,
    open_notebook,
    page_of,
    run_cell,
    show_cells,
    wait_until,
    wait_until_ran,
)

DEFINED = """
import threading
from worker_widget import WorkerConsole, artifact, stage, worker

go = threading.Event()

@worker
def note(task):
    with stage("<b>writing</b>"), artifact("note.md") as out:
        out.write(task)
        go.wait()

console = WorkerConsole(note)
console
""".strip()
END_WITHOUT_PAGE = """
import time
from pathlib import Path

def end():
    while not Path("left").exists():
        time.sleep(0.05)
    go.set()
    run.wait()
    console.wait_until_saved(60)
    Path("ended").touch()

threading.Thread(target=end, daemon=True).start()
""".strip()
SAVE = "() => window.jupyterapp.commands.execute('docmanager:save')"
WATCH = """() => {
    const cells = document.querySelectorAll('.jp-Notebook .jp-Cell');
    const seen = window.seenPlaces = new Set();
    const look = () => {
        const output = cells[0].querySelector('.jp-OutputArea-child');
        seen.add([output.offsetHeight, output.getBoundingClientRect().top,
                  cells[1].getBoundingClientRect().top].join(' '));
        requestAnimationFrame(look);
    };
    look();
}"""


@pytest.fixture
def page(kept_page: Page) -> Page:
    return kept_page


def receipt(page: Page) -> Any:
    return page.locator(".jp-OutputArea-child").nth(1)


def saved(page: Page, running: Lab, name: str) -> dict[str, Any]:
    """The notebook as it is saved."""
    page.evaluate(SAVE)
    path = running.folder / name
    wait_until(page, lambda: "Completed" in path.read_text(), "saving the receipt")
    notebook: dict[str, Any] = json.loads(path.read_text())
    return notebook


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_moves_when_the_run_ends(browser: Browser, running: Lab, theme: Theme) -> None:
    with page_of(browser, theme, 1200, 1300) as page:
        show_cells(page, running, f"{theme}.ipynb", DEFINED, "run = console.run('A task')", "go.set()")
        cell = run_cell(page, 0)
        wait_until_ran(cell)
        console = Console.in_cell(page, cell)
        console.expect_status("Ready")
        expect(receipt(page)).to_have_text("No run yet")
        wait_until_ran(run_cell(page, 1))
        console.expect_status("Running")
        expect(receipt(page)).to_contain_text("Running · since")
        page.evaluate(WATCH)
        wait_until_ran(run_cell(page, 2))
        console.expect_status("Completed")
        expect(receipt(page).locator("summary")).to_contain_text("Completed · ")
        page.wait_for_timeout(300)
        assert len(page.evaluate("() => [...window.seenPlaces]")) == 1
        receipt(page).locator("summary").click()
        expect(receipt(page)).to_contain_text("<b>writing</b>")
        expect(receipt(page).get_by_role("cell", name="note.md")).to_be_visible()


def test_the_receipt_follows_the_run_in_a_page_that_was_loaded_anew(page: Page, running: Lab) -> None:
    name = "loaded-anew.ipynb"
    show_cells(page, running, name, DEFINED, "run = console.run('A task')", END_WITHOUT_PAGE)
    for index in range(3):
        wait_until_ran(run_cell(page, index))
    expect(receipt(page)).to_contain_text("Running · since")
    page.evaluate(SAVE)
    page.goto("about:blank")
    (running.folder / "left").touch()
    wait_until(page, (running.folder / "ended").exists, "the end of the run")
    open_notebook(page, running, name)
    line = receipt(page).locator("summary")
    expect(line).to_contain_text("Completed · ")
    ended = line.inner_text()
    console = Console.in_cell(page, page.locator(".jp-Notebook .jp-Cell").first)
    console.task.fill("Another task")
    console.start()
    console.expect_status("Completed")
    expect(line).not_to_have_text(ended)
    expect(line).to_contain_text("Completed · ")
    line.click()
    expect(receipt(page)).to_contain_text("Another task")
    output = saved(page, running, name)["cells"][0]["outputs"][1]
    assert "Another task" in "".join(output["data"]["text/html"])


@pytest.mark.parametrize("trusted", [True, False])
def test_the_saved_notebook_is_readable_without_kernel_and_widget_state(
    page: Page, running: Lab, trusted: bool
) -> None:
    name = f"saved-{trusted}.ipynb"
    show_cells(page, running, name, DEFINED, "go.set(); run = console.run('A task')")
    wait_until_ran(run_cell(page, 0))
    wait_until_ran(run_cell(page, 1))
    expect(receipt(page).locator("summary")).to_contain_text("Completed · ")
    notebook = saved(page, running, name)
    assert "widgets" not in notebook["metadata"]
    if not trusted:
        notebook["cells"][0]["outputs"][1]["data"]["text/html"] += "<script>document.title = 'owned'</script>"
        (running.folder / name).write_text(json.dumps(notebook))
    open_notebook(page, running, name)
    expect(receipt(page).locator("summary")).to_contain_text("Completed · ")
    receipt(page).locator("summary").click()
    expect(receipt(page)).to_contain_text("<b>writing</b>")
    expect(receipt(page).get_by_role("cell", name="note.md")).to_be_visible()
    assert page.title() != "owned"
