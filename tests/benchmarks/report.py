"""The report of a run of 100,000 events: its export, its size, and how soon it can be used offline.

``python -m tests.benchmarks report``. The run has the mix of a long run of agents: most events are log lines,
with words in random order, which compress worse than those of a real run.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.benchmarks.figure import Figure, figure
from tests.browser.lab import chromium
from worker_widget import RunHistory
from worker_widget.events import (
    ArtifactDelta,
    Event,
    Log,
    Payload,
    PolicyCheck,
    RoutingDecision,
    RunCompleted,
    RunStarted,
    StageCompleted,
    StageStarted,
    make,
)
from worker_widget.runs.verifying import verify
from worker_widget.state.reduce import reduce_all
from worker_widget.state.run_state import RunState
from worker_widget.store.event_store import EventStore
from worker_widget.store.run_records import summary

EVENTS = 100_000
OPENED = 5
SEEKS = 50
_BATCH = 2_000
_OF_STAGE = 300
_START = datetime(2026, 11, 22, tzinfo=UTC)
_WORDS = [
    "reads",
    "the",
    "brief",
    "weighs",
    "a",
    "brand",
    "writes",
    "draft",
    "compares",
    "it",
    "with",
    "rule",
    "checks",
    "text",
    "and",
    "measures",
    "drift",
    "of",
    "page",
    "against",
    "task",
    "policy",
    "claim",
    "agent",
    "score",
]
_LEVELS = ("debug", "info", "info", "info", "warning", "error")
# Interactive: log lines, the time axis and the stages are drawn, and the page has answered a click.
_INTERACTIVE = """() => {
    const look = () => {
        const root = document.querySelector("main > div")?.shadowRoot;
        const drawn = ["logline", "stage"].every(name => root?.querySelector(`.${name}`));
        const button = root?.querySelector("[role=slider]") && root?.querySelector("[aria-label^='Search']");
        if (!drawn || !button) return setTimeout(look, 4);
        button.click();
        const shown = () => root.querySelector("[type=search],[role=searchbox]")
            ? requestAnimationFrame(() => { window.interactiveMs = performance.now(); })
            : setTimeout(shown, 4);
        shown();
    };
    look();
}"""


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.html"
        with closing(EventStore.open(Path(folder) / "history.db")) as store:
            raw = _write(store)
            began = time.perf_counter()
            RunHistory(store).export("run", "html", path)
            spent = time.perf_counter() - began
        size = path.stat().st_size
        yield figure(f"the report of {EVENTS:,} events, its export", spent, "s", "less than 60")
        yield figure("  its size", size / 1e6, "MB", f"{100 * size / raw:.0f} % of the raw events")
        began = time.perf_counter()
        assert verify(path).changed is None
        yield figure("  its verification", time.perf_counter() - began, "s")
        with chromium() as browser:
            yield from _opened(browser, path)


def _opened(browser: Browser, path: Path) -> Iterator[Figure]:
    taken: list[float] = []
    requests: list[str] = []
    for _ in range(OPENED):
        context = browser.new_context(viewport={"width": 1200, "height": 800}, offline=True)
        page = context.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.add_init_script(f"({_INTERACTIVE})()")
        page.goto(path.as_uri())
        page.wait_for_function("() => window.interactiveMs")
        taken.append(page.evaluate("window.interactiveMs"))
        if len(taken) == OPENED:
            yield from _sought(page)
        context.close()
    beside = f"at most 1,000; slowest {max(taken):.0f}"
    yield figure("  opened with the network off, interactive after", statistics.median(taken), "ms", beside)
    others = sum(1 for url in requests if url != path.as_uri())
    yield figure("  requests besides the file", others, "", "none")


def _sought(page: Page) -> Iterator[Figure]:
    """How long a click on the axis takes until the figures are those of that moment."""
    chosen = random.Random(13)
    box = page.locator(".times").bounding_box()
    assert box is not None
    spent: list[float] = []
    for _ in range(SEEKS):
        before = page.locator(".figures").inner_text()
        began = time.perf_counter()
        page.mouse.click(box["x"] + 8 + chosen.random() * (box["width"] - 16), box["y"] + 8)
        while page.locator(".figures").inner_text() == before and time.perf_counter() - began < 2:
            pass
        spent.append(1_000 * (time.perf_counter() - began))
    spent.sort()
    p95 = spent[round(0.95 * (SEEKS - 1))]
    yield figure(f"  {SEEKS} random seeks, p95", p95, "ms", f"median {statistics.median(spent):.0f}")
    elements = page.evaluate("document.querySelector('main > div').shadowRoot.querySelectorAll('*').length")
    yield figure("  elements", elements, "")


def _write(store: EventStore) -> int:
    """Writes the run; the bytes of its events."""
    store.begin("run", worker="load", origin="here", time_us=0)
    chosen, state, raw = random.Random(5), RunState(), 0
    for start in range(0, EVENTS, _BATCH):
        batch = [_event(number, chosen) for number in range(start, start + _BATCH)]
        raw += sum(len(event.raw) for event in batch)
        state = reduce_all(store.append("run", batch), state)
    store.summarise("run", **summary(state))
    return raw


def _event(number: int, chosen: random.Random) -> Event:
    payload = _payload(number, chosen)
    return make(payload, run_id="run", time=_START + timedelta(milliseconds=3 * number))


def _payload(number: int, chosen: random.Random) -> Payload:
    stage_id = f"s{number // _OF_STAGE}"
    kind = chosen.random()
    if number == 0:
        return RunStarted(task=f"Write {EVENTS:,} events", worker="load")
    if number == EVENTS - 1:
        return RunCompleted(success=True)
    if number % _OF_STAGE == 1:
        return StageStarted(stage_id=stage_id, agent="writer")
    if number % _OF_STAGE == _OF_STAGE - 1:
        return StageCompleted(stage_id=stage_id)
    if kind < 0.05:
        return RoutingDecision(stage_id=stage_id, selected_agent="writer", confidence=chosen.random())
    if kind < 0.1:
        return PolicyCheck(stage_id=stage_id, policy="tone", passed=True)
    words = " ".join(chosen.choices(_WORDS, k=chosen.randrange(6, 16)))
    if kind < 0.15:
        file = f"page{number // 20_000}.html"
        return ArtifactDelta(
            artifact_name=file, artifact_type="html", stage_id=stage_id, text=f"<p>{words}</p>\n"
        )
    return Log(message=f"{words} {number}", level=chosen.choice(_LEVELS), stage_id=stage_id, agent="writer")
