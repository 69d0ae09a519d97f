"""The same lines shown another way: by a bare page that only counts them, and by `ipywidgets.Output`."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from playwright.sync_api import Locator

from tests.benchmarks.scene import Scene, busy
from tests.browser.lab import run_cell

TURN_S = 0.01
"""A server that does not tell all at once tells what is due this often."""

COUNT = """([address, events]) => new Promise(resolve => {
    const source = new EventSource(address);
    const began = performance.now();
    const late = [];
    source.addEventListener("log", event => {
        const { message } = JSON.parse(event.data);
        late.push(performance.timeOrigin + performance.now() - 1_000 * parseFloat(message));
    });
    source.addEventListener("end", () => {
        source.close();
        resolve({ ms: performance.now() - began, late });
    });
})"""

APPEND = """
import time, ipywidgets, IPython.display
output = ipywidgets.Output()
IPython.display.display(output)
began = time.monotonic()
for number in range({lines}):
    ahead = number * {pause} - (time.monotonic() - began)
    if ahead > 0:
        time.sleep(ahead)
    output.append_stdout(f"{{time.time():.6f}} line {{number}} of what this worker has to say\\n")
"""

# In each frame, the newest line that stands there: how long ago its worker emitted it, in milliseconds.
APPENDED = r"""([cell, last]) => new Promise((resolve, reject) => {
    const began = performance.now();
    const late = [];
    let newest = 0;
    const look = () => {
        const ms = performance.now() - began;
        const shown = cell.querySelector(".jp-OutputArea-output:last-child")?.textContent ?? "";
        const [, written = 0] = /(\d{10}\.\d{6})[^\n]*\s*$/.exec(shown) ?? [];
        if (written > newest) late.push(performance.timeOrigin + performance.now() - 1_000 * written);
        newest = written;
        if (shown.includes(last)) resolve({ ms, late });
        else if (ms > 120_000) reject(new Error("the last line never came"));
        else requestAnimationFrame(look);
    };
    look();
})"""


@dataclass(frozen=True)
class Shown:
    """``ms`` from the beginning to the last line; ``late``, from a line's telling to its being there."""

    ms: float
    late: list[float]
    busy: float
    """The share of the time in which the page's main thread worked."""


def event_source(on: Scene, lines: int, *, pause_s: float = 0.0) -> Shown:
    """A page that does nothing but count the lines as they arrive."""
    with _stream(lines, pause_s) as address:
        page = on.page.context.new_page()
        page.goto(f"{address}/page")
        devtools = page.context.new_cdp_session(page)
        devtools.send("Performance.enable")
        with busy(devtools) as spent:
            written = page.evaluate(COUNT, [f"{address}/stream", lines])
        page.close()
    assert len(written["late"]) == lines, f"{len(written['late'])} of {lines} lines"
    return Shown(written["ms"], written["late"], spent["busy"])


def output(on: Scene, lines: int, *, pause_s: float = 0.0) -> Shown:
    """`Output.append_stdout`, a call for each line. It sends every line again with each."""
    on.open(APPEND.format(lines=lines, pause=pause_s))
    with busy(on.devtools) as spent:
        cell: Locator = run_cell(on.page, 0)
        written = on.page.evaluate(APPENDED, [cell.element_handle(), f"line {lines - 1} of"])
    return Shown(written["ms"], written["late"], spent["busy"])


@contextmanager
def _stream(lines: int, pause_s: float) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind = "text/event-stream" if self.path == "/stream" else "text/html"
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.end_headers()
            if self.path == "/stream":
                for frames in _frames(lines, pause_s):
                    self.wfile.write(frames)
                self.wfile.write(b"event: end\ndata: {}\n\n")

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _frames(lines: int, pause_s: float) -> Iterator[bytes]:
    began, written = time.monotonic(), 0
    while written < lines:
        due = min(lines, int((time.monotonic() - began) / pause_s)) if pause_s else min(lines, written + 100)
        yield b"".join(
            b'event: log\ndata: {"message": "%.6f line %d of what it says"}\n\n' % (time.time(), number)
            for number in range(written, due)
        )
        written = due
        if pause_s:
            time.sleep(TURN_S)
