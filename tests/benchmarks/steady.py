"""1,000 log events a second for a minute in a real console, a hidden one, and one whose run is over."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from tests.benchmarks import peers
from tests.benchmarks.figure import Figure, figure
from tests.benchmarks.scene import Scene, over, scene
from tests.browser.console import Console
from tests.browser.lab import run_cell, wait_until_ran

RATE = 1_000
SAMPLED_S = 30
IDLE_S = 15
HIDDEN_S = 8
COUNTED_S = 10
APPENDED = 200
"""Lines for `Output.append_stdout`, which takes longer for each: 1,000 of them take 100 s."""
AFTERGLOW_S = 13
"""Heartbeats go on for a while after the end of a run."""

# For each line that is drawn, the milliseconds since its worker emitted it: it begins with that time.
LATENCIES = """([root, seconds]) => new Promise(resolve => {
    const list = root.querySelector("[data-pane=log] [aria-rowcount]");
    const late = [];
    let newest = 0;
    const painted = new MessageChannel();
    let fresh = [];
    // A message that is posted before a frame is drawn arrives right after it.
    painted.port1.onmessage = () => {
        const now = (performance.timeOrigin + performance.now()) / 1_000;
        for (const written of fresh) late.push(1_000 * (now - written));
        fresh = [];
    };
    const until = performance.now() + 1_000 * seconds;
    const look = () => {
        const lines = [...list.querySelectorAll("[role=row]")].slice(-30);
        for (const line of lines) {
            const written = Number(/\\d{10}\\.\\d{6}/.exec(line.textContent)?.[0] ?? 0);
            if (written > newest) fresh.push(written);
        }
        newest = Math.max(newest, ...fresh);
        if (fresh.length) painted.port2.postMessage(null);
        if (performance.now() < until) requestAnimationFrame(look);
        else resolve(late);
    };
    look();
})"""

HIDE = """() => {
    Object.defineProperty(document, "visibilityState", { configurable: true, value: "hidden" });
    document.dispatchEvent(new Event("visibilitychange"));
}"""

# From being shown until a line is drawn that was emitted after that.
SHOW = """root => new Promise(resolve => {
    const list = root.querySelector("[data-pane=log] [aria-rowcount]");
    const began = performance.timeOrigin + performance.now();
    delete document.visibilityState;
    document.dispatchEvent(new Event("visibilitychange"));
    const look = () => {
        const last = [...list.querySelectorAll("[role=row]")].pop()?.textContent ?? "";
        const written = 1_000 * Number(/\\d{10}\\.\\d{6}/.exec(last)?.[0] ?? 0);
        if (written >= began) resolve(performance.timeOrigin + performance.now() - began);
        else requestAnimationFrame(look);
    };
    look();
})"""


def figures() -> Iterator[Figure]:
    with scene() as on:
        console = on.console(f"rate {RATE} {2 * SAMPLED_S + 4}")
        console.start()
        on.settle()
        late = on.page.evaluate(LATENCIES, [console.root.element_handle(), SAMPLED_S])
        with over(on) as live:
            on.page.wait_for_timeout(SAMPLED_S * 1_000)
        console.expect_status("Completed")
        on.settle(AFTERGLOW_S)
        with over(on) as idle:
            on.page.wait_for_timeout(IDLE_S * 1_000)
        hidden, shown_ms = _hidden(on)
        bare = _bare(on)
        counted = peers.event_source(on, RATE * COUNTED_S, pause_s=1 / RATE)
        appended = peers.output(on, APPENDED, pause_s=1 / RATE)
    cuts = statistics.quantiles(late, n=100)
    yield figure(
        f"{RATE:,} events/s: emit to paint, p50",
        cuts[49],
        "ms",
        f"at most 60; counted by a bare page after {statistics.median(counted.late):.1f}; "
        f"Output.append_stdout after {statistics.median(appended.late):,.0f} in its first {APPENDED} lines",
    )
    yield figure(
        "… p95",
        cuts[94],
        "ms",
        f"at most 120; a bare page {statistics.quantiles(counted.late, n=20)[18]:.1f}",
    )
    yield figure(
        "… main thread busy",
        100 * live["busy"],
        "%",
        f"at most 30; JupyterLab alone {100 * bare['busy']:.1f}, a bare page {100 * counted.busy:.1f}, "
        f"Output.append_stdout {100 * appended.busy:.0f}",
    )
    yield figure("finished run on screen: widget messages", idle["messages"] / idle["seconds"], "per s", "0")
    yield figure(
        "… main thread busy",
        100 * idle["busy"],
        "%",
        f"less than 1 more than JupyterLab alone ({100 * bare['busy']:.2f})",
    )
    yield figure(
        f"hidden during {RATE:,} events/s: widget messages",
        hidden["messages"],
        "messages",
        f"heartbeats, one every 2 s for {hidden['seconds']:.0f} s; {hidden['frames']:.0f} frames",
    )
    yield figure("… shown again: to the newest line drawn", shown_ms, "ms", "at most 200")


def _hidden(on: Scene) -> tuple[dict[str, float], float]:
    console: Console = on.console(f"rate {RATE} {HIDDEN_S + 10}")
    console.start()
    on.settle()
    on.page.evaluate(HIDE)
    on.settle()
    with over(on) as hidden:
        on.page.wait_for_timeout(HIDDEN_S * 1_000)
    shown_ms: float = on.page.evaluate(SHOW, console.root.element_handle())
    return hidden, shown_ms


def _bare(on: Scene) -> dict[str, float]:
    """JupyterLab with a notebook that shows no console."""
    on.open("1 + 1")
    wait_until_ran(run_cell(on.page, 0))
    on.settle()
    with over(on) as bare:
        on.page.wait_for_timeout(IDLE_S * 1_000)
    return bare
