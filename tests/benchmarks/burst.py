"""A burst of log events in a real console, beside a bare page that only counts and `ipywidgets.Output`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from playwright.sync_api import Locator

from tests.benchmarks.figure import Figure, figure
from tests.benchmarks.scene import Scene, over, scene
from tests.browser.lab import run_cell

EVENTS = 20_000
OUTPUT_LINES = 200
"""`Output.append_stdout` sends all lines again with every line: 1,000 of them take 100 s."""

# Tells the longest task of the main thread from now on.
WATCH = """() => {
    window.longest = 0;
    new PerformanceObserver(list => {
        for (const task of list.getEntries()) window.longest = Math.max(window.longest, task.duration);
    }).observe({ type: "longtask" });
}"""

# From pressing Run to the last line drawn: the number of lines stands at the log's list.
RUN = """([root, events]) => new Promise(resolve => {
    const count = () => Number(root.querySelector("[data-pane=log] [aria-rowcount]").ariaRowCount);
    const button = [...root.querySelectorAll("button")].find(item => item.textContent.trim() === "Run");
    const began = performance.now();
    let first = null;
    button.click();
    const look = () => {
        if (count() > 0) first ??= performance.now() - began;
        if (count() < events) requestAnimationFrame(look);
        else resolve({ ms: performance.now() - began, first, elements: root.querySelectorAll("*").length });
    };
    look();
})"""

COUNT = """address => new Promise(resolve => {
    const source = new EventSource(address);
    const began = performance.now();
    let count = 0;
    source.addEventListener("log", event => { JSON.parse(event.data); count += 1; });
    source.addEventListener("end", () => { source.close(); resolve([count, performance.now() - began]); });
})"""

APPEND = f"""
import ipywidgets, IPython.display
output = ipywidgets.Output()
IPython.display.display(output)
for number in range({OUTPUT_LINES}):
    output.append_stdout(f"line {{number}} of what this worker has to say\\n")
"""

APPENDED = """([cell, last]) => new Promise((resolve, reject) => {
    const began = performance.now();
    const look = () => {
        const ms = performance.now() - began;
        if (cell.textContent.includes(last)) resolve(ms);
        else if (ms > 120_000) reject(new Error("the last line never came"));
        else requestAnimationFrame(look);
    };
    look();
})"""


def figures() -> Iterator[Figure]:
    with scene() as on:
        ours = _console(on)
        peer_ms = _output(on)
        bare_ms = _event_source(on)
    rate = OUTPUT_LINES / EVENTS
    yield figure(
        f"burst of {EVENTS:,} log events: Run pressed to all drawn",
        ours["ms"],
        "ms",
        f"at most 1,500; a page that only counts: {bare_ms:.0f} ms ({ours['ms'] / bare_ms:.1f} times)",
    )
    yield figure(
        "… a line, in the console",
        1_000 * ours["ms"] / EVENTS,
        "µs",
        f"Output.append_stdout: {1_000 * peer_ms / OUTPUT_LINES:,.0f} µs a line over {OUTPUT_LINES:,} lines "
        f"({peer_ms / (ours['ms'] * rate):.0f} times)",
    )
    yield figure("… longest task of the main thread", ours["longest"], "ms", "at most 50")
    yield figure("… growth of the page's heap", ours["heap"], "MB", "at most 15")
    yield figure("… elements in the console", ours["elements"], "elements", "at most 1,500")
    yield figure("… widget messages to the browser", ours["messages"], "messages", "20 a second at most")


def _console(on: Scene) -> dict[str, Any]:
    console = on.console(f"burst {EVENTS}")
    on.page.evaluate(WATCH)
    heap = on.heap_mb()
    with over(on) as spent:
        said: dict[str, Any] = on.page.evaluate(RUN, [console.root.element_handle(), EVENTS])
    console.expect_status("Completed")
    said["longest"] = on.page.evaluate("window.longest")
    said["messages"] = spent["messages"]
    said["heap"] = on.heap_mb() - heap
    return said


def _output(on: Scene) -> float:
    """Milliseconds until the last line stands there."""
    on.open(APPEND)
    cell: Locator = run_cell(on.page, 0)
    last = f"line {OUTPUT_LINES - 1} of"
    ms: float = on.page.evaluate(APPENDED, [cell.element_handle(), last])
    return ms


def _event_source(on: Scene) -> float:
    """Milliseconds in which a page that does nothing else counts the same events."""
    with _stream() as address:
        page = on.page.context.new_page()
        page.goto(f"{address}/page")
        count, ms = page.evaluate(COUNT, f"{address}/stream")
        page.close()
    assert count == EVENTS, f"{count} of {EVENTS} events"
    return float(ms)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        kind = "text/event-stream" if self.path == "/stream" else "text/html"
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        if self.path == "/stream":
            for number in range(EVENTS):
                self.wfile.write(b'event: log\ndata: {"message": "line %d of what it says"}\n\n' % number)
            self.wfile.write(b"event: end\ndata: {}\n\n")

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def _stream() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
