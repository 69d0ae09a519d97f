"""The console at the widths of real windows: what is in view, and the end of the log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.console import Console
from tests.browser.lab import Lab, lab_with_run, open_cells, page_of, run_cell, wait_until, wait_until_ran
from worker_widget.events import (
    ArtifactCreated,
    Event,
    FailureDetected,
    Log,
    ReplayVerified,
    RoutingDecision,
    RunCompleted,
    RunStarted,
    RunWarning,
    StageCompleted,
    StageStarted,
    make,
)
from worker_widget.events.vocabulary import StagePlan
from worker_widget.store.event_store import EventStore

RUN = "7c1f3a52-9f0e-4b7d-8a55-2d6c0a9e4b11"
REPLAY = "0d2f7c44-5b1e-4c1e-9d0a-7a1f3e5c8b22"
START = datetime(2026, 11, 22, 7, 49, 19, tzinfo=UTC)
STAGES = (
    *("Preflight Validation", "Market Research", "Strategy Synthesis", "Copy Generation"),
    *("UX Layout", "Consistency Check", "Recovery & Normalization", "Final Packaging"),
)
WIDTHS = (1600, 1200, 800, 500)
SENTENCE = "The headline names the trade, the price and the place of the workshop"
LAST = "The last line of this run"

CHARACTERS = """grid => {
    const message = grid.querySelector(".message");
    const box = message.getBoundingClientRect();
    const text = document.createRange();
    text.selectNodeContents(message);
    const lines = new Set([...text.getClientRects()].map(({ top }) => Math.round(top))).size;
    const pen = document.createElement("canvas").getContext("2d");
    const { font } = getComputedStyle(message);
    pen.font = font;
    const mean = pen.measureText(message.textContent).width / message.textContent.length;
    return { inLine: box.width / mean, wrapped: grid.classList.contains("wrap"), lines };
}"""
CUT = """root => [...root.querySelectorAll("h3, .stage b, .axis span, .who .cut")]
    .filter(({ scrollWidth, clientWidth, offsetWidth }) => offsetWidth && scrollWidth > clientWidth + 1)
    .map(({ textContent }) => textContent)"""
AT_WIDTHS = """async ([root, widths, faults]) => {
    const { host } = root.getRootNode();
    const found = [];
    for (const width of widths) {
        host.style.width = width + "px";
        for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
        found.push(...(0, eval)(faults)(root).map((fault) => `${width} px: ${fault}`));
    }
    host.style.width = "";
    return found;
}"""
OVERLAPS = """root => {
    const parts = [...root.querySelectorAll(".pill, .tag, .status button, .status > .tone, .state > div,"
        + " .figures dd, .menus button")].filter((part) => part.offsetWidth && root.contains(part));
    const boxOf = (part) => part.getBoundingClientRect();
    return parts.flatMap((one, n) => {
        const a = boxOf(one);
        const outside = a.right > boxOf(root).right || one.scrollHeight > one.clientHeight + 2;
        const under = parts.slice(n + 1).filter((other) => {
            const b = boxOf(other);
            return !one.contains(other) && a.right > b.left + 1 && b.right > a.left + 1
                && a.bottom > b.top + 1 && b.bottom > a.top + 1;
        });
        return [...(outside ? [`${one.textContent} is outside`] : []),
            ...under.map((other) => `${one.textContent} on ${other.textContent || other.title}`)];
    });
}"""
MOVED_PANES = """root => {
    const label = root.querySelector(".pill [role=status]");
    const heightWith = (text) => {
        label.firstChild.data = text;
        return Math.round(root.querySelector(".panes").getBoundingClientRect().top);
    };
    const before = label.firstChild.data;
    const [short, long, now] = ["Queued", "Completed without anything ".repeat(5), before].map(heightWith);
    const stay = short === now && long === now;
    return stay ? [] : [`panes at ${now}, with other words at ${short} and ${long} px`];
}"""
CUT_FIGURES = """root => {
    const figures = root.querySelector(".fitting");
    const bar = figures.getBoundingClientRect();
    return [...figures.children].filter((figure) => {
        const { top, right } = figure.getBoundingClientRect();
        const shown = top < bar.bottom - 1 && bar.width > 0;
        return shown && (right > bar.right + 0.5 || figure.scrollWidth > figure.clientWidth + 1);
    }).map((figure) => `${figure.textContent} is cut`);
}"""
AT_END = """grid => {
    const rows = [...grid.querySelectorAll("[role=row]")];
    const last = rows.at(-1).getBoundingClientRect();
    const box = grid.getBoundingClientRect();
    return rows.at(-1).textContent.includes("The last line") && last.bottom <= box.bottom + 2
        && last.top < box.bottom;
}"""


def recorded() -> Iterator[Event]:
    def event(data: Any, at: int) -> Event:
        return make(data, run_id=RUN, time=START + timedelta(milliseconds=100 * at))

    plan = [StagePlan(stage_id=f"stage_{n}", name=name) for n, name in enumerate(STAGES)]
    yield event(RunStarted(task="A workshop", stages=plan), 0)
    for n in range(len(STAGES)):
        stage, at = f"stage_{n}", n * 20
        yield event(StageStarted(stage_id=stage), at)
        others = [{"agent": "strategist_agent", "score": 0.62, "reason": "lacks keeping the tone"}]
        yield event(
            RoutingDecision(
                stage_id=stage,
                selected_agent="copywriter_agent",
                score=0.74,
                confidence=0.62,
                complexity=0.4,
                alternatives=others,
            ),
            at + 1,
        )
        for k in range(12):
            level = "debug" if k % 4 == 0 else "info"
            message = f"{SENTENCE}, part {k + 1}"
            yield event(Log(stage_id=stage, agent="copywriter_agent", level=level, message=message), at + k)
        yield event(StageCompleted(stage_id=stage, duration_ms=1_900), at + 19)
    yield event(Log(stage_id="stage_7", message=LAST), 160)
    yield event(RunCompleted(success=True), 161)


def replayed() -> Iterator[Event]:
    """A run with a long verdict, all that can stand beside it, and an artifact of 20,058 characters."""
    items: list[Any] = [
        RunStarted(task="A workshop", replay_of=RUN, strict_mode=True),
        StageStarted(stage_id="copy"),
        FailureDetected(stage_id="copy", pattern="timeout", error="no answer"),
        FailureDetected(stage_id="copy", pattern="tone", error="too bold"),
        RunWarning(message="The brand has no tone."),
        RunWarning(message="The page has no price."),
        ArtifactCreated(artifact_name="landing", artifact_type="html", content="<p>" + "x" * 20_051 + "</p>"),
        ReplayVerified(identical=False, artifacts=[]),
        RunCompleted(success=True, total_tokens=1_234_567),
    ]
    for n, data in enumerate(items):
        yield make(data, run_id=REPLAY, time=START + timedelta(seconds=100 * n))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab_with_run(tmp_path_factory.mktemp("lab"), RUN, recorded()) as running:
        store = EventStore.open(running.home / "history.db")
        store.begin(REPLAY, worker="load", origin="http://127.0.0.1:1", time_us=0)
        store.append(REPLAY, list(replayed()))
        store.close()
        yield running


@pytest.fixture(scope="module")
def console(browser: Browser, running: Lab) -> Iterator[Console]:
    with page_of(browser, height=1_400) as page:
        open_cells(
            page,
            running,
            "w.ipynb",
            f"from worker_widget import WorkerConsole\nWorkerConsole(replay={RUN!r})",
            f"WorkerConsole(replay={REPLAY!r})",
        )
        cell = run_cell(page, 0)
        wait_until_ran(cell)
        console = Console.in_cell(page, cell)
        console.expect_status("Completed.*")
        expect(console.button("Search the log (/)")).to_be_visible()
        yield console


def resized(page: Page, console: Console, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 1_400})
    wait_until(page, lambda: (console.root.bounding_box() or {"width": 0})["width"] < width, "a resize")
    console.settle()


def expect_end(console: Console, change: str) -> None:
    wait_until(
        console.page, lambda: bool(console.lines.evaluate(AT_END)), f"the last line in view after {change}"
    )


@pytest.mark.parametrize("width", WIDTHS)
def test_no_name_is_cut_and_sixty_characters_of_a_message_are_in_view(console: Console, width: int) -> None:
    resized(console.page, console, width)
    expect_end(console, f"{width} px")
    seen = console.lines.evaluate(CHARACTERS)
    assert seen["inLine"] >= 60 or (seen["wrapped"] and seen["lines"] > 1), seen
    expect(console.log_lines.last).to_contain_text("Final")
    assert console.root.evaluate(CUT) == []
    assert console.shown_whole(console.stages, "timeline") == len(STAGES)
    if width >= 1200:
        assert not seen["wrapped"]
        assert console.shown_whole(console.log_lines, "log") >= 14
    bar = console.pane("routing").locator(".scored").last
    assert bar.evaluate("row => parseFloat(getComputedStyle(row, '::before').width)") >= 60


def test_the_log_stays_at_its_end_through_every_change_of_size(console: Console) -> None:
    page = console.page
    for width in (1600, 700, 1200, 500, 1440):
        resized(page, console, width)
        expect_end(console, f"{width} px")
    for name in ("Width of the centre column", "Height of the log"):
        bar = console.root.get_by_role("separator", name=name)
        for key in ("Home", "End", "Enter"):
            bar.press(key)
            expect_end(console, f"{name}: {key}")
    for _ in range(2):
        console.button("Wrap lines").click()
        expect_end(console, "wrapping")
    console.button("Maximise Log").click()
    expect_end(console, "maximising")
    console.button("Back to all panes (Esc)").click()
    expect_end(console, "restoring")
    for _ in range(2):
        console.level("debug").click()
        expect(console.lines).to_have_attribute("aria-rowcount", re.compile(r"\d+"))
        expect_end(console, "another filter")


@pytest.fixture(scope="module")
def replay(console: Console) -> Console:
    """A second console, which is as wide as it is made."""
    page = console.page
    page.set_viewport_size({"width": 1_800, "height": 1_400})
    cell = run_cell(page, 1)
    wait_until_ran(cell)
    replay = Console.in_cell(page, cell)
    expect(replay.root.get_by_role("button", name="Show the place")).to_be_visible()
    expect(replay.button("Full screen")).to_be_visible()
    return replay


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param(OVERLAPS, id="the parts of the header are apart"),
        pytest.param(MOVED_PANES, id="other words of the status move nothing"),
        pytest.param(CUT_FIGURES, id="figures of an artifact are whole or left out"),
    ],
)
def test_at_any_width(replay: Console, faults: str) -> None:
    root = replay.root.element_handle()
    assert replay.page.evaluate(AT_WIDTHS, [root, [*range(500, 1_610, 10)], faults]) == []
