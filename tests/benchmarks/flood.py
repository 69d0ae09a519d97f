"""10,000 log events a second in a real console, alone and while another cell prints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.benchmarks.figure import Figure, figure
from tests.benchmarks.scene import Scene, console_source, lines_of, over, scene
from tests.browser.console import Console
from tests.browser.lab import run_cell, wait_until_ran

RATE = 10_000
SECONDS = 30
EVENTS = RATE * SECONDS
PRINTED = 3_000_000
"""Bytes that the other cell prints a second."""

PRINT = f"""
import time
line = "x" * 999
began = time.monotonic()
printed = 0
while printed < {SECONDS} * {PRINTED}:
    print(line)
    printed += 1_000
    ahead = printed / {PRINTED} - (time.monotonic() - began)
    if ahead > 0.02:
        time.sleep(ahead)
"""


def figures() -> Iterator[Figure]:
    with scene() as on:
        alone = _flood(on, printing=False)
        yield figure(
            f"{RATE:,} events/s for {SECONDS} s: lines missing at the end", alone["missing"], "lines", "0"
        )
        yield figure(
            "… widget messages to the browser", alone["messages"] / alone["seconds"], "per s", "at most 20"
        )
        yield figure("… bytes to the browser", alone["bytes"] / alone["seconds"] / 1e3, "kB/s", "at most 300")
        yield figure("… warnings of the server", alone["warnings"], "warnings", "0")
        printing = _flood(on, printing=True)
        yield figure(
            "… while a cell prints 3 MB/s: lines missing at the end",
            printing["missing"],
            "lines",
            f"0; the server dropped messages {printing['warnings']:.0f} times",
        )
        yield figure(
            "… … widget messages that arrived",
            printing["messages"] / printing["seconds"],
            "per s",
            "at most 20",
        )


def _flood(on: Scene, *, printing: bool) -> dict[str, Any]:
    before = on.warnings()
    on.open(
        "from worker_widget import WorkerConsole\n" + console_source(f"rate {RATE} {SECONDS}"),
        PRINT,
    )
    cell = run_cell(on.page, 0)
    wait_until_ran(cell)
    console = Console.in_cell(on.page, cell)
    console.expect_status("Ready")
    if console.level("debug").get_attribute("aria-pressed") != "true":  # the page remembers it
        console.show_debug()  # all lines are counted
    on.settle()
    with over(on) as spent:
        console.start()
        if printing:
            run_cell(on.page, 1)  # that it is done may be among what the server drops
        console.expect_status("Completed")
    on.settle()
    return {**spent, "missing": EVENTS - lines_of(console), "warnings": on.warnings() - before}
