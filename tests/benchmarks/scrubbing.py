"""The run of a million events in a JupyterLab console: opened, sought and played.

A part of ``python -m tests.benchmarks seek``. A seek is a press of the mouse on the time axis; it has ended
when the last of the five panes that it changes is drawn. The next one begins a while after that.
"""

from __future__ import annotations

import random
import shutil
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import FloatRect, Page

from tests.benchmarks.figure import Figure, figure
from tests.browser.console import PANES, Console
from tests.browser.lab import chromium, lab, open_cells, page_of, run_cell, wait_until_ran
from worker_widget.events import RunCompleted, make
from worker_widget.store.event_store import EventStore

SEEKS = 200
QUIET_MS = 250
"""A seek has ended if nothing is drawn for this long."""
PLAYED_MS = 4_500
SETTLED_MS = 2_000
LONG_TASK_MS = 50
OPEN = "from worker_widget import WorkerConsole\nWorkerConsole(replay='r')"

# Records when each pane was last drawn after the last press, and the long tasks, in milliseconds.
RECORD = """([root, panes]) => {
    const drawn = new MessageChannel();
    const slider = root.querySelector("[role=slider]");
    const record = { began: 0, last: 0, panes: {}, tasks: [], position: () => slider.ariaValueNow };
    let fresh = [];
    // A message that is posted before a frame is drawn arrives right after it.
    drawn.port1.onmessage = () => {
        record.last = performance.now();
        for (const name of fresh) record.panes[name] = record.last - record.began;
        fresh = [];
    };
    for (const name of panes) {
        new MutationObserver(() => {
            if (!fresh.length) requestAnimationFrame(() => drawn.port2.postMessage(null));
            fresh.push(name);
        }).observe(root.querySelector(`[data-pane=${name}]`), {
            subtree: true, childList: true, characterData: true, attributes: true,
        });
    }
    window.addEventListener("pointerdown", ({ timeStamp }) => {
        const [last, before] = [performance.now(), record.position()];
        Object.assign(record, { began: timeStamp, last, before, panes: {} });
    }, true);
    new PerformanceObserver(list => {
        record.tasks.push(...list.getEntries().map(({ duration }) => duration));
    }).observe({ entryTypes: ["longtask"] });
    window.scrubbed = record;
}"""

# When each pane was drawn, once another moment is shown and nothing was drawn for a while.
SETTLED = """quiet => new Promise((resolve, reject) => {
    const look = () => {
        const { panes, last, before, began, position } = window.scrubbed;
        if (performance.now() - began > 20_000) reject(new Error(`the moment stays at ${before}`));
        if (position() !== before && performance.now() - last > quiet) resolve(panes);
        else setTimeout(look, 10);
    };
    look();
})"""
ELEMENTS = "root => root.getRootNode().querySelectorAll('*').length"


def figures(path: Path, events: int) -> Iterator[Figure]:
    """Measures with a copy of the history at ``path``, whose run ``r`` has so many events."""
    with _opened(path, events) as (page, console):
        root = console.root.element_handle()
        elements = page.evaluate(ELEMENTS, root)
        yield figure(f"a run of {events:,} events is opened: elements", elements, "elements", "at most 400")
        page.evaluate(RECORD, [root, list(PANES)])
        box = console.root.locator(".times").bounding_box()
        assert box is not None
        shares = random.Random(13)
        sought = [_seek(page, box, shares.uniform(0.002, 0.985)) for _ in range(SEEKS)]
        whole = [max(panes.values()) for panes in sought]
        slow = ", ".join(f"{name} {_p95([panes.get(name, 0.0) for panes in sought]):.0f}" for name in PANES)
        name = f"{SEEKS} random seeks in the browser, to all five panes: p50"
        yield figure(name, statistics.median(whole), "ms")
        yield figure("… p95", _p95(whole), "ms", f"at most 100; of each pane: {slow}")
        yield figure("… the slowest", max(whole), "ms")
        tasks = _play(page, console, box)
        longest = max(tasks, default=0.0)
        yield figure(
            f"playing at 64x for {PLAYED_MS / 1_000:g} s: tasks over {LONG_TASK_MS} ms",
            len(tasks),
            "tasks",
            f"0; the longest {longest:.0f} ms",
        )


@contextmanager
def _opened(path: Path, events: int) -> Iterator[tuple[Page, Console]]:
    with (
        tempfile.TemporaryDirectory() as directory,
        lab(Path(directory) / "lab") as running,
        chromium() as browser,
        page_of(browser) as page,
    ):
        running.home.mkdir(exist_ok=True)
        history = running.home / "history.db"
        for file in path.parent.glob(f"{path.name}*"):
            shutil.copy(file, history.with_name(file.name.replace(path.name, history.name)))
        with closing(EventStore.open(history)) as store:
            last_us = store.time_at("r", events)
            assert last_us is not None
            time = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=last_us)
            store.append("r", [make(RunCompleted(success=True), run_id="r", time=time)], after=events)
        open_cells(page, running, "scrubbing.ipynb", OPEN)
        cell = run_cell(page, 0)
        wait_until_ran(cell)
        console = Console.in_cell(page, cell)
        console.root.locator(".travel .activity").wait_for(state="attached")
        page.wait_for_timeout(SETTLED_MS)
        yield page, console


def _seek(page: Page, box: FloatRect, share: float) -> dict[str, float]:
    """Presses the time axis; the milliseconds until each pane that changes was last drawn."""
    page.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.up()
    drawn: dict[str, float] = page.evaluate(SETTLED, QUIET_MS)
    return drawn


def _play(page: Page, console: Console, box: FloatRect) -> list[float]:
    """The milliseconds of the long tasks while the run is played from its third part on."""
    _seek(page, box, 1 / 3)
    page.mouse.move(5, 5)
    console.root.get_by_label("Speed").select_option("64")
    page.evaluate("() => { scrubbed.tasks.length = 0; }")
    console.button("Play the run (Space)").click()
    page.wait_for_timeout(PLAYED_MS)
    tasks: list[float] = page.evaluate("() => scrubbed.tasks")
    console.button("Pause (Space)").click()
    return tasks


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[18]
