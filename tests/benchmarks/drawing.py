"""What drawing a page while it arrives costs, in a real JupyterLab: the browser's work for each MB."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import CDPSession, expect

from tests.benchmarks.figure import Figure, figure
from tests.browser.lab import chromium, page_of
from tests.browser.pages import Made, pages

SIZES_MB = (0.2, 1.0, 2.0)
DELTAS_PER_MB = 2_000
PAUSE_S = 0.003
"""Between two deltas: 2 MB take about 12 s, and the console draws some 20 times a second."""
SETTLED_MS = 500
TASK = "pages of three sizes"


def figures() -> Iterator[Figure]:
    costs = _costs()
    least = min(costs.values())
    for size, ms in costs.items():
        deltas = round(size * DELTAS_PER_MB)
        beside = f"{ms / least:.2f} times the least; at most 1.5"
        yield figure(f"drawing {size:g} MB in {deltas:,} deltas: work for each MB", ms, "ms/MB", beside)


def _costs() -> dict[float, float]:
    """Milliseconds of processor time for each MB, of the notebook's page and of the frame, by size."""
    made = [Made(f"size-{number}", _page(size), PAUSE_S) for number, size in enumerate(SIZES_MB)]
    warm = Made("warm", _page(0.05), PAUSE_S)
    with (
        tempfile.TemporaryDirectory() as directory,
        pages(Path(directory)) as served,
        chromium() as browser,
        page_of(browser) as page,
    ):
        console = served.begin(page, TASK, [warm, *made])
        end = console.preview().locator("#end")
        served.script.release(TASK)
        expect(end).to_be_attached()
        inside = console.preview().locator(":root").element_handle().owner_frame()
        outer = inside.parent_frame if inside is not None else None
        assert outer is not None
        sessions = [page.context.new_cdp_session(target) for target in (page, outer)]
        for session in sessions:
            session.send("Performance.enable")
        costs = {}
        for size, item in zip(SIZES_MB, made, strict=True):
            page.wait_for_timeout(SETTLED_MS)
            before = sum(_busy_s(session) for session in sessions)
            served.script.release(TASK)
            expect(console.tab(item.file)).to_have_attribute("aria-selected", "true")
            expect(end).to_have_text(f"{size:g}")
            page.wait_for_timeout(SETTLED_MS)
            costs[size] = 1_000 * (sum(_busy_s(session) for session in sessions) - before) / size
        return costs


def _page(size_mb: float) -> tuple[str, ...]:
    """A page of text in deltas of equal length, with a mark at its end."""
    deltas = round(size_mb * DELTAS_PER_MB)
    length = round(1e6 / DELTAS_PER_MB)
    words = "a page that a worker writes while someone looks on and reads what is there "
    rows = [f"<h2>Part {number}</h2><p>" if number % 8 == 0 else "<p>" for number in range(deltas)]
    text = "".join((row + words * 8)[:length].ljust(length) for row in rows)
    pieces = [text[at : at + length] for at in range(0, len(text), length)]
    return ("<!doctype html><title>Long</title>", *pieces, f"<p id=end>{size_mb:g}</p>")


def _busy_s(session: CDPSession) -> float:
    """The processor time that a frame's process has used since it began, in seconds."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(item["value"] for item in metrics if item["name"] == "ProcessTime"))
