"""The log of a long finished run, in JupyterLab: filters, search and the ways through it."""

from __future__ import annotations

import random
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.console import Console
from tests.browser.lab import Lab, lab_with_run, open_cells, page_of, run_cell, wait_until, wait_until_ran
from worker_widget.events import Event, Log, RunCompleted, RunStarted, make

RUN = "5b0d2a1e-64b7-4a6b-9a3f-0c8f5a1d7e42"
START = datetime(2026, 11, 22, 7, 49, 19, tzinfo=UTC)
LINES = 9_000
"""More than are looked through without a pause."""
LEVELS = ("debug", "info", "warning", "info", "info", "error", "info")
AGENTS = ("writer", "editor", "checker")
ENDLESS = 8_888
TRACE = "Traceback (most recent call last):\n" + "\n".join(f'  File "step_{n}.py"' for n in range(24))


def message(n: int) -> str:
    if n == ENDLESS:
        return f"#{n} " + "a" * 3_000 + "!"
    if n % 97 == 0:
        return f"#{n} {TRACE}\n\x1b[1;31mIndexError\x1b[0m: needle {n}"
    if n % 10 == 0:
        return f"#{n} " + f"a long line of \x1b[32mgreen\x1b[0m words, said for the {n}. time; " * 6
    return f"#{n} what this worker has to say"


@dataclass(frozen=True)
class Line:
    n: int
    level: str
    stage: str
    agent: str
    text: str


ALL = [
    Line(n, LEVELS[n % 7], "copy" if n < 5_000 else "ux", AGENTS[n % 3], message(n))
    for n in range(1, LINES + 1)
]


def recorded() -> Iterator[Event]:
    def event(data: Any, n: int) -> Event:
        return make(data, run_id=RUN, time=START + timedelta(milliseconds=10 * n))

    yield event(RunStarted(task="Say much"), 0)
    for line in ALL:
        log = Log(stage_id=line.stage, agent=line.agent, level=line.level, message=line.text)
        yield event(log, line.n)
    yield event(RunCompleted(success=True), LINES + 1)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab_with_run(tmp_path_factory.mktemp("lab"), RUN, recorded()) as running:
        yield running


@pytest.fixture(scope="module")
def page(browser: Browser, running: Lab) -> Iterator[Page]:
    with page_of(browser) as page:
        cell = f"from worker_widget import WorkerConsole\nWorkerConsole(replay={RUN!r})"
        open_cells(page, running, "log.ipynb", cell)
        yield page


@dataclass
class Reader:
    """A person who reads the log in its pane."""

    page: Page
    console: Console
    levels: set[str] = field(default_factory=lambda: set(LEVELS))
    stage: str | None = None
    agent: str | None = None
    needles: bool = False

    @property
    def pane(self) -> Locator:
        return self.console.pane("log")

    @property
    def lines(self) -> Locator:
        return self.pane.get_by_role("grid")

    def passing(self) -> list[int]:
        """The numbers of the lines that the filter lets through."""
        return [
            line.n
            for line in ALL
            if line.level in self.levels
            and self.stage in (None, line.stage)
            and self.agent in (None, line.agent)
            and ("needle" in line.text or not self.needles)
        ]

    def choose(self, name: str) -> None:
        """Filter by a stage or an agent with the menu, by its name or "All stages" and "All agents"."""
        self.pane.get_by_role("button", name="Filter by stage or agent").click()
        menu = self.pane.get_by_role("menu", name="Show the lines of")
        menu.get_by_role("menuitemradio", name=re.compile(rf"^{name}\b", re.I)).click()
        expect(menu).to_have_count(0)

    def find(self, text: str) -> None:
        """Show only the lines with a text; all lines for ""."""
        field = self.pane.get_by_role("searchbox")
        if not field.count():
            self.pane.get_by_role("button", name="Search the log (/)").click()
        # First: else the nearest match is chosen while the text is typed, and that is the line that stays.
        only = self.pane.get_by_role("button", name="Only matches")
        if only.get_attribute("aria-pressed") == "false":
            only.click()
        field.fill(text)

    def seen(self) -> list[int]:
        """The numbers of the lines on screen, the first that is wholly or in part in view at first."""
        texts: list[str] = self.lines.evaluate(SEEN)
        return [int(found[1]) if (found := re.search(r"#(\d+)", text)) else 0 for text in texts]

    def begins_with(self, first: int, last: int) -> bool:
        """Whether a line is the first in view, or anywhere in view at the end of the log."""
        seen = self.seen()
        return first in seen and (first == seen[0] or last == seen[-1])

    def still(self) -> list[int]:
        """`seen`, once that is the same from one drawing to the next."""
        self.lines.evaluate(STILL, SEEN)
        return self.seen()


SEEN = """list => {
    const { top, bottom } = list.getBoundingClientRect();
    return [...list.querySelectorAll("[role=row]")].filter(row => {
        const box = row.getBoundingClientRect();
        return box.bottom > top + 1 && box.top < bottom - 1;
    }).map(row => row.textContent);
}"""
STILL = """async (list, source) => {
    const seen = eval(source);
    let before = "";
    for (let same = 0; same < 12; same += 1) {
        await new Promise(requestAnimationFrame);
        const now = JSON.stringify(seen(list));
        const blank = list.querySelector(".blank");
        if (now !== before || blank) same = 0;
        before = now;
    }
}"""


@pytest.fixture
def reader(page: Page) -> Reader:
    """Of a console that was just shown with every level, in a pane that fills it."""
    page.evaluate(
        "localStorage.setItem('worker-widget', JSON.stringify({ levels: 'debug info warning error' }))"
    )
    cell = run_cell(page, 0)
    wait_until_ran(cell)
    console = Console.in_cell(page, cell)
    console.expect_status("Completed")
    reader = Reader(page, console)
    console.button("Maximise Log").click()
    expect(reader.lines).to_have_attribute("aria-rowcount", str(LINES))
    return reader


@pytest.mark.parametrize(
    "seed", [2, 3, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(4, 14))]
)
def test_the_line_at_the_top_stays_there_through_filters_and_wrapping(reader: Reader, seed: int) -> None:
    chance = random.Random(seed)
    reader.lines.hover()
    place = 0
    for step in range(24):
        if place == 0 or chance.random() < 0.25:
            reader.lines.evaluate(
                """(list, share) => {
                    list.dispatchEvent(new PointerEvent("pointerdown"));
                    list.scrollTop = share * (list.scrollHeight - list.clientHeight);
                }""",
                chance.uniform(0.1, 0.9),
            )
            reader.still()
            reader.page.mouse.wheel(0, chance.choice([-60, 45, 130]))
            place = reader.still()[0] if len(reader.passing()) > 100 else 0
            continue
        match chance.choice(["level", "level", "wrap", "stage", "agent", "needles"]):
            case "level":
                level = chance.choice(["debug", "info", "warning", "error"])
                reader.levels ^= {level}
                reader.console.level(level).click()
            case "wrap":
                reader.pane.get_by_role("button", name="Wrap lines").click()
            case "stage":
                reader.stage = chance.choice([None, "copy", "ux"])
                reader.choose(reader.stage or "All stages")
            case "agent":
                reader.agent = chance.choice([None, *AGENTS])
                reader.choose(reader.agent or "All agents")
            case "needles":
                reader.needles = not reader.needles
                reader.find("needle" if reader.needles else "")
        passing = reader.passing()
        expect(reader.lines).to_have_attribute("aria-rowcount", str(len(passing)))
        if not passing:
            assert reader.still() == []
            continue
        first = passing[min(bisect_left(passing, place), len(passing) - 1)]
        reader.still()
        # Where the kernel takes its time to find the line, others are shown until then.
        begins = partial(reader.begins_with, first, passing[-1])
        wait_until(reader.page, begins, f"step {step}: line {first} as the first for {place}")


NEEDLES = [line.n for line in ALL if "needle" in line.text]
ERRORS = [line.n for line in ALL if line.level == "error"]


def chosen(reader: Reader) -> int:
    """The number of the one line that is chosen, which is on screen."""
    line = reader.lines.locator("[aria-selected=true]")
    expect(line).to_have_count(1)
    expect(line).to_be_in_viewport()
    found = re.search(r"#(\d+)", line.inner_text())
    assert found is not None
    return int(found[1])


def expect_chosen(reader: Reader, n: int) -> None:
    line = reader.lines.locator("[aria-selected=true]")
    expect(line).to_have_count(1)
    expect(line).to_contain_text(re.compile(rf"#{n}\b"))
    expect(line).to_be_in_viewport()


def test_the_log_is_searched_and_walked_by_keys_alone(reader: Reader) -> None:
    press = reader.page.keyboard.press
    matches = reader.pane.locator(".matches")
    reader.lines.focus()
    press("Home")
    expect_chosen(reader, 1)
    press("/")
    reader.page.keyboard.type("needle")
    expect_chosen(reader, NEEDLES[0])
    expect(matches).to_have_text(f"1 of {len(NEEDLES)}")
    press("Enter")
    expect_chosen(reader, NEEDLES[1])
    press("Shift+Enter")
    press("Shift+Enter")
    expect_chosen(reader, NEEDLES[-1])
    expect(matches).to_have_text(f"{len(NEEDLES)} of {len(NEEDLES)}")
    press("Enter")
    expect_chosen(reader, NEEDLES[0])
    press("Escape")
    press("Escape")
    expect(reader.pane.get_by_role("searchbox")).to_have_count(0)
    expect(reader.lines).to_be_focused()
    press("e")
    error = next(n for n in ERRORS if n > NEEDLES[0])
    expect_chosen(reader, error)
    press("Shift+E")
    expect_chosen(reader, ERRORS[ERRORS.index(error) - 1])
    for place, n in (("#1,200", 1_200), ("45.5", 4_550), ("1:02", 6_200)):
        press("g")
        reader.page.keyboard.type(place)
        press("Enter")
        expect(reader.pane.get_by_role("dialog")).to_have_count(0)
        expect_chosen(reader, n)
    press("PageDown")
    press("ArrowUp")
    press("End")
    # The complete line appears below the list and makes the list lower.
    expect(reader.pane.get_by_label("Log line", exact=True)).to_contain_text(f"line {LINES:,}")
    expect_chosen(reader, LINES)
    press("Home")
    press("Shift+ArrowDown")
    press("Shift+ArrowDown")
    press("Control+c")
    expect(reader.pane.locator(".copied")).to_have_text("3 lines copied")
    copied = reader.page.evaluate("navigator.clipboard.readText()").splitlines()
    assert [re.findall(r"#(\d+)", text) for text in copied] == [["1"], ["2"], ["3"]]


def test_around_a_match_stands_what_was_said_before_and_after_it(reader: Reader) -> None:
    press = reader.page.keyboard.press
    reader.lines.focus()
    press("Control+f")
    reader.page.keyboard.type(r"needle \d+5$")
    reader.pane.get_by_role("button", name="Regular expression").click()
    only = reader.pane.get_by_role("button", name="Only matches")
    only.click()
    found = [n for n in NEEDLES if n % 10 == 5]
    expect(reader.lines).to_have_attribute("aria-rowcount", str(len(found)))
    expect(reader.pane.locator(".matches")).to_have_text(f"{len(found)} lines")
    reader.pane.get_by_role("searchbox").press("Enter")
    n = chosen(reader)
    assert n in found
    reader.lines.focus()
    press("Enter")
    expect(only).to_have_attribute("aria-pressed", "false")
    expect_chosen(reader, n)
    around = {n - 1, n, n + 1}
    wait_until(reader.page, lambda: around <= set(reader.seen()), f"line {n} between its neighbours")
    expect(reader.pane.get_by_label("Log line", exact=True)).to_contain_text(f"IndexError: needle {n}")


def test_a_pattern_that_never_ends_says_so_and_stops_nothing(reader: Reader) -> None:
    reader.lines.focus()
    reader.page.keyboard.press("/")
    field = reader.pane.get_by_role("searchbox")
    reader.pane.get_by_role("button", name="Regular expression").click()
    field.fill("(a+)+$")
    expect(reader.pane.get_by_role("alert")).to_contain_text("takes too long on line 8,888 of the log")
    field.fill("#(?=77)")
    found = sum("#77" in line.text for line in ALL)
    expect(reader.pane.locator(".matches")).to_have_text(re.compile(rf"^\d+ of {found}$"))
