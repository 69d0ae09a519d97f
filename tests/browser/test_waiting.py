"""A run that waits for a person, in JupyterLab: what is seen of it, and how it is answered."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.console import Console
from tests.browser.lab import Lab, run_cell, show_cells, wait_until_ran

AXE = Path(__file__).parents[2] / "js" / "node_modules" / "axe-core" / "axe.min.js"
VIOLATIONS = """element => axe.run(element, { resultTypes: ["violations"] })
    .then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes.map(node => node.html)]))"""
LONG_TEXT = "\n\n".join(["Below the console."] * 80)

DIGEST = """
from worker_widget import WorkerConsole, ask, stage, worker

FORM = {
    "type": "object",
    "required": ["city", "days"],
    "properties": {
        "city": {"type": "string", "title": "City", "pattern": "^[A-Z]"},
        "days": {"type": "integer", "title": "Days", "minimum": 1, "maximum": 9},
        "season": {"title": "Season", "enum": ["spring", "summer"]},
    },
}

@worker
async def digest(task):
    with stage("publish", kind="tool", input={"page": "landing.html", "note": "<b>bold</b>"}):
        approved = await ask("Publish the page?")
    with stage("place"):
        place = await ask("Where should the launch take place?", schema=FORM)
    return {"approved": approved, **place}

console = WorkerConsole(digest)
console
"""
HURRIED = """
from worker_widget import WorkerConsole, ask, worker

@worker
async def hurried(task):
    await ask("Ready?")
    try:
        return await ask("Quick?", schema={"type": "string"}, expires_in=10)
    except TimeoutError:
        return "nobody"

WorkerConsole(hurried)
"""
PATIENT = """
import asyncio
from pathlib import Path
from worker_widget import WorkerConsole, ask, worker

@worker
async def patient(task):
    while not Path(task).exists():
        await asyncio.sleep(0.05)
    return {"approved": await ask("Out of sight?")}

WorkerConsole(patient)
"""


@pytest.fixture
def page(kept_page: Page) -> Page:
    return kept_page


def started(page: Page, running: Lab, name: str, *cells: str, task: str = "2", text: str = "") -> Console:
    """The console of the first cell, whose worker was started with a task."""
    show_cells(page, running, name, *cells, text=text)
    cell = run_cell(page, 0)
    wait_until_ran(cell)
    console = Console.in_cell(page, cell)
    console.task.fill(task)
    console.start()
    return console


def question(console: Console) -> Locator:
    return console.root.get_by_role("region", name="Question of the run")


def test_a_tool_call_is_approved_and_a_form_is_filled(page: Page, running: Lab) -> None:
    console = started(page, running, "form.ipynb", DIGEST)
    console.expect_status("Waiting for you")
    expect(page).to_have_title(re.compile("^Waiting for you · "))
    asked = question(console)
    expect(asked.get_by_role("alert")).to_have_text("Publish the page?")
    expect(asked.locator("pre")).to_contain_text('"note": "<b>bold</b>"')
    expect(console.stages.filter(has_text="publish")).to_have_class(re.compile("waiting"))
    if AXE.exists():
        page.add_script_tag(path=AXE)
        assert asked.evaluate(VIOLATIONS) == []
    asked.get_by_role("button", name="Approve").click()

    expect(asked.get_by_role("alert").first).to_have_text("Where should the launch take place?")
    expect(asked.get_by_role("textbox", name="City")).to_be_focused()
    page.keyboard.type("basel")
    asked.get_by_role("textbox", name="Days").fill("12")
    asked.get_by_role("combobox", name="Season").select_option("summer")
    asked.get_by_role("button", name="Send").click()
    expect(asked.get_by_role("group", name="Days").get_by_role("alert")).to_have_text("must be at most 9")
    if AXE.exists():
        assert asked.evaluate(VIOLATIONS) == []

    # What was typed stays while the output of the cell is collapsed.
    cell = page.locator(".jp-CodeCell").first
    cell.locator(".jp-OutputCollapser").click()
    expect(asked).to_be_hidden()
    cell.locator(".jp-OutputPlaceholder, .jp-OutputCollapser").first.click()
    expect(asked.get_by_role("textbox", name="City")).to_have_value("basel")

    # The kernel checks the pattern, and its refusal stands at the field.
    asked.get_by_role("textbox", name="Days").fill("3")
    page.keyboard.press("Control+Enter")
    expect(asked.get_by_role("group", name="City").get_by_role("alert")).to_contain_text("must match")
    asked.get_by_role("textbox", name="City").fill("Basel")
    page.keyboard.press("Control+Enter")
    console.expect_status("Completed")
    expect(asked).to_have_count(0)
    expect(page).not_to_have_title(re.compile("Waiting for you"))
    console.tab("result.json").click()
    for text in ("true", "Basel", "3", "summer"):
        expect(console.preview().locator("body")).to_contain_text(text)


def test_an_answer_from_python_removes_the_question(page: Page, running: Lab) -> None:
    console = started(page, running, "python.ipynb", DIGEST, "console.current_run.answer(False)")
    console.expect_status("Waiting for you")
    console.root.get_by_role("button", name=re.compile("^History")).click()
    runs = console.root.get_by_role("dialog", name=re.compile("history", re.IGNORECASE))
    expect(runs.get_by_role("listitem").first).to_contain_text("Waiting for you")
    page.keyboard.press("Escape")
    wait_until_ran(run_cell(page, 1))
    expect(question(console).get_by_role("alert")).to_have_text("Where should the launch take place?")
    console.button("Stop").click()
    console.expect_status("Cancelled")
    expect(question(console)).to_have_count(0)


def test_a_question_expires_and_says_so(page: Page, running: Lab) -> None:
    console = started(page, running, "expires.ipynb", HURRIED)
    # The first question brings what draws the second, which is not there for long.
    question(console).get_by_role("button", name="Approve").click()
    expect(question(console)).to_contain_text(re.compile(r"expires in 0:\d\d"))
    expect(console.root).to_contain_text("Expired: nobody answered “Quick?” in time.")
    expect(question(console)).to_have_count(0)
    console.expect_status("Completed")


def test_the_title_says_it_also_while_the_console_is_out_of_sight(page: Page, running: Lab) -> None:
    console = started(page, running, "out-of-sight.ipynb", PATIENT, task="go", text=LONG_TEXT)
    console.expect_status("Running")
    page.get_by_text("Below the console.").last.scroll_into_view_if_needed()
    expect(console.root).not_to_be_in_viewport()
    (running.folder / "go").touch()
    expect(page).to_have_title(re.compile("^Waiting for you · "))
    console.root.scroll_into_view_if_needed()
    question(console).get_by_role("button", name="Approve").click()
    console.expect_status("Completed")
    expect(page).not_to_have_title(re.compile("^Waiting for you"))
