"""Writes the README's pictures, from the quickstart in a real JupyterLab: ``make screenshots``."""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path
from typing import get_args

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.console import Console
from tests.browser.lab import (
    Theme,
    chromium,
    lab,
    open_cells,
    open_notebook,
    page_of,
    run_cell,
    serve_notebook,
    wait_until,
    wait_until_ran,
)

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
IMAGES = NOTEBOOKS / "images"
QUICKSTART = "01-quickstart.ipynb"
CONSOLE_CELL = 1
WIDTH_FOR_1200 = 1368
"""A window this wide shows a console of 1200 px."""
FILMED = "from worker_widget import WorkerConsole\nconsole = WorkerConsole()\nconsole"
RUN = "run = console.run('A tool for editing podcasts', pace=90)"
PANELS = 6
STRIP_STYLE = """
    body { margin: 0; width: 1440px; display: grid; grid-template-columns: repeat(3, 1fr); gap: 12px;
        padding: 12px; box-sizing: border-box; background: #e4e7eb; font: 15px sans-serif; color: #444 }
    figure { margin: 0 } img { width: 100%; display: block; border-radius: 4px }
    figcaption { padding: 4px 2px 0 }
"""


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with chromium() as browser:
        for theme in get_args(Theme):
            with tempfile.TemporaryDirectory() as directory, lab(Path(directory), theme) as running:
                serve_notebook(running, NOTEBOOKS / QUICKSTART)
                with page_of(browser, theme, width=WIDTH_FOR_1200) as page:
                    open_notebook(page, running, QUICKSTART)
                    cell = run_cell(page, CONSOLE_CELL)
                    wait_until_ran(cell)
                    console = Console.in_cell(page, cell)
                    console.start()
                    console.expect_status("Completed")
                    console.root.scroll_into_view_if_needed()
                    console.tab("landing.html").click()
                    page.mouse.move(0, 0)
                    (IMAGES / f"console-{theme}.png").write_bytes(still(page, console.root))
        film(browser, IMAGES / "assembling.png")


def film(browser: Browser, path: Path) -> None:
    """One picture of six moments of the landing page's writing, from a run that takes its time."""
    shots: list[tuple[int, bytes]] = []
    with (
        tempfile.TemporaryDirectory() as directory,
        lab(Path(directory)) as running,
        page_of(browser, width=WIDTH_FOR_1200) as page,
    ):
        open_cells(page, running, "film.ipynb", FILMED, RUN)
        cell = run_cell(page, 0)
        console = Console.in_cell(page, cell)
        run_cell(page, 1)
        console.root.scroll_into_view_if_needed()
        tab = console.tab("landing.html")
        expect(tab).to_have_attribute("aria-selected", "true")
        page.mouse.move(0, 0)
        while "assembling" in (tab.get_attribute("class") or ""):
            written = len(console.preview().locator("body").inner_text())
            shots.append((written, console.pane("artifacts").screenshot()))
        shots.append((shots[-1][0], still(page, console.pane("artifacts"))))
    strip(browser, [shots[round(part * (len(shots) - 1) / (PANELS - 1))] for part in range(PANELS)], path)


def still(page: Page, element: Locator) -> bytes:
    """A picture of an element once it is the same twice."""
    shots = [b"", element.screenshot()]

    def same() -> bool:
        shots.append(element.screenshot())
        return shots[-1] == shots[-2]

    wait_until(page, same, "standing still")
    return shots[-1]


def strip(browser: Browser, moments: list[tuple[int, bytes]], path: Path) -> None:
    """One picture of several, each over how much there is to read in it."""
    figures = "".join(
        f'<figure><img src="data:image/png;base64,{base64.b64encode(shot).decode()}">'
        f"<figcaption>{chars:,} characters to read</figcaption></figure>"
        for chars, shot in moments
    )
    with page_of(browser) as page:
        page.set_content(f"<style>{STRIP_STYLE}</style><body>{figures}")
        page.locator("body").screenshot(path=path)


if __name__ == "__main__":
    main()
