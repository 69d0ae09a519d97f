"""The sheet of keys, and the end of a long run that the person does not see, in JupyterLab."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.console import Console
from tests.browser.lab import Lab, open_cells, run_cell, wait_until_ran
from tests.browser.test_waiting import AXE, LONG_TEXT, VIOLATIONS

LONG = """
import asyncio
from pathlib import Path
from worker_widget import WorkerConsole, worker

@worker
async def slow(task):
    while not Path(task).exists():
        await asyncio.sleep(0.05)
    return "done"

WorkerConsole(slow)
"""


def test_the_sheet_of_keys_opens_on_a_question_mark_and_returns_the_focus(page: Page, running: Lab) -> None:
    open_cells(page, running, "keys.ipynb", LONG)
    cell = run_cell(page, 0)
    wait_until_ran(cell)
    console = Console.in_cell(page, cell)
    expect(console.button("Run")).to_be_visible()
    console.task.fill("why?")
    page.keyboard.press("?")
    expect(console.task).to_have_value("why??")
    keys = console.root.get_by_role("dialog", name="Keys", exact=True)
    expect(keys).to_have_count(0)
    button = console.button("Keys (?), and notices")
    button.focus()
    page.keyboard.press("?")
    expect(keys).to_contain_text("Next error; with Shift, the previous")
    expect(keys.get_by_role("group", name="Keys by place")).to_be_focused()
    if AXE.exists():
        page.add_script_tag(path=AXE)
        assert keys.evaluate(VIOLATIONS) == []
    page.keyboard.press("Escape")
    expect(keys).to_have_count(0)
    expect(button).to_be_focused()


def test_the_end_of_a_long_run_is_in_the_title_until_the_console_is_seen(page: Page, running: Lab) -> None:
    page.clock.install()
    open_cells(page, running, "long.ipynb", LONG, text=LONG_TEXT)
    cell = run_cell(page, 0)
    wait_until_ran(cell)
    console = Console.in_cell(page, cell)
    console.task.fill("go")
    console.start()
    console.expect_status("Running")
    page.get_by_text("Below the console.").last.scroll_into_view_if_needed()
    expect(console.root).not_to_be_in_viewport()
    page.clock.fast_forward(31_000)
    (running.folder / "go").touch()
    expect(page).to_have_title(re.compile("^✓ Completed · "))
    console.root.scroll_into_view_if_needed()
    console.expect_status("Completed")
    expect(page).not_to_have_title(re.compile("Completed"))
