"""Writes the README's pictures, from the quickstart in a real JupyterLab: ``make screenshots``."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import get_args

from tests.browser.console import Console
from tests.browser.lab import (
    Theme,
    chromium,
    lab,
    open_notebook,
    page_of,
    run_cell,
    serve_notebook,
    wait_until_ran,
)

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
IMAGES = NOTEBOOKS / "images"
QUICKSTART = "01-quickstart.ipynb"
CONSOLE_CELL = 1
WIDTH_FOR_1200 = 1368
"""A window this wide shows a console of 1200 px."""


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
                    page.wait_for_timeout(1_000)
                    console.root.screenshot(path=IMAGES / f"console-{theme}.png")


if __name__ == "__main__":
    main()
