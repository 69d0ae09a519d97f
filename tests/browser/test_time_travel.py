"""Time travel in JupyterLab: the axis under the header, its keys, and every pane as the run was then."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.console import Console
from tests.browser.lab import (
    HEIGHT,
    Lab,
    lab_with_run,
    page_of,
    run_cell,
    show_cells,
    wait_until,
    wait_until_ran,
)
from worker_widget.events import (
    ArtifactCreated,
    ArtifactDelta,
    ArtifactStarted,
    Event,
    Log,
    PolicyCheck,
    PolicyViolation,
    RecoveryCompleted,
    RecoveryStarted,
    RoutingDecision,
    RunCompleted,
    RunStarted,
    StageCompleted,
    StageStarted,
    make,
)
from worker_widget.state.run_state import RunState
from worker_widget.store.event_store import EventStore

RUN = "7c1e4b52-90aa-4c1d-8a5f-3c5be5d1a044"
START = datetime(2026, 11, 22, 7, 49, 19, tzinfo=UTC)
STAGES = ("research", "copy", "layout")
LINES = 60
PAGE = "<!doctype html><title>A page</title><main>" + "".join(
    f"<p>Paragraph {n} of the page.</p>" for n in range(40)
)
LIVE = """
import asyncio
from pathlib import Path
from worker_widget import WorkerConsole, artifact, log, stage, worker

async def gate(name):
    while not Path(f"{name}.gate").exists():
        await asyncio.sleep(0.05)

@worker
async def survey(task):
    for name in ("north", "south"):
        with stage(name):
            for n in range(20):
                log(f"{name} {n}")
            await gate(name)

WorkerConsole(survey)
"""


def recorded() -> Iterator[Event]:
    """Three stages of 15 s; each writes a page, and the second violates a policy and recovers."""

    def event(data: Any, at_s: float) -> Event:
        return make(data, run_id=RUN, time=START + timedelta(seconds=at_s))

    yield event(RunStarted(task="Write a page"), 0)
    for at, stage in zip((0, 15, 30), STAGES, strict=True):
        yield event(
            RoutingDecision(
                stage_id=stage,
                selected_agent=f"{stage}_agent",
                score=0.8,
                alternatives=[{"agent": "analyst_agent", "score": 0.6}],
            ),
            at,
        )
        yield event(StageStarted(stage_id=stage, name=stage.title()), at)
        yield event(ArtifactStarted(stage_id=stage, artifact_name=stage, artifact_type="html"), at + 1)
        offset = 0
        for n in range(LINES):
            yield event(Log(stage_id=stage, message=f"{stage} line {n}"), at + 1 + n / 6)
            if n % 6 == 5:
                text = PAGE[len(PAGE) * (n - 5) // LINES : len(PAGE) * (n + 1) // LINES]
                yield event(
                    ArtifactDelta(
                        stage_id=stage, artifact_name=stage, artifact_type="html", offset=offset, text=text
                    ),
                    at + 1 + n / 6,
                )
                offset += len(text)
        if stage == "copy":
            yield event(PolicyViolation(stage_id=stage, policy="claims", reason="It promises"), at + 12)
            yield event(RecoveryStarted(stage_id=stage, action="rewrite"), at + 12.5)
            yield event(RecoveryCompleted(stage_id=stage, action="rewrite", success=True), at + 13)
        yield event(PolicyCheck(stage_id=stage, policy="claims", passed=True), at + 13.5)
        yield event(
            ArtifactCreated(stage_id=stage, artifact_name=stage, artifact_type="html", content=PAGE), at + 14
        )
        yield event(StageCompleted(stage_id=stage, duration_ms=14_500), at + 14.5)
    yield event(RunCompleted(success=True), 45)


@pytest.fixture
def page(kept_page: Page) -> Page:
    return kept_page


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab_with_run(tmp_path_factory.mktemp("lab"), RUN, recorded()) as running:
        yield running


@pytest.fixture(scope="module")
def store(running: Lab) -> Iterator[EventStore]:
    store = EventStore.open(running.home / "history.db")
    yield store
    store.close()


def slider(console: Console) -> Locator:
    return console.root.get_by_role("slider", name="Moment of the run")


def position(console: Console) -> int:
    """The number of events that are shown, by the figures in the header."""
    shown = console.root.locator(".figures dt", has_text="Events").locator("+ dd").inner_text()
    return int(shown.replace(",", "").replace("–", "0"))


def opened(page: Page, running: Lab) -> Console:
    """A console that shows the recorded run."""
    show_cells(
        page,
        running,
        "travel.ipynb",
        f"from worker_widget import WorkerConsole\nWorkerConsole(replay={RUN!r})",
    )
    shown = run_cell(page, 0)
    wait_until_ran(shown)
    console = Console.in_cell(page, shown)
    console.expect_status("Completed.*")
    expect(console.root.locator(".times .events")).to_be_visible()
    return console


@pytest.fixture(scope="module")
def shown(browser: Browser, running: Lab) -> Iterator[Console]:
    with page_of(browser, width=1400) as page:
        yield opened(page, running)


@pytest.fixture
def console(shown: Console) -> Console:
    """The console at the newest moment, which follows the worker, with no stage chosen."""
    slider(shown).focus()
    slider(shown).press("End")
    shown.expect_status("Completed.*")
    return shown


def click_at(console: Console, share: float) -> None:
    box = console.root.locator(".times").bounding_box()
    assert box is not None
    console.page.mouse.click(box["x"] + share * box["width"], box["y"] + box["height"] / 2)


def expect_moment(console: Console, state: RunState, text: str | None) -> None:
    """Every pane shows this state, and the page in the preview this text."""
    counts = state.counts
    wait_until(console.page, lambda: position(console) == counts.events, f"event {counts.events}")
    lines = counts.logs - counts.debug
    wait_until(console.page, lambda: console.line_count == lines, f"{lines} lines")
    names = [stage.name for stage in state.stages]
    expect(console.stages.locator("b")).to_have_text(names)
    for number, stage in enumerate(state.stages):
        expect(console.stages.nth(number)).to_have_class(re.compile(rf"\b{stage.status}\b"))
    expect(console.pane("routing").locator(".decision")).to_have_count(counts.routing)
    expect(console.pane("ledger").locator(".incident .title")).to_have_count(counts.incidents)
    expect(console.pane("artifacts").get_by_role("tab")).to_have_count(len(state.artifacts))
    if text is None:
        expect(console.pane("artifacts")).to_contain_text("No artifact yet at this moment.")
        return
    paragraphs = text.count("<p>")
    expect(console.preview().locator("p")).to_have_count(paragraphs)


def shown_text(store: EventStore, state: RunState) -> str | None:
    """The text of the artifact that a console shows then: the one that was changed last."""
    if not state.artifacts:
        return None
    newest = max(state.artifacts, key=lambda item: item.position)
    return store.artifact_text(RUN, newest.file, upto=state.position)


@pytest.mark.parametrize("at", [3, 40, 75, 110, 165, 200])
def test_every_pane_shows_the_run_as_it_was(console: Console, store: EventStore, at: int) -> None:
    state = store.state_at(RUN, at)
    assert state.last_us is not None
    assert state.started_us is not None
    share = (state.last_us - state.started_us) / 45e6
    click_at(console, share)
    expect(console.root.locator(".status .tag")).to_have_text("recording")
    wait_until(console.page, lambda: position(console) != len(list(recorded())), "an earlier moment")
    reached = store.state_at(RUN, position(console))
    expect_moment(console, reached, shown_text(store, reached))
    console.expect_status("Running")
    expect(console.status.locator(".spin")).to_have_count(0)
    expect(console.button("New run")).to_be_enabled()


def test_the_keys_move_by_events_kinds_and_trouble(console: Console, store: EventStore) -> None:
    events = list(recorded())
    handle = slider(console)
    expect(handle).to_have_attribute("aria-valuetext", f"45.0 s, event {len(events)} of {len(events)}")
    handle.press("ArrowLeft")
    expect(handle).to_have_attribute("aria-valuenow", str(len(events) - 1))
    handle.press("ArrowLeft")
    expect(handle).to_have_attribute("aria-valuenow", str(len(events) - 2))
    handle.press("ArrowRight")
    expect(handle).to_have_attribute("aria-valuenow", str(len(events) - 1))
    assert isinstance(events[len(events) - 2].data, StageCompleted)
    handle.press("Shift+ArrowLeft")
    before = max(
        number for number, event in enumerate(events[:-3], 1) if isinstance(event.data, StageCompleted)
    )
    expect(handle).to_have_attribute("aria-valuenow", str(before))
    violation = next(
        number for number, event in enumerate(events, 1) if isinstance(event.data, PolicyViolation)
    )
    handle.press("Home")
    expect(handle).to_have_attribute("aria-valuenow", "0")
    expect(console.pane("artifacts")).to_contain_text("No artifact yet at this moment.")
    handle.press("PageDown")
    expect(handle).to_have_attribute("aria-valuenow", str(violation))
    expect_moment(console, store.state_at(RUN, violation), shown_text(store, store.state_at(RUN, violation)))
    handle.press("End")
    console.expect_status("Completed.*")
    expect(handle).to_be_focused()


def test_what_a_person_looks_at_stays(console: Console) -> None:
    console.stages.filter(has_text="Copy").locator(".pick").click()
    console.tab("copy").click()
    console.button("Maximise Log").click()
    handle = slider(console)
    handle.focus()
    for key in ("Home", "PageDown", "PageDown", "End", "PageUp"):
        handle.press(key)
    expect(console.pane("log").locator(".chip.on")).to_have_text("Stage: Copy")
    expect(console.button("Back to all panes (Esc)")).to_be_visible()
    expect(handle).to_be_focused()
    console.button("Back to all panes (Esc)").click()
    expect(console.tab("copy")).to_have_attribute("aria-selected", "true")
    console.stages.filter(has_text="Copy").locator(".pick").click()


def test_it_plays_to_its_end(console: Console) -> None:
    handle = slider(console)
    handle.press("Home")
    expect(handle).to_have_attribute("aria-valuenow", "0")
    # As slow as the run was, so that it still plays when that has been looked at.
    handle.press(" ")
    expect(handle).to_have_attribute("aria-valuetext", "Playing at 1 times the speed")
    wait_until(console.page, lambda: position(console) > 0, "the first moments")
    handle.press(" ")
    expect(handle).to_have_attribute("aria-valuetext", re.compile(r"event \d+ of"))
    console.root.get_by_label("Speed").select_option("64")
    handle.press(" ")
    console.expect_status("Completed.*")
    expect(console.button("Play the run (Space)")).to_be_visible()
    last = console.lines.get_by_role("row").last
    expect(last).to_contain_text("layout line 59")
    console.root.get_by_label("Speed").select_option("1")


def test_a_drag_shows_the_moment_where_it_ends(console: Console, store: EventStore) -> None:
    box = console.root.locator(".times").bounding_box()
    assert box is not None
    mouse, y = console.page.mouse, box["y"] + box["height"] / 2
    mouse.move(box["x"] + box["width"] - 1, y)
    mouse.down()
    for step in range(40, 8, -1):
        mouse.move(box["x"] + box["width"] * step / 45, y)
    mouse.up()
    wait_until(console.page, lambda: 0 < position(console) < 70, "a moment of the first stage")
    expect(console.root.locator(".hint")).to_contain_text("Research")
    last = store.position_at(RUN, (store.start_time(RUN) or 0) + 9_000_000)
    wait_until(console.page, lambda: abs(position(console) - last) <= 1, "the last moment of the drag")
    reached = store.state_at(RUN, position(console))
    expect_moment(console, reached, shown_text(store, reached))


def drag_range(console: Console, start: float, end: float) -> None:
    """Selects the part of the axis between two shares of it."""
    box = console.root.locator(".times").bounding_box()
    assert box is not None
    mouse, y = console.page.mouse, box["y"] + box["height"] / 2
    console.page.keyboard.down("Shift")
    mouse.move(box["x"] + start * box["width"], y)
    mouse.down()
    mouse.move(box["x"] + (start + end) / 2 * box["width"], y)
    mouse.move(box["x"] + end * box["width"], y)
    mouse.up()
    console.page.keyboard.up("Shift")


def expect_range(console: Console, after: int, upto: int, store: EventStore) -> None:
    """Every pane and the figures show what happened there."""
    part = store.range_state(RUN, after, upto)
    wait_until(console.page, lambda: position(console) == upto - after, f"{upto - after} events")
    lines = part.counts.logs - part.counts.debug
    wait_until(console.page, lambda: console.line_count == lines, f"{lines} lines")
    expect(console.stages.locator("b")).to_have_text([stage.name for stage in part.stages])
    expect(console.pane("routing").locator(".decision")).to_have_count(part.counts.routing)
    expect(console.pane("ledger").locator(".incident .title")).to_have_count(part.counts.incidents)
    expect(console.pane("artifacts").get_by_role("tab")).to_have_count(len(part.artifacts))


def shown_range(console: Console, store: EventStore) -> tuple[int, int]:
    """The positions of the range on the axis, by the number of events in its chip and the moment."""
    chip = console.root.locator(".part")
    expect(chip).to_contain_text("event")
    events = int(re.findall(r"([\d,]+) events?", chip.text_content() or "")[0].replace(",", ""))
    upto = int(slider(console).get_attribute("aria-valuenow") or 0)
    return upto - events, upto


def test_a_range_is_shown_alone_in_every_pane(console: Console, store: EventStore) -> None:
    drag_range(console, 20 / 45, 31 / 45)
    after, upto = shown_range(console, store)
    assert 0 < after < upto < len(list(recorded()))
    expect_range(console, after, upto, store)
    texts = console.lines.get_by_role("row").all_text_contents()
    assert texts
    assert all("copy line" in text or "layout line" in text for text in texts)
    slider(console).press("Home")
    wait_until(console.page, lambda: position(console) == 0, "the start of the range")
    slider(console).press("End")
    expect_range(console, after, upto, store)
    end = console.root.get_by_role("slider", name="End of the range")
    end.press("Shift+ArrowRight")
    wait_until(console.page, lambda: shown_range(console, store)[1] > upto, "a later end")
    later = shown_range(console, store)
    assert later[0] == after
    expect_range(console, *later, store)
    end.press("Escape")
    expect(console.root.locator(".part")).to_have_count(0)
    console.expect_status("Completed.*")
    wait_until(console.page, lambda: position(console) == len(list(recorded())), "the whole run")


def test_a_chosen_stage_offers_its_time(console: Console, store: EventStore) -> None:
    copy = console.stages.filter(has_text="Copy").locator(".pick")
    copy.click()
    only = console.root.get_by_role("button", name="Only its time")
    only.click()
    stage = store.stage(RUN, "copy")
    assert stage is not None
    copy.click()
    after, upto = shown_range(console, store)
    assert (after, upto) == (stage.started_at - 2, stage.ended_at), "with the decision of the same time"
    expect_range(console, after, upto, store)
    console.root.locator(".part").click()
    expect(console.root.locator(".part")).to_have_count(0)
    console.expect_status("Completed.*")


def test_the_film_strip_shows_the_page_as_it_was(console: Console, store: EventStore) -> None:
    toggle = console.button("Pictures of the artifacts as they were written")
    expect(console.root.locator(".film")).to_have_count(0)
    toggle.click()
    shots = console.root.locator(".shot")
    expect(shots.nth(2)).to_be_visible()
    expect(shots.locator("iframe")).to_have_count(shots.count())
    for index in range(shots.count()):
        picture = shots.nth(index).locator(".picture")
        assert picture.get_attribute("inert") is not None
        page = picture.frame_locator("iframe").frame_locator("iframe")
        expect(page.locator("p").first).to_have_text("Paragraph 0 of the page.")
    small = shots.last.locator(".picture").bounding_box()
    shots.last.locator("button").focus()
    wait_until(
        console.page,
        lambda: (
            (shots.last.locator(".picture").bounding_box() or {"width": 0})["width"]
            > 3 * (small or {"width": 0})["width"]
        ),
        "an enlarged picture",
    )
    shots.first.locator("button").press("Enter")
    wait_until(console.page, lambda: 0 < position(console) < 75, "a moment of the first stage")
    expect(console.root.locator(".shot.on")).to_have_count(1)
    reached = store.state_at(RUN, position(console))
    expect_moment(console, reached, shown_text(store, reached))
    toggle.click()
    expect(console.root.locator(".film")).to_have_count(0)


def test_a_live_run_goes_on_behind_the_moment(page: Page, running: Lab) -> None:
    show_cells(page, running, "live.ipynb", LIVE)
    shown = run_cell(page, 0)
    wait_until_ran(shown)
    console = Console.in_cell(page, shown)
    console.task.fill("Survey both")
    console.start()
    now = console.root.locator(".travel .now")
    expect(now).to_have_text("Live")
    expect(console.pane("log")).to_contain_text("north 19")
    handle = slider(console)
    handle.focus()
    newest = int(handle.get_attribute("aria-valuemax") or 0)
    for back in range(1, 6):
        handle.press("ArrowLeft")
        expect(handle).to_have_attribute("aria-valuenow", str(newest - back))
    expect(now).to_have_text(re.compile(r"^\d+ s behind live$"))
    expect(console.pane("log")).not_to_contain_text("north 19")
    expect(console.button("Stop")).to_be_enabled()
    before = position(console)
    (running.folder / "north.gate").touch()
    wait_until(
        page,
        lambda: int(handle.get_attribute("aria-valuemax") or 0) > before + 20,
        "the events of the second stage",
    )
    assert position(console) == before
    expect(console.pane("log")).not_to_contain_text("south 19")
    now.click()
    expect(now).to_have_text("Live")
    expect(console.pane("log")).to_contain_text("south 19")
    (running.folder / "south.gate").touch()
    console.expect_status("Completed.*")
    expect(console.root.get_by_role("button", name="To the newest moment (End)")).to_be_visible()
    # A run of the history opens at its end, and travels as well.
    expect(handle).to_have_attribute("aria-valuetext", re.compile(r"event (\d+) of \1$"))


@pytest.mark.parametrize("width", [500, 800, 1200, 1600])
def test_the_axis_fits_and_nothing_moves(page: Page, running: Lab, width: int) -> None:
    page.set_viewport_size({"width": width + 160, "height": HEIGHT})
    console = opened(page, running)
    page.evaluate(f"() => document.querySelector('.jp-Notebook').style.setProperty('max-width', '{width}px')")
    console.settle()
    row = console.root.locator(".travel")
    assert row.evaluate("row => row.scrollWidth <= row.clientWidth")
    assert row.evaluate("row => row.clientHeight") == 27
    times = row.locator(".times")
    at = times.bounding_box()
    boxes = console.boxes()
    assert at is not None
    assert at["width"] > 150
    click_at(console, 0.5)
    expect(console.root.locator(".status .tag")).to_have_text("recording")
    times.hover()
    expect(console.root.locator(".hint")).to_be_visible()
    assert times.bounding_box() == at
    assert console.boxes() == boxes
    assert times.locator("*").count() <= 40
