"""The charts of the history in JupyterLab, which draws them itself, in both themes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.lab import (
    OTHER_PLUGINS,
    Lab,
    lab,
    open_cells,
    page_of,
    run_cell,
    wait_until,
    wait_until_ran,
)
from tests.recorded import NAMES, events, recording
from worker_widget.state.reduce import reduce_all
from worker_widget.store.event_store import EventStore
from worker_widget.store.run_records import summary

pytest.importorskip("altair")

FAILED = "failure_strategy"
CHARTS = {
    "durations()": "Duration of stages",
    "drift()": "Drift over time",
    "failures()": "Failures of stages",
    "tokens()": "Tokens of stages",
    f"timeline({FAILED!r})": f"Run {FAILED}",
    "drift(worker='nobody')": "No run reported drift.",
}
CONTRASTS = """drawn => {
    const light = color => {
        const parts = color.match(/[\\d.]+/g).slice(0, 3).map(part => part / 255);
        const [r, g, b] = parts.map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const page = getComputedStyle(document.querySelector(".jp-Notebook")).backgroundColor;
    const texts = [...drawn.querySelectorAll("text")].filter(text => text.textContent.trim());
    return texts.map(text => {
        const both = [light(getComputedStyle(text).fill), light(page)].sort((a, b) => b - a);
        return (both[0] + 0.05) / (both[1] + 0.05);
    });
}"""
"""The contrast of each text of a drawing with the page behind it."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab whose history has the recorded runs."""
    directory: Path = tmp_path_factory.mktemp("lab")
    with lab(directory, without=OTHER_PLUGINS) as running:
        running.home.mkdir()
        store = EventStore.open(running.home / "history.db")
        for number, name in enumerate(NAMES):
            store.begin(name, worker="w", origin="o", time_us=1_700_000_000_000_000 + number)
            store.summarise(name, **summary(reduce_all(store.append(name, events(recording(name))))))
        store.close()
        yield running


def drawing(cell: Locator) -> Locator:
    return cell.locator(".jp-OutputArea-output svg")


def check(page: Page, cell: Locator, words: str) -> None:
    """That a cell's chart is drawn, is readable, and is no error."""
    drawn = drawing(cell)
    expect(drawn).to_be_visible()
    expect(drawn).to_contain_text(words)
    expect(cell.locator("[data-mime-type*=stderr], .vega-error")).to_have_count(0)
    expect(cell).not_to_contain_text("Error")
    contrasts = drawn.evaluate(CONTRASTS)
    assert len(contrasts) > 0
    assert min(contrasts) > 4.5, (words, contrasts)


def test_each_chart_is_drawn_without_the_network_and_follows_the_theme(
    browser: Browser, running: Lab
) -> None:
    with page_of(browser, height=2_400) as page:
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: wrong.append(request.url) if elsewhere(request.url) else None)

        def elsewhere(url: str) -> bool:
            return not url.startswith((running.url, running.url.replace("http", "ws"), "data:", "blob:"))

        cells = ["from worker_widget import RunHistory\nhistory = RunHistory()"]
        open_cells(page, running, "plots.ipynb", *cells, *(f"history.plot.{call}" for call in CHARTS))
        wait_until_ran(run_cell(page, 0))
        shown: dict[str, Locator] = {}
        for index, words in enumerate(CHARTS.values(), 1):
            shown[words] = run_cell(page, index)
            check(page, shown[words], words)
        for words, cell in shown.items():
            assert drawing(cell).locator(".role-mark :is(path, line, text)").count() > 0, words

        background = "getComputedStyle(document.querySelector('.jp-Notebook')).backgroundColor"
        before: Any = page.evaluate(background)
        page.evaluate("jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Dark' })")
        wait_until(page, lambda: page.evaluate(background) != before, "the change of the theme")
        for words, cell in shown.items():
            check(page, cell, words)
        assert wrong == []
