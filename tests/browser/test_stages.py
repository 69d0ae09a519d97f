"""The tree of a run's stages, in JupyterLab: what is open, the keys, one stage in detail, and many stages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.console import Console
from tests.browser.lab import (
    Lab,
    Theme,
    lab_with_run,
    open_cells,
    page_of,
    run_cell,
    wait_until,
    wait_until_ran,
)
from worker_widget.events import (
    Event,
    Log,
    Progress,
    RunCompleted,
    RunStarted,
    StageCompleted,
    StageFailed,
    StageStarted,
    make,
)

RUN = "2b8d6a10-3c44-4a4e-9a53-8f1f0c6b7a21"
START = datetime(2026, 11, 22, 7, 49, 19, tzinfo=UTC)
CALLS = 100_000
DEEP = 12
WIDTHS = (1600, 1200, 800, 500)
MOST_ELEMENTS = 400
# Where the bar of a row begins, in percent of the axis, and where that begins in the page.
BAR = """pick => {
    const { marginLeft } = getComputedStyle(pick, "::after");
    const [from, width] = ["--start", "--width"].map(name => parseFloat(pick.style.getPropertyValue(name)));
    const left = pick.getBoundingClientRect().x + parseFloat(getComputedStyle(pick).paddingLeft);
    return { start: from * (100 - width) / 100, axis: left + parseFloat(marginLeft) };
}"""
SURVEY = """
import asyncio
from pathlib import Path
from worker_widget import WorkerConsole, log, stage, track, worker

async def gate(name):
    while not Path(f"{name}.gate").exists():
        await asyncio.sleep(0.05)

async def read(region):
    with stage(region, kind="agent", agent=f"{region}_reader", input={"region": region}):
        with stage(f"fetch {region}", kind="tool", input={"url": f"https://{region}.example"}) as fetch:
            for page in track(range(4), unit="pages"):
                if page == 2:
                    await gate("half")
            fetch.output = {"pages": 4}
        with stage(f"summarise {region}", kind="model") as summary:
            log(f"{region} read")
            await gate(region)
            summary.tokens(input=120, output=40, model="m-1")
            summary.output = f"The summary of {region}"

@worker
async def survey(task):
    with stage("research", kind="agent"):
        await asyncio.gather(read("north"), read("south"))

WorkerConsole(survey)
"""
HOSTILE = "<img src=x onerror=\"document.title='attacked'\">"


def recorded() -> Iterator[Event]:
    def event(data: Any, at_ms: float) -> Event:
        return make(data, run_id=RUN, time=START + timedelta(milliseconds=at_ms))

    yield event(RunStarted(task="Read the feeds"), 0)
    yield event(StageStarted(stage_id="plan", name="Plan"), 0)
    yield event(StageCompleted(stage_id="plan", duration_ms=900), 900)
    yield event(
        StageStarted(stage_id="agent", name="Researcher", kind="agent", agent="researcher_agent"), 900
    )
    for n in range(3):  # at the same time
        yield event(
            StageStarted(
                stage_id=f"search {n}",
                parent_id="agent",
                kind="tool",
                name=f"search_web {n}",
                input={"query": HOSTILE, "pages": [1, 2, 3], "options": {"language": "en"}},
            ),
            1_000 + 50 * n,
        )
    for n in range(3):
        yield event(Log(stage_id=f"search {n}", agent="researcher_agent", message=f"searched {n}"), 1_500)
        yield event(StageCompleted(stage_id=f"search {n}", output="found " * 1_000), 2_000 + 300 * n)
    yield event(
        StageStarted(stage_id="model", parent_id="agent", kind="model", name="chat gpt", input="Rank them"),
        3_000,
    )
    yield event(
        StageCompleted(
            stage_id="model",
            model="gpt-large",
            input_tokens=1_200,
            output_tokens=300,
            cost={"amount": 0.0123, "currency": "USD"},
            output={"ranked": [1, 2]},
        ),
        4_000,
    )
    yield event(StageStarted(stage_id="think", parent_id="agent", kind="reasoning", name="Reasoning"), 4_000)
    yield event(
        StageFailed(
            stage_id="think", error="It ended early", traceback="Traceback (most recent call last):\n  x.py"
        ),
        4_200,
    )
    for n in range(DEEP):
        yield event(
            StageStarted(
                stage_id=f"deep {n}",
                parent_id=f"deep {n - 1}" if n else "agent",
                kind="agent",
                name=f"Level {n}",
            ),
            4_300,
        )
    for n in reversed(range(DEEP)):
        yield event(StageCompleted(stage_id=f"deep {n}"), 4_600)
    yield event(StageCompleted(stage_id="agent"), 5_000)
    yield event(StageStarted(stage_id="load", name="Load pages", kind="retrieval"), 5_000)
    yield event(Progress(stage_id="load", done=CALLS, total=CALLS, unit="pages"), 5_000)
    for n in range(CALLS):
        at = 5_000 + n / 10
        yield event(StageStarted(stage_id=f"page {n}", parent_id="load", kind="tool", name=f"page {n}"), at)
        yield event(StageCompleted(stage_id=f"page {n}", duration_ms=1), at)
    yield event(StageCompleted(stage_id="load"), 15_000)
    yield event(RunCompleted(success=True), 15_100)


WITHIN = """list => [...list.querySelectorAll(".stage .num.end")].every(
    time => time.getBoundingClientRect().right <= list.getBoundingClientRect().right)"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab_with_run(tmp_path_factory.mktemp("lab"), RUN, recorded()) as running:
        yield running


def opened(page: Page, running: Lab) -> Console:
    """A console that shows the run."""
    cell = f"from worker_widget import WorkerConsole\nWorkerConsole(replay={RUN!r})"
    open_cells(page, running, "stages.ipynb", cell)
    shown = run_cell(page, 0)
    wait_until_ran(shown)
    console = Console.in_cell(page, shown)
    console.expect_status("Completed.*")
    expect(tree_of(console)).to_be_visible()
    return console


def tree_of(console: Console) -> Locator:
    return console.pane("timeline").get_by_role("tree", name="Stages")


def row(console: Console, name: str) -> Locator:
    return (
        tree_of(console)
        .get_by_role("treeitem")
        .filter(has=console.page.locator("b", has_text=re.compile(f"^{re.escape(name)}$")))
    )


@pytest.fixture(scope="module")
def shown(browser: Browser, running: Lab) -> Iterator[Console]:
    with page_of(browser) as page:
        yield opened(page, running)


@pytest.fixture
def console(shown: Console) -> Console:
    """The console with every stage closed and none chosen, at the top of the tree."""
    tree = tree_of(shown)
    tree.focus()
    tree.press("Home")
    for chosen in tree.locator("[aria-selected=true] .pick").all():
        chosen.click()
    if row(shown, "Researcher").get_attribute("aria-expanded") == "true":
        row(shown, "Researcher").locator(".twist").click()
    expect(tree.get_by_role("treeitem")).to_have_count(3)
    return shown


def test_a_closed_stage_counts_what_is_inside_it_and_opens_with_the_keys(console: Console) -> None:
    tree = tree_of(console)
    expect(tree.get_by_role("treeitem")).to_have_count(3)
    agent = row(console, "Researcher")
    expect(agent).to_have_attribute("aria-expanded", "false")
    expect(agent).to_contain_text("6 inside")
    tree.focus()
    tree.press("ArrowDown")
    tree.press("ArrowRight")
    expect(agent).to_have_attribute("aria-expanded", "true")
    expect(row(console, "search_web 0")).to_have_attribute("aria-level", "2")
    expect(row(console, "search_web 0")).to_have_attribute("aria-setsize", "6")
    tree.press("ArrowRight")
    expect(row(console, "search_web 0")).to_have_attribute("aria-current", "true")
    tree.press("c")
    expect(row(console, "chat gpt")).to_have_attribute("aria-current", "true")
    tree.press("ArrowLeft")
    expect(agent).to_have_attribute("aria-current", "true")
    tree.press("ArrowLeft")
    expect(tree.get_by_role("treeitem")).to_have_count(3)
    tree.press("Enter")
    expect(agent).to_have_attribute("aria-selected", "true")


def test_stages_at_the_same_time_are_side_by_side_on_the_axis(console: Console) -> None:
    row(console, "Researcher").get_by_role("button", name="Inside Researcher").click()
    bars = {
        name: row(console, name).locator(".pick").evaluate(BAR)
        for name in ("Plan", "search_web 0", "search_web 1", "search_web 2")
    }
    starts = [bars[f"search_web {n}"]["start"] for n in range(3)]
    assert starts == sorted(starts)
    assert len({bar["axis"] for bar in bars.values()}) == 1


def test_a_chosen_stage_is_shown_in_detail_as_text_only(console: Console) -> None:
    row(console, "Researcher").get_by_role("button", name="Inside Researcher").click()
    row(console, "search_web 0").locator(".pick").click()
    detail = console.pane("timeline").get_by_role("region", name="Stage search_web 0")
    given = detail.get_by_role("region", name="Input")
    expect(given).to_contain_text(f"query: {HOSTILE!r}"[:6])
    expect(given).to_contain_text("onerror")
    expect(detail.locator("img")).to_have_count(0)
    given.get_by_role("button", name="pages: [3]").click()
    expect(given).to_contain_text("2: 3")
    taken = detail.get_by_role("region", name="Output")
    expect(taken).to_contain_text("6,000 characters")
    taken.get_by_role("button", name="Show all").click()
    wait_until(console.page, lambda: len(taken.locator("pre").inner_text()) >= 5_999, "the whole output")
    expect(console.pane("log")).to_contain_text("searched 0")
    expect(console.pane("log")).not_to_contain_text("searched 1")
    assert console.page.title() != "attacked"
    row(console, "chat gpt").locator(".pick").click()
    model = console.pane("timeline").get_by_role("region", name="Stage chat gpt")
    for text in ("gpt-large", "1,200 in · 300 out", "0.0123 USD"):
        expect(model).to_contain_text(text)
    row(console, "Reasoning").locator(".pick").click()
    failed = console.pane("timeline").get_by_role("region", name="Stage Reasoning")
    expect(failed).to_contain_text("It ended early")
    expect(failed.get_by_role("region", name="Traceback")).to_contain_text("x.py")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_row_is_wider_than_the_pane_at_any_width(console: Console, theme: Theme) -> None:
    page, tree = console.page, tree_of(console)
    while console.root.get_attribute("data-theme") != theme:
        console.root.get_by_role("button", name=re.compile("^Theme: ")).click()
    row(console, "Researcher").locator(".twist").click()
    tree.press("l")
    deepest = row(console, f"Level {DEEP - 1}")

    def is_reached() -> bool:
        tree.press("ArrowRight")  # does nothing while the stages inside are being loaded
        return deepest.count() > 0 and deepest.get_attribute("aria-current") == "true"

    wait_until(page, is_reached, "the deepest stage")
    tree.press("s")
    tree.press("Enter")
    expect(row(console, "search_web 0")).to_have_attribute("aria-selected", "true")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 1_400})
        wait_until(
            page,
            lambda width=width: (console.root.bounding_box() or {"width": 0})["width"] < width,
            "a resize",
        )
        wait_until(page, lambda: bool(tree.evaluate(WITHIN)), "rows within the pane")


def test_a_hundred_thousand_stages_are_scrolled_with_few_rows_in_the_page(console: Console) -> None:
    tree = tree_of(console)
    load = row(console, "Load pages")
    expect(load).to_contain_text("100,000 of 100,000 pages")
    load.get_by_role("button", name="Inside Load pages").click()
    expect(load).to_have_attribute("aria-expanded", "true")
    expect(row(console, "page 3")).to_be_visible()
    elements = console.root.evaluate("root => root.getRootNode().querySelectorAll('*').length")
    assert elements <= MOST_ELEMENTS
    tree.focus()
    tree.press("End")
    expect(row(console, f"page {CALLS - 1}")).to_have_attribute("aria-posinset", str(CALLS))
    for share in (0.5, 0.25, 0.75):
        tree.evaluate(
            """(list, share) => {
                list.dispatchEvent(new PointerEvent("pointerdown"));
                list.scrollTop = share * (list.scrollHeight - list.clientHeight);
            }""",
            share,
        )
        expected = round(CALLS * share)
        wait_until(
            console.page,
            lambda expected=expected: any(
                abs(int(name) - expected) < CALLS / 50
                for name in re.findall(r"page (\d+)", tree.inner_text())
            ),
            f"rows at {share}",
        )
        expect(tree.locator(".stage:not([role])")).to_have_count(0)
        assert tree.locator(".stage").count() < 60
    tree.press("Home")
    expect(row(console, "Plan")).to_be_visible()


def test_the_tree_of_a_live_run_grows_while_it_is_watched(page: Page, running: Lab) -> None:
    open_cells(page, running, "survey.ipynb", SURVEY)
    shown = run_cell(page, 0)
    wait_until_ran(shown)
    console = Console.in_cell(page, shown)
    console.task.fill("Survey the regions")
    console.start()
    for name in ("research", "north", "south"):
        expect(row(console, name).locator(".twist")).to_be_visible()
        if row(console, name).get_attribute("aria-expanded") == "false":
            row(console, name).locator(".twist").click()
    for region in ("north", "south"):
        fetch = row(console, f"fetch {region}")
        expect(fetch).to_have_attribute("aria-level", "3")
        expect(fetch).to_contain_text("2 of 4 pages")
        expect(fetch).to_have_class(re.compile("running"))
        expect(row(console, f"summarise {region}")).to_have_count(0)

    # What is chosen stays chosen, and its detail follows it to its end.
    row(console, "fetch north").locator(".pick").click()
    detail = console.pane("timeline").get_by_role("region", name="Stage fetch north")
    expect(detail.get_by_role("region", name="Input")).to_contain_text("https://north.example")
    expect(detail.get_by_role("region", name="Output")).to_have_count(0)
    (running.folder / "half.gate").touch()
    expect(detail.get_by_role("region", name="Output")).to_contain_text("pages: 4")
    for region in ("north", "south"):
        expect(row(console, f"fetch {region}")).to_have_class(re.compile("completed"))
        expect(row(console, f"summarise {region}")).to_have_class(re.compile("running"))

    # One of two parallel stages ends before the other, and closes.
    row(console, "summarise south").locator(".pick").click()
    summary = console.pane("timeline").get_by_role("region", name="Stage summarise south")
    expect(summary).to_be_visible()
    (running.folder / "south.gate").touch()
    expect(row(console, "south")).to_have_class(re.compile("completed"))
    expect(row(console, "north")).to_have_class(re.compile("running"))
    expect(row(console, "research")).to_have_class(re.compile("running"))
    for text in ("m-1", "120 in · 40 out", "The summary of south"):
        expect(summary).to_contain_text(text)
    expect(console.pane("log")).to_contain_text("south read")
    expect(console.pane("log")).not_to_contain_text("north read")
    (running.folder / "north.gate").touch()
    console.expect_status("Completed")
    expect(tree_of(console).locator(".running")).to_have_count(0)
