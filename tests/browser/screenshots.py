"""Writes the README's pictures, from the quickstart in a real JupyterLab: ``make screenshots``."""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path
from typing import get_args

from playwright.sync_api import Browser

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
MOMENTS = (400, 3_500, 7_000, 10_500, 14_000, 17_500)
"""How many characters of the landing page are there."""
WRITTEN = """([element, chars]) =>
    element.getRootNode().host.console.text("landing.html")?.chars >= chars"""


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
                    if theme == "light":
                        moments = film(console)
                    console.expect_status("Completed")
                    console.root.scroll_into_view_if_needed()
                    console.tab("landing.html").click()
                    page.mouse.move(0, 0)
                    page.wait_for_timeout(1_000)
                    console.root.screenshot(path=IMAGES / f"console-{theme}.png")
        strip(browser, moments, IMAGES / "assembling.png")


def film(console: Console) -> list[bytes]:
    """The artifact pane at six moments of the landing page's writing."""
    moments = []
    for chars in MOMENTS:
        console.page.wait_for_function(WRITTEN, arg=[console.root.element_handle(), chars])
        moments.append(console.pane("artifacts").screenshot())
    return moments


def strip(browser: Browser, moments: list[bytes], path: Path) -> None:
    """One picture of several, side by side."""
    pictures = "".join(
        f'<img src="data:image/png;base64,{base64.b64encode(moment).decode()}">' for moment in moments
    )
    style = "body{margin:0;display:inline-flex;gap:6px;background:#888}img{width:240px}"
    with page_of(browser) as page:
        page.set_viewport_size({"width": 1500, "height": 600})
        page.set_content(f"<style>{style}</style><body>{pictures}")
        page.locator("body").screenshot(path=path)


if __name__ == "__main__":
    main()
