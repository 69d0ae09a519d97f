"""What the README promises, done in JupyterLab as a person does it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.console import Console
from tests.browser.lab import Theme, lab, open_notebook, page_of, run_cell, serve_notebook, wait_until_ran
from tests.browser.screenshots import CONSOLE_CELL, NOTEBOOKS, QUICKSTART, WIDTH_FOR_1200

STAGES = [
    "Preflight Validation",
    "Market Research",
    "Strategy Synthesis",
    "Copy Generation",
    "UX Layout",
    "Consistency Check",
    "Recovery & Normalization",
    "Final Packaging",
]
REMEMBER_THE_FIRST_SIGHT = """root => {
    const observer = new MutationObserver(() => {
        const tabs = [...root.querySelectorAll("[role=tab]")];
        if (!tabs.some(tab => tab.textContent.includes("landing.html"))) return;
        window.statusAtFirstSight = root.querySelector("[data-status]").dataset.status;
        observer.disconnect();
    });
    observer.observe(root, { subtree: true, childList: true, characterData: true });
}"""
"""Keeps the run's status at the moment when its page appears."""
BACKGROUND = {"light": (200, 255), "dark": (0, 70)}
"""How bright, of 255, the console's own background is at least and at most."""


@pytest.mark.parametrize("theme", get_args(Theme))
def test_a_run_is_watched_and_then_read_as_data(browser: Browser, theme: Theme, tmp_path: Path) -> None:
    with lab(tmp_path, theme) as running, page_of(browser, theme, width=WIDTH_FOR_1200) as page:
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(f"{error.message}\n{error.stack}"))
        serve_notebook(running, NOTEBOOKS / QUICKSTART)
        open_notebook(page, running, QUICKSTART)
        cell = run_cell(page, CONSOLE_CELL)
        wait_until_ran(cell)
        console = Console.in_cell(page, cell)

        # Before: every pane says what will appear in it, and the task is there.
        console.expect_status("Ready")
        expect(console.task).to_have_value(re.compile("podcast"))
        for name in ("timeline", "log", "ledger", "artifacts"):
            expect(console.pane(name).get_by_text(re.compile("appear|drawn"))).to_be_visible()
        low, high = BACKGROUND[theme]
        assert low <= brightness(console) <= high

        # While it runs: figures tick, the panes fill, the page assembles, nothing jumps.
        before = console.boxes()
        console.root.evaluate(REMEMBER_THE_FIRST_SIGHT)
        console.start()
        console.expect_status("Running", "Completed")
        expect(console.stages).to_have_count(8)
        expect(console.stages.get_by_text("Market Research")).to_be_visible()
        expect(console.tab("landing.html")).to_be_visible()
        expect(console.preview().locator("h1")).to_be_visible()
        assert page.evaluate("statusAtFirstSight") == "Running"
        assert console.boxes() == before

        # After: all of it is there, without scrolling where that was promised.
        console.expect_status("Completed")
        assert console.boxes() == before
        for index, stage in enumerate(STAGES):
            row = console.stages.nth(index)
            expect(row).to_contain_text(stage)
            expect(row.get_by_role("button")).to_have_attribute(
                "aria-label", re.compile(f"{re.escape(stage)}, (completed|recovered)")
            )
        assert console.shown_whole(console.stages, "timeline") == 8
        assert console.shown_whole(console.log_lines, "log") >= 14
        expect(console.log_lines.last).to_be_in_viewport()
        expect(console.pane("routing")).to_contain_text(re.compile(r"complexity\s*\d+%"))
        console.pane("routing").get_by_role("list").first.hover()
        page.mouse.wheel(0, -2_000)
        expect(console.pane("routing")).to_contain_text("Copywriter")
        expect(console.pane("ledger")).to_contain_text(re.compile(r"Policies passed\s*\d+ of \d+"))
        console.pane("ledger").get_by_role("button", name=re.compile(r"\d+ checks passed")).click()
        expect(console.pane("ledger")).to_contain_text("M19 Policy checks")
        for file in ("landing.html", "positioning.md", "market_report.json"):
            expect(console.tab(file)).to_be_attached()
        console.tab("landing.html").click()
        expect(console.preview().locator("h1")).to_be_visible()
        console.tab("positioning.md").click()
        expect(console.preview().locator("h1, h2").first).to_be_visible()

        # And then it is data.
        for index in range(CONSOLE_CELL + 1, page.locator(".jp-Notebook .jp-Cell").count()):
            later = page.locator(".jp-Notebook .jp-Cell").nth(index)
            if "jp-CodeCell" in (later.get_attribute("class") or ""):
                wait_until_ran(run_cell(page, index))
        expect(page.locator(".jp-OutputArea-output table").first).to_contain_text("Copy Generation")
        expect(page.locator(".jp-Notebook")).to_contain_text("('completed', True, None)")
        trace = (running.folder / "trace.csv").read_text(encoding="utf-8")
        assert trace.splitlines()[0] == "line,position,time,level,stage_id,agent,message"
        assert len(trace.splitlines()) > 14
        assert faults == []


def brightness(console: Console) -> float:
    """Of the console's background, 0 to 255."""
    red, green, blue = console.root.evaluate(
        """element => {
            const pixel = document.createElement("canvas").getContext("2d");
            pixel.fillStyle = getComputedStyle(element).backgroundColor;
            pixel.fillRect(0, 0, 1, 1);
            return [...pixel.getImageData(0, 0, 1, 1).data].slice(0, 3);
        }"""
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
