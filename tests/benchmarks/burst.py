"""A burst of log events in a real console, beside a bare page that only counts and `ipywidgets.Output`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.benchmarks import peers
from tests.benchmarks.figure import Figure, figure
from tests.benchmarks.scene import Scene, over, scene

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


def figures() -> Iterator[Figure]:
    with scene() as on:
        ours = _console(on)
        peer_ms = peers.output(on, OUTPUT_LINES).ms
        bare_ms = peers.event_source(on, EVENTS).ms
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
    console.show_debug()  # all lines are counted
    heap = on.heap_mb()
    on.settle()  # the collection takes compiled code away, too
    on.page.evaluate(WATCH)
    with over(on) as spent:
        measured: dict[str, Any] = on.page.evaluate(RUN, [console.root.element_handle(), EVENTS])
    console.expect_status("Completed")
    measured["longest"] = on.page.evaluate("window.longest")
    measured["messages"] = spent["messages"]
    measured["heap"] = on.heap_mb() - heap
    return measured
