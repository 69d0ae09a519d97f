"""One run of a million log events in a real console, beside one of 20,000."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Iterator
from typing import Any

from tests.benchmarks.burst import EVENTS as FEW
from tests.benchmarks.figure import Figure, figure
from tests.benchmarks.scene import Scene, scene
from tests.browser.console import Console
from tests.load import NEEDLE_EVERY, line

MANY = 1_000_000
FOUND = len(range(0, MANY, NEEDLE_EVERY))
SUBSTRING, REGEX = "needle-", r"needle-\d+ in"

# From moving the scroll bar until every row on screen has its text; ten places, in milliseconds.
SCROLL = """async root => {
    const box = root.querySelector("[data-pane=log] .list");
    const spent = [];
    for (const share of [0.5, 0.01, 0.99, 0.33, 0.66, 0.12, 0.87, 0.25, 0.75, 0]) {
        const began = performance.now();
        box.dispatchEvent(new PointerEvent("pointerdown"));
        box.scrollTop = share * (box.scrollHeight - box.clientHeight);
        const top = box.getBoundingClientRect().top;
        await new Promise(resolve => {
            const look = () => {
                const lines = [...box.querySelectorAll("[role=row]")].filter(line => {
                    const { top: y, height } = line.getBoundingClientRect();
                    return y + height > top && y < top + box.clientHeight;
                });
                const there = lines.length > 8 && lines.every(line => line.textContent.includes("line"));
                const place = Number(lines[0]?.getAttribute("aria-rowindex")) / box.ariaRowCount;
                if (there && Math.abs(place - share) < 0.01) resolve();
                else requestAnimationFrame(look);
            };
            look();
        });
        spent.push(performance.now() - began);
    }
    return spent;
}"""

# From Enter in the search until the first count above none, and until the exact one, in milliseconds.
SEARCH = """async ([root, text, regex]) => {
    const field = root.querySelector("[role=searchbox]");
    const key = name => new KeyboardEvent("keydown", { key: name, bubbles: true });
    const type = value => {
        field.value = value;
        field.dispatchEvent(new Event("input"));
    };
    type("");
    field.dispatchEvent(key("Enter"));
    const pattern = root.querySelector("[aria-label='Regular expression']");
    if ((pattern.getAttribute("aria-pressed") === "true") !== regex) pattern.click();
    await new Promise(resolve => setTimeout(resolve, 500));
    type(text);
    const began = performance.now();
    field.dispatchEvent(key("Enter"));
    let first = null;
    return new Promise(resolve => {
        const look = () => {
            const matches = root.querySelector(".matches");
            const error = root.querySelector(".find [role=alert]")?.textContent ?? null;
            const ms = performance.now() - began;
            // "1,234 lines", or "1 of 1,234" once a match is chosen.
            const digits = matches.textContent.match(/([\\d,]+)(?: lines?)?( …)?$/)?.[1] ?? "";
            const count = Number(digits.replaceAll(",", ""));
            if (count) first ??= ms;
            const done = count > 0 && matches.getAttribute("aria-busy") === "false";
            if (done || error) resolve({ ms, first, count, error });
            else requestAnimationFrame(look);
        };
        look();
    });
}"""


def figures() -> Iterator[Figure]:
    few = _run(FEW)
    many = _run(MANY)
    yield figure(
        f"run of {MANY:,} events: the page's heap",
        many["heap"] - few["heap"],
        "MB more",
        f"than with {FEW:,} events ({few['heap']:.1f}); at most 10",
    )
    yield figure(
        "… the kernel's memory",
        many["kernel"] - few["kernel"],
        "MB more",
        f"than with {FEW:,} events ({few['kernel']:.0f}); at most 40",
    )
    yield figure(
        "… scroll to any place, median of 10",
        statistics.median(many["scroll"]),
        "ms",
        f"at most 120; the slowest {max(many['scroll']):.0f}",
    )
    bare = _bare()
    for name, most in (("substring", "1,000"), ("regex", "2,000")):
        found = many[name]
        wrong = found["count"] - FOUND
        yield figure(
            f"… exact count of a {name}",
            found["ms"],
            "ms",
            f"at most {most}; {wrong} lines off; {found['ms'] / bare[name]:.1f} times a loop over a list of "
            f"all lines in memory ({bare[name]:.0f})",
        )
        yield figure("… its first results", found["first"], "ms", "at most 150")


def _run(events: int) -> dict[str, Any]:
    with scene() as on:
        console = on.console(f"burst {events}")
        heap = on.heap_mb()
        console.start()
        console.expect_status("Completed")
        on.settle()
        measured: dict[str, Any] = {"heap": on.heap_mb() - heap, "kernel": on.kernel_mb()}
        if events == MANY:
            measured |= _handled(on, console)
        return measured


def _handled(on: Scene, console: Console) -> dict[str, Any]:
    root = console.root.element_handle()
    scroll = on.page.evaluate(SCROLL, root)
    console.pane("log").get_by_role("button", name="Search the log").click()
    return {
        "scroll": scroll,
        "substring": on.page.evaluate(SEARCH, [root, SUBSTRING, False]),
        "regex": on.page.evaluate(SEARCH, [root, REGEX, True]),
    }


def _bare() -> dict[str, float]:
    """Milliseconds in which Python counts the same in a list of the lines, without regard to case."""
    lines = [line(number).message for number in range(MANY)]
    pattern = re.compile(REGEX, re.IGNORECASE)
    spent = {}
    for name, counted in (
        ("substring", lambda: sum(SUBSTRING in text.casefold() for text in lines)),
        ("regex", lambda: sum(pattern.search(text) is not None for text in lines)),
    ):
        began = time.perf_counter()
        found = counted()
        spent[name] = 1_000 * (time.perf_counter() - began)
        assert found == FOUND, f"{found} of {FOUND} lines"
    return spent
