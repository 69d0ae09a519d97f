"""What a burst of log events costs the browser: a real console in a real JupyterLab."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbformat import v4

from tests.benchmarks.figure import Figure, figure
from tests.browser.console import Console
from tests.browser.lab import chromium, lab, open_notebook, page_of, run_cell, wait_until_ran
from tests.contract.host_support import HostProcess

EVENTS = 20_000

# What the page itself can tell: since when it watches, its long tasks, the frames it drew.
WATCH = """() => {
    window.bench = { longest: 0, tasks: 0, done: null, began: null };
    new PerformanceObserver(list => {
        for (const task of list.getEntries()) {
            window.bench.longest = Math.max(window.bench.longest, task.duration);
            window.bench.tasks += 1;
        }
    }).observe({ type: "longtask" });
}"""

# From the first line drawn to the last: the number of lines stands at the log's list.
TIME = """([root, events]) => new Promise(resolve => {
    const list = () => root.querySelector('[data-pane=log] [aria-rowcount]');
    const look = () => {
        const lines = Number(list()?.getAttribute('aria-rowcount') ?? 0);
        const bench = window.bench;
        if (lines > 0 && bench.began === null) bench.began = performance.now();
        if (lines >= events) {
            const ms = performance.now() - bench.began;
            resolve({ ...bench, ms, elements: root.querySelectorAll('*').length });
        } else requestAnimationFrame(look);
    };
    look();
})"""


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as directory:
        host = HostProcess(_made(Path(directory) / "host"))
        try:
            state = host.state()
            url = f"http://127.0.0.1:{state['port']}"
            said = _burst(Path(directory) / "lab", url, state["token"])
        finally:
            host.end()
            host.close()
    yield figure(f"burst of {EVENTS:,} log events: first to last drawn", said["ms"], "ms", "at most 1,500")
    yield figure("… longest task of the main thread", said["longest"], "ms", "at most 50")
    yield figure("… elements in the console", said["elements"], "elements", "at most 1,500")
    yield figure("… widget messages to the browser", said["messages"], "messages", "20 a second at most")


def _burst(directory: Path, url: str, token: str) -> dict[str, Any]:
    source = (
        "from worker_widget import WorkerConsole\n"
        f"WorkerConsole('scripted', url={url!r}, api_key={token!r}, task='log {EVENTS}')"
    )
    notebook = v4.new_notebook(cells=[v4.new_code_cell(source)])
    notebook.metadata["kernelspec"] = {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    }
    with lab(directory) as running, chromium() as browser, page_of(browser) as page:
        nbformat.write(notebook, running.folder / "burst.ipynb")
        messages = 0

        def count(frame: str | bytes) -> None:
            nonlocal messages
            text = frame if isinstance(frame, str) else frame.decode("utf-8", "replace")
            messages += "comm_msg" in text

        page.on("websocket", lambda socket: socket.on("framereceived", count))
        open_notebook(page, running, "burst.ipynb")
        cell = run_cell(page, 0)
        wait_until_ran(cell)
        console = Console.in_cell(page, cell)
        console.expect_status("Ready")
        page.wait_for_timeout(2_000)
        page.evaluate(WATCH)
        root = console.root.element_handle()
        before = messages
        console.start()
        said: dict[str, Any] = page.evaluate(TIME, [root, EVENTS])
        said["messages"] = messages - before
        return said


def _made(path: Path) -> Path:
    path.mkdir(parents=True)
    return path
